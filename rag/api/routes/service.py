"""How the service is: /live, /ready, /metrics, /v1/status; and POST /v1/rebuild."""

from typing import Any, Literal

from fastapi import APIRouter, Response

from rag.api.context import CallDep, Shared, SharedDep
from rag.api.problems import without_paths
from rag.api.schemas import JobShape, Shape
from rag.domain.ports import OnProgress
from rag.domain.wire import job_json

router = APIRouter(tags=["service"])


class Live(Shape):
    status: Literal["live"]


class Ready(Shape):
    """`degraded`: answers come from exact search. Each index is ready, behind, rebuilding or exact."""

    status: Literal["ready", "degraded"]
    indexes: dict[str, str]


class Status(Shape):
    indexes: dict[str, Any]
    work: dict[str, Any]


@router.get("/live", response_model=Live)
async def live() -> dict[str, Any]:
    return {"status": "live"}


@router.get("/ready", response_model=Ready)
def ready(shared: SharedDep) -> dict[str, Any]:
    """Public, so it tells states and nothing else. A registry that cannot be read is a 5xx."""
    shared.services.catalog.feed_end()
    states = _states(shared)
    good = all(state in ("ready", "behind") for state in states.values())
    return {"status": "ready" if good else "degraded", "indexes": states}


@router.get("/metrics", include_in_schema=False)
def metrics(shared: SharedDep) -> Response:
    return Response(shared.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v1/status", response_model=Status)
def status(call: CallDep) -> dict[str, Any]:
    shared, admin = call.shared, call.caller.principal.admin
    told = {**call.services.status(), "indexes": call.services.indexes.health()}
    if not admin:
        told = {name: value for name, value in told.items() if name in ("teamlore", "llm")}
        told["indexes"] = _states(shared)
    return {**told, "work": {"answers": shared.answers.load(), "jobs": shared.job_pool.load()}}


@router.post("/v1/rebuild", response_model=JobShape, status_code=202)
def rebuild(call: CallDep, response: Response) -> dict[str, Any]:
    """Build the indexes anew beside those that are served, then swap. An administrator's."""
    call.need_admin("rebuild the indexes")

    def task(on_progress: OnProgress) -> None:
        call.services.indexes.rebuild(on_progress)

    job = call.shared.jobs.start("rebuild", call.name, task)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_json(job)


def _states(shared: Shared) -> dict[str, str]:
    return {kind: without_paths(str(index.get("state"))) for kind, index in shared.services.indexes.health().items()}
