"""A run beside the one it is held against: what became better, what broke, which promises are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval.compare import Difference, differences
from eval.report.view import Item, RunView, read_run
from eval.results import TOGETHER

Direction = Literal["better", "worse", "no difference", "changed"]
LESS_IS_BETTER = frozenset({"false_answer", "false_refusal", "latency", "cost", "aurc", "ece"})
NO_GOAL = frozenset({"answer_words"})
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of one metric over the questions that both runs scored; `p` is corrected for the number of metrics (Holm)."""

    pack: str
    metric: str
    before: float
    now: float
    low: float
    high: float
    p: float
    n: int
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    pack: str
    before: Item
    now: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Absolute: held whatever the other run did."""

    pack: str
    text: str
    kept: bool
    broken_by: tuple[str, ...] = ()  # ids of questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    name: str
    changes: tuple[Change, ...]
    moved: Mapping[tuple[str, str], Moved]  # {(pack, id): ...} of every question that both runs asked

    @property
    def worse(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction == "worse")

    @property
    def better(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction == "better")

    @property
    def broken(self) -> tuple[Moved, ...]:
        return tuple(one for one in self.moved.values() if one.now.is_wrong and one.before.outcome == "right")

    @property
    def fixed(self) -> tuple[Moved, ...]:
        return tuple(one for one in self.moved.values() if one.before.is_wrong and one.now.outcome == "right")

    def change(self, pack: str, metric: str) -> Change | None:
        return next((one for one in self.changes if (one.pack, one.metric) == (pack, metric)), None)


def against(run: Mapping[str, Any], baseline: Mapping[str, Any], *, name: str = "") -> Against:
    """Raises BadInput when the runs share no pack."""
    now, before = read_run(run), read_run(baseline)
    found = list(differences(baseline, run))
    return Against(
        name=name or before.id or before.started or "the other run",
        changes=tuple(_changes(found)),
        moved={(one.pack, one.now.id): one for one in _moved(now, before)},
    )


def _changes(found: Sequence[Difference]) -> Iterator[Change]:
    """Holm over the metrics of each pack: a pack beside others is not held to less."""
    for pack in dict.fromkeys(one.pack for one in found):
        some = [one for one in found if one.pack == pack]
        for one, p in zip(some, _holm([one.p for one in some]), strict=True):
            change = one.difference
            low, high = change.low or 0.0, change.high or 0.0
            yield Change(
                pack=pack,
                metric=one.metric,
                before=one.a,
                now=one.b,
                low=low,
                high=high,
                p=p,
                n=change.n,
                direction=_direction(one.metric, change.value or 0.0, p),
            )


def _holm(ps: Sequence[float]) -> list[float]:
    """Holm 1979: the smallest p times their number, the next times one less, never falling."""
    corrected, highest = [0.0] * len(ps), 0.0
    for step, at in enumerate(sorted(range(len(ps)), key=lambda at: ps[at])):
        highest = max(highest, min(1.0, ps[at] * (len(ps) - step)))
        corrected[at] = highest
    return corrected


def _direction(metric: str, difference: float, p: float) -> Direction:
    if p > ALPHA or not difference:
        return "no difference"
    if metric in NO_GOAL:
        return "changed"
    return "better" if (difference < 0) == (metric in LESS_IS_BETTER) else "worse"


def _moved(now: RunView, before: RunView) -> Iterator[Moved]:
    for name, pack in now.packs.items():
        if name == TOGETHER or name not in before.packs:
            continue
        items = {item.id: item for item in before.packs[name].items}
        for item in pack.items:
            if item.id in items:
                yield Moved(pack=name, before=items[item.id], now=item)


def promises(run: RunView) -> list[Promise]:
    """That every citation is an exact quote, and that no question failed."""
    kept = []
    for name, pack in run.single.items():
        scored = [item for item in pack.items if item.metrics.get("citation_valid") is not None]
        if scored:
            broken = tuple(item.id for item in scored if (item.metrics.get("citation_valid") or 0.0) < 1.0)
            kept.append(Promise(pack=name, text="every citation is an exact quote", kept=not broken, broken_by=broken))
        failed = tuple(item.id for item in pack.items if item.error)
        kept.append(Promise(pack=name, text="no question failed", kept=not failed, broken_by=failed))
    return kept
