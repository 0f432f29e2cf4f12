"""Exact search over stored vectors: covers what an index has not applied, stands in for it, and judges it."""

import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from rag.domain.ports import Catalog
from rag.domain.types import Access, Change, IndexEntry, Matrix

PAGE = 20_000  # vectors read at once: 31 MB at 384 dimensions
FEED_PAGE = 5_000
BLOCK = 10_000  # rows that are scored together for many vectors: 20 MB for 500
EVERYTHING = Access(everything=True)
NO_LIMIT = 2**31
Rows = TypeVar("Rows", Matrix, npt.NDArray[np.int64], npt.NDArray[np.bool_])
ASKING = 0.05  # share of the time that may go into asking for vectors that were missing
COMPACT_AT = 0.3  # share of rows that are gone; then the matrix is copied without them


class ExactIndex:
    """The vectors of all current chunks in one matrix that follows the feed. Thread-safe.

    Nothing is read before the first `follow` or search. `base` is the feed's position at that moment: what the feed
    says up to there is in the matrix, but not when it came, so `after=` must not lie before it.
    """

    def __init__(self, catalog: Catalog, model: str, dimension: int) -> None:
        self._catalog = catalog
        self._model = model
        self._lock = threading.RLock()
        self.dimension = dimension
        self._matrix: Matrix = np.zeros((0, dimension), dtype=np.float32)  # longer than the rows in use
        self._came: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # seq of each row, ascending
        self._alive: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._ids: list[str] = []  # of the rows in use
        self._row: dict[str, int] = {}  # only what is current
        self._went: list[int] = []  # seq of each removal, ascending
        self._without: set[str] = set()  # current chunks that have no vector of this model (yet)
        self._ask_again = 0.0
        self._position = self._base = -1

    @property
    def position(self) -> int:
        """seq of the last change it has applied; -1 before the first `follow`."""
        return self._position

    @property
    def base(self) -> int:
        return self._base

    def count(self) -> int:
        return len(self._row)

    def without_vector(self) -> int:
        """Current chunks that dense search cannot find, because this model has not embedded them."""
        return len(self._without)

    def current(self) -> tuple[int, list[str]]:
        """(position, ids of the chunks that were current there)."""
        with self._lock:
            return self._position, list(self._row)

    def removed_after(self, position: int) -> int:
        with self._lock:
            return len(self._went) - bisect_right(self._went, position)

    def follow(self, *, retry: bool = False) -> bool:
        """Apply the feed to its end. `retry`: ask again for vectors that were missing; True when some came."""
        with self._lock:
            if self._position < 0:
                self._load()
            while changes := self._catalog.feed(self._position, FEED_PAGE):
                self._apply(changes)
            started = time.monotonic()
            if not retry or not self._without or started < self._ask_again:
                return False
            before = len(self._row)
            self._append(sorted(self._without), self._position)
            self._ask_again = started + (time.monotonic() - started) / ASKING
            return len(self._row) > before

    def search(
        self, vector: Matrix, k: int, *, only: Sequence[str] | None = None, after: int | None = None
    ) -> list[tuple[str, float]]:
        """(chunk id, cosine), best first, ties by id. `only`: exactly these, current or not. `after`: came later."""
        if k < 1:
            return []
        self.follow()
        if only is not None:
            known, of_known = self._scores_of(only, vector)
            return _best(known, of_known, k)
        with self._lock:
            used = len(self._ids)
            first = int(np.searchsorted(self._came[:used], after, side="right")) if after is not None else 0
            matrix, alive, ids = self._matrix[first:used], self._alive[first:used], self._ids
        scores = np.where(alive, matrix @ vector, -np.inf).astype(np.float32, copy=False)
        return _best(ids, scores, k, first=first)

    def farthest_of(self, vectors: Matrix, k: int) -> npt.NDArray[np.float32]:
        """For each row of `vectors` the cosine of its k-th nearest current chunk, of the last one when there are fewer.

        In blocks: one search after the other would read the whole matrix for each.
        """
        with self._lock:
            used, k = len(self._ids), max(1, min(k, len(self._row)))
            alive, matrix = self._alive[:used], self._matrix[:used]
        best = np.full((len(vectors), k), -np.inf, dtype=np.float32)
        for at in range(0, len(matrix), BLOCK):
            scores = np.where(alive[at : at + BLOCK], vectors @ matrix[at : at + BLOCK].T, -np.inf)
            best = np.partition(np.concatenate([best, scores], axis=1), -k, axis=1)[:, -k:]
        farthest: npt.NDArray[np.float32] = best.min(axis=1)
        return farthest

    def scored(self, ids: Sequence[str], vector: Matrix) -> list[tuple[str, float]]:
        """Those of the `ids` that are current, with their cosine, in the order asked."""
        with self._lock:
            kept = [(chunk_id, self._row[chunk_id]) for chunk_id in ids if chunk_id in self._row]
            matrix = self._matrix
        scores = matrix[[row for _, row in kept]] @ vector if kept else ()
        return [(chunk_id, float(score)) for (chunk_id, _), score in zip(kept, scores, strict=True)]

    def vectors(self, ids: Sequence[str]) -> tuple[list[str], Matrix]:
        """(those that have a vector, rows in their order), current or not."""
        with self._lock:
            known = [chunk_id for chunk_id in ids if chunk_id in self._row]
            rows = self._matrix[[self._row[chunk_id] for chunk_id in known]]
        others = [chunk_id for chunk_id in ids if chunk_id not in self._row]
        for at in range(0, len(others), PAGE):
            found, more = self._catalog.vectors(others[at : at + PAGE], self._model)
            if found:
                known, rows = known + found, np.concatenate([rows, more])
        return known, rows

    def entries(self, ids: Sequence[str]) -> list[IndexEntry]:
        """Those of the `ids` that are current, for an index of vectors: without any text."""
        with self._lock:
            kept = [(chunk_id, self._row[chunk_id]) for chunk_id in ids if chunk_id in self._row]
            matrix = self._matrix
        return [
            IndexEntry(chunk_id=chunk_id, vector=matrix[row], text="", title="", headings="", path="", people="")
            for chunk_id, row in kept
        ]

    def _load(self) -> None:
        self._base = self._position = self._catalog.feed_end()
        ids = self._catalog.allowed_ids(EVERYTHING, filters=None, as_of=None, limit=NO_LIMIT) or []
        self._grow(len(ids))
        for at in range(0, len(ids), PAGE):
            self._append(ids[at : at + PAGE], self._position)

    def _apply(self, changes: Sequence[Change]) -> None:
        last = {change.chunk_id: change for change in changes}
        for change in changes:
            if not change.add:
                self._went.append(change.seq)
                self._without.discard(change.chunk_id)
                row = self._row.pop(change.chunk_id, None)
                if row is not None:
                    self._alive[row] = False
        came = [change.chunk_id for change in last.values() if change.add and change.chunk_id not in self._row]
        # All rows of a page get its last seq: an index that is asked from inside the page finds them twice, never not.
        self._append(came, changes[-1].seq)
        self._position = changes[-1].seq
        if len(self._ids) - len(self._row) > max(1000, COMPACT_AT * len(self._ids)):
            self._compact()

    def _append(self, ids: Sequence[str], seq: int) -> None:
        if not ids:
            return
        found, vectors = self._catalog.vectors(ids, self._model)
        start, end = len(self._ids), len(self._ids) + len(found)
        self._grow(end)
        if found:
            self._matrix[start:end] = vectors
        self._came[start:end] = seq
        self._alive[start:end] = True
        self._ids.extend(found)
        self._row.update(zip(found, range(start, end), strict=True))
        self._without.update(ids)
        self._without.difference_update(found)

    def _grow(self, rows: int) -> None:
        if rows <= len(self._matrix):
            return
        size = max(rows, len(self._matrix) * 5 // 4, 256)
        self._matrix = _longer(self._matrix, size)
        self._came = _longer(self._came, size)
        self._alive = _longer(self._alive, size)

    def _compact(self) -> None:
        """New arrays: a search that runs now keeps the old ones."""
        rows = np.flatnonzero(self._alive[: len(self._ids)])
        self._matrix, self._came, self._alive = self._matrix[rows], self._came[rows], self._alive[rows]
        self._ids = [self._ids[row] for row in rows]
        self._row = {chunk_id: row for row, chunk_id in enumerate(self._ids)}

    def _scores_of(self, only: Sequence[str], vector: Matrix) -> tuple[list[str], npt.NDArray[np.float32]]:
        with self._lock:
            wanted = list(dict.fromkeys(only))
            known = [chunk_id for chunk_id in wanted if chunk_id in self._row]
            rows = [self._row[chunk_id] for chunk_id in known]
            matrix = self._matrix[: len(self._ids)]
        few = len(rows) * 4 < len(matrix)  # beyond, copying the rows costs more than scoring all of them
        scores = matrix[rows] @ vector if few else (matrix @ vector)[rows]
        others = [chunk_id for chunk_id in wanted if chunk_id not in self._row]
        for at in range(0, len(others), PAGE):
            found, vectors = self._catalog.vectors(others[at : at + PAGE], self._model)
            if found:
                known += found
                scores = np.concatenate([scores, vectors @ vector])
        return known, scores.astype(np.float32)


def _longer(rows: Rows, size: int) -> Rows:
    longer = np.zeros((size, *rows.shape[1:]), dtype=rows.dtype)
    longer[: len(rows)] = rows
    return longer


def _kth(scores: npt.NDArray[np.float32], k: int) -> float:
    """The k-th best score, or one below all when there are no more than k."""
    if len(scores) <= k:
        return -np.inf
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def _best(ids: Sequence[str], scores: npt.NDArray[np.float32], k: int, *, first: int = 0) -> list[tuple[str, float]]:
    """`scores[row]` is that of ids[first + row]; rows of -inf are not there. Only what may be among the k is sorted."""
    rows = np.flatnonzero(scores >= _kth(scores, k))
    rows = rows[np.isfinite(scores[rows])]
    hits = zip([ids[first + row] for row in rows.tolist()], scores[rows].tolist(), strict=True)
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]
