"""Which of the possible cuts are made. A cut depends on what stands near it, so a change far away moves nothing."""

import zlib
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A possible cut: `tokens` stand in front of it; of equal ranks the greater `lot` wins."""

    at: int
    rank: int
    tokens: int
    lot: int


def lot_of(text: str) -> int:
    """Decides between equals by what stands there, not by where it stands."""
    return zlib.crc32(text.encode("utf-8", "replace"))


def choose(places: Sequence[Place], lowest: int, *, least: int, end: int) -> list[int]:
    """Indexes of the cuts to make: best first, each at least `least` tokens from those made and from both ends.

    So what lies between two cuts is at least `least` tokens long, and at most twice that where places are dense.
    Only places of rank `lowest` or better. places[0] is always cut; `end` counts the tokens of all.
    """
    order = sorted(
        (index for index, place in enumerate(places) if index and place.rank >= lowest),
        key=lambda index: (-places[index].rank, -places[index].lot, index),
    )
    taken = [places[0].tokens]
    chosen = [0]
    for index in order:
        tokens = places[index].tokens
        right = bisect_left(taken, tokens)
        if tokens - taken[right - 1] >= least and (taken[right] if right < len(taken) else end) - tokens >= least:
            insort(taken, tokens)
            insort(chosen, index)
    return chosen


def halve(places: Sequence[Place], *, most: int, end: int) -> list[int]:
    """Indexes of the cuts, places[0] included, that leave no piece above `most` tokens where places allow it.

    The best place in the middle three fifths, of equals the one nearest to the middle; else the nearest of all, and
    where several stand there (no token between them) the one that leaves the others beside what is short.
    """
    begin = places[0].tokens
    total = end - begin
    if total <= most or len(places) == 1:
        return [0]
    middle = begin + total / 2
    inner = [i for i in range(1, len(places)) if abs(places[i].tokens - middle) <= 0.3 * total and places[i].rank >= 0]
    if inner:
        best = min(inner, key=lambda i: (-places[i].rank, abs(places[i].tokens - middle), i))
    else:
        best = min(
            range(1, len(places)),
            key=lambda i: (abs(places[i].tokens - middle), -i if places[i].tokens < middle else i),
        )
    left = halve(places[:best], most=most, end=places[best].tokens)
    right = halve(places[best:], most=most, end=end)
    return [*left, *(best + index for index in right)]
