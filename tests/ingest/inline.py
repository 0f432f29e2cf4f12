"""Parts of a pipeline that need no other process: real readers, and indexes that follow nothing."""

from collections.abc import Iterable, Iterator
from typing import Any

from ingest.pipeline import Outcome
from ingest.readers import READERS
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.ports import OnProgress


class InlinePool:
    """Reads in this process: the same readers, none of the children."""

    readers = READERS

    def find(self, candidate: Candidate) -> Reader | None:
        return next((reader for reader in READERS if reader.claims(candidate)), None)

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate in candidates:
            reader = self.find(candidate)
            assert reader is not None
            try:
                yield candidate, tuple(reader.read(candidate, Limits()))
            except UnreadableSource as error:
                yield candidate, error


class NoIndexes:
    """Counts how often it was asked to follow."""

    def __init__(self) -> None:
        self.calls = 0

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        del on_progress
        self.calls += 1

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        del on_progress

    def health(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        return None
