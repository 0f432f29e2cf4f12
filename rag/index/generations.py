"""All derived indexes of a home: they follow the change feed, are probed, repaired, rebuilt and swapped."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rag.domain.errors import TeamloreError
from rag.domain.ports import Catalog, Dense, Generations, Lexical, OnProgress
from rag.index.exact import ExactIndex
from rag.index.served_dense import ServedDense, Stopped
from rag.index.served_lexical import ReadLexical, ServedLexical
from rag.index.stores import DenseStore, EmbeddedStore, ServerStore

POLL_SECONDS = 2.0  # how soon a replica sees what another one wrote; its own writes wake it at once

_log = logging.getLogger(__name__)


class HomeIndexes:
    """Implements Indexes; `dense` and `lexical` answer from the first moment, whatever state the indexes are in.

    background: a service. Two threads open, repair and follow; `catch_up` wakes them and returns.
    Else `catch_up` does that work before it returns; without it the dense index is never touched, so a process that
    only asks starts fast and answers by exact search. read_only: beside the owner of the home; nothing is written.
    """

    def __init__(  # noqa: PLR0913 - the composition root hands over plain settings
        self,
        catalog: Catalog,
        generations: Generations,
        *,
        directory: Path,
        model: str,
        dimension: int,
        chroma_url: str = "",
        read_only: bool = False,
        background: bool = False,
    ) -> None:
        self._catalog = catalog
        exact = ExactIndex(catalog, model, dimension)
        store = None if read_only else _store(directory, chroma_url, dimension)
        self._dense = ServedDense(catalog, generations, exact, store, model)
        lexical = ReadLexical if read_only else ServedLexical
        self._lexical: ServedLexical | ReadLexical = lexical(catalog, generations, directory)
        self._workers: list[_Worker] = []
        if background and isinstance(self._lexical, ServedLexical):
            for served in (self._lexical, self._dense):
                worker = _Worker(type(served).__name__, served.catch_up)
                served.stopped = worker.stopping
                self._workers.append(worker)
                worker.start()

    @property
    def dense(self) -> Dense:
        return self._dense

    @property
    def lexical(self) -> Lexical:
        return self._lexical

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        for worker in self._workers:
            worker.wake()
        if not self._workers and isinstance(self._lexical, ServedLexical):
            self._lexical.catch_up(on_progress)
            self._dense.catch_up(on_progress)

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """Raises StorageFailed or BackendFailed; what was served before is served still."""
        if isinstance(self._lexical, ServedLexical):
            self._lexical.rebuild(on_progress)
            self._dense.rebuild(on_progress)

    def health(self) -> dict[str, Any]:
        end = self._catalog.feed_end()
        return {"dense": self._dense.health(end), "lexical": self._lexical.health(end)}

    def close(self) -> None:
        """Waits for the batch in work, not for the whole of it: the next start goes on from there."""
        for worker in self._workers:
            worker.stop()
        self._dense.close()
        if isinstance(self._lexical, ServedLexical):
            self._lexical.close()


def _store(directory: Path, chroma_url: str, dimension: int) -> DenseStore:
    if chroma_url:
        return ServerStore(url=chroma_url, dimension=dimension)
    return EmbeddedStore(directory=directory, dimension=dimension)


class _Worker:
    """Calls `work` at once, whenever it is woken, and every POLL_SECONDS."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._work = work
        self._awake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stopping(self) -> bool:
        return self._stop.is_set()

    def wake(self) -> None:
        self._awake.set()

    def stop(self) -> None:
        self._stop.set()
        self._awake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.clear()
            try:
                self._work()
            except Stopped:
                return
            except TeamloreError as error:
                _log.warning("%s: %s", self._thread.name, error)
            except Exception:  # noqa: BLE001 - logged with its stack; the thread must outlive it
                _log.exception("%s: it goes on at the next change", self._thread.name)
            self._awake.wait(POLL_SECONDS)
