"""A run beside the one it is held against, as its reports tell it. What counts as worse is the gate's to say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from eval.comparing.gate import Check, Verdict, judge
from eval.metrics import LESS_IS_BETTER
from eval.report.view import Item, RunView, clean, read_run
from eval.runs.record import differs
from eval.statistics.stats import difference
from eval.statistics.stepdown import step_down

Direction = Literal["better", "worse", "no difference", "not judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of one metric over the questions that both runs scored; `low` to `high`: 95 % of now minus before."""

    pack: str
    metric: str
    before: float
    now: float
    low: float
    high: float
    n: int
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One question in both runs. `worse`, `better`: gated metrics that fell, that rose."""

    pack: str
    before: Item
    now: Item
    worse: tuple[str, ...] = ()
    better: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    name: str
    changes: Mapping[tuple[str, str], Change]  # {(pack, metric): ...}
    moved: Mapping[tuple[str, str], Moved]  # {(pack, id): ...} of every question that both were asked
    verdict: Verdict
    baseline: RunView
    differs: tuple[str, ...] = ()  # what differs between the two records, a line each

    def unnoticed(self, pack: str, metric: str) -> float | None:
        """A loss smaller than this is missed more than one time in five; None: not judged, or any loss may be."""
        checks = self.verdict.checks
        check = next((one for one in checks if (one.scores.pack, one.scores.metric) == (pack, metric)), None)
        return check.unnoticed if check else None

    @property
    def worse(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes.values() if change.direction == "worse")

    @property
    def better(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes.values() if change.direction == "better")

    @property
    def broken(self) -> tuple[Moved, ...]:
        """Worst first, as the gate names them."""
        return tuple(self.moved[one.pack, _id(one.now)] for one in self.verdict.broken)

    @property
    def fixed(self) -> tuple[Moved, ...]:
        return tuple(self.moved[one.pack, _id(one.now)] for one in self.verdict.fixed)


def against(
    run: Mapping[str, Any], baseline: Mapping[str, Any], *, name: str = "", verdict: Verdict | None = None
) -> Against:
    """`name`: what the baseline is called; `verdict`: where the gate has spoken already.

    Raises BadInput when the two cannot be held against each other.
    """
    view, _ = read_run(baseline), read_run(run)
    judged = verdict or judge(baseline, run)
    return Against(
        name=name or view.id or view.started or "the baseline",
        changes={(one.pack, one.metric): one for one in _changes(judged)},
        moved={(one.pack, one.now.id): one for one in _moved(judged)},
        verdict=judged,
        baseline=view,
        differs=tuple(differs(baseline.get("system") or {}, run.get("system") or {})),
    )


def _id(item: Mapping[str, Any]) -> str:
    return str(clean(str(item["id"])))


def _changes(verdict: Verdict) -> Iterator[Change]:
    """Of what is gated, and of every other metric that both runs have."""
    better = _improved(verdict)
    checks = {(check.scores.pack, check.scores.metric): check for check in verdict.checks}
    packs = [*verdict.pairs, *([verdict.together] if verdict.together else [])]
    others = [pack.scores(metric) for pack in packs for metric in pack.metrics]
    for scores in [check.scores for check in verdict.checks] + others:
        key = scores.pack, scores.metric
        check = checks.get(key)
        if not scores.ids or (check and scores is not check.scores):
            continue
        change = difference(scores.a, scores.b, scores.clusters)
        if change.low is None or change.high is None:
            continue  # of one document, and no share: how sure it is cannot be told
        yield Change(
            pack=scores.pack,
            metric=scores.metric,
            before=sum(scores.a) / len(scores.a),
            now=sum(scores.b) / len(scores.b),
            low=change.low,
            high=change.high,
            n=change.n,
            direction=_direction(check, improved=key in better),
        )


def _direction(check: Check | None, *, improved: bool) -> Direction:
    if check is None:
        return "not judged"
    return "worse" if check.regressed else "better" if improved else "no difference"


def _improved(verdict: Verdict) -> set[tuple[str, str]]:
    """The gate's test turned round: what rose by more than chance explains, by step-down over all that is gated."""
    every = [check.scores for check in verdict.checks]
    tests = [one.paired("less" if one.metric in LESS_IS_BETTER else "greater") for one in every]
    return {
        (one.pack, one.metric)
        for one, p in zip(every, step_down(tests).adjusted, strict=True)
        if p <= verdict.rules.alpha
    }


def _moved(verdict: Verdict) -> Iterator[Moved]:
    gated = {(one.pack, _id(one.now)): one for one in (*verdict.broken, *verdict.fixed)}
    for pack in verdict.pairs:
        for before, now in pack.shared:
            found = gated.get((pack.pack, _id(now)))
            yield Moved(
                pack=pack.pack,
                before=Item.model_validate(before),
                now=Item.model_validate(now),
                worse=found.worse if found else (),
                better=found.better if found else (),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a run must keep whatever the other did."""

    pack: str
    text: str
    broken_by: tuple[str, ...] = ()  # ids of questions

    @property
    def kept(self) -> bool:
        return not self.broken_by


def promises(run: RunView, beside: Against | None = None) -> list[Promise]:
    """That every citation is an exact quote, and that no question met an error (that met none before)."""
    found = []
    for name, pack in run.single.items():
        scored = [(item.id, item.metrics.get("citation_valid")) for item in pack.items]
        if any(value is not None for _, value in scored):
            broken = tuple(id for id, value in scored if value is not None and value < 1.0)
            found.append(Promise(pack=name, text="every citation is an exact quote", broken_by=broken))
        before = beside.baseline.packs.get(name) if beside else None
        failed = {item.id for item in before.items if item.error} if before else set()
        new = tuple(item.id for item in pack.items if item.error and item.id not in failed)
        text = "no question met an error that met none before" if failed else "no question met an error"
        found.append(Promise(pack=name, text=text, broken_by=new))
    return found
