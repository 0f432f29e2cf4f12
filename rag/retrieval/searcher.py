"""What `search` shows: passages, cited."""

from dataclasses import dataclass

from rag.domain.errors import NotFound
from rag.domain.ports import Catalog, Retriever
from rag.domain.types import Access, DocumentText, Hit, Passage, Query, SearchHit
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
        passages: list[Passage] = []
        texts: dict[tuple[str, int], DocumentText] = {}
        for span in self.expansion.spans(query, hits, k):
            info = span.hit.chunk.document
            key = info.id, info.version
            text = texts.get(key) or self._text(*key, query.access)
            if text is None:  # purged between the join and here
                continue
            texts[key] = text
            passages.append(_passage(span, text))
        return Found(hits=tuple(hits), passages=tuple(passages), texts=texts)

    def search(self, query: Query, k: int) -> list[SearchHit]:
        return search_hits(self.find(query, k))

    def _text(self, document: str, version: int, access: Access) -> DocumentText | None:
        try:
            return self.catalog.text(document, access, version=version)
        except NotFound:
            return None


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
