"""What look-ups ask the registry for: beside the Catalog, which keeps texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.domain.types import DocumentInfo, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact and the version that states it. `key` is casefolded, `value` as written."""

    document: DocumentInfo
    key: str
    value: str
    at: int | None


class Facts(Protocol):
    """Typed statements of documents: only of those the query's access allows, its filters want, valid at its `as_of`.

    Keys and values compare without case, values in their first 200 characters.
    """

    def saying(self, query: Query, keys: Sequence[str], values: Sequence[str] = ()) -> list[Stated]:
        """Facts with one of the keys and, where any is given, one of the values; by path, then in the text's order."""
        ...

    def of(self, query: Query, documents: Sequence[DocumentInfo]) -> list[Stated]:
        """All facts of those versions, in their order."""
        ...
