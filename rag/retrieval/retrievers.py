"""From a query to hits: both indexes, one pool, one join with the registry."""

from dataclasses import dataclass

import numpy as np

from rag.domain.ports import Catalog, Dense, Embedder, Lexical
from rag.domain.types import Hit, Matrix, Query
from rag.retrieval.fusion import weighted_sum

POOL = 200  # from each index
EXACT_LIMIT = 100_000  # whose reach is narrower than this many chunks is searched exactly, without an index
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
        allowed = self.catalog.allowed_ids(query.access, filters=query.filters, as_of=query.as_of, limit=EXACT_LIMIT)
        if allowed is None:  # a wide reach: fetch more than needed, the join drops the rest
            return dict(self.dense.search(vector, 4 * size)), dict(self.lexical.search(query.text, 4 * size))
        reachable = set(allowed)
        lexical: dict[str, float] = {}
        wanted = size
        while len(lexical) < min(size, len(reachable)) and wanted <= 64 * size:  # widen until enough are allowed
            found = self.lexical.search(query.text, wanted)
            lexical = {key: score for key, score in found if key in reachable}
            if len(found) < wanted:
                break
            wanted *= 4
        return dict(self.dense.search(vector, size, only=allowed)), dict(list(lexical.items())[:size])


def _raw(key: str, dense: dict[str, float], lexical: dict[str, float]) -> dict[str, float]:
    """The unscaled scores, for what must compare across questions (refusal) and for people who want to know."""
    raw = {"cosine": dense[key]} if key in dense else {}
    return raw | ({"bm25": lexical[key]} if key in lexical else {})
