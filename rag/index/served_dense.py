"""Dense search as retrieval sees it: the served generation, and exact search over its tail or instead of it."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rag.domain.errors import BackendFailed, IndexMismatch, TeamloreError
from rag.domain.ports import Catalog, Generations, OnProgress
from rag.domain.types import Change, Generation, Matrix, Progress
from rag.index.dense import BATCH, ChromaIndex
from rag.index.exact import ExactIndex
from rag.index.probe import NEAREST
from rag.index.stores import DenseStore

KIND = "dense"
SAMPLE = 500  # vectors of the corpus that a generation must find before it is served
REACHED = 0.99  # share of the sample that must find itself, or a chunk with the same vector, at the top
OVERLAP = 0.97  # of the ten nearest with exact search's, on average over the sample, before a new generation is served
SAME = 1e-4  # cosines that differ by less are equal: float32 here and there
REPAIRED_IN_PLACE = 0.05  # share of chunks that may be missing; beyond, a new generation is cheaper and safer
RETRY_SECONDS = (5.0, 30.0, 120.0, 600.0, 3600.0)

_log = logging.getLogger(__name__)


class TooInexact(BackendFailed):
    """Whole, but its neighbours are not those of exact search: building it again soon would give the same."""


class Stopped(Exception):
    """Long work was asked to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    index: ChromaIndex
    generation: Generation
    position: int  # seq of the last change it has applied


