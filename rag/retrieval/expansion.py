"""From hits to passages: a chunk with as much of its neighbourhood as helps to read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain.ports import Catalog
from rag.domain.types import Hit, StoredChunk

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

    def spans(self, hits: Sequence[Hit], k: int) -> list[Span]:
        """The first k passages, best first. A hit inside a passage that already stands is not shown twice."""
        spans: list[Span] = []
        taken: set[str] = set()
        for hit in hits:
            if hit.chunk.id in taken:
                continue
            run = self._grow(hit.chunk, taken)
            taken.update(chunk.id for chunk in run)
            spans.append(Span(hit=hit, start=run[0].start, end=run[-1].end))
            if len(spans) == k:
                break
        return spans

    def _grow(self, best: StoredChunk, taken: set[str]) -> list[StoredChunk]:
        """The chunk and its neighbours, what follows first, up to PASSAGE_WORDS, inside its section while it lasts."""
        around = self.catalog.neighbours(best.document.id, best.document.version, best.n - REACH, best.n + REACH)
        by_n = {chunk.n: chunk for chunk in around if chunk.id not in taken}
        run = [best]
        words = _words(best)
        sides = {1: True, -1: True}
        while any(sides.values()):
            for step in (1, -1):
                neighbour = by_n.get((run[-1].n if step > 0 else run[0].n) + step)
                if not sides[step] or neighbour is None or not _belongs(best, neighbour):
                    sides[step] = False
                    continue
                if words + _words(neighbour) > PASSAGE_WORDS:
                    sides[step] = False
                    continue
                words += _words(neighbour)
                run = [*run, neighbour] if step > 0 else [neighbour, *run]
        return run


def _belongs(best: StoredChunk, neighbour: StoredChunk) -> bool:
    """Same section, one inside the other, or siblings of a short one."""
    one, other = best.locator_section, neighbour.locator_section
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth] or one[:-1] == other[: len(one) - 1] != ()


def _words(chunk: StoredChunk) -> int:
    return len(chunk.text.split())
