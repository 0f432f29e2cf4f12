"""POST /v1/ingest: files of the caller, or folders of the server it may name; both become a job."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from rag.api.bodies import Body, Clean, Name, checked
from rag.api.context import Call, CallDep
from rag.api.schemas import JobShape, Shape, TroubleShape
from rag.domain.errors import BadInput, NotAllowed, NotFound
from rag.domain.ports import OnProgress
from rag.domain.syncing import SyncOptions
from rag.domain.types import IngestReport, Job
from rag.domain.wire import job_json, plan_json

router = APIRouter(tags=["documents"])

MAX_FILES = 1_000
DEFAULT_SPACE = "default"


ServerPaths = list[Annotated[Clean, Field(min_length=1, max_length=4096)]]


class Target(Body):
    space: Name = DEFAULT_SPACE
    kind: Clean = Field("", max_length=100)


class PathsBody(Target):
    """Absolute paths on the server: below a folder of TEAMLORE_INGEST_ROOTS, or any with the local token.

    `plan`: nothing is written, the answer (200) says what would be done.
    """

    paths: ServerPaths = Field(min_length=1, max_length=1000)
    plan: bool = False
    retry: bool = Field(False, description="also what was parked, or waits for its next try")
    rehash: bool = Field(False, description="open every file, also where size and times are what they were")
    allow_empty: bool = Field(False, description="a source that held files and now looks empty really is")
    only: ServerPaths = Field([], max_length=1000, description="what has changed below `paths`, there or gone")


class SourcePlanShape(Shape):
    """Paths inside one source."""

    source: str
    added: list[str]
    changed: list[str]
    moved: list[dict[str, str]] = Field(description="`from` and `to`: the same content")
    removed: list[str]
    unchanged: list[str]
    again: list[str] = Field(description="failed before, due for another try")
    failed: list[TroubleShape]
    parked: list[TroubleShape]
    skipped: list[TroubleShape]


class PlanShape(Shape):
    sources: list[SourcePlanShape]


class UploadForm(Target):
    files: list[Annotated[str, BeforeValidator(str), Field(json_schema_extra={"format": "binary"})]]


REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": PathsBody.model_json_schema()},
            "multipart/form-data": {"schema": UploadForm.model_json_schema()},
        },
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {200: {"model": PlanShape, "description": "What would be done (`plan`)."}}


@router.post("/v1/ingest", response_model=JobShape, status_code=202, openapi_extra=REQUEST, responses=ANSWERS)
async def ingest(request: Request, response: Response, call: CallDep) -> Any:  # noqa: ANN401 (a job, or a plan)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        form = await request.form(max_files=MAX_FILES, max_fields=20)
        job = await run_in_threadpool(_from_upload, form, call)
    elif content_type == "application/json":
        target = _named(await request.body())
        if target.plan:
            return JSONResponse(await run_in_threadpool(_plan, target, call))
        job = await run_in_threadpool(_from_paths, target, call)
    else:
        raise BadInput("Send files as multipart/form-data, or JSON with `paths`.", fix="See /docs.")
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_json(job)


def _from_upload(form: FormData, call: Call) -> Job:
    """The job reads the spooled files when its turn comes, so that what waits takes no memory."""
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]

    def close() -> None:
        for file in files:
            file.file.close()

    try:
        target = checked(Target, {name: value for name, value in form.multi_items() if isinstance(value, str)})
        if not files:
            raise BadInput("There is no file in this upload.", fix="Send at least one file, in the field `files`.")
        _check_space(target.space, call)
    except BaseException:
        close()
        raise

    def task(on_progress: OnProgress) -> IngestReport:
        named = [(file.filename or "unnamed", file.file.read()) for file in files]
        return call.services.ingestor.upload(named, space=target.space, kind=target.kind, on_progress=on_progress)

    return call.shared.jobs.start("upload", call.name, task, close=close)


def _named(body: bytes) -> PathsBody:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput("The body is not JSON.", fix='Send {"paths": [...]}.') from error
    return checked(PathsBody, given)


def _from_paths(target: PathsBody, call: Call) -> Job:
    _check_space(target.space, call)
    paths, options = _allowed_paths(target.paths, call), _options(target, call)

    def task(on_progress: OnProgress) -> IngestReport:
        return call.services.ingestor.ingest(
            paths, space=target.space, kind=target.kind, options=options, on_progress=on_progress
        )

    return call.shared.jobs.start("ingest", call.name, task)


def _plan(target: PathsBody, call: Call) -> dict[str, Any]:
    _check_space(target.space, call)
    paths, options = _allowed_paths(target.paths, call), _options(target, call)
    plans = call.services.ingestor.plan(paths, space=target.space, kind=target.kind, options=options)
    told = [plan_json(plan) for plan in plans]
    if not call.trusted:
        for plan in told:
            del plan["root"]
    return {"sources": told}


def _options(target: PathsBody, call: Call) -> SyncOptions:
    """What has changed may be gone: it need not be there, but must lie where the caller may name paths."""
    changed = [_resolved(path) for path in target.only]
    _check_roots(target.only, changed, call)
    return SyncOptions(retry=target.retry, rehash=target.rehash, allow_empty=target.allow_empty, only=tuple(changed))


def _check_space(space: str, call: Call) -> None:
    """You add to what you read. A space that is not there yet is an administrator's to make."""
    if not call.access.allows(space):
        raise NotAllowed(f"You may not add to the space {space!r}.", fix="GET /v1/spaces lists yours.")


def _allowed_paths(given: Sequence[str], call: Call) -> list[Path | str]:
    """Links are followed before the check, and what was checked is what is read."""
    asked: list[Path | str] = [name for name in given if _remote(name)]
    if asked and not call.trusted:
        raise NotAllowed(
            "An address on the network may be named by the command line of the service's machine only.",
            fix="Run `teamlore ingest ADDRESS` there, once; then POST /v1/sources/{source}/sync asks it again.",
        )
    local = [name for name in given if not _remote(name)]
    paths = [_resolved(path) for path in local]
    _check_roots(local, paths, call)
    for name, path in zip(local, paths, strict=True):
        if not path.exists():
            raise NotFound(f"{name} is not there.", fix="Check the path: it is one of the server.")
    return [*paths, *asked]


def _remote(name: str) -> bool:
    """`mlflow:http://...`: something that is asked over the network."""
    return "://" in name and not name.startswith("/")


def _check_roots(given: Sequence[str], paths: Sequence[Path], call: Call) -> None:
    if call.trusted:
        return
    for name, path in zip(given, paths, strict=True):
        if not any(path.is_relative_to(root) for root in call.shared.ingest_roots):
            raise NotAllowed(
                f"{name} is not in a folder that may be named here.",
                fix="Upload the files, or add the folder to TEAMLORE_INGEST_ROOTS and restart.",
            )


def _resolved(path: str) -> Path:
    if not Path(path).is_absolute():
        raise BadInput(f"{path} is not an absolute path.", fix="Name it from the root of the server's file system.")
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, or a name no file system takes
        raise BadInput(f"{path} cannot be followed.", fix="Name the file itself.") from error
