"""From what facts say to cited statements: looked up by code, whatever writes the other answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.domain.errors import NotFound
from rag.domain.ports import Catalog, Lookup, Searcher
from rag.domain.types import (
    Access,
    Check,
    Citation,
    DocumentInfo,
    DocumentText,
    FactStatement,
    Finding,
    Query,
    SearchHit,
    Statement,
    Why,
)
from rag.retrieval.locate import cite
from rag.retrieval.operators import read_operators

MOST_IN_FRONT = 5  # of the passages
LOOKED_UP = Check(name="facts", passed=True, detail="looked up in stored facts")


def look_up(lookups: Sequence[Lookup], query: Query) -> Finding | None:
    """What the first of them that knows has to say. A refusal of one leaves the word to the next.

    Typed conditions hold for facts as for passages; of a question that names files, only the passages are read.
    """
    text, typed = read_operators(query.text)
    filters = typed.narrowed(query.filters)
    if typed.files or filters is None:
        return None
    query = replace(query, text=text, filters=filters)
    refused: Finding | None = None
    for lookup in lookups:
        finding = lookup.look_up(query)
        if finding is not None and finding.statements:
            return finding
        refused = refused or finding
    return refused


def with_facts(hits: Sequence[SearchHit], finding: Finding | None, catalog: Catalog, access: Access) -> list[SearchHit]:
    """What was looked up is the best passage: those that hold it come first, else its own lines do."""
    if finding is None or not finding.statements:
        return list(hits)
    citer = FactCiter(catalog, access)
    for stated in finding.statements:
        try:
            citer.statement(stated)
        except NotFound:  # purged between the look-up and here
            continue
    score = max([1.0, *(hit.score for hit in hits)])
    conditions = hits[0].why.conditions if hits else ()  # every hit's
    front: dict[tuple[str, int, int], SearchHit] = {}
    for cited in citer.citations[:MOST_IN_FRONT]:
        itself = SearchHit(citation=cited, score=score, why=Why(conditions=conditions))
        found = next((hit for hit in hits if _holds(hit.citation, cited)), itself)
        why = replace(found.why, parts={"facts": score}, weights={"facts": score})
        front[_place(found.citation)] = replace(found, score=score, why=why, best=(cited.start, cited.end))
    rest = [hit for hit in hits if _place(hit.citation) not in front]
    return [replace(hit, citation=replace(hit.citation, n=n)) for n, hit in enumerate([*front.values(), *rest], 1)]


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.document.id, citation.start, citation.end


def _holds(passage: Citation, line: Citation) -> bool:
    same = (passage.document.id, passage.document.version) == (line.document.id, line.document.version)
    return same and passage.start <= line.start and line.end <= passage.end


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSearcher:
    """Search in which what facts say comes first."""

    inner: Searcher
    lookups: Sequence[Lookup]
    catalog: Catalog

    def search(self, query: Query, k: int) -> list[SearchHit]:
        finding = look_up(self.lookups, query)
        return with_facts(self.inner.search(query, k), finding, self.catalog, query.access)[:k]


@dataclass(slots=True)
class FactCiter:
    """Numbers citations in the order of their first use. One answer, one FactCiter."""

    catalog: Catalog
    access: Access
    citations: list[Citation] = field(default_factory=list)
    _texts: dict[tuple[str, int], DocumentText] = field(default_factory=dict)

    def statement(self, found: FactStatement) -> tuple[Statement, list[Citation]]:
        """The statement, and the citations that it is the first to use. Raises NotFound when a document is gone."""
        before = len(self.citations)
        numbers = tuple(dict.fromkeys(self._number(*quote) for quote in found.quotes))
        statement = Statement(
            text=found.text,
            support="verified" if numbers else "unsupported",
            citations=numbers,
            checks=(LOOKED_UP,),
            note=found.note,
        )
        return statement, self.citations[before:]

    def _number(self, document: DocumentInfo, start: int, end: int) -> int:
        for citation in self.citations:
            cited = citation.document
            if (cited.id, cited.version, citation.start, citation.end) == (document.id, document.version, start, end):
                return citation.n
        key = document.id, document.version
        if key not in self._texts:
            self._texts[key] = self.catalog.text(document.id, self.access, version=document.version)
        self.citations.append(cite(self._texts[key], start, end, n=len(self.citations) + 1))
        return len(self.citations)
