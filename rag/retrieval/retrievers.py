"""From a query to hits: both indexes, one pool, one join with the registry."""

from dataclasses import dataclass

import numpy as np

from rag.domain.ports import Catalog, Dense, Embedder, Lexical
from rag.domain.types import Hit, IndexEntry, Matrix, Query, StoredChunk
from rag.retrieval.fusion import weighted_sum

POOL = 200  # from each index
EXACT_LIMIT = 100_000  # whose reach is narrower than this many chunks is searched exactly, without an index
MOST_THEN = 2_000_000  # the same, where a time is asked for: no index holds what was superseded since
MOST_PAST = 5_000  # of these the nearest, whose words are looked at too: a second at most
NO_VECTOR: Matrix = np.zeros(0, dtype=np.float32)
WEIGHTS = {"dense": 0.6, "lexical": 0.4}  # chosen on ret-medline and ret-cisi


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRetriever:
    """Pools `POOL` hits of each index, completes their cosines, fuses normalised scores.

    Every hit passes the registry's join, so what is not current, not allowed or not wanted never comes out,
    whatever an index still holds.
    """

    embedder: Embedder
    dense: Dense
    lexical: Lexical
    catalog: Catalog

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        if not query.text.strip() or not (query.access.everything or query.access.spaces):
            return []
        vector = np.asarray(self.embedder.embed([query.text])[0], dtype=np.float32)
        dense, lexical = self._pool(query, vector, max(POOL, k))
        ids = list({**dense, **lexical})
        chunks = self.catalog.chunks(ids, query.access, filters=query.filters, as_of=query.as_of)
        dense = {key: score for key, score in dense.items() if key in chunks}
        lexical = {key: score for key, score in lexical.items() if key in chunks}
        without_cosine = [key for key in lexical if key not in dense]
        if without_cosine:
            dense |= dict(self.dense.search(vector, len(without_cosine), only=without_cosine))
        ranked = weighted_sum({"dense": dense, "lexical": lexical}, WEIGHTS)
        return [
            Hit(chunk=chunks[key], score=score, why=parts | _raw(key, dense, lexical))
            for key, score, parts in ranked[:k]
            if key in chunks
        ]

    def _pool(self, query: Query, vector: Matrix, size: int) -> tuple[dict[str, float], dict[str, float]]:
        unfiltered = query.access.everything and not query.filters.any and query.as_of is None
        if unfiltered:
            return dict(self.dense.search(vector, size)), dict(self.lexical.search(query.text, size))
        limit = EXACT_LIMIT if query.as_of is None else MOST_THEN
        allowed = self.catalog.allowed_ids(query.access, filters=query.filters, as_of=query.as_of, limit=limit)
        if allowed is None:  # a wide reach: fetch more than needed, the join drops the rest
            return dict(self.dense.search(vector, 4 * size)), dict(self.lexical.search(query.text, 4 * size))
        lexical = self._words(query, set(allowed), size)
        if query.as_of is not None:
            lexical |= self._past_words(query, vector, allowed)
        best = sorted(lexical.items(), key=lambda hit: (-hit[1], hit[0]))[:size]
        return dict(self.dense.search(vector, size, only=allowed)), dict(best)

    def _words(self, query: Query, reachable: set[str], size: int) -> dict[str, float]:
        """Widened until enough are allowed."""
        lexical: dict[str, float] = {}
        wanted = size
        while len(lexical) < min(size, len(reachable)) and wanted <= 64 * size:
            found = self.lexical.search(query.text, wanted)
            lexical = {key: score for key, score in found if key in reachable}
            if len(found) < wanted:
                break
            wanted *= 4
        return lexical

    def _past_words(self, query: Query, vector: Matrix, allowed: list[str]) -> dict[str, float]:
        """Of what was valid then and is no more: an index of words follows the present."""
        still = self.catalog.allowed_ids(query.access, filters=query.filters, as_of=None, limit=MOST_THEN)
        past = set(allowed).difference(still or ())
        if len(past) > MOST_PAST:
            past = {key for key, _ in self.dense.search(vector, MOST_PAST, only=sorted(past))}
        chunks = self.catalog.chunks(sorted(past), query.access, filters=query.filters, as_of=query.as_of)
        return dict(self.lexical.scored(query.text, [_entry(chunk) for chunk in chunks.values()]))


def _entry(chunk: StoredChunk) -> IndexEntry:
    return IndexEntry(
        chunk_id=chunk.id,
        vector=NO_VECTOR,
        text=chunk.text,
        title=chunk.document.title,
        headings=" › ".join(chunk.locator_section),
        path=chunk.document.path,
        people=", ".join(chunk.document.authors),
    )


def _raw(key: str, dense: dict[str, float], lexical: dict[str, float]) -> dict[str, float]:
    """The unscaled scores, for what must compare across questions (refusal) and for people who want to know."""
    raw = {"cosine": dense[key]} if key in dense else {}
    return raw | ({"bm25": lexical[key]} if key in lexical else {})
