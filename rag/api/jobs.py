"""Work that outlives its request: ingest and rebuild, one after another, with progress kept in the registry."""

import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from rag.api.problems import problem_of
from rag.api.work import WorkPool
from rag.domain.errors import TooBusy
from rag.domain.ports import Jobs, OnProgress
from rag.domain.types import IngestReport, Job, Progress

Task = Callable[[OnProgress], IngestReport | None]
STOPPED = "The service stopped before this was done. Send it again: what is there already is not read twice."
EVERY = 0.5  # seconds between two writes of a job's progress

log = structlog.get_logger("teamlore.api")


class JobRunner:
    """Every job it accepted ends as done or failed, also when the service stops."""

    def __init__(self, jobs: Jobs, pool: WorkPool) -> None:
        self._jobs = jobs
        self._pool = pool
        self._stopping = threading.Event()

    def start(self, kind: str, owner: str, task: Task, *, close: Callable[[], None] | None = None) -> Job:
        """`close` is called once, however the job ends. Raises TooBusy when too many wait already."""
        job = self._jobs.create(kind, owner)
        try:
            future = self._pool.submit(lambda: self._run(job.id, task))
        except TooBusy as error:
            self._jobs.finish(job.id, report=None, error=str(error))
            if close:
                close()
            raise
        future.add_done_callback(lambda done: self._ended(job.id, done, close))
        return job

    def close(self) -> None:
        """What waits is failed with a reason; what runs is stopped at its next step."""
        self._stopping.set()
        self._pool.close(wait=True)

    def _run(self, job: str, task: Task) -> None:
        last, stage = 0.0, ""

        def on_progress(progress: Progress) -> None:
            nonlocal last, stage
            if self._stopping.is_set():
                raise TooBusy(STOPPED)
            if progress.stage != stage or time.monotonic() - last >= EVERY:
                self._jobs.update(job, progress=progress)
                last, stage = time.monotonic(), progress.stage

        try:
            on_progress(Progress(stage="starting", done=0, total=0))
            report = task(on_progress)
        except Exception as error:  # noqa: BLE001 - whatever it was, the job ends
            log.error("job failed", job=job, trace=traceback.format_exc())
            problem = problem_of(error)
            self._jobs.finish(job, report=None, error=f"{problem.detail} {problem.fix}".strip())
        else:
            self._jobs.finish(job, report=report)

    def _ended(self, job: str, done: "Future[None]", close: Callable[[], None] | None) -> None:
        if close:
            close()
        if done.cancelled():
            self._jobs.finish(job, report=None, error=STOPPED)
