"""The part of a registry that indexes follow, in memory: chunks with vectors, a feed, generations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from rag.domain.types import Access, Change, Filters, Generation, IndexEntry, Matrix


def unit(*values: float) -> Matrix:
    row = np.array(values, dtype=np.float32)
    return (row / np.linalg.norm(row)).astype(np.float32)


def entry(chunk_id: str, vector: Matrix, text: str = "", title: str = "", people: str = "") -> IndexEntry:
    return IndexEntry(
        chunk_id=chunk_id,
        vector=vector,
        text=text,
        title=title,
        headings="",
        path=chunk_id.split(":")[0],
        people=people,
    )


def random_entries(count: int, dimension: int = 32, *, seed: int = 0, prefix: str = "doc") -> list[IndexEntry]:
    """Clustered as real passages are: ten around each centre."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((max(1, count // 10), dimension))
    rows = centres[random.integers(0, len(centres), count)] + 0.5 * random.standard_normal((count, dimension))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return [entry(f"{prefix}{n // 10}:1:{n % 10}", row, f"word{n} common") for n, row in enumerate(rows)]


class MemoryCatalog:
    """Keeps the promises of Catalog's part that `rag.index` calls; a subset of the port, given where all is asked."""

    def __init__(self, model: str = "words-64") -> None:
        self.model = model
        self.stored: dict[str, IndexEntry] = {}
        self.live: dict[str, None] = {}
        self.changes: list[Change] = []

    def put(self, entries: Iterable[IndexEntry], *, removed: Iterable[str] = ()) -> None:
        for chunk_id in removed:
            del self.live[chunk_id]
            self.changes.append(Change(seq=len(self.changes) + 1, add=False, chunk_id=chunk_id))
        for one in entries:
            self.stored[one.chunk_id] = one
            self.live[one.chunk_id] = None
            self.changes.append(Change(seq=len(self.changes) + 1, add=True, chunk_id=one.chunk_id))

    def feed(self, after: int, limit: int) -> list[Change]:
        return self.changes[max(after, 0) : max(after, 0) + limit]

    def feed_end(self) -> int:
        return len(self.changes)

    def entries(self, ids: Sequence[str], model: str) -> list[IndexEntry]:
        return [self.stored[chunk_id] for chunk_id in ids if chunk_id in self.live and model in ("", self.model)]

    def vectors(self, ids: Sequence[str], model: str) -> tuple[list[str], Matrix]:
        found = [chunk_id for chunk_id in ids if chunk_id in self.stored and model == self.model]
        if not found:
            return [], np.zeros((0, 0), dtype=np.float32)
        return found, np.stack([self.stored[chunk_id].vector for chunk_id in found])

    def allowed_ids(
        self, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
    ) -> list[str] | None:
        del access, filters, as_of
        return list(self.live) if len(self.live) <= limit else None


class MemoryGenerations:
    def __init__(self) -> None:
        self.rows: dict[int, Generation] = {}
        self.last = 0

    def current(self, kind: str) -> Generation | None:
        return next((row for row in self.rows.values() if row.kind == kind and row.state == "current"), None)

    def begin(self, kind: str, fingerprint: str) -> Generation:
        self.last += 1
        self.rows[self.last] = Generation(
            id=self.last, kind=kind, fingerprint=fingerprint, position=0, state="building"
        )
        return self.rows[self.last]

    def advance(self, generation: int, position: int) -> None:
        self.rows[generation] = replace(self.rows[generation], position=position)

    def promote(self, generation: int) -> None:
        old = self.current(self.rows[generation].kind)
        if old is not None:
            self.rows[old.id] = replace(old, state="retired")
        self.rows[generation] = replace(self.rows[generation], state="current")

    def retired(self, kind: str) -> list[Generation]:
        return [row for row in self.rows.values() if row.kind == kind and row.state == "retired"]

    def forget(self, generation: int) -> None:
        del self.rows[generation]
