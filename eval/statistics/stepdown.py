"""Whether chance explains what changed between two runs: of one metric, and of many at once.

Fisher's randomisation test, and the step-down minP of Westfall & Young (Resampling-Based Multiple Testing, 1993,
algorithm 2.8), computed as Ge, Dudoit & Speed (Test 12, 2003) do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.statistics.stats import SEED, Numbers, changes, cluster_places

ROUNDS = 10_000
_EXACT = 13  # units that differ; up to here every pattern of signs is tried
_BLOCK = 4_000_000  # signs at a time
_SLACK = 1e-12  # sums as far apart are equal
Alternative = Literal["two-sided", "less", "greater"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One metric of two runs: `changes[i]`, b minus a, of a question in `units[i]`. "less": b is worse than a, where
    more is better. Units of one name have one sign, in every metric."""

    changes: Sequence[float] | Numbers
    units: Sequence[str]
    alternative: Alternative = "two-sided"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDown:
    """In the order given. Those with `adjusted` up to alpha are found; one false finding or more: at most alpha."""

    ps: tuple[float, ...]
    adjusted: tuple[float, ...]
    first: float  # the highest p that the first step would find; in [alpha / their number, alpha]


def paired_test(
    a: Sequence[float],
    b: Sequence[float],
    clusters: Sequence[str] | None = None,
    *,
    alternative: Alternative = "two-sided",
    seed: int = SEED,
) -> float:
    """p of mean(b) - mean(a) by sign flips of the clusters' summed differences.

    Of two runs that do not differ, each cluster's difference is as likely to have come out the other way round. No
    pairs, or no difference in any: 1.
    """
    units = [str(n) for n in range(len(a))] if clusters is None else clusters
    return step_down([Paired(changes=changes(a, b), units=units, alternative=alternative)], seed=seed).ps[0]


def step_down(tests: Sequence[Paired], *, alpha: float = 0.05, seed: int = SEED) -> StepDown:
    """p: the share of sign patterns that bring a sum as far out. Adjusted: the share of patterns in which the least p
    of this test and of all with a larger p is as small as this one was, and never below that of a smaller p.

    All patterns where up to 13 units differ in any test; beyond, 10,000 random ones, the one that was seen among them,
    so no p is 0. Never above Holm's (1979) correction of the same p's, and about that where tests share no unit.
    Worked, two tests on three units each with -1 thrice, "less": p = 1/8 both. On the same units 1/8 adjusted, for
    they are one test twice; on different ones 1 - (7/8)^2 = 15/64, where Holm's is 16/64.
    """
    if not tests:
        return StepDown(ps=(), adjusted=(), first=alpha)
    counts = _as_far(_sums(tests, seed))
    rows, seen = len(counts), counts[0]
    order = np.argsort(-seen, kind="stable")
    least = np.minimum.accumulate(counts[:, order], axis=1)  # of a test and those with a larger p
    shares = (least <= seen[order]).mean(axis=0)
    adjusted = np.empty(len(tests))
    adjusted[order] = np.maximum.accumulate(shares[::-1])[::-1]
    refused = np.sort(least[:, -1])[int(alpha * rows + _SLACK)] / rows
    return StepDown(
        ps=tuple((seen / rows).tolist()),
        adjusted=tuple(adjusted.tolist()),
        first=float(min(alpha, np.nextafter(refused, 0))),
    )


def _sums(tests: Sequence[Paired], seed: int) -> Numbers:
    """(patterns of signs, tests); the first row as seen, the higher the further out."""
    names, weights = [name for test in tests for name in test.units], np.zeros((0, len(tests)))
    if names:
        places = iter(np.split(cluster_places(names, len(names)), np.cumsum([len(test.units) for test in tests])[:-1]))
        size = len(set(names))
        weights = np.stack([np.bincount(next(places), weights=test.changes, minlength=size) for test in tests], axis=1)
    weights = weights[(np.abs(weights) > _SLACK).any(axis=1)]
    weights *= [-1.0 if test.alternative == "less" else 1.0 for test in tests]
    sums = np.concatenate([signs @ weights for signs in _signs(len(weights), seed)])
    two_sided = [test.alternative == "two-sided" for test in tests]
    sums[:, two_sided] = np.abs(sums[:, two_sided])
    return sums


def _signs(units: int, seed: int) -> Iterator[Numbers]:
    """Rows of 1 and -1, in blocks; the very first row is all 1."""
    if units <= _EXACT:
        yield np.where(np.arange(2**units)[:, None] >> np.arange(units) & 1, -1.0, 1.0)
        return
    random, rows = np.random.default_rng(seed), max(1, _BLOCK // units)
    for start in range(0, ROUNDS, rows):
        shape = min(rows, ROUNDS - start), units
        signs = np.where(random.integers(0, 2, size=shape, dtype=np.int8), -1.0, 1.0)
        if not start:
            signs[0] = 1.0
        yield signs


def _as_far(sums: Numbers) -> NDArray[np.intp]:
    """How many rows of its column are at least as high as each."""
    slack = _SLACK * np.maximum(1.0, np.abs(sums).max(axis=0))
    ranked = np.sort(sums, axis=0)
    below = [np.searchsorted(ranked[:, j], sums[:, j] - slack[j]) for j in range(sums.shape[1])]
    return len(sums) - np.stack(below, axis=1)
