"""Lexical search as retrieval sees it: what was committed a moment ago is found, whoever wrote it."""

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.domain.errors import StorageFailed
from rag.domain.ports import Catalog, Generations, OnProgress
from rag.domain.types import Generation, IndexEntry, Progress
from rag.index.analysis import ANALYSIS_VERSION
from rag.index.lexical import TantivyIndex

KIND = "lexical"
BATCH = 1000
NO_MODEL = ""  # entries without vectors: words are found whether a model has embedded them or not
AT_ONCE = 2000  # changes that a search applies before it answers: a second at most

_log = logging.getLogger(__name__)


class ServedLexical:
    """Implements Lexical for the process that writes the home. Thread-safe.

    A damaged index is built anew from the feed; meanwhile the part that is there answers, beside dense search.
    """

    def __init__(self, catalog: Catalog, generations: Generations, directory: Path) -> None:
        self._catalog = catalog
        self._generations = generations
        self._directory = directory
        self._work = threading.RLock()  # opening and replacing; held for as long as a rebuild takes
        self._batch = threading.Lock()  # one batch at a time, in the order of the feed
        self._index: TantivyIndex | None = None
        self._whole = False  # False while the first build runs
        self._reason = "not opened yet"
        self.stopped: Callable[[], bool] = lambda: False

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        index = self._index or self._open()
        try:
            if 0 < self._catalog.feed_end() - index.position <= AT_ONCE:
                self._apply_feed(index, None)
            return index.search(text, k)
        except StorageFailed as error:
            with self._work:
                if self._index is index:
                    self._start_anew(error.what)
            return []

    def scored(self, text: str, entries: Sequence[IndexEntry]) -> list[tuple[str, float]]:
        return scored(text, entries, self._index or self._open())

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Apply the feed; a damaged index is built anew. Never raises for the index's sake."""
        with self._work:
            for last_try in (False, True):
                try:
                    self._apply_feed(self._index or self._open(), on_progress)
                    self._whole, self._reason = True, ""
                    return
                except StorageFailed as error:
                    self._reason = error.what
                    if not last_try:
                        self._start_anew(error.what)

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """The next generation beside the served one, then swapped. Raises StorageFailed; the old one stays."""
        with self._work:
            generation = self._generations.begin(KIND, ANALYSIS_VERSION)
            try:
                index = TantivyIndex(self._place(generation))
                self._apply_feed(index, on_progress)
            except BaseException:
                shutil.rmtree(self._place(generation), ignore_errors=True)
                self._generations.forget(generation.id)
                raise
            self._serve(index, generation)
            self._whole, self._reason = True, ""

    def health(self, end: int) -> dict[str, Any]:
        index = self._index
        if index is None:
            return {"state": "behind" if end else "ready", "position": 0, "count": 0, "reason": self._reason}
        state = "ready" if index.position >= end else "behind" if self._whole else "rebuilding"
        return {"state": state, "position": index.position, "count": index.count(), "reason": self._reason}

    def close(self) -> None:
        with self._work:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _open(self) -> TantivyIndex:
        with self._work:
            if self._index is not None:
                return self._index
            generation = self._generations.current(KIND)
            if generation is not None and generation.fingerprint == ANALYSIS_VERSION:
                try:
                    self._index = TantivyIndex(self._place(generation))
                    self._whole, self._reason = self._index.position > 0, ""
                    if self._index.position <= self._catalog.feed_end():
                        return self._index
                    self._reason = "the index is ahead of the registry: it belongs to another one"
                except StorageFailed as error:
                    self._reason = error.what
                    _log.warning("the lexical index is built anew: %s", error.what)
            return self._start_anew(self._reason)

    def _start_anew(self, reason: str) -> TantivyIndex:
        """An empty index takes the place of the damaged one at once: what is applied to it is found."""
        with self._work:
            generation = self._generations.begin(KIND, ANALYSIS_VERSION)
            shutil.rmtree(self._place(generation), ignore_errors=True)
            index = TantivyIndex(self._place(generation))
            self._serve(index, generation)
            self._whole, self._reason = False, reason
            return index

    def _serve(self, index: TantivyIndex, generation: Generation) -> None:
        self._generations.promote(generation.id)
        old, self._index = self._index, index
        if old is not None:
            try:
                old.close()
            except StorageFailed as error:
                _log.warning("a replaced lexical index did not close: %s", error.what)
        for retired in self._generations.retired(KIND):
            self._generations.forget(retired.id)
        for path in self._directory.glob(f"{KIND}-*"):
            if path != self._place(generation):
                shutil.rmtree(path, ignore_errors=True)

    def _apply_feed(self, index: TantivyIndex, on_progress: OnProgress | None) -> None:
        total = self._catalog.feed_end()
        while not self.stopped():
            with self._batch:
                found = next_batch(self._catalog, index.position)
                if found is None:
                    return
                entries, removed, position = found
                index.apply(entries, removed, position=position)
            if on_progress:
                on_progress(Progress(stage="lexical index", done=position, total=max(total, position)))

    def _place(self, generation: Generation) -> Path:
        return place(self._directory, generation)


