"""Work that outlives its request: ingest and rebuild, one after another, with progress kept in the registry."""

import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

import structlog

from rag.api.problems import problem_of
from rag.api.work import WorkPool
from rag.domain.errors import TeamloreError, TooBusy
from rag.domain.ports import Jobs, OnProgress
from rag.domain.types import IngestReport, Job, Progress

Task = Callable[[OnProgress], IngestReport | None]
CANCELLED = "It was cancelled. What was done stays; the same again goes on from there."
STOPPED = "The service stopped before this was done. Send it again: what is there already is not read twice."
EVERY = 0.5  # seconds between two writes of a job's progress

log = structlog.get_logger("teamlore.api")


class JobRunner:
    """Every job it accepted ends as done or failed, also when the service stops or the registry cannot be written."""

    def __init__(self, jobs: Jobs, pool: WorkPool) -> None:
        self._jobs = jobs
        self._pool = pool
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}
        self._cancelled: set[str] = set()
        self._ends: dict[str, _End] = {}  # not written yet

    def start(self, kind: str, owner: str, task: Task, *, close: Callable[[], None] | None = None) -> Job:
        """`close` is called once, however the job ends. Raises TooBusy when too many wait already."""
        job = self._jobs.create(kind, owner)
        try:
            future = self._pool.submit(lambda: self._run(job.id, task))
        except TooBusy as error:
            self._finish(job.id, _End(error=str(error)))
            if close:
                close()
            raise
        with self._lock:
            self._under_way[job.id] = future
        future.add_done_callback(lambda done: self._ended(job.id, done, close))
        return job

    def get(self, job: str) -> Job:
        """Raises NotFound."""
        with self._lock:
            waiting = dict(self._ends)
        for other, end in waiting.items():
            self._finish(other, end)
        found = self._jobs.get(job)
        with self._lock:
            unwritten = self._ends.get(job)
        if unwritten is None:
            return found
        return replace(
            found, state="failed" if unwritten.error else "done", report=unwritten.report, error=unwritten.error
        )

    def cancel(self, job: str) -> None:
        """What waits is over at once, what runs at its next step; what has ended stays as it is."""
        with self._lock:
            future = self._under_way.get(job)
            if future is not None:
                self._cancelled.add(job)
        if future is not None:
            future.cancel()

    def close(self) -> None:
        """What waits is failed with a reason; what runs is stopped at its next step."""
        self._stopping.set()
        self._pool.close(wait=True)

    def _run(self, job: str, task: Task) -> None:
        last, stage = 0.0, ""

        def on_progress(progress: Progress) -> None:
            nonlocal last, stage
            if self._stopping.is_set() or job in self._cancelled:
                raise TooBusy(self._why(job))
            if progress.stage != stage or time.monotonic() - last >= EVERY:
                self._jobs.update(job, progress=progress)
                last, stage = time.monotonic(), progress.stage

        try:
            on_progress(Progress(stage="starting", done=0, total=0))
            report = task(on_progress)
        except Exception as error:  # noqa: BLE001 - whatever it was, the job ends
            problem = problem_of(error)
            if isinstance(error, TeamloreError):
                log.warning("job failed", job=job, reason=problem.detail)
            else:
                log.error("job failed", job=job, trace=traceback.format_exc())
            self._finish(job, _End(error=f"{problem.detail} {problem.fix}".strip()))
        else:
            self._finish(job, _End(report=report))

    def _why(self, job: str) -> str:
        return CANCELLED if job in self._cancelled else STOPPED

    def _ended(self, job: str, done: "Future[None]", close: Callable[[], None] | None) -> None:
        if close:
            close()
        if done.cancelled():
            self._finish(job, _End(error=self._why(job)))
        with self._lock:
            self._under_way.pop(job, None)
            self._cancelled.discard(job)

    def _finish(self, job: str, end: "_End") -> None:
        """When it cannot be written now (a full disk), it is kept, and written when somebody asks again."""
        try:
            self._jobs.finish(job, report=end.report, error=end.error)
        except TeamloreError:
            log.error("the end of a job is not written", job=job, trace=traceback.format_exc())
            with self._lock:
                self._ends[job] = end
        else:
            with self._lock:
                self._ends.pop(job, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    report: IngestReport | None = None
    error: str = ""
