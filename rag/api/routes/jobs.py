"""GET /v1/jobs/{id}: how far long work has come."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from rag.api.bodies import Id
from rag.api.context import CallDep, visible
from rag.api.schemas import JobShape
from rag.domain.errors import NotFound
from rag.domain.wire import job_json

router = APIRouter(tags=["documents"])


@router.get("/v1/jobs/{job}", response_model=JobShape)
def get_job(job: Annotated[Id, Path()], call: CallDep) -> dict[str, Any]:
    with visible("job"):
        found = call.services.jobs.get(job)
        if found.owner != call.name and not call.caller.principal.admin:
            raise NotFound("It is somebody else's.")
    return job_json(found)