class ReadLexical:
    """Implements Lexical for a reader beside the writer: its index as it stands, and the tail in memory."""

    def __init__(self, catalog: Catalog, generations: Generations, directory: Path) -> None:
        self._catalog = catalog
        self._generations = generations
        self._directory = directory
        self._lock = threading.Lock()
        self._index: TantivyIndex | None = None
        self._tail: TantivyIndex | None = None
        self._tail_from = 0
        self._reason = ""

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        with self._lock:
            index, tail = self._current(), self._caught_up()
        hits: dict[str, float] = {}
        if index is not None:
            try:
                hits.update(index.search(text, k))
            except StorageFailed as error:
                self._reason, self._index = error.what, None
        if tail is not None:
            hits.update(tail.search(text, k, statistics=index))
        return sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))[:k]

    def scored(self, text: str, entries: Sequence[IndexEntry]) -> list[tuple[str, float]]:
        with self._lock:
            return scored(text, entries, self._current())

    def health(self, end: int) -> dict[str, Any]:
        with self._lock:
            index = self._current()
        position, count = (index.position, index.count()) if index else (0, 0)
        state = "ready" if end - position <= AT_ONCE else "behind"
        return {"state": state, "position": position, "count": count, "reason": self._reason}

    def _current(self) -> TantivyIndex | None:
        """The index as the writer last committed it; None where there is none that can be read."""
        try:
            if self._index is not None:
                self._index.reload()
                return self._index
        except StorageFailed:
            self._index = None  # the writer has replaced it: the pointer says by what
        generation = self._generations.current(KIND)
        if generation is None or generation.fingerprint != ANALYSIS_VERSION:
            self._reason = "no lexical index yet"
            return None
        try:
            self._index, self._reason = TantivyIndex(place(self._directory, generation), read_only=True), ""
        except StorageFailed as error:
            self._reason = error.what
        return self._index

    def _caught_up(self) -> TantivyIndex | None:
        """What came after the index, at most AT_ONCE changes of it; None when nothing did."""
        start, end = (self._index.position if self._index else 0), self._catalog.feed_end()
        if not 0 < end - start <= AT_ONCE:
            return None
        if self._tail is None or self._tail_from != start:
            self._tail, self._tail_from = TantivyIndex(None), start
        while found := next_batch(self._catalog, max(start, self._tail.position)):
            entries, removed, position = found
            self._tail.apply(entries, removed, position=position)
        return self._tail


def scored(text: str, entries: Sequence[IndexEntry], statistics: TantivyIndex | None) -> list[tuple[str, float]]:
    """BM25 of entries that stand in no index, weighed by how rare a word is among all texts."""
    if not entries:
        return []
    index = TantivyIndex(None)
    index.apply(entries, (), position=0)
    return index.search(text, len(entries), statistics=statistics)


def place(directory: Path, generation: Generation) -> Path:
    return directory / f"{KIND}-{generation.id}"


def next_batch(catalog: Catalog, position: int) -> tuple[list[IndexEntry], list[str], int] | None:
    """(what came after `position` and still is, what went, the position then); None at the feed's end."""
    changes = catalog.feed(position, BATCH)
    if not changes:
        return None
    last = {change.chunk_id: change.add for change in changes}
    came = [chunk_id for chunk_id, add in last.items() if add]
    went = [chunk_id for chunk_id, add in last.items() if not add]
    return (catalog.entries(came, NO_MODEL) if came else []), went, changes[-1].seq
