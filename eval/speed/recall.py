"""Does the served dense index find what exact search finds? Of homes of any size: vectors are read page by page."""

from collections.abc import Iterator, Sequence

import numpy as np

from eval.speed.timing import Figure
from rag.domain.ports import Catalog, Dense, Embedder
from rag.domain.services import Services
from rag.domain.types import Access, Matrix
from rag.index.generations import HomeIndexes

PAGE = 20_000  # vectors: 31 MB at 384 dimensions
MOST = 10_000_000
SAME = 1e-4  # cosines that differ by less are equal: float32 here and there

Ranking = list[tuple[str, float]]  # (chunk id, cosine), best first


def measured_recall(services: Services, embedder: Embedder, questions: Sequence[str]) -> Iterator[Figure]:
    """Nothing where exact search answers: a home that is read beside its owner."""
    if isinstance(services.indexes, HomeIndexes) and services.indexes.health()["dense"]["state"] == "ready":
        vectors = embedder.embed(questions)
        found = nearest(services.catalog, embedder.fingerprint, vectors, 10)
        what = f"recall@10 of the dense index, {len(questions)} questions"
        yield Figure(what=what, value=recall(services.indexes.dense, vectors, found), goal=".99")


def nearest(catalog: Catalog, model: str, vectors: Matrix, k: int) -> list[Ranking]:
    """The k nearest current chunks of each row of `vectors`, by the vectors that the registry holds."""
    ids = catalog.allowed_ids(Access(everything=True), filters=None, as_of=None, limit=MOST) or []
    best: list[Ranking] = [[] for _ in vectors]
    for at in range(0, len(ids), PAGE):
        found, page = catalog.vectors(ids[at : at + PAGE], model)
        if not found:
            continue
        scores = vectors @ page.T
        kept = np.argpartition(-scores, min(k, len(found)) - 1, axis=1)[:, :k]
        for row, (ranking, places) in enumerate(zip(best, kept, strict=True)):
            ranking += [(found[place], float(scores[row, place])) for place in places.tolist()]
            ranking.sort(key=lambda hit: -hit[1])
            del ranking[k:]
    return best


def recall(dense: Dense, vectors: Matrix, exact: Sequence[Ranking]) -> float:
    """Mean share of the exact ones that `dense` finds; one that is as near as the last of them counts for it."""
    shares = []
    for vector, ranking in zip(vectors, exact, strict=True):
        if ranking:
            hits = dense.search(vector, len(ranking))
            shares.append(sum(score >= ranking[-1][1] - SAME for _, score in hits) / len(ranking))
    return float(np.mean(shares)) if shares else 1.0
