"""/v1/jobs/{id}: how far long work has come, and stopping it."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path

from rag.api.bodies import Id
from rag.api.context import Call, CallDep, visible
from rag.api.problems import without_paths
from rag.api.schemas import JobShape
from rag.domain.errors import NotFound
from rag.domain.types import Job
from rag.domain.wire import job_json

router = APIRouter(tags=["documents"])


@router.get("/v1/jobs/{job}", response_model=JobShape)
def get_job(job: Annotated[Id, Path()], call: CallDep) -> dict[str, Any]:
    found = _visible(job, call)
    return job_json(found if call.trusted else _without_paths(found))


@router.delete("/v1/jobs/{job}", response_model=JobShape, status_code=202)
def cancel_job(job: Annotated[Id, Path()], call: CallDep) -> dict[str, Any]:
    """It stops at its next step, then it is `failed`; what it has done stays. One that has ended stays as it is."""
    _visible(job, call)
    call.shared.jobs.cancel(job)
    return get_job(job, call)


def _visible(job: str, call: Call) -> Job:
    with visible("job"):
        found = call.shared.jobs.get(job)
        if found.owner != call.name and not call.caller.principal.admin:
            raise NotFound("It is somebody else's.")
    return found


def _without_paths(job: Job) -> Job:
    """Readers may name where they worked on the server: for its own command line that helps, for others it is not."""
    job = replace(job, error=without_paths(job.error))
    if job.report is None:
        return job
    skipped, failed = (
        tuple(replace(trouble, reason=without_paths(trouble.reason)) for trouble in troubles)
        for troubles in (job.report.skipped, job.report.failed)
    )
    return replace(job, report=replace(job.report, skipped=skipped, failed=failed))
