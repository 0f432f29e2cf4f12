"""How sure a mean is, and whether two runs differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SEED = 20_251
RESAMPLES = 2_000
ROUNDS = 10_000
_BLOCK = 4_000_000  # random numbers at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over `n` scored values with its 95 % interval; None when nothing was scored."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def estimate(values: Sequence[float], clusters: Sequence[str] | None = None, *, seed: int = SEED) -> Estimate:
    """Mean and percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    `clusters[i]` names the group of values[i]: whole groups are drawn, so that questions on one document do not count
    as independent. The same input and seed give the same interval.
    """
    if not values:
        return Estimate(value=None, low=None, high=None, n=0)
    sums, counts = _groups(np.asarray(values, dtype=np.float64), clusters)
    random, groups = np.random.default_rng(seed), len(sums)
    rows = max(1, min(RESAMPLES, _BLOCK // groups))
    means: list[float] = []
    while len(means) < RESAMPLES:
        drawn = random.integers(0, groups, size=(min(rows, RESAMPLES - len(means)), groups))
        means.extend((sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)).tolist())
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(value=float(np.mean(values)), low=float(low), high=float(high), n=len(values))


def _groups(values: np.ndarray, clusters: Sequence[str] | None) -> tuple[np.ndarray, np.ndarray]:
    """(sum, count) of each group."""
    if clusters is None:
        return values, np.ones_like(values)
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} values, {len(clusters)} clusters")
    _, group = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(group, weights=values), np.bincount(group).astype(np.float64)


def paired_test(a: Sequence[float], b: Sequence[float], *, rounds: int = ROUNDS, seed: int = SEED) -> float:
    """Two-sided p of mean(b) - mean(a) by random sign flips of the paired differences (Fisher's randomisation test).

    (1 + flips at least as far from 0) / (1 + rounds), so never 0. No pairs, or no difference in any: 1.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} values do not pair")
    differences = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    random, seen, extreme = np.random.default_rng(seed), abs(differences.sum()), 0
    rows = max(1, _BLOCK // len(differences))
    for start in range(0, rounds, rows):
        signs = random.integers(0, 2, size=(min(rows, rounds - start), len(differences)), dtype=np.int8) * 2 - 1
        extreme += int((abs(signs @ differences) >= seen - 1e-12 * max(1.0, seen)).sum())
    return (1 + extreme) / (1 + rounds)
