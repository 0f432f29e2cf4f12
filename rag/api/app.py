"""The HTTP API over `Services`. `rag.main` makes it, mounts the page into it and lets uvicorn serve it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

import rag
from rag.api import problems
from rag.api.auth import Auth, Caller, Guard, Mode
from rag.api.context import Shared
from rag.api.jobs import JobRunner
from rag.api.metrics import Metrics
from rag.api.middleware import BodyLimit, RequestLog, SafeHeaders
from rag.api.routes import ROUTERS
from rag.api.schedule import Schedule
from rag.api.schemas import PROBLEMS
from rag.api.work import WorkPool
from rag.domain.services import Services
from rag.knowledge.evaluations import StoredEvaluations

MAX_UPLOAD = 50 << 20  # bytes of one request
ANSWERS_AT_ONCE, ANSWERS_WAITING = 4, 24  # together below the 40 threads of the server, so that others are served
JOBS_WAITING = 16


def create_app(  # noqa: PLR0913 - the settings of a front door, by name
    services: Services,
    *,
    auth: Mode,
    local_token: str = "",
    hosts: Sequence[str] = (),
    ingest_roots: Sequence[Path] = (),
    max_upload_bytes: int = MAX_UPLOAD,
    sync_tick: float = 0.0,
    golden: Path | None = None,
    evaluations: Path | None = None,
) -> FastAPI:
    """`hosts`: names to answer to, besides those of loopback. `local_token`: opens everything to the command line.
    `sync_tick`: seconds between two looks for sources that are due; 0: none is synced by itself.
    `golden`: the file of the golden set. `evaluations`: the folder of the runs that were kept.

    Stopping the app (its lifespan) ends the jobs and calls `services.close`.
    """
    metrics = Metrics()
    job_pool = WorkPool("jobs", running=1, waiting=JOBS_WAITING, metrics=metrics)
    shared = Shared(
        services=services,
        auth=Auth(services.grants, mode=auth, local_token=local_token),
        answers=WorkPool("answers", running=ANSWERS_AT_ONCE, waiting=ANSWERS_WAITING, metrics=metrics),
        jobs=JobRunner(services.jobs, job_pool),
        job_pool=job_pool,
        metrics=metrics,
        ingest_roots=tuple(root.resolve() for root in ingest_roots),
        golden=golden,
        evaluations=StoredEvaluations(evaluations) if evaluations else None,
    )
    app = FastAPI(
        title="teamlore",
        version=rag.__version__,
        summary=rag.__doc__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=PROBLEMS,
        lifespan=_lifespan(shared, sync_tick),
    )
    app.state.shared = shared
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(BodyLimit, uploads=max_upload_bytes)
    app.add_middleware(Guard, auth=shared.auth, hosts=hosts)
    app.add_middleware(SafeHeaders)
    app.add_middleware(RequestLog, metrics=metrics)  # the last one added stands outermost
    return app


def page_user(request: Request) -> str | None:
    """For Gradio's `auth_dependency` under /ui: the name of who is signed in. Guard has asked for it already."""
    caller = request.scope.get("state", {}).get("caller")
    return caller.principal.name if isinstance(caller, Caller) else None


def _lifespan(shared: Shared, sync_tick: float) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        schedule = Schedule(shared.services.sources, shared.services.ingestor, shared.jobs)
        if sync_tick:
            schedule.start(sync_tick)
        yield
        await run_in_threadpool(_stop, shared, schedule)

    return lifespan


def _stop(shared: Shared, schedule: Schedule) -> None:
    schedule.close()
    shared.answers.close(wait=True)
    shared.jobs.close()
    shared.services.close()
