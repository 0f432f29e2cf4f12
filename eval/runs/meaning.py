"""How near two texts are in meaning, by the embedder of the service."""

from collections.abc import Callable
from functools import lru_cache

from eval.metrics.base import Similarity
from rag.domain.ports import Embedder
from rag.domain.types import Matrix

KEPT = 4_096  # texts whose vectors are kept


def meaning(open_embedder: Callable[[], Embedder]) -> Similarity:
    """Cosine, negative ones 0. The embedder is opened at the first question, once; texts beyond its reach are cut."""
    opened: list[Embedder] = []

    @lru_cache(maxsize=KEPT)
    def vector(text: str) -> Matrix:
        if not opened:
            opened.append(open_embedder())
        row: Matrix = opened[0].embed([text])[0]
        return row

    def similarity(one: str, other: str) -> float:
        return min(1.0, max(0.0, float(vector(one) @ vector(other))))

    return similarity
