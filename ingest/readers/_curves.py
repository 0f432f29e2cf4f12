"""A metric's history while it is read: last value and extremes exact, the points thinned when there are many."""

import math

from rag.domain.records import Metric, finite

MOST_POINTS = 10_000  # of a metric
FEWEST_POINTS = 50
POINTS_IN_ALL = 2_000_000  # of all metrics that are read together
Point = tuple[int, int, float | None]  # step, time, value; None: not finite


def share_of(metrics: int) -> int:
    """How many points each of so many metrics may keep."""
    return max(FEWEST_POINTS, min(MOST_POINTS, POINTS_IN_ALL // max(1, metrics)))


class Curve:
    """Points may come in any order. Memory stays bounded however many come."""

    def __init__(self, key: str, most: int = MOST_POINTS) -> None:
        self.key = key
        self.points = 0
        self.not_finite = 0
        self.lowest = ""  # as the source writes it; empty when no value is finite
        self.highest = ""
        self._low: tuple[float, int, int] | None = None  # value, step, time
        self._high: tuple[float, int, int] | None = None
        self._last: tuple[tuple[int, int, float], str] | None = None
        self._kept: list[Point] = []
        self._stride = 1
        self._most = most

    def add(self, step: int, time: int, written: str) -> None:
        """`time` in any unit that grows. Of two points with one step and time the greater counts as the later.

        Raises ValueError for a step that is no 64-bit number.
        """
        if not -(2**63) <= step < 2**63:
            raise ValueError("a step beyond 64 bits")
        value = finite(written)
        place = (step, time, -math.inf if value is None else value)
        if self._last is None or place >= self._last[0]:
            self._last = (place, written)
        if value is None:
            self.not_finite += 1
        else:
            self._extremes(value, step, time, written)
        if self.points % self._stride == 0:
            self._keep((step, time, value))
        self.points += 1

    @property
    def kept(self) -> int:
        """How many of its points the metric will have, about."""
        return min(len(self._kept), self._most)

    @property
    def thinned(self) -> bool:
        return self._stride > 1 or len(self._kept) > self._most

    def metric(self) -> Metric:
        """Raises ValueError when no point was added."""
        if self._last is None:
            raise ValueError(f"the metric {self.key} has no value")
        (step, _, _), last = self._last
        return Metric(
            key=self.key,
            last=last,
            step=step,
            lowest=self._low[0] if self._low else None,
            lowest_step=self._low[1] if self._low else None,
            highest=self._high[0] if self._high else None,
            highest_step=self._high[1] if self._high else None,
            history=self._history(),
        )

    def _extremes(self, value: float, step: int, time: int, written: str) -> None:
        if self._low is None or value < self._low[0]:
            self._low, self.lowest = (value, step, time), written
        if self._high is None or value > self._high[0]:
            self._high, self.highest = (value, step, time), written

    def _keep(self, point: Point) -> None:
        self._kept.append(point)
        if len(self._kept) >= 2 * self._most:
            self._kept = self._kept[::2]
            self._stride *= 2

    def _history(self) -> tuple[tuple[int, float | None], ...]:
        kept = self._kept
        if self.thinned and self._last is not None:
            (step, time, value), _ = self._last
            certain: set[Point] = {(step, time, finite(str(value)))}
            certain |= {(step, time, value) for value, step, time in filter(None, (self._low, self._high))}
            room = max(1, self._most - len(certain))
            kept = [*{*kept[:: -(-len(kept) // room)], *certain}]
        ordered = sorted(kept, key=lambda point: (point[0], point[1], -math.inf if point[2] is None else point[2]))
        return tuple((step, value) for step, _, value in ordered)