class ServedDense:
    """Implements Dense. Thread-safe; `catch_up`, `rebuild` and `close` wait for each other.

    Exact search answers whenever no generation is served, so search never fails for the index's sake. A generation is
    served after a probe from outside, and left at its first error.
    """

    def __init__(
        self, catalog: Catalog, generations: Generations, exact: ExactIndex, store: DenseStore | None, model: str
    ) -> None:
        """`store` None: a reader beside the owner, exact search only."""
        self._catalog = catalog
        self._generations = generations
        self._exact = exact
        self._store = store
        self._model = model
        self._left: list[ChromaIndex] = []  # open still, after an error of a search
        self._work = threading.RLock()
        self._served: _Served | None = None
        self._state = "exact"
        self._reason = "not opened yet" if store else "another process owns the index"
        self._failures = 0
        self._retry_at = 0.0
        self.stopped: Callable[[], bool] = lambda: False

    def search(self, vector: Matrix, k: int, *, only: Sequence[str] | None = None) -> list[tuple[str, float]]:
        served = self._served
        if only is not None or served is None:
            return self._exact.search(vector, k, only=only)
        tail = self._exact.search(vector, k, after=served.position)  # follows the feed first
        if served.position < self._exact.base:
            return self._exact.search(vector, k)
        gone = self._exact.removed_after(served.position)
        try:
            found = served.index.search(vector, k + min(gone, BATCH))
        except BackendFailed as error:
            self._leave(served, error.what)
            return self._exact.search(vector, k)
        hits = dict(self._exact.scored([chunk_id for chunk_id, _ in found], vector)) | dict(tail)
        if len(hits) < min(k, self._exact.count()):
            return self._exact.search(vector, k)  # gone ones stood in the way, or some vectors were never reached
        return sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))[:k]

    def vectors(self, ids: Sequence[str]) -> tuple[list[str], Matrix]:
        return self._exact.vectors(ids)

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Open, repair or build what is needed, then apply the feed. Never raises for the index's sake."""
        with self._work:
            late = self._exact.follow(retry=True)
            self._close_left()
            if self._store is None or (self._served is None and time.monotonic() < self._retry_at):
                return
            try:
                if self._served is None:
                    self._open(self._store, on_progress)
                elif late:
                    self._reconcile(self._served.index, self._served.index.ids())
                self._apply_feed(on_progress)
            except (BackendFailed, IndexMismatch) as error:
                self._fail(error)
            else:
                self._failures = 0

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """The next generation beside the served one, verified, swapped. Raises BackendFailed; the old one stays."""
        with self._work:
            self._exact.follow(retry=True)
            if self._store is not None:
                self._build(self._store, on_progress)
                self._apply_feed(on_progress)

    def health(self, end: int) -> dict[str, Any]:
        served, state = self._served, self._state
        if served is not None and state == "ready" and served.position < end:
            state = "behind"
        reason = self._reason
        if self._exact.without_vector():
            missing = f"{self._exact.without_vector()} chunks have no vector of this model: ingest their sources again"
            reason = f"{reason}; {missing}" if reason else missing
        position = served.position if served else self._exact.position
        return {"state": state, "position": max(position, 0), "count": self._exact.count(), "reason": reason}

    def close(self) -> None:
        with self._work:
            self._unserve()

    def _open(self, store: DenseStore, on_progress: OnProgress | None) -> None:
        generation = self._generations.current(KIND)
        if generation is None and self._exact.count() == 0:
            self._state, self._reason = "ready", "nothing to search yet"
            return
        if generation is None or generation.fingerprint != self._model:
            self._state, self._reason = "rebuilding", "no index of this model yet"
            self._build(store, on_progress)
            return
        try:
            self._state, self._reason = "exact", "being checked"
            self._served = self._checked(store, generation)
            self._state, self._reason = "ready", ""
            store.sweep(generation)
        except (BackendFailed, IndexMismatch) as error:
            _log.warning("the dense index is built anew: %s", error.what)
            self._state, self._reason = "rebuilding", error.what
            self._build(store, on_progress)

    def _checked(self, store: DenseStore, generation: Generation) -> _Served:
        """Probe from outside, open, and bring its ids in line with the registry's. Raises BackendFailed."""
        ids, sample = self._sample(generation.position)
        found = store.probe(generation, sample, self._exact.count())
        reached = sum(self._is_reached(hits, vector) for hits, vector in zip(found.hits, sample, strict=True))
        if reached < REACHED * len(ids):
            raise BackendFailed(f"The dense index finds {reached} of {len(ids)} chunks by their own vector.")
        index = store.open(generation)
        try:
            self._reconcile(index, found.ids, position=generation.position)
        except BaseException:
            index.close()
            raise
        return _Served(index=index, generation=generation, position=generation.position)

    def _reconcile(self, index: ChromaIndex, held: "frozenset[str] | set[str]", *, position: int | None = None) -> None:
        """Add what is missing and remove what is too much; `position`: what came after it is the feed's to bring."""
        _, current = self._exact.current()
        later = self._changed_after(position) if position is not None else set()
        missing = [chunk_id for chunk_id in current if chunk_id not in held and chunk_id not in later]
        if len(missing) > max(BATCH, REPAIRED_IN_PLACE * len(current)):
            raise BackendFailed(f"The dense index lacks {len(missing)} of {len(current)} chunks.")
        for at in range(0, len(missing), BATCH):
            index.add(self._exact.entries(missing[at : at + BATCH]))
        index.remove(sorted(set(held).difference(current, later)))

    def _changed_after(self, position: int) -> set[str]:
        changed: set[str] = set()
        while changes := self._catalog.feed(position, 5 * BATCH):
            changed.update(change.chunk_id for change in changes)
            position = changes[-1].seq
        return changed

    def _apply_feed(self, on_progress: OnProgress | None) -> None:
        while self._served and (changes := self._catalog.feed(self._served.position, BATCH)):
            self._check_stop()
            self._exact.follow()
            self._apply(self._served, changes)
            if on_progress:
                on_progress(Progress(stage="dense index", done=changes[-1].seq, total=self._exact.position))

    def _apply(self, served: _Served, changes: Sequence[Change]) -> None:
        last = {change.chunk_id: change.add for change in changes}
        served.index.add(self._exact.entries([chunk_id for chunk_id, came in last.items() if came]))
        served.index.remove([chunk_id for chunk_id, came in last.items() if not came])
        self._generations.advance(served.generation.id, changes[-1].seq)
        self._served = replace(served, position=changes[-1].seq)

    def _build(self, store: DenseStore, on_progress: OnProgress | None) -> None:
        generation = self._generations.begin(KIND, self._model)
        try:
            index = store.open(generation, create=True)
            try:
                position = self._fill(index, on_progress)
                self._verify(index, position)
                self._generations.advance(generation.id, position)
                self._generations.promote(generation.id)
            except BaseException:
                index.close()
                raise
        except BaseException:
            self._discard(store, generation)
            raise
        self._unserve()
        self._served = _Served(index=index, generation=generation, position=position)
        self._state, self._reason = "ready", ""
        self._tidy(store, generation)

    def _tidy(self, store: DenseStore, kept: Generation) -> None:
        store.sweep(kept)
        for generation in self._generations.retired(KIND):
            self._discard(store, generation)

    def _discard(self, store: DenseStore, generation: Generation) -> None:
        try:
            store.remove(generation)
        except BackendFailed as error:
            _log.warning("an unused dense index stays for now: %s", error.what)
        else:
            self._generations.forget(generation.id)

    def _fill(self, index: ChromaIndex, on_progress: OnProgress | None) -> int:
        position, ids = self._exact.current()
        for at in range(0, len(ids), BATCH):
            self._check_stop()
            index.add(self._exact.entries(ids[at : at + BATCH]))
            if on_progress:
                on_progress(Progress(stage="dense index", done=min(at + BATCH, len(ids)), total=len(ids)))
        return position

    def _verify(self, index: ChromaIndex, position: int) -> None:
        """Same ids as the registry, and the neighbours that exact search finds. Raises BackendFailed."""
        self._reconcile(index, index.ids(), position=position)
        ids, sample = self._sample(None)
        least = self._exact.farthest_of(sample, NEAREST) - SAME  # ties in another order are no fault
        near = [
            sum(score >= tenth for _, score in self._exact.scored([hit for hit, _ in row], vector))
            for row, vector, tenth in zip(index.search_many(sample, NEAREST) if ids else (), sample, least, strict=True)
        ]
        overlap = np.mean(near) / min(NEAREST, self._exact.count()) if ids else 1.0
        if overlap < OVERLAP:
            raise TooInexact(f"The new dense index finds {overlap:.0%} of what exact search finds.")

    def _sample(self, position: int | None) -> tuple[list[str], Matrix]:
        """Chunks that an index at `position` must hold, with their vectors; the same at every call."""
        _, current = self._exact.current()
        later = self._changed_after(position) if position is not None else set()
        ids = sorted(chunk_id for chunk_id in current if chunk_id not in later)
        picked = np.random.default_rng(0).permutation(len(ids))[:SAMPLE]
        entries = self._exact.entries([ids[at] for at in picked])
        none = np.zeros((0, self._exact.dimension), dtype=np.float32)
        vectors = np.stack([entry.vector for entry in entries]) if entries else none
        return [entry.chunk_id for entry in entries], vectors

    def _is_reached(self, hits: Sequence[str], vector: Matrix) -> bool:
        """Among the hits of a chunk's own vector is a chunk with that vector."""
        return any(score > 1 - SAME for _, score in self._exact.scored(hits, vector))

    def _check_stop(self) -> None:
        if self.stopped():
            raise Stopped

    def _leave(self, served: _Served, reason: str) -> None:
        """Called by a search: no lock is waited for. The next `catch_up` probes and repairs."""
        if self._served is served:
            _log.warning("exact search stands in for the dense index: %s", reason)
            self._served, self._state, self._reason = None, "exact", reason
            self._left.append(served.index)

    def _fail(self, error: TeamloreError) -> None:
        _log.warning("exact search stands in for the dense index: %s", error.what)
        self._unserve()
        self._state, self._reason = "exact", error.what
        seconds = RETRY_SECONDS[-1 if isinstance(error, TooInexact) else min(self._failures, len(RETRY_SECONDS) - 1)]
        self._retry_at = time.monotonic() + seconds
        self._failures += 1

    def _unserve(self) -> None:
        served, self._served = self._served, None
        if served is not None:
            self._left.append(served.index)
        self._close_left()

    def _close_left(self) -> None:
        while self._left:
            try:
                self._left.pop().close()
            except BackendFailed as error:
                _log.warning("a dense index did not close: %s", error.what)
