"""Whether judges agree with each other, and a judge with itself: that is not yet agreement with people.

alpha: Krippendorff's for labels without an order, over items that at least two said something on. 1 - observed /
expected disagreement: an item that m said something on adds 1 / (m - 1) for each ordered pair of what they said to the
table o of labels; n = sum(o), n_c = sum(o[c]); alpha = 1 - (n - 1) * (n - sum(o[c][c])) / (n^2 - sum(n_c^2)). 1: no
disagreement; 0: as guessing. Not defined where everybody always says the same. Source: Krippendorff, Computing
Krippendorff's Alpha-Reliability, 2011.

kappa: Cohen's, over the items that both said something on; see eval.judges.labelled.

Worked: two judges say aa, ab, bb, bb: o = [[2, 1], [1, 4]], n = 8, alpha = 1 - 7 * 2 / (64 - 9 - 25) = 8 / 15; kappa:
accuracy 3/4, chance 1/4 * 1/2 + 3/4 * 1/2 = 1/2, so 1/2.

Intervals are percentile bootstraps at 95 % that draw whole clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.judges.labelled import agreement
from eval.statistics.stats import RESAMPLES, SEED, Estimate

Said = Sequence[str | None]  # of one item, by each judge or trial; None: no verdict
Tables = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """`same`: share of equal labels among `n` items that both said something on; `alone`: items that one did not."""

    kappa: Estimate
    same: float | None
    n: int
    alone: int


def between(a: Said, b: Said, clusters: Sequence[str]) -> Pair:
    """Two judges over the same items. Raises ValueError where the lengths differ."""
    every = list(zip(a, b, clusters, strict=True))
    both = [(one, other, cluster) for one, other, cluster in every if one is not None and other is not None]
    found = agreement(both, tuple(sorted({label for one, other, _ in both for label in (one, other)})))
    alone = sum((one is None) != (other is None) for one, other, _ in every)
    return Pair(kappa=found.figures["kappa"], same=found.figures["accuracy"].value, n=len(both), alone=alone)


def alpha(items: Sequence[Said], clusters: Sequence[str]) -> Estimate:
    """`n`: items that at least two said something on. None where it is not defined."""
    paired = [
        ([label for label in said if label is not None], cluster) for said, cluster in zip(items, clusters, strict=True)
    ]
    paired = [(said, cluster) for said, cluster in paired if len(said) > 1]
    names = sorted({label for said, _ in paired for label in said})
    groups = {name: n for n, name in enumerate(dict.fromkeys(cluster for _, cluster in paired))}
    tables = np.zeros((len(groups), len(names), len(names)))
    for said, cluster in paired:
        counts = np.asarray([said.count(name) for name in names], dtype=np.float64)
        tables[groups[cluster]] += (np.outer(counts, counts) - np.diag(counts)) / (len(said) - 1)
    value = float(_alpha(tables.sum(axis=0))) if paired else np.nan
    if np.isnan(value):
        return Estimate(value=None, low=None, high=None, n=len(paired))
    drawn = _drawn(tables)
    low, high = np.percentile(drawn[~np.isnan(drawn)], [2.5, 97.5])
    return Estimate(value=value, low=float(low), high=float(high), n=len(paired))


def _alpha(tables: Tables) -> Tables:
    """Of one table or many; NaN where nothing can be expected to differ."""
    margins = tables.sum(axis=-1)
    n = margins.sum(axis=-1)
    same = np.trace(tables, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Tables = 1 - (n - 1) * (n - same) / (n**2 - (margins**2).sum(axis=-1))
    return np.where(n**2 - (margins**2).sum(axis=-1) > 1e-9, found, np.nan)


def _drawn(tables: Tables) -> Tables:
    groups = len(tables)
    weights = np.random.default_rng(SEED).multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)
    return _alpha((weights @ tables.reshape(groups, -1)).reshape(RESAMPLES, *tables.shape[1:]))


def steady(items: Sequence[Said]) -> float | None:
    """Share of items on which every trial said the same; None where none was asked twice."""
    asked = [said for said in items if len(said) > 1]
    return sum(len(set(said)) == 1 and said[0] is not None for said in asked) / len(asked) if asked else None
