"""From stored facts to statements with the exact lines that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.ports import Catalog
from rag.domain.stores import Stated
from rag.domain.types import Access, DocumentInfo, FactStatement
from rag.knowledge.cards import quote_span


@dataclass(frozen=True, slots=True)
class Quoter:
    """Reads each text once. One answer, one Quoter."""

    catalog: Catalog
    access: Access
    _texts: dict[tuple[str, int], str] = field(default_factory=dict)

    def statement(self, text: str, said: Sequence[Stated]) -> FactStatement:
        """Raises NotFound when a document is gone."""
        spans = [self._span(stated.document, stated.at) for stated in said if stated.at is not None]
        return FactStatement(text=text, quotes=tuple(dict.fromkeys(spans)))

    def _span(self, document: DocumentInfo, at: int) -> tuple[DocumentInfo, int, int]:
        key = document.id, document.version
        if key not in self._texts:
            self._texts[key] = self.catalog.text(document.id, self.access, version=document.version).text
        return document, *quote_span(self._texts[key], at)
