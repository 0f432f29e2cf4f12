"""/v1/sources: what is kept up to date, how often, and doing it now."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from rag.api.bodies import Body, Id
from rag.api.context import Call, CallDep, visible
from rag.api.problems import without_paths
from rag.api.schemas import JobShape, Shape
from rag.domain.ports import OnProgress
from rag.domain.syncing import SourceInfo, SyncOptions
from rag.domain.types import IngestReport
from rag.domain.wire import job_json, source_json

router = APIRouter(prefix="/v1/sources", tags=["documents"])

SourceId = Annotated[Id, Path()]
SHORTEST = 60  # seconds between two syncs
LONGEST = 366 * 86_400


class SourceShape(Shape):
    """`every`: seconds between two syncs by the running service, 0: when asked. `problem`: why the last did nothing."""

    source_id: str
    name: str
    space: str
    kind: str
    every: int
    synced_at: str | None
    problem: str
    files: dict[str, int]


class SourceList(Shape):
    sources: list[SourceShape]


class ScheduleBody(Body):
    every: Annotated[int, Field(ge=SHORTEST, le=LONGEST)] | Annotated[int, Field(ge=0, le=0)] = Field(
        description=f"seconds, {SHORTEST} or more; 0: only when asked"
    )


class SyncBody(Body):
    retry: bool = False
    rehash: bool = False
    allow_empty: bool = False


@router.get("", response_model=SourceList)
def list_sources(call: CallDep) -> dict[str, Any]:
    return {"sources": [_shown(info, call) for info in call.services.sources.all(call.access)]}


@router.get("/{source}", response_model=SourceShape)
def get_source(source: SourceId, call: CallDep) -> dict[str, Any]:
    return _shown(_visible(source, call), call)


@router.patch("/{source}", response_model=SourceShape)
def schedule_source(source: SourceId, body: ScheduleBody, call: CallDep) -> dict[str, Any]:
    """An administrator's: it is the service that works then."""
    _visible(source, call)
    call.need_admin("change when a source is synced")
    call.services.sources.schedule(source, body.every)
    return _shown(_visible(source, call), call)


@router.post("/{source}/sync", response_model=JobShape, status_code=202)
def sync_source(source: SourceId, call: CallDep, response: Response, body: SyncBody | None = None) -> dict[str, Any]:
    """Look at all of it again, now."""
    _visible(source, call)
    asked = body or SyncBody()
    if asked.allow_empty:
        call.need_admin("say that a source is really empty")
    options = SyncOptions(retry=asked.retry, rehash=asked.rehash, allow_empty=asked.allow_empty)

    def task(on_progress: OnProgress) -> IngestReport:
        return call.services.ingestor.sync(source, options=options, on_progress=on_progress)

    job = call.shared.jobs.start("sync", call.name, task)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_json(job)


@router.delete("/{source}", response_model=JobShape, status_code=202)
def remove_source(source: SourceId, call: CallDep, response: Response) -> dict[str, Any]:
    """Hide all its documents (their history stays) and forget it. An administrator's."""
    _visible(source, call)
    call.need_admin("remove a source")

    def task(on_progress: OnProgress) -> IngestReport:
        del on_progress
        return IngestReport(sources=1, removed=call.services.ingestor.remove(source))

    job = call.shared.jobs.start("remove", call.name, task)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_json(job)


def _visible(source: str, call: Call) -> SourceInfo:
    with visible("source"):
        return call.services.sources.get(source, call.access)


def _shown(info: SourceInfo, call: Call) -> dict[str, Any]:
    told = info if call.trusted else replace(info, problem=without_paths(info.problem))
    return source_json(told, root=call.trusted)
