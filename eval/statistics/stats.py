"""How sure a mean is, and the difference of two.

Values come with clusters: questions on one document are not independent, so whole documents are drawn and counted
together. What could not be scored is left out before it comes here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20_251
RESAMPLES = 2_000
_BLOCK = 4_000_000  # random numbers at a time
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over `n` scored values with its 95 % interval; None when nothing was scored."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def rounded(value: float | None) -> float | None:
    """As figures are written down: six digits after the point."""
    return None if value is None else round(value, 6)


def estimate_json(found: Estimate) -> dict[str, Any]:
    return {"value": rounded(found.value), "ci95": [rounded(found.low), rounded(found.high)], "n": found.n}


def estimate(values: Sequence[float], clusters: Sequence[str] | None = None, *, seed: int = SEED) -> Estimate:
    """Mean with a 95 % interval. The same input and seed give the same interval.

    Where every value is 0 or 1: Wilson's interval for the effective number of questions (see `_wilson`), because a
    bootstrap of 40 right answers of 40 says [1, 1]. Else the BCa bootstrap of whole clusters. One cluster alone says
    nothing of the next: [0, 1] for values in [0, 1], None for others.
    """
    if not values:
        return Estimate(value=None, low=None, high=None, n=0)
    sums, counts = _groups(values, clusters)
    if len(sums) == 1:
        low, high = (0.0, 1.0) if 0 <= min(values) <= max(values) <= 1 else (None, None)
    elif set(values) <= {0.0, 1.0}:
        low, high = _wilson(sums, counts)
    else:
        low, high = _bca(sums, counts, seed)
    return Estimate(value=float(np.mean(values)), low=low, high=high, n=len(values))


def difference(a: Sequence[float], b: Sequence[float], clusters: Sequence[str] | None = None) -> Estimate:
    """mean(b) - mean(a) of paired values, with the BCa interval. No pair that differs: [0, 0].

    Else of one cluster alone: [-1, 1] for differences in [-1, 1], None for others.
    """
    if not len(a):
        return Estimate(value=None, low=None, high=None, n=0)
    found = changes(a, b)
    sums, counts = _groups(found, clusters)
    if len(sums) == 1 and found.any():
        low, high = (-1.0, 1.0) if np.abs(found).max() <= 1 else (None, None)
    else:
        low, high = _bca(sums, counts, SEED)
    return Estimate(value=float(found.mean()), low=low, high=high, n=len(found))


def changes(a: Sequence[float], b: Sequence[float]) -> Numbers:
    """b - a, pair by pair. Raises ValueError when they do not pair."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} values do not pair")
    return np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)


def _groups(values: Sequence[float] | Numbers, clusters: Sequence[str] | None) -> tuple[Numbers, Numbers]:
    """(sum, count) of each cluster; without clusters each value is its own."""
    array = np.asarray(values, dtype=np.float64)
    places = cluster_places(clusters, len(array))
    sums = np.bincount(places, weights=array).astype(np.float64)  # of nothing, integers
    return sums, np.bincount(places).astype(np.float64)


def cluster_places(clusters: Sequence[str] | None, n: int) -> NDArray[np.intp]:
    """The number, from 0, of each value's cluster. Raises ValueError when there is not one name a value."""
    if clusters is None:
        return np.arange(n)
    if len(clusters) != n:
        raise ValueError(f"{n} values, {len(clusters)} clusters")
    places: NDArray[np.intp] = np.unique(np.asarray(clusters), return_inverse=True)[1]
    return places


def _wilson(sums: Numbers, counts: Numbers) -> tuple[float, float]:
    """Wilson's score interval (1927) with the survey sampler's effective n and Student's t (Korn & Graubard 1998).

    n_effective = m(1 - m) / v, at most the number of values; v: the linearised variance of the mean between the k
    clusters, k / (k - 1) * sum((sum_i - m * count_i)^2) / n^2. t has K - 1 degrees of freedom (at least 1), K =
    n^2 / sum(count_i^2): a document with half of all questions is not one of many (Carter, Schnepel & Steigerwald
    2017). All alike: v says nothing, and n_effective is K.
    """
    clusters, n = len(sums), counts.sum()
    from scipy.special import stdtrit

    balanced = n**2 / (counts @ counts)
    mean = sums.sum() / n
    rest = sums - mean * counts
    variance = clusters / (clusters - 1) * (rest @ rest) / n**2
    effective = min(n, mean * (1 - mean) / variance) if variance > 0 else balanced
    t = float(stdtrit(max(balanced - 1, 1), 0.975))
    shrunk = 1 + t * t / effective
    centre = (mean + t * t / (2 * effective)) / shrunk
    half = t / shrunk * np.sqrt(mean * (1 - mean) / effective + (t / (2 * effective)) ** 2)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _bca(sums: Numbers, counts: Numbers, seed: int) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap (Efron & Tibshirani 1993, chapter 14), clusters drawn whole."""
    means, mean = _resampled(sums, counts, seed), sums.sum() / counts.sum()
    if np.ptp(means) == 0:
        return float(means[0]), float(means[0])
    normal = NormalDist()
    below = ((means < mean).sum() + 0.5 * (means == mean).sum()) / len(means)
    bias = normal.inv_cdf(min(max(below, 1 / len(means)), 1 - 1 / len(means)))
    left_out = (sums.sum() - sums) / (counts.sum() - counts)
    pulls = left_out.mean() - left_out
    spread = (pulls @ pulls) ** 1.5
    acceleration = (pulls**3).sum() / (6 * spread) if spread > 0 else 0.0
    ends = [bias + normal.inv_cdf(q) for q in (0.025, 0.975)]
    shares = [normal.cdf(bias + end / (1 - acceleration * end)) for end in ends]
    low, high = np.quantile(means, shares)
    return float(low), float(high)


def _resampled(sums: Numbers, counts: Numbers, seed: int) -> Numbers:
    random, groups = np.random.default_rng(seed), len(sums)
    rows, means = max(1, min(RESAMPLES, _BLOCK // groups)), list[Numbers]()
    for start in range(0, RESAMPLES, rows):
        drawn = random.integers(0, groups, size=(min(rows, RESAMPLES - start), groups))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return np.concatenate(means)
