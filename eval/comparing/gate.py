"""May this run take the place of the one before? Only a regression that chance does not explain, or a broken promise,
says no."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.comparing.pairs import Item, PackPairs, Scores, pair_runs
from eval.metrics import LESS_IS_BETTER
from eval.runs.results import TOGETHER
from eval.statistics.stats import Estimate, difference
from eval.statistics.stepdown import Alternative, step_down
from rag.domain.errors import BadInput

# One or two of each family: every further one makes the rest harder to prove. Time is never gated: machines differ.
GATED = (
    "ndcg@10",
    "recall@10",
    "evidence_hit@5",
    "citation_evidence",
    "answer_correct",
    "false_answer",
    "false_refusal",
)
PROMISED = "citation_valid"
ENOUGH = 0.8  # of the baseline's questions, asked again unchanged
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    alpha: float = ALPHA  # family-wise, over every metric of every pack
    metrics: tuple[str, ...] = ()  # none: those of GATED that both runs have


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One metric of one pack. `change`: now minus before, over the questions both could score."""

    scores: Scores
    change: Estimate
    p: float  # one-sided, of a change for the worse
    adjusted: float  # by step-down over all checks of the gate
    threshold: float  # what its first step asks, as the checks differ now; in [alpha / their number, alpha]
    regressed: bool

    @property
    def before(self) -> float:
        return sum(self.scores.a) / len(self.scores.a)

    @property
    def now(self) -> float:
        return sum(self.scores.b) / len(self.scores.b)

    @property
    def unnoticed(self) -> float | None:
        """As `Scores.unnoticed`, at what the first step asks."""
        return self.scores.unnoticed(self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A question whose gated scores changed: `worse` and `better` name the metrics."""

    pack: str
    before: Item
    now: Item
    worse: tuple[str, ...]
    better: tuple[str, ...]
    fall: float  # sum over the metrics; ordered by it

    @property
    def name(self) -> str:
        return f"{self.pack}/{self.now['id']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What holds whatever the baseline did, and no longer does."""

    pack: str
    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    checks: tuple[Check, ...]
    promises: tuple[Promise, ...]  # broken ones
    broken: tuple[Moved, ...]  # worst first
    fixed: tuple[Moved, ...]
    pairs: tuple[PackPairs, ...]
    rules: Rules
    together: PackPairs | None = None  # the file packs as one: shown, not gated, for each of them is
    new_packs: tuple[str, ...] = ()  # that the baseline does not have: only their promises are looked at

    @property
    def regressions(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.regressed)

    @property
    def witnesses(self) -> int:
        """What the broken questions rest on: passages, and questions that stand for themselves."""
        units = {
            (check.scores.pack, id): (check.scores.pack, unit)
            for check in self.checks
            for id, unit in zip(check.scores.ids, check.scores.units, strict=True)
        }
        return len({units[one.pack, str(one.now["id"])] for one in self.broken})

    @property
    def passed(self) -> bool:
        return not self.regressions and not self.promises


def judge(baseline: Mapping[str, Any], run: Mapping[str, Any], rules: Rules | None = None) -> Verdict:
    """Raises BadInput when the two cannot be held against each other."""
    rules = rules or Rules()
    every = _comparable(baseline, run)
    pairs = [pack for pack in every if pack.pack != TOGETHER]
    _still_scored(pairs, rules)
    checks = _checks(pairs, rules)
    moved = [one for pack in pairs for one in _moved(pack, _gated(pack, rules))]
    return Verdict(
        checks=tuple(checks),
        promises=tuple(_promises(baseline, run)),
        broken=tuple(sorted((one for one in moved if one.worse), key=lambda one: -one.fall)),
        fixed=tuple(sorted((one for one in moved if not one.worse), key=lambda one: one.fall)),
        pairs=tuple(pairs),
        rules=rules,
        together=next((pack for pack in every if pack.pack == TOGETHER), None),
        new_packs=tuple(name for name in run["packs"] if name not in baseline["packs"] and name != TOGETHER),
    )


def _comparable(baseline: Mapping[str, Any], run: Mapping[str, Any]) -> list[PackPairs]:
    before, now = baseline.get("command"), run.get("command")
    if before != now:
        raise BadInput(
            f"The baseline measured {before}, this run {now}.",
            fix="Hold a run against one of the same command.",
        )
    pairs = list(pair_runs(baseline, run))
    together = next((pack for pack in pairs if pack.pack == TOGETHER), None)
    shares = {pack.pack: pack.share for pack in pairs}
    for name, pack in baseline["packs"].items():
        if name != TOGETHER and pack["items"] and (share := shares.get(name, 0.0)) < ENOUGH:
            raise BadInput(
                f"Of the baseline's questions in {name}, {share:.0%} were asked again unchanged; "
                f"under {ENOUGH:.0%} the two runs are not comparable.",
                fix="Run the same questions, or take this run as the new reference: gate RUN --accept.",
            )
    if not any(pack.shared for pack in pairs):
        raise BadInput("The two runs have no question in common.", fix="Name a run of the same packs: --baseline RUN.")
    if together and (len(pairs) <= 2 or together.share < ENOUGH):
        pairs.remove(together)  # it is the one pack again, or another mixture
    return pairs


def _still_scored(pairs: Sequence[PackPairs], rules: Rules) -> None:
    """A figure that is gone, or that scores few of the questions it did, would be no worse for any answer."""
    for pack in pairs:
        asked = [(before["metrics"], now["metrics"]) for before, now in pack.shared if not now.get("error")]
        if any(PROMISED in before and PROMISED not in now for before, now in asked):
            raise BadInput(
                f"{pack.pack}: the run does not say whether citations are exact quotes, which the baseline does.",
                fix="Repeat the run with the teamlore that is to be judged.",
            )
        for metric in rules.metrics or GATED:
            now = [values.get(metric) is not None for before, values in asked if before.get(metric) is not None]
            if sum(now) < ENOUGH * len(now):
                raise BadInput(
                    f"{pack.pack}, {metric}: of {len(now)} questions that the baseline scored, {sum(now)} can be now; "
                    f"under {ENOUGH:.0%} there is nothing to gate on.",
                    fix="See why it cannot be scored, or take this run as the new reference: gate RUN --accept.",
                )


def _gated(pack: PackPairs, rules: Rules) -> tuple[str, ...]:
    return tuple(metric for metric in rules.metrics or GATED if metric in pack.metrics)


def _checks(pairs: Sequence[PackPairs], rules: Rules) -> list[Check]:
    known = {metric for pack in pairs for metric in pack.metrics}
    if unknown := [metric for metric in rules.metrics if metric not in known]:
        raise BadInput(f"{unknown[0]}: not in both runs.", fix=f"One of {', '.join(sorted(known))}.")
    every = [pack.scores(metric) for pack in pairs for metric in _gated(pack, rules)]
    scored = [scores for scores in every if scores.ids]
    found = step_down([one.paired(_worse(one.metric)) for one in scored], alpha=rules.alpha)
    return [
        Check(
            scores=scores,
            change=difference(scores.a, scores.b, scores.clusters),
            p=p,
            adjusted=adjusted,
            threshold=found.first,
            regressed=adjusted <= rules.alpha,
        )
        for scores, p, adjusted in zip(scored, found.ps, found.adjusted, strict=True)
    ]


def _worse(metric: str) -> Alternative:
    return "greater" if metric in LESS_IS_BETTER else "less"


def _moved(pack: PackPairs, gated: Sequence[str]) -> Iterator[Moved]:
    for before, now in pack.shared:
        falls = {metric: _fall(metric, before, now) for metric in gated}
        if any(falls.values()):
            yield Moved(
                pack=pack.pack,
                before=before,
                now=now,
                worse=tuple(metric for metric, fall in falls.items() if fall > 0),
                better=tuple(metric for metric, fall in falls.items() if fall < 0),
                fall=sum(falls.values()),
            )


def _fall(metric: str, before: Item, now: Item) -> float:
    """Above 0 for the worse. 0 where either could not be scored."""
    x, y = before["metrics"].get(metric), now["metrics"].get(metric)
    if x is None or y is None:
        return 0.0
    return float(y - x if metric in LESS_IS_BETTER else x - y)


def _promises(baseline: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[Promise]:
    for name, pack in run["packs"].items():
        if name == TOGETHER:
            continue
        valid = [(item, item["metrics"].get(PROMISED)) for item in pack["items"]]
        if false := tuple(item for item, value in valid if value is not None and value < 1.0):
            yield Promise(pack=name, text="every citation is an exact quote", items=false)
        before = baseline["packs"].get(name, {"items": []})["items"]
        failed = {item["id"] for item in before if item.get("error")}
        if new := tuple(item for item in pack["items"] if item.get("error") and item["id"] not in failed):
            yield Promise(pack=name, text="no question met an error that met none before", items=new)
