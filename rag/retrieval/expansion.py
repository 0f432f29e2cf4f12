"""From hits to passages: a chunk with as much of its neighbourhood as helps to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.domain.ports import Catalog
from rag.domain.types import Hit, Query, StoredChunk

PASSAGE_WORDS = 200
REACH = 4  # neighbours looked at on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a passage will be cut from the text of the hit's version."""

    hit: Hit
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    catalog: Catalog

    def spans(self, query: Query, hits: Sequence[Hit], k: int) -> list[Span]:
        """The first k passages, best first. A hit inside a passage that already stands is not shown twice."""
        spans: list[Span] = []
        taken: set[str] = set()
        for first in range(0, len(hits), k):
            batch = [hit for hit in hits[first : first + k] if hit.chunk.id not in taken]
            around = self._neighbours(query, batch)
            for hit in batch:
                if hit.chunk.id in taken or len(spans) == k:
                    continue
                run = _grow(hit.chunk, around, taken)
                taken.update(chunk.id for chunk in run)
                spans.append(Span(hit=hit, start=run[0].start, end=run[-1].end))
            if len(spans) == k:
                break
        return spans

    def _neighbours(self, query: Query, hits: Sequence[Hit]) -> Mapping[str, StoredChunk]:
        """Everything within REACH of the hits, in one question to the registry, allowed and current as the hits are."""
        ids = {
            _id(hit.chunk, n)
            for hit in hits
            for n in range(max(0, hit.chunk.n - REACH), min(hit.chunk.document.chunks, hit.chunk.n + REACH + 1))
        }
        known = {hit.chunk.id: hit.chunk for hit in hits}
        wanted = sorted(ids - known.keys())
        if not wanted:
            return known
        return known | self.catalog.chunks(wanted, query.access, filters=query.filters, as_of=query.as_of)


def _id(chunk: StoredChunk, n: int) -> str:
    return f"{chunk.document.id}:{chunk.document.version}:{n}"


def _grow(best: StoredChunk, around: Mapping[str, StoredChunk], taken: set[str]) -> list[StoredChunk]:
    """The chunk and its neighbours, what follows first, up to PASSAGE_WORDS, inside its section while it lasts."""
    run = [best]
    words = _words(best)
    open_sides = [1, -1]
    while open_sides:
        for step in tuple(open_sides):
            edge = run[-1] if step > 0 else run[0]
            neighbour = around.get(_id(edge, edge.n + step))
            if neighbour is None or neighbour.id in taken or not _fits(best, neighbour, words):
                open_sides.remove(step)
                continue
            words += _words(neighbour)
            run = [*run, neighbour] if step > 0 else [neighbour, *run]
    return run


def _fits(best: StoredChunk, neighbour: StoredChunk, words: int) -> bool:
    near = abs(neighbour.n - best.n) <= REACH
    return near and words + _words(neighbour) <= PASSAGE_WORDS and _belongs(best, neighbour)


def _belongs(best: StoredChunk, neighbour: StoredChunk) -> bool:
    """Same section, one inside the other, or siblings of a short one."""
    one, other = best.locator_section, neighbour.locator_section
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth] or one[:-1] == other[: len(one) - 1] != ()


def _words(chunk: StoredChunk) -> int:
    return len(chunk.text.split())
