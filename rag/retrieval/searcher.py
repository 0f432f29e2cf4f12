"""What `search` shows: passages, cited."""

from dataclasses import dataclass

from rag.domain.ports import Catalog, Retriever
from rag.domain.types import DocumentText, Hit, Passage, Query, SearchHit
from rag.retrieval.expansion import Expansion, Span
from rag.retrieval.locate import cite


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything one retrieval brought: hits for their statistics, passages with the texts they are cut from."""

    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    texts: dict[tuple[str, int], DocumentText]

    def text_of(self, passage: Passage) -> DocumentText:
        return self.texts[passage.document.id, passage.document.version]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageSearcher:
    retriever: Retriever
    expansion: Expansion
    catalog: Catalog

    def find(self, query: Query, k: int) -> Found:
        hits = self.retriever.retrieve(query, max(4 * k, 50))
        spans = self.expansion.spans(query, hits, k)
        texts = self.catalog.texts([_version(span) for span in spans], query.access)
        kept = [span for span in spans if _version(span) in texts]  # the others were purged since the join
        return Found(
            hits=tuple(hits), passages=tuple(_passage(span, texts[_version(span)]) for span in kept), texts=texts
        )

    def search(self, query: Query, k: int) -> list[SearchHit]:
        return search_hits(self.find(query, k))


def search_hits(found: Found) -> list[SearchHit]:
    return [
        SearchHit(
            citation=cite(found.text_of(passage), passage.start, passage.end, n=n),
            score=passage.score,
            why=passage.why,
            best=(passage.best.start, passage.best.end),
            copies=passage.copies,
        )
        for n, passage in enumerate(found.passages, 1)
    ]


def _version(span: Span) -> tuple[str, int]:
    return span.hit.chunk.document.id, span.hit.chunk.document.version


def _passage(span: Span, text: DocumentText) -> Passage:
    return Passage(
        document=span.hit.chunk.document,
        start=span.start,
        end=span.end,
        text=text.text[span.start : span.end],
        section=span.hit.chunk.locator_section,
        score=span.hit.score,
        best=span.hit.chunk,
        why=span.hit.why,
        copies=tuple(dict.fromkeys(chunk.document for chunk in span.copies)),
    )
