"""What the requests to a language model cost in tokens, as its server counted them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a million tokens, in whatever money the team pays with."""

    tokens_in: float
    tokens_out: float

    def of(self, usage: Usage) -> float:
        return (usage.tokens_in * self.tokens_in + usage.tokens_out * self.tokens_out) / 1e6


Meter = list[Usage | None]  # one for each request; None: its server did not say
_METERS: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metered(meter: Meter | None = None) -> Iterator[Meter]:
    """Requests made in this thread while it is open are added, to this meter and to those around it."""
    meter = [] if meter is None else meter
    token = _METERS.set((*_METERS.get(), meter))
    try:
        yield meter
    finally:
        _METERS.reset(token)


def metered_steps(steps: Iterator[T], meter: Meter) -> Iterator[T]:
    """The same steps. A door may take each in another thread, so the meter is open in each step and not between."""
    try:
        while True:
            with metered(meter):
                try:
                    step = next(steps)
                except StopIteration:
                    return
            yield step
    finally:
        if (close := getattr(steps, "close", None)) is not None:  # of a generator: what it asked ends here
            with metered(meter):
                close()


def record(usage: Usage | None) -> None:
    for meter in _METERS.get():
        meter.append(usage)


def summed(meter: Sequence[Usage | None]) -> Usage | None:
    """None where one of them is not known, and where nothing was asked."""
    known = [usage for usage in meter if usage is not None]
    if not known or len(known) < len(meter):
        return None
    return Usage(tokens_in=sum(one.tokens_in for one in known), tokens_out=sum(one.tokens_out for one in known))


def counted(meter: Sequence[Usage | None], prices: Prices | None) -> dict[str, str]:
    """For `Answer.model`: tokens_in, tokens_out and cost, those that are known."""
    usage = summed(meter)
    if usage is None:
        return {}
    spent = {"tokens_in": str(usage.tokens_in), "tokens_out": str(usage.tokens_out)}
    return spent if prices is None else {**spent, "cost": f"{prices.of(usage):.6f}"}
