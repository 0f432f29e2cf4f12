"""Excel workbooks: a page mark a sheet, a line a row, values as they are shown; formulas and macros are not run."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from ingest.readers._builder import Builder, one_line
from ingest.readers._package import about_package, check_elements
from ingest.readers._zip import DAMAGED, OLE_HEAD, ZIP_HEADS, open_zip
from ingest.readers.base import Candidate, Limits, Reader, read_bytes, too_large
from ingest.text.dates import iso_date
from rag.domain.errors import UnreadableSource
from rag.domain.types import Page, Parsed

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xltx", ".xls"})
MOST_COLUMNS = 1_000
DAMAGE = (*DAMAGED, LookupError, AttributeError, TypeError, SyntaxError, AssertionError, ArithmeticError)
CELLS_PER_ELEMENT = 20  # a row of cells counts as an element

Rows = Iterator[Sequence[str]]


def claims_sheets(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_sheets(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.path.stat().st_size > limits.file_bytes:
        raise too_large(candidate.relative, limits)
    if candidate.head.startswith(OLE_HEAD) and candidate.suffix != ".xls":
        raise UnreadableSource(f"{candidate.relative} is protected by a password.", fix="Remove the password.")
    try:
        read = _xlsx if candidate.head.startswith(ZIP_HEADS) else _xls
        parsed = read(candidate, limits)
    except DAMAGE as error:
        said = one_line(str(error)).replace(str(candidate.path), candidate.relative)[:200]
        raise UnreadableSource(
            f"{candidate.relative} is damaged: {said or type(error).__name__}.",
            fix="Open it in Excel and save it again.",
        ) from error
    if not parsed.text:
        raise UnreadableSource(f"{candidate.relative} holds no values.", fix="Save it with its results, or remove it.")
    yield parsed


def _xlsx(candidate: Candidate, limits: Limits) -> Parsed:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    with open_zip(candidate, limits) as archive:
        check_elements(archive, candidate.relative, "xl/worksheets/", limits)
        about = about_package(archive)
    book = load_workbook(candidate.path, read_only=True, data_only=True, keep_links=False)
    builder, hidden = Builder(limits), []
    try:
        for number, sheet in enumerate(book.worksheets, 1):
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                continue
            sheet.reset_dimensions()  # what a file says of its size may cut it, or pad it without end
            rows = (
                [_shown(cell.value, cell.number_format) for cell in row[:MOST_COLUMNS]] for row in sheet.iter_rows()
            )
            _write_sheet(builder, number, sheet.title, rows)
    finally:
        book.close()
    return Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=about.get("title", ""),
        authors=tuple(filter(None, [about.get("creator", "")])),
        date=iso_date(about.get("modified", "")),
        notes=(*_hidden_note(hidden), *builder.notes),
    )


def _xls(candidate: Candidate, limits: Limits) -> Parsed:
    """The format of before 2007."""
    import xlrd  # type: ignore[import-untyped]
    from xlrd.compdoc import CompDocError  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(file_contents=read_bytes(candidate, limits), on_demand=True, logfile=_Nowhere())
    except (xlrd.XLRDError, CompDocError) as error:
        raise UnreadableSource(
            f"{candidate.relative} is no workbook that can be read: {one_line(str(error))}.", fix="Save it as .xlsx."
        ) from error
    builder, hidden = Builder(limits), []
    for number, sheet in enumerate(book.sheets(), 1):
        if sheet.visibility:
            hidden.append(sheet.name)
            continue
        rows = ([_xls_shown(cell, book.datemode) for cell in sheet.row(n)[:MOST_COLUMNS]] for n in range(sheet.nrows))
        _write_sheet(builder, number, sheet.name, rows)
    notes = (*_hidden_note(hidden), *builder.notes)
    return Parsed(text=builder.text, marks=tuple(builder.marks), notes=notes)


def _write_sheet(builder: Builder, number: int, name: str, rows: Iterable[Sequence[str]]) -> None:
    """Tables part where a row is empty; the first row of each is its header."""
    builder.place(Page(number, name))
    builder.part(name)
    for filled, table in itertools.groupby(rows, any):
        if builder.full:
            return
        if not filled:
            continue
        for lone, group in itertools.groupby(table, lambda row: sum(map(bool, row)) == 1):
            if lone:
                for row in group:
                    builder.block(next(filter(None, row)), gap="\n\n")
            else:
                builder.rows(itertools.islice(group, builder.room))


def _shown(value: object, number_format: str = "") -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float() if "%" in number_format:
            return f"{value * 100:.12g}%"
        case float():
            return f"{value:.15g}"
        case datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time() | timedelta():
            return str(value)
    return one_line(str(value))


def _xls_shown(cell: object, datemode: int) -> str:
    import xlrd

    kind, value = getattr(cell, "ctype", 0), getattr(cell, "value", "")
    readers: dict[int, Callable[[], object]] = {
        xlrd.XL_CELL_DATE: lambda: xlrd.xldate_as_datetime(value, datemode),
        xlrd.XL_CELL_BOOLEAN: lambda: bool(value),
        xlrd.XL_CELL_ERROR: lambda: xlrd.error_text_from_code.get(value, "#ERROR"),
    }
    return _shown(readers[kind]() if kind in readers else value)


def _hidden_note(names: list[str]) -> tuple[str, ...]:
    return (f"Hidden sheets were left out: {', '.join(names)}.",) if names else ()


class _Nowhere:
    """xlrd writes warnings to a stream, standard output by default."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


READER = Reader(name="sheets", version=1, claims=claims_sheets, read=read_sheets, suffixes=SUFFIXES)
