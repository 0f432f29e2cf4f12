"""A table that fits a terminal: empty columns go, short ones stay on one line, the least wanted give way. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table

from rag.cli.plain import escape

SHORT = 24  # characters that are not worth a second line
NARROWEST = 14  # of a column whose cells may be folded
GAP = 2
TYPED = ("metrics.", "params.", "tags.", "datasets.")  # their names break after the dot
DIGITS = 9  # a number of more characters is shown with five significant digits


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    cells: tuple[str, ...]

    @property
    def header(self) -> str:
        return self.name.replace(".", ".\n", 1) if self.name.startswith(TYPED) else self.name

    @property
    def natural(self) -> int:
        return max(map(cell_len, [*self.header.split("\n"), *self.cells]), default=0)

    @property
    def least(self) -> int:
        return self.natural if self.natural <= SHORT else NARROWEST

    @property
    def numbers(self) -> bool:
        return all(_is_number(cell) for cell in self.cells if cell)


def fitting(rows: Sequence[Sequence[str]], names: Sequence[str], spare: Sequence[str], width: int) -> list[Column]:
    """What is shown in `width` characters; of `spare`, what does not fit goes, from its end on."""
    columns = [_column(name, [row[n] for row in rows]) for n, name in enumerate(names)]
    shown = [column for column in columns if not rows or any(column.cells)]
    for name in reversed(spare):
        if sum(column.least + GAP for column in shown) - GAP <= width:
            break
        shown = [column for column in shown if column.name != name]
    return shown


def drawn(columns: Sequence[Column], width: int) -> Table:
    roomy = sum(column.natural + GAP for column in columns) - GAP <= width
    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for column in columns:
        grid.add_column(
            escape(column.header),
            overflow="fold",
            no_wrap=roomy or column.natural <= SHORT,
            justify="right" if column.numbers else "left",
        )
    for line in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*(escape(cell) for cell in line))
    return grid


def _column(name: str, cells: Sequence[str]) -> Column:
    return Column(name, tuple(map(_brief, cells) if name.startswith(TYPED) else cells))


def _brief(cell: str) -> str:
    return f"{float(cell):.5g}" if len(cell) > DIGITS and "." in cell and _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
