"""Jobs: long work that somebody asked for."""

import dataclasses
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Engine, Row, insert, select, update

from rag.domain.errors import NotFound
from rag.domain.types import IngestReport, Job, Masked, Progress, Trouble
from rag.registry.database import reading, writing
from rag.registry.moments import now
from rag.registry.schema import jobs

EVERY_SECONDS = 0.5  # progress is written at most that often: each write waits for the disk
UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class SqlJobs:
    """Thread-safe. One process runs jobs: the owner of the home."""

    engine: Engine
    _runner: str = field(default_factory=lambda: secrets.token_hex(8))
    _latest: dict[str, tuple[Progress, float]] = field(default_factory=dict)  # and when it was last written
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, kind: str, owner: str) -> Job:
        job = Job(
            id=secrets.token_urlsafe(12),
            kind=kind,
            owner=owner,
            state="queued",
            progress=None,
            report=None,
            error="",
            created_at=now(),
            finished_at=None,
        )
        with writing(self.engine) as connection:
            connection.execute(insert(jobs).values(**dataclasses.asdict(job), runner=self._runner))
        return job

    def update(self, job: str, *, progress: Progress) -> None:
        """`get` in this process shows it at once. Raises NotFound for an unknown job."""
        at = time.monotonic()
        with self._lock:
            before, written = self._latest.get(job, (None, 0.0))
            same_stage = before is not None and before.stage == progress.stage
            if same_stage and at - written < EVERY_SECONDS:
                self._latest[job] = (progress, written)
                return
            self._latest[job] = (progress, at)
        try:
            self._write(job, {"state": "running", "progress": dataclasses.asdict(progress)})
        except NotFound:
            self._forget(job)
            raise

    def finish(self, job: str, *, report: IngestReport | None, error: str = "") -> None:
        """failed with an `error`, else done. Raises NotFound."""
        latest = self._forget(job)
        values: dict[str, Any] = {"state": "failed" if error else "done", "error": error, "finished_at": now()}
        if latest:
            values["progress"] = dataclasses.asdict(latest)
        self._write(job, values | {"report": dataclasses.asdict(report) if report else None})

    def get(self, job: str) -> Job:
        with reading(self.engine) as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
        if row is None:
            raise _missing(job)
        with self._lock:
            latest = self._latest.get(job)
        return _read(row, latest[0] if latest else None)

    def interrupted(self) -> int:
        gone = (jobs.c.state.in_(UNFINISHED), jobs.c.runner != self._runner)
        values = {
            "state": "failed",
            "finished_at": now(),
            "error": "teamlore stopped before it was done; start it again.",
        }
        with writing(self.engine) as connection:
            return connection.execute(update(jobs).where(*gone).values(values)).rowcount

    def _write(self, job: str, values: dict[str, Any]) -> None:
        with writing(self.engine) as connection:
            if connection.execute(update(jobs).where(jobs.c.id == job).values(values)).rowcount == 0:
                raise _missing(job)

    def _forget(self, job: str) -> Progress | None:
        with self._lock:
            return self._latest.pop(job, (None, 0.0))[0]


def _missing(job: str) -> NotFound:
    return NotFound(f"There is no job {job}.", fix="POST /v1/ingest gives a job its id.")


def _read(row: Row[Any], latest: Progress | None) -> Job:
    state: Literal["queued", "running", "done", "failed"] = row.state
    return Job(
        id=row.id,
        kind=row.kind,
        owner=row.owner,
        state=state,
        progress=latest or (Progress(**row.progress) if row.progress else None),
        report=_read_report(row.report) if row.report else None,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _read_report(plain: dict[str, Any]) -> IngestReport:
    troubles = {name: tuple(Trouble(**trouble) for trouble in plain[name]) for name in ("skipped", "failed")}
    masked = tuple(Masked(**masked) for masked in plain.get("masked", ()))
    return IngestReport(**(plain | troubles | {"masked": masked}))
