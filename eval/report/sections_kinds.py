"""Where the questions went right and wrong, kind by kind."""

from dataclasses import dataclass

from eval.metrics import LESS_IS_BETTER
from eval.report.meanings import label
from eval.report.sections_summary import Slice, slices
from eval.report.view import Figure, Pack
from rag.knowledge.evaluation_rows import key_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`good`: 1 as good as it can be, 0 as bad; None: not scored, or a figure without an end."""

    figure: Figure
    good: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    kind: str
    n: int
    slices: tuple[Slice, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """`heads`: (metric, label) of each column."""

    name: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[KindRow, ...]


def kinds(name: str, pack: Pack, command: str) -> Kinds | None:
    """None when the questions are of one kind."""
    if len(pack.by_kind) < 2:
        return None
    metrics = key_figures(list(pack.metrics), command)
    rows = []
    for kind, found in pack.by_kind.items():
        figures = [found.metrics.get(metric, Figure()) for metric in metrics]
        rows.append(
            KindRow(
                kind=kind,
                n=found.n,
                slices=slices([item for item in pack.items if item.kind == kind]),
                cells=tuple(_cell(metric, figure) for metric, figure in zip(metrics, figures, strict=True)),
            )
        )
    rows.sort(key=lambda row: -row.n)
    return Kinds(name=name, heads=tuple((metric, label(metric)) for metric in metrics), rows=tuple(rows))


def _cell(metric: str, figure: Figure) -> Cell:
    value = figure.value
    if value is None or not 0 <= value <= 1:
        return Cell(figure=figure, good=None)
    return Cell(figure=figure, good=1 - value if metric in LESS_IS_BETTER else value)
