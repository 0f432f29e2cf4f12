"""Coordinate ascent: one weight at a time, in ever smaller steps (Metzler & Croft, Information Retrieval 10, 2007)."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]


def climb(
    start: Weights,
    value: Callable[[Weights], float],
    neighbours: Callable[[Weights, float], Iterator[Weights]],
    *,
    steps: Sequence[float],
    gain: float,
) -> Weights:
    """The first neighbour that is better by more than `gain` is taken, until at the smallest step none is."""
    weights, best = start, value(start)
    for step in steps:
        moved = True
        while moved:
            moved = False
            for tried in neighbours(weights, step):
                found = value(tried)
                if found > best + gain:
                    weights, best, moved = tried, found, True
                    break
    return weights
