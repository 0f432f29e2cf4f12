"""What a busy person reads first: what became of the questions, and the figures with their intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from eval.metrics import LESS_IS_BETTER
from eval.report.against import Against, Change
from eval.report.meanings import label
from eval.report.view import Figure, Item, Outcome, Pack
from rag.knowledge.evaluation_rows import key_figures

OUTCOMES: dict[Outcome, str] = {
    "right": "right",
    "wrong": "wrong",
    "false answer": "answered though nothing is known",
    "false refusal": "refused though it is known",
    "failed": "failed",
    "not scored": "not scored",
}
assert set(OUTCOMES) == set(get_args(Outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`share` of all questions, in per cent."""

    outcome: Outcome
    text: str
    n: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure; `places`: where value, low, high and the baseline's value stand on a track from 0 to 100, for figures
    that lie in [0, 1]."""

    metric: str
    label: str
    less: bool
    figure: Figure
    n: int  # questions, scored or not
    change: Change | None
    places: dict[str, float]
    unnoticed: float | None  # a loss smaller than this would be missed more than one time in five

    @property
    def unscored(self) -> int:
        return self.n - self.figure.n

    @property
    def counts(self) -> str:
        """Of figures that count questions: `37 of 41`."""
        value = self.figure.value
        whole = None if value is None else value * self.figure.n
        if whole is None or not self.places or abs(whole - round(whole)) > 1e-3:
            return ""
        return f"{round(whole)} of {self.figure.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    name: str
    n: int
    slices: tuple[Slice, ...]
    rows: tuple[Row, ...]
    others: tuple[Row, ...]
    latency: dict[str, float | None]
    errors: int


def summary(name: str, pack: Pack, command: str, beside: Against | None) -> Summary:
    keys = key_figures(list(pack.metrics), command)
    every = {metric: _row(name, metric, pack, beside) for metric in pack.metrics}
    return Summary(
        name=name,
        n=pack.n or len(pack.items),
        slices=slices(pack.items),
        rows=tuple(every[metric] for metric in keys),
        others=tuple(row for metric, row in every.items() if metric not in keys),
        latency=pack.latency_ms,
        errors=pack.errors,
    )


def slices(items: Sequence[Item]) -> tuple[Slice, ...]:
    counts = Counter(item.outcome for item in items)
    return tuple(
        Slice(outcome=outcome, text=text, n=counts[outcome], share=100 * counts[outcome] / len(items))
        for outcome, text in OUTCOMES.items()
        if counts[outcome]
    )


def _row(name: str, metric: str, pack: Pack, beside: Against | None) -> Row:
    figure = pack.metrics[metric]
    change = beside.changes.get((name, metric)) if beside else None
    return Row(
        metric=metric,
        label=label(metric),
        less=metric in LESS_IS_BETTER,
        figure=figure,
        n=pack.n or len(pack.items),
        change=change,
        places=_places(figure, change),
        unnoticed=beside.unnoticed(name, metric) if beside else None,
    )


def _places(figure: Figure, change: Change | None) -> dict[str, float]:
    low, high = figure.ci95
    found = {"value": figure.value, "low": low, "high": high, "before": change.before if change else None}
    if figure.value is None or any(value is not None and not 0 <= value <= 1 for value in found.values()):
        return {}
    return {name: round(100 * value, 2) for name, value in found.items() if value is not None}
