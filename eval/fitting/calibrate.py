"""Where to refuse: a threshold on confidence chosen from labelled questions, and what it costs on questions not seen.

Two goals. *False refusals at most A*: the highest threshold that refuses no more of the answerable questions than A, so
that as many of the others as possible are refused. It is the k-th lowest confidence of n answerable questions, k =
floor(A (n + 1)); a further question of the same kind is then refused with a chance of at most A (split conformal
prediction: Papadopoulos et al., ECML 2002; Angelopoulos & Bates 2023). With n < 1/A - 1 only 0 can promise that.
*Risk at most R*: the lowest threshold at which at most R of the answers given are wrong (Geifman & El-Yaniv 2017,
without their margin for chance: the estimate below says what it comes to).

The estimate is cross-validated: questions on one document stay together, a threshold is chosen without a tenth of the
documents and judged on that tenth. Only so is it no boast: on the questions it was chosen from, it is.

Worked: answerable .2 .6 .7 .8 .9 .9 .95 .97 .99, A = .2: k = floor(.2 * 10) = 2, threshold .6; one of nine is refused.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics.risk import Case, judged
from eval.statistics.stats import Estimate, estimate
from rag.domain.errors import BadInput

FOLDS = 10
SEED = 20_251
UNSEEN = 0.10  # a rate that no false answer among the questions should rule out, at 95 %
NEVER = math.inf  # no confidence reaches it


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of the two. `risk`: the share of answers given that may be wrong."""

    false_refusal: float = 0.05
    risk: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a rule does on a set: `false_answer` of the unanswerable questions, `false_refusal` of the others, `risk` of
    the answers given; `coverage`: the share of all questions that get one."""

    false_answer: Estimate
    false_refusal: Estimate
    risk: Estimate
    coverage: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    threshold: float
    lowest: float  # over the folds, at most 1
    highest: float
    expected: Rates  # cross-validated
    today: Rates  # as the questions were answered
    outcome: str  # what a wrong answer is: see eval.metrics.risk
    n_answerable: int
    n_unanswerable: int
    warnings: tuple[str, ...] = ()


def choose(cases: Sequence[Case], target: Target) -> float:
    """Rounded down to four digits. NEVER where no threshold keeps the risk."""
    if target.risk is None:
        return _down(_conformal(cases, target.false_refusal))
    known = sorted((case for case in judged(cases)[1] if case.can_answer), key=lambda case: -case.confidence)
    wrong, least = 0, NEVER
    for n, case in enumerate(known, 1):
        wrong += not case.right
        tied = n < len(known) and known[n].confidence == case.confidence
        if not tied and wrong <= target.risk * n:
            least = case.confidence
    return _down(least)


def _conformal(cases: Sequence[Case], most: float) -> float:
    """What no threshold answers is refused in any case, and counts as the least confident."""
    answerable = sorted(case.confidence if case.can_answer else 0.0 for case in cases if case.answerable)
    k = math.floor(most * (len(answerable) + 1) + 1e-9)
    return answerable[min(k, len(answerable)) - 1] if k and answerable else 0.0


def _down(threshold: float) -> float:
    return threshold if threshold == NEVER else math.floor(threshold * 1e4) / 1e4


def rates(cases: Sequence[Case], answered: Sequence[bool]) -> Rates:
    """`answered[i]`: whether cases[i] gets an answer. Intervals draw whole clusters."""
    pairs = list(zip(cases, answered, strict=True))
    told = {id(case) for case in cases if case.right is not None}
    return Rates(
        false_answer=_share([(case, said) for case, said in pairs if not case.answerable]),
        false_refusal=_share([(case, not said) for case, said in pairs if case.answerable]),
        risk=_share([(case, not case.right) for case, said in pairs if said and id(case) in told]),
        coverage=_share(pairs),
    )


def _share(pairs: Sequence[tuple[Case, bool]]) -> Estimate:
    return estimate([float(value) for _, value in pairs], [case.cluster for case, _ in pairs])


def _applied(cases: Sequence[Case], threshold: float) -> list[bool]:
    return [case.can_answer and case.confidence >= threshold for case in cases]


def folds(cases: Sequence[Case], count: int = FOLDS) -> list[int]:
    """The fold of each case: a cluster stays whole, and clusters with unanswerable questions are spread evenly."""
    clusters = sorted({case.cluster for case in cases})
    random.Random(SEED).shuffle(clusters)
    lacking = {case.cluster for case in cases if not case.answerable}
    ordered = sorted(clusters, key=lambda name: name not in lacking)  # stable
    place = {name: n % count for n, name in enumerate(ordered)}
    return [place[case.cluster] for case in cases]


def calibrate(cases: Sequence[Case], target: Target) -> Calibration:
    """Raises BadInput without answerable or without unanswerable questions, and where no threshold keeps the risk."""
    answerable = sum(case.answerable for case in cases)
    unanswerable = len(cases) - answerable
    _check(answerable, unanswerable)
    outcome, known = judged(cases)
    if target.risk is not None or outcome == "answerable":
        cases = known
    threshold = choose(cases, target)
    if threshold == NEVER:
        raise BadInput(
            f"No threshold brings the risk down to {target.risk:.0%}: the most confident answer is wrong.",
            fix="Ask for a higher --target-risk, or look at the most confident wrong answers first.",
        )
    fold = folds(cases)
    found = {n: choose([c for c, f in zip(cases, fold, strict=True) if f != n], target) for n in sorted(set(fold))}
    decisions = [case.can_answer and case.confidence >= found[n] for case, n in zip(cases, fold, strict=True)]
    expected = rates(cases, decisions)
    return Calibration(
        threshold=threshold,
        lowest=min(1.0, *found.values()),
        highest=min(1.0, max(found.values())),
        expected=expected,
        today=rates(cases, [case.answered for case in cases]),
        outcome=outcome,
        n_answerable=answerable,
        n_unanswerable=unanswerable,
        warnings=(*_too_few(answerable, unanswerable, target), *_not_kept(expected, target)),
    )


def _check(answerable: int, unanswerable: int) -> None:
    if not answerable or not unanswerable:
        kind = "answerable" if not answerable else "unanswerable"
        raise BadInput(
            f"No {kind} question with a recorded confidence is among them.",
            fix='Add questions with "answerable": true and false; a run must be of `teamlore eval answers`.',
        )


def _too_few(answerable: int, unanswerable: int, target: Target) -> list[str]:
    """What so few questions cannot tell."""
    found = []
    enough = math.ceil(math.log(0.05) / math.log(1 - UNSEEN))
    if unanswerable < enough:
        bound = 1 - 0.05 ** (1 / unanswerable)
        found.append(
            f"{unanswerable} unanswerable questions are few: even if none of them were answered, {bound:.0%} of such "
            f"questions might be. {enough} are needed to rule out {UNSEEN:.0%}: add {enough - unanswerable}."
        )
    least = math.ceil(1 / target.false_refusal - 1e-9) - 1 if target.risk is None and target.false_refusal else 0
    if answerable < least:
        found.append(
            f"{answerable} answerable questions cannot promise {target.false_refusal:.0%} false refusals: at least "
            f"{least} can. Until then nothing is refused."
        )
    return found


def _not_kept(expected: Rates, target: Target) -> list[str]:
    goals = (
        ("false refusals", expected.false_refusal, target.false_refusal if target.risk is None else None),
        ("wrong answers", expected.risk, target.risk),
    )
    return [
        f"On questions that it was not chosen from there were {found.value:.0%} {name}, not {goal:.0%}: with so few "
        "questions this goal is not kept."
        for name, found, goal in goals
        if goal is not None and found.value is not None and found.value > goal + 1e-9
    ]


def rates_json(found: Rates) -> Mapping[str, Any]:
    named = {
        "false_answer": found.false_answer,
        "false_refusal": found.false_refusal,
        "risk": found.risk,
        "coverage": found.coverage,
    }
    return {name: {"value": e.value, "ci95": [e.low, e.high], "n": e.n} for name, e in named.items()}
