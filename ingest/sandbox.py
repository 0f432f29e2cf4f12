"""Readers run in child processes with limits, so that a bad file costs one document and nothing else."""

import dataclasses
import importlib
import os
import queue
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from ingest.readers.base import Candidate, Limits, Reader, too_large, unsupported
from ingest.sandbox_process import ReaderProcess
from rag.domain.errors import BackendFailed, UnreadableSource
from rag.domain.types import Parsed

Outcome = tuple[Parsed, ...] | UnreadableSource


class ReaderPool:
    """Warm processes, started when first needed. Thread-safe.

    `readers` names the module whose READERS are used, here and in the child. A child is replaced after a failure
    and after `files_per_child` files. Beyond a limit (cpu, wall clock, memory, size) the file fails, with a reason.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        limits: Limits | None = None,
        readers: str = "ingest.readers",
        files_per_child: int = 500,
    ) -> None:
        self.limits = limits or Limits()
        self._workers = workers
        self._module = readers
        self._readers: tuple[Reader, ...] = importlib.import_module(readers).READERS
        self._files_per_child = files_per_child
        self._closed = False
        self._slots: queue.LifoQueue[_Slot] = queue.LifoQueue()  # the last one used is the warmest
        self._all = [_Slot() for _ in range(workers)]
        for slot in reversed(self._all):
            self._slots.put(slot)

    @property
    def readers(self) -> tuple[Reader, ...]:
        return self._readers

    def find(self, candidate: Candidate) -> Reader | None:
        return next((reader for reader in self._readers if reader.claims(candidate)), None)

    def read(self, candidate: Candidate) -> tuple[Parsed, ...]:
        """Waits for a free process. Raises UnreadableSource (UnsupportedFormat, LimitExceeded) for this file alone."""
        reader = self.find(candidate)
        if reader is None:
            raise unsupported(candidate, self._readers)
        self._check(candidate, reader)
        slot = self._slots.get()
        try:
            return self._process(slot).read(reader.name, candidate)
        except UnreadableSource as error:
            if self._closed:  # its process was ended, which says nothing about the file
                raise _stopped() from error
            raise
        finally:
            self._slots.put(slot)

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        """Each candidate with what it held or why it could not be read, as they get done; few are ever in flight."""
        pending: dict[Future[Outcome], Candidate] = {}
        threads = ThreadPoolExecutor(self._workers, thread_name_prefix="readers")
        try:
            for candidate in candidates:
                pending[threads.submit(self._outcome, candidate)] = candidate
                if len(pending) >= 4 * self._workers:
                    yield from _done(pending)
            while pending:
                yield from _done(pending)
        finally:
            threads.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Ends all children; a read still under way raises BackendFailed, and cleans up after itself."""
        self._closed = True
        for slot in self._all:
            slot.kill()
        taken = [self._slots.get() for _ in self._all]
        for slot in taken:
            slot.drop()
            self._slots.put(slot)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _outcome(self, candidate: Candidate) -> Outcome:
        try:
            return self.read(candidate)
        except UnreadableSource as error:
            return error

    def _process(self, slot: "_Slot") -> ReaderProcess:
        if self._closed:
            raise _stopped()
        if slot.process is not None and (slot.process.broken or slot.process.files >= self._files_per_child):
            slot.drop()
        if slot.process is None:
            slot.process = ReaderProcess(self._module, self.limits)
        return slot.process

    def _check(self, candidate: Candidate, reader: Reader) -> None:
        try:
            found = candidate.path.stat()
        except OSError as error:
            raise UnreadableSource(
                f"{candidate.relative} cannot be read: {error.strerror}.", fix="Check that it is there and readable."
            ) from error
        if not candidate.is_dir and not stat.S_ISREG(found.st_mode):
            raise UnreadableSource(f"{candidate.relative} is no ordinary file.", fix="Leave it out.")
        if not os.access(candidate.path, os.R_OK):
            raise UnreadableSource(f"{candidate.relative} cannot be read: permission denied.", fix="Allow reading it.")
        most = self.limits.archive_bytes if reader.large else self.limits.file_bytes
        if not candidate.is_dir and found.st_size > most:
            raise too_large(candidate.relative, dataclasses.replace(self.limits, file_bytes=most))


class _Slot:
    """A place for one process."""

    def __init__(self) -> None:
        self.process: ReaderProcess | None = None

    def kill(self) -> None:
        process = self.process
        if process is not None:
            process.kill()

    def drop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.close()


def _stopped() -> BackendFailed:
    return BackendFailed("The reader processes were stopped.", fix="Start the service again.")


def _done(pending: dict[Future[Outcome], Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
    for future in wait(pending, return_when=FIRST_COMPLETED).done:
        yield pending.pop(future), future.result()
