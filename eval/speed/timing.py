"""Times of ours and of a plain reference, taken in turn, so that a busy machine slows both."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Step = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds over `n` repeats."""

    p50: float
    p95: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`goal` is for orientation, on two cores of a quiet machine; nothing fails by it."""

    what: str
    ours: Timing
    reference: str = ""
    theirs: Timing | None = None  # where there is something to stand beside
    rate: str = ""  # the same as an amount a second
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """Median to median; above 1 ours takes longer. The clock's grain is the least a reference takes."""
        return self.ours.p50 / max(self.theirs.p50, 1e-4) if self.theirs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What is no time of one call; `goal` as above."""

    what: str
    value: float
    unit: str = ""
    goal: str = ""


def timing(milliseconds: Sequence[float]) -> Timing:
    """Nearest rank."""
    ordered = sorted(milliseconds)
    return Timing(p50=_rank(ordered, 50), p95=_rank(ordered, 95), n=len(ordered))


def _rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def in_turn(ours: Sequence[Step], theirs: Sequence[Step], *, warmup: int = 1) -> tuple[Timing, Timing]:
    """Each step once, ours[i] then theirs[i]; the first `warmup` pairs run once more before and are not counted."""
    for step in (*ours[:warmup], *theirs[:warmup]):
        step()
    pairs = [(took(a), took(b)) for a, b in zip(ours, theirs, strict=True)]
    return timing([a for a, _ in pairs]), timing([b for _, b in pairs])


def took(step: Step) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    step()
    return (time.perf_counter() - started) * 1000
