"""The running service syncs what is due, through the queue that every other ingest goes through."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from rag.api.jobs import JobRunner
from rag.domain.errors import TeamloreError
from rag.domain.ports import Ingestor, OnProgress, Sources
from rag.domain.syncing import SourceInfo
from rag.domain.types import Access, IngestReport

OWNER = "schedule"
EVERYTHING = Access(everything=True)

log = structlog.get_logger("teamlore.api")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """One thread, from `start` to `close`. What fails is tried again after the source's own interval, not before."""

    def __init__(
        self, sources: Sources, ingestor: Ingestor, jobs: JobRunner, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._sources = sources
        self._ingestor = ingestor
        self._jobs = jobs
        self._clock = clock
        self._under_way: set[str] = set()
        self._tried: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, tick: float) -> None:
        """Look every `tick` seconds."""
        self._thread = threading.Thread(target=self._watch, args=(tick,), name="teamlore-schedule", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> list[str]:
        """Start what is due and is not under way; the ids of the sources."""
        now = self._clock()
        due = [info for info in self._sources.all(EVERYTHING) if self._due(info, now)]
        for info in due:
            self._sync(info, now)
        return [info.source.id for info in due]

    def _due(self, info: SourceInfo, now: datetime) -> bool:
        tried = self._tried.get(info.source.id)
        waits = tried is not None and (now - tried).total_seconds() < info.every
        return info.due(now) and not waits and info.source.id not in self._under_way

    def _sync(self, info: SourceInfo, now: datetime) -> None:
        source = info.source.id

        def task(on_progress: OnProgress) -> IngestReport:
            return self._ingestor.sync(source, on_progress=on_progress)

        self._under_way.add(source)
        try:
            self._jobs.start("sync", OWNER, task, close=lambda: self._under_way.discard(source))
        except TeamloreError:  # not started, so it is due still
            self._under_way.discard(source)
            raise
        self._tried[source] = now

    def _watch(self, tick: float) -> None:
        while not self._stopping.wait(tick):
            try:
                self.look()
            except TeamloreError as error:  # too much waits already, or the registry is not to be read now
                log.warning("sources were not synced", reason=error.what)
