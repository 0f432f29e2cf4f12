"""What would go unnoticed: the smallest loss that the paired test still finds most of the time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.statistics.stats import SEED, Numbers, cluster_places

TRIALS = 1_000
_FLIPS = 2_000  # patterns of signs a trial's p rests on
_MANY = 150  # units; beyond, the flips' normal limit is exact enough
_STEPS = 8  # of the bisection: a 256th of the scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Where a metric can fall. `room[i]`: what question i still has to lose; in [0, 1], 1 - value where less is better.

    `noise`: differences of question i seen between two runs that are held to be alike, or nothing.
    """

    room: Sequence[float]
    units: Sequence[str] | None = None  # questions that the test flips together
    noise: Sequence[float] | None = None


def detectable(loss: Loss, *, alpha: float = 0.05, power: float = 0.8, seed: int = SEED) -> float | None:
    """The smallest fall of the mean that the one-sided `paired_test` finds at `alpha` in `power` of all cases.

    None where not even the loss of everything would be found. By simulation, for two runs that do not differ have no
    variance to put into a formula: each question loses all of its room with one probability, and the probability is
    sought. Questions of one unit fail together as often as the scores they have now go together (`alike`). For a
    two-sided test give half its alpha; for one of several, what their step-down asks of the first.
    """
    room = np.asarray(loss.room, dtype=np.float64)
    if not len(room) or not room.sum():
        return None
    found = _simulation(loss, alpha, seed)
    if found(1.0) < power:
        return None
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return float(high * room.mean())


def without_direction(changes: Sequence[float]) -> list[float]:
    """The differences between two runs that chance may have made; 0 for the others, which a change made.

    Chance has no direction: beside r rises it leaves up to r + 2 sqrt(2r) falls (two standard deviations of a fair
    coin), the smallest ones; beside falls as many rises. Worked: beside one rise, of five falls three.
    """
    ordered = sorted(range(len(changes)), key=lambda place: abs(changes[place]))
    falls = [place for place in ordered if changes[place] < 0]
    rises = [place for place in ordered if changes[place] > 0]
    fewer = min(len(falls), len(rises))
    most = int(fewer + 2 * np.sqrt(2 * fewer))
    kept = {*falls[:most], *rises[:most]}
    return [change if place in kept else 0.0 for place, change in enumerate(changes)]


def _simulation(loss: Loss, alpha: float, seed: int) -> Callable[[float], float]:
    """{probability that a question fails: share of the trials in which the test finds it}, never falling."""
    room, random = np.asarray(loss.room, dtype=np.float64), np.random.default_rng(seed)
    places = cluster_places(loss.units, len(room))
    units = int(places.max()) + 1
    together = random.random((TRIALS, len(room))) < np.sqrt(alike(room, places))
    fate = np.where(together, random.random((TRIALS, units))[:, places], random.random((TRIALS, len(room))))
    seen = np.zeros(len(room)) if loss.noise is None else np.asarray(loss.noise, dtype=np.float64)
    noise = np.bincount(places, weights=seen) * (random.integers(0, 2, size=(TRIALS, units)) * 2.0 - 1)
    into = np.zeros((len(room), units))
    into[np.arange(len(room)), places] = room
    signs = (random.integers(0, 2, size=(_FLIPS, units)) * 2 - 1).astype(np.float32)

    def found(probability: float) -> float:
        falls = (fate < probability) @ into + noise
        return float((_p_values(falls, signs) <= alpha).mean())

    return found


def _p_values(falls: Numbers, signs: NDArray[np.float32]) -> Numbers:
    """One-sided, of each row; as `paired_test` gives them, but with one set of signs for all rows.

    Where nothing rose, no other signs are as far out: 2 ** -(units that fell), exactly.
    """
    seen = falls.sum(axis=1)
    if falls.shape[1] > _MANY:
        from scipy.special import ndtr

        spread = np.sqrt((falls**2).sum(axis=1))
        limit: Numbers = ndtr(-seen / np.where(spread > 0, spread, np.inf))
        return limit
    ps: Numbers = 0.5 ** np.count_nonzero(falls, axis=1)
    mixed = (falls < 0).any(axis=1)
    as_far = (signs @ falls[mixed].T.astype(np.float32) >= seen[mixed] - 1e-4).sum(axis=0)
    ps[mixed] = (1.0 + as_far) / (1.0 + len(signs))
    return ps


def alike(values: Numbers, places: NDArray[np.intp]) -> float:
    """How far questions of one unit go together: the intra-class correlation by analysis of variance, in [0, 1].

    (between - within) / (between + (n0 - 1) * within), mean squares; n0 = (n - sum(n_i^2) / n) / (k - 1).
    Source: Donner, International Statistical Review 54 (1986). 0 where no unit has two questions or all are alike.
    """
    counts = np.bincount(places)
    counts, n, k = counts[counts > 0], len(values), int((counts > 0).sum())
    if k < 2 or n == k:
        return 0.0
    means = np.bincount(places, weights=values)[places] / np.bincount(places)[places]
    between = ((means - values.mean()) ** 2).sum() / (k - 1)
    within = ((values - means) ** 2).sum() / (n - k)
    size = (n - (counts**2).sum() / n) / (k - 1)
    whole = between + (size - 1) * within
    return float(min(1.0, max(0.0, (between - within) / whole))) if whole > 0 else 0.0
