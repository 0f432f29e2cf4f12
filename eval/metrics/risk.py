"""How well confidence tells what to answer from what to refuse: over a set of questions, not one.

A case is one question with the confidence it had. It is *right* when its answer is (answer_correct 1), and wrong when
it has no answer in the documents or its answer is not correct. An answer that was withheld by the threshold counts as
what it would have been, so that lower thresholds can be judged too.

Where answer_correct could be scored for no answerable question of the set, every answerable one counts as right
(`outcome` says "answerable" instead of "correct"). Where it could for some, the others are left out and counted.

Risk–coverage (El-Yaniv & Wiener, JMLR 2010; Geifman & El-Yaniv, NeurIPS 2017). Answer what has at least a confidence;
coverage: the share of all cases answered; risk: the share of these that are wrong. A case that no threshold makes
answer (nothing was found, the writer found nothing in it) counts in coverage only.
AURC: the mean of risk over the confidences of the cases as thresholds, in [0, 1]. Its excess is what is above the best
order of the same cases, all right ones first.

AUROC: the chance that an answerable question has more confidence than an unanswerable one, ties half. In [0, 1], .5 for
a coin. None when either is missing.

Calibration: of ten bins of equal width, closed above, the mean distance of confidence from the share of right cases,
weighted by their number (ECE, Naeini, Cooper & Hauskrecht, AAAI 2015); Brier: mean squared distance of each case. An
ECE over few cases is above 0 even for perfect confidences: `ece_if_calibrated` is its mean were they perfect.

Worked: confidence .9 right, .8 right, .6 wrong, .3 right. Thresholds .9 .8 .6 .3: risk 0, 0, 1/3, 1/4; AURC = 7/48
= .1458. Best order: 0, 0, 0, 1/4 = .0625; excess .0833. ECE = (.1 + .2 + .6 + .7)/4 = .4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Interval = tuple[float | None, float | None]
BINS = 10
DRAWS = 1_000
SEED = 20_251


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`right`: of the answer, given or withheld; None when it cannot be told. `can_answer`: some threshold makes it."""

    confidence: float  # 0 when nothing was found
    answerable: bool
    right: bool | None
    answered: bool  # as it was run
    can_answer: bool = True
    cluster: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Answering what has at least `confidence`."""

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Confidences above `low`, up to `high` (0 is in the first)."""

    low: float
    high: float
    confidence: float  # mean
    correct: float  # share
    n: int


def judged(cases: Sequence[Case]) -> tuple[str, list[Case]]:
    """("correct" or "answerable", the cases whose outcome is known by it)."""
    if any(case.answerable and case.right is not None for case in cases):
        return "correct", [case for case in cases if case.right is not None or not case.can_answer]
    return "answerable", [replace(case, right=case.answerable) for case in cases]


def _columns(cases: Sequence[Case]) -> tuple[Floats, Floats]:
    """(confidence, 1 where wrong) of those that some threshold answers."""
    able = [case for case in cases if case.can_answer]
    confidence = np.array([case.confidence for case in able], dtype=np.float64)
    return confidence, np.array([not case.right for case in able], dtype=np.float64)


def _ranked(scores: Floats) -> tuple[Places, Places]:
    """(order, most confident first; for each place in it the last place of those tied with it)."""
    order = np.argsort(-scores, kind="stable")
    falling = -scores[order]
    return order, np.searchsorted(falling, falling, side="right") - 1


def risk_coverage(cases: Sequence[Case]) -> list[Point]:
    """One point for each confidence there is, falling; coverage rises."""
    confidence, wrong = _columns(cases)
    order, last = _ranked(confidence)
    failed = np.cumsum(wrong[order])
    return [
        Point(
            confidence=float(confidence[order[end]]),
            coverage=(end + 1) / len(cases),
            risk=float(failed[end]) / (end + 1),
        )
        for end in np.unique(last).tolist()
    ]


def aurc(confidence: Floats, wrong: Floats) -> float | None:
    """None without cases."""
    return float(aurcs(confidence, wrong, np.ones((1, len(wrong))))[0]) if len(wrong) else None


def aurcs(confidence: Floats, wrong: Floats, weights: Floats) -> Floats:
    """One for each row of weights, shape (rows, cases): a case of weight 2 is there twice, one of 0 is not there."""
    order, last = _ranked(confidence)
    weights = weights[:, order]
    answered = np.cumsum(weights, axis=1)[:, last]
    failed = np.cumsum(weights * wrong[order], axis=1)[:, last]
    with np.errstate(invalid="ignore"):
        risks = np.where(answered > 0, failed / answered, 0.0)
    return np.asarray((weights * risks).sum(axis=1) / weights.sum(axis=1))


