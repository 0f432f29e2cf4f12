"""From hits to passages: a chunk with as much of its neighbourhood as helps to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.domain.ports import Catalog
from rag.domain.types import Hit, Query, StoredChunk
from rag.retrieval.diversity import LOOKED_AT, without_copies

PASSAGE_WORDS = 200
REACH = 4  # neighbours looked at on each side


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a passage will be cut from the text of the hit's version."""

    hit: Hit
    start: int
    end: int
    copies: tuple[StoredChunk, ...] = ()  # of other documents, that say what the hit says


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    catalog: Catalog

    def spans(self, query: Query, hits: Sequence[Hit], k: int) -> list[Span]:
        """The first k passages, best first. A hit inside a passage that already stands is not shown twice, nor one
        that says what a better hit says."""
        copies = {standing.hit.chunk.id: standing.copies for standing in without_copies(hits)}
        leading = [hit for hit in hits[:LOOKED_AT] if hit.chunk.id in copies]  # the same for who asks for more
        hits = [hit for hit in hits if hit.chunk.id in copies]
        floor = min((hit.score for hit in leading), default=0.0)
        weights = {hit.chunk.id: hit.score - floor for hit in leading}
        spans: list[Span] = []
        taken: set[str] = set()
        for first in range(0, len(hits), k):
            batch = [hit for hit in hits[first : first + k] if hit.chunk.id not in taken]
            free = {key: chunk for key, chunk in self._neighbours(query, batch).items() if key not in taken}
            for hit in batch:
                if hit.chunk.id in taken or len(spans) == k:
                    continue
                run = _grow(hit.chunk, free, weights)
                spans.append(Span(hit=hit, start=run[0].start, end=run[-1].end, copies=copies[hit.chunk.id]))
                for chunk in run:
                    taken.add(chunk.id)
                    free.pop(chunk.id)
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


def _grow(best: StoredChunk, free: Mapping[str, StoredChunk], weights: Mapping[str, float]) -> list[StoredChunk]:
    """The run of chunks around the best one that holds most of what else was found, up to PASSAGE_WORDS.

    Of equal runs the one with more of what follows, then with more of what stands before. A long chunk stands alone.
    """
    before, after = _side(best, free, -1), _side(best, free, 1)
    room = PASSAGE_WORDS - _words(best)
    behind, ahead = _sums(before, weights), _sums(after, weights)
    fitting = [
        (round(held_a + held_b, 9), a, b)
        for a, (words_a, held_a) in enumerate(ahead)
        for b, (words_b, held_b) in enumerate(behind)
        if words_a + words_b <= room or a == b == 0
    ]
    _, a, b = max(fitting)
    return [*reversed(before[:b]), best, *after[:a]]


def _side(best: StoredChunk, free: Mapping[str, StoredChunk], step: int) -> list[StoredChunk]:
    """Its neighbours on one side, the nearest first: inside its section while it lasts, at most REACH."""
    found: list[StoredChunk] = []
    for n in range(best.n + step, best.n + step * (REACH + 1), step):
        neighbour = free.get(_id(best, n))
        if neighbour is None or not _belongs(best, neighbour):
            break
        found.append(neighbour)
    return found


def _sums(side: Sequence[StoredChunk], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """(words, weight) of the first 0, 1, 2 ... chunks."""
    sums = [(0, 0.0)]
    for chunk in side:
        words, held = sums[-1]
        sums.append((words + _words(chunk), held + weights.get(chunk.id, 0.0)))
    return sums


def _belongs(best: StoredChunk, neighbour: StoredChunk) -> bool:
    """Same section, one inside the other, or siblings of a short one."""
    one, other = best.locator_section, neighbour.locator_section
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth] or one[:-1] == other[: len(one) - 1] != ()


def _words(chunk: StoredChunk) -> int:
    return len(chunk.text.split())
