"""From what facts say to cited statements: looked up by code, whatever writes the other answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.ports import Catalog, Lookup
from rag.domain.types import (
    Access,
    Check,
    Citation,
    DocumentInfo,
    DocumentText,
    FactStatement,
    Finding,
    Query,
    Statement,
)
from rag.retrieval.locate import cite

LOOKED_UP = Check(name="facts", passed=True, detail="looked up in stored facts")


def look_up(lookups: Sequence[Lookup], query: Query) -> Finding | None:
    """What the first of them that knows has to say. A refusal of one leaves the word to the next."""
    refused: Finding | None = None
    for lookup in lookups:
        finding = lookup.look_up(query)
        if finding is not None and finding.statements:
            return finding
        refused = refused or finding
    return refused


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
        )
        return statement, self.citations[before:]

    def _number(self, document: DocumentInfo, start: int, end: int) -> int:
        for citation in self.citations:
            if (citation.document.id, citation.start, citation.end) == (document.id, start, end):
                return citation.n
        key = document.id, document.version
        if key not in self._texts:
            self._texts[key] = self.catalog.text(document.id, self.access, version=document.version)
        self.citations.append(cite(self._texts[key], start, end, n=len(self.citations) + 1))
        return len(self.citations)