def excess_aurc(confidence: Floats, wrong: Floats) -> float | None:
    """Above the best order of the same cases; at least 0. None without cases."""
    found = aurc(confidence, wrong)
    if found is None:
        return None
    best = np.cumsum(np.sort(wrong)) / np.arange(1, len(wrong) + 1)
    return float(found - best.mean())


def auroc(scores: Floats, positive: Floats) -> float | None:
    """None where one class is missing."""
    if not 0 < positive.sum() < len(positive):
        return None
    return float(aurocs(scores, positive, np.ones((1, len(positive))))[0])


def aurocs(scores: Floats, positive: Floats, weights: Floats) -> Floats:
    """Mann–Whitney, ties half; one for each row of weights. NaN where a class has no weight."""
    order, last = _ranked(-scores)  # ascending
    first = len(order) - 1 - _ranked(scores)[1][::-1]
    above, below = weights[:, order] * positive[order], weights[:, order] * (1 - positive[order])
    beaten = np.cumsum(below, axis=1)
    wins = (beaten[:, first] - below[:, first] + beaten[:, last]) / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((above * wins).sum(axis=1) / (above.sum(axis=1) * below.sum(axis=1)))


def _placed(confidence: Floats, bins: int) -> Places:
    """The bin of each, from 0."""
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")


def reliability(confidence: Floats, right: Floats, bins: int = BINS) -> list[Bin]:
    """The bins that hold a case, ascending."""
    place = _placed(confidence, bins)
    return [
        Bin(
            low=n / bins,
            high=(n + 1) / bins,
            confidence=float(confidence[place == n].mean()),
            correct=float(right[place == n].mean()),
            n=int((place == n).sum()),
        )
        for n in np.unique(place).tolist()
    ]


def ece(confidence: Floats, right: Floats, bins: int = BINS) -> float | None:
    """None without cases."""
    return float(_eces(confidence, right[None, :], bins)[0]) if len(right) else None


def _eces(confidence: Floats, worlds: Floats, bins: int) -> Floats:
    """One for each row of outcomes: in a bin, n |mean - mean| is the distance of the sums."""
    member = (_placed(confidence, bins)[:, None] == np.arange(bins)).astype(np.float64)
    return np.asarray(np.abs(confidence @ member - worlds @ member).sum(axis=1) / len(confidence))


def ece_if_calibrated(confidence: Floats, *, bins: int = BINS, seed: int = SEED) -> float | None:
    """Mean ECE were each case right with just its confidence: what chance alone makes of so few."""
    if not len(confidence):
        return None
    worlds = np.random.default_rng(seed).random((DRAWS, len(confidence))) < confidence
    return float(_eces(confidence, worlds.astype(np.float64), bins).mean())


def brier(confidence: Floats, right: Floats) -> float | None:
    """None without cases."""
    return float(((confidence - right) ** 2).mean()) if len(confidence) else None


def resampled(clusters: Sequence[str], *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """How often each case is in each draw of as many whole clusters as there are: shape (draws, cases).

    No draw of one cluster alone: it is the same each time, and says nothing of another.
    """
    names, group = np.unique(np.asarray(clusters), return_inverse=True)
    if len(names) < 2:
        return np.zeros((0, len(clusters)))
    chances = np.full(len(names), 1 / len(names))
    counts = np.random.default_rng(seed).multinomial(len(names), chances, size=draws)
    return np.asarray(counts[:, group], dtype=np.float64)


def middle(values: Floats) -> Interval:
    """The middle 95 %; resamples that have no such figure (NaN: one class only) are left out.

    With `resampled`: the percentile bootstrap of whole clusters (Efron & Tibshirani 1993; Field & Welsh 2007).
    """
    found = values[~np.isnan(values)]
    if not len(found):
        return None, None
    low, high = np.percentile(found, [2.5, 97.5]).tolist()
    return low, high


def risk_interval(cases: Sequence[Case]) -> Interval:
    """95 % of AURC."""
    confidence, wrong = _columns(cases)
    if not len(wrong):
        return None, None
    return middle(aurcs(confidence, wrong, resampled([case.cluster for case in cases if case.can_answer])))


def calibration_bins(cases: Sequence[Case]) -> list[Bin]:
    confidence, wrong = _columns(cases)
    return reliability(confidence, 1 - wrong)


def figures(cases: Sequence[Case]) -> dict[str, float | None]:
    """Over cases whose outcome is known (`judged`)."""
    confidence, wrong = _columns(cases)
    return {
        "aurc": aurc(confidence, wrong),
        "excess_aurc": excess_aurc(confidence, wrong),
        "auroc_correct": auroc(confidence, 1 - wrong),
        "ece": ece(confidence, 1 - wrong),
        "ece_if_calibrated": ece_if_calibrated(confidence),
        "brier": brier(confidence, 1 - wrong),
    }
