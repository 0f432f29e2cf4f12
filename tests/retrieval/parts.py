"""Indexes that hold on to what they once saw, over a real registry."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.ports import Catalog
from rag.domain.types import Access, IndexEntry, Matrix
from rag.index.analysis import terms
from rag.retrieval.ranking import Ranker
from rag.retrieval.retrievers import HybridRetriever
from tests.fakes import WordEmbedder

ALL = Access(everything=True)
MODEL = WordEmbedder.fingerprint


@dataclass
class StaleDense:
    """Finds every chunk that ever came, unless told which. `only` holds what each search was told."""

    catalog: Catalog
    only: list[tuple[str, ...] | None] = field(default_factory=list)

    def search(self, vector: Matrix, k: int, *, only: Sequence[str] | None = None) -> list[tuple[str, float]]:
        self.only.append(None if only is None else tuple(only))
        keys = ever(self.catalog) if only is None else list(only)
        known, rows = self.catalog.vectors(keys, MODEL)
        if not known:
            return []
        ranked = sorted(zip(known, (rows @ vector).tolist(), strict=True), key=lambda hit: -hit[1])
        return ranked[:k]

    def vectors(self, ids: Sequence[str]) -> tuple[list[str], Matrix]:
        return self.catalog.vectors(ids, MODEL)


@dataclass
class StaleLexical:
    """Scores by shared terms; keeps the texts it was given."""

    texts: dict[str, str]

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        asked = set(terms(text))
        scored = [(key, float(len(asked & set(terms(held))))) for key, held in self.texts.items()]
        return sorted((hit for hit in scored if hit[1]), key=lambda hit: -hit[1])[:k]

    def scored(self, text: str, entries: Sequence[IndexEntry]) -> list[tuple[str, float]]:
        return StaleLexical({entry.chunk_id: entry.text for entry in entries}).search(text, len(entries))


def ever(catalog: Catalog) -> list[str]:
    return list(dict.fromkeys(change.chunk_id for change in catalog.feed(0, 100_000)))


def retriever(catalog: Catalog, texts: dict[str, str]) -> HybridRetriever:
    return HybridRetriever(
        embedder=WordEmbedder(),
        dense=StaleDense(catalog),
        lexical=StaleLexical(texts),
        catalog=catalog,
        ranker=Ranker(),
    )


def remember(catalog: Catalog, texts: dict[str, str]) -> None:
    """What is current now, the lexical index will go on finding."""
    texts |= {key: chunk.text for key, chunk in catalog.chunks(ever(catalog), ALL).items()}
