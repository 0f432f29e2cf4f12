"""Where the quotes of golden items stand today."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.domain.errors import NotFound
from rag.domain.golden import GoldenEvidence
from rag.domain.ports import Catalog
from rag.domain.types import Access, DocumentInfo, DocumentText

Standing = Literal["stands", "changed", "gone"]  # changed: its document is here without these words
PAGE = 200  # documents asked for at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """`text[start:end]` of that version is the quote, line breaks aside; where it does not stand, 0 to 0."""

    standing: Standing
    document: DocumentText | None = None  # None: gone
    start: int = 0
    end: int = 0


GONE = Placed(standing="gone")


def find_quote(text: str, quote: str) -> tuple[int, int] | None:
    """Of the first place with the same words in the same order; white space may differ."""
    at = text.find(quote)
    if at >= 0:
        return at, at + len(quote)
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
    return found.span() if found else None


@dataclass(frozen=True, slots=True)
class QuotePlaces:
    """Lists the documents once and reads each text once: for one look at a set, not to be kept."""

    catalog: Catalog
    access: Access
    _by_file: dict[str, list[tuple[str, DocumentInfo]]] = field(default_factory=dict)
    _texts: dict[str, DocumentText | None] = field(default_factory=dict)

    def documents(self) -> Iterator[DocumentInfo]:
        """Current ones, by path."""
        cursor = ""
        while True:
            found, cursor = self.catalog.documents(self.access, limit=PAGE, cursor=cursor)
            yield from found
            if not cursor:
                return

    def text(self, document: DocumentInfo) -> DocumentText | None:
        """None when it went away meanwhile."""
        if document.id not in self._texts:
            try:
                self._texts[document.id] = self.catalog.text(document.id, self.access, version=document.version)
            except NotFound:
                self._texts[document.id] = None
        return self._texts[document.id]

    def place(self, evidence: GoldenEvidence) -> Placed:
        """In the first of the documents its file made that holds the words."""
        here = [text for info in self.candidates(evidence) if (text := self.text(info)) is not None]
        for document in here:
            if span := find_quote(document.text, evidence.quote):
                return Placed(standing="stands", document=document, start=span[0], end=span[1])
        return Placed(standing="changed", document=here[0]) if here else GONE

    def candidates(self, evidence: GoldenEvidence) -> Sequence[DocumentInfo]:
        """The documents of that file; of its source, where one is named."""
        if not self._by_file:
            self._list()
        found = self._by_file.get(evidence.file, [])
        return [info for source, info in found if evidence.source in ("", source)]

    def _list(self) -> None:
        names = {source.id: source.name for source in self.catalog.sources()}
        for info in self.documents():
            source = names.get(info.source, "")
            for file in dict.fromkeys((info.path, *info.files)):
                self._by_file.setdefault(file, []).append((source, info))
                self._by_file.setdefault(f"{source}/{file}", []).append((source, info))
