"""POST /v1/ingest: files of the caller, or folders of the server it may name; both become a job."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from rag.api.bodies import Body, Clean, Name, checked
from rag.api.context import Call, CallDep
from rag.api.schemas import JobShape
from rag.domain.errors import BadInput, NotAllowed, NotFound
from rag.domain.ports import OnProgress
from rag.domain.types import IngestReport, Job
from rag.domain.wire import job_json

router = APIRouter(tags=["documents"])

MAX_FILES = 1_000
DEFAULT_SPACE = "default"


class Target(Body):
    space: Name = DEFAULT_SPACE
    kind: Clean = Field("", max_length=100)


class PathsBody(Target):
    """Absolute paths on the server: below a folder of TEAMLORE_INGEST_ROOTS, or any with the local token."""

    paths: list[Annotated[Clean, Field(min_length=1, max_length=4096)]] = Field(min_length=1, max_length=1000)


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


@router.post("/v1/ingest", response_model=JobShape, status_code=202, openapi_extra=REQUEST)
async def ingest(request: Request, response: Response, call: CallDep) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        form = await request.form(max_files=MAX_FILES, max_fields=20)
        job = await run_in_threadpool(_from_upload, form, call)
    elif content_type == "application/json":
        body = await request.body()
        job = await run_in_threadpool(_from_paths, body, call)
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


def _from_paths(body: bytes, call: Call) -> Job:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput("The body is not JSON.", fix='Send {"paths": [...]}.') from error
    target = checked(PathsBody, given)
    _check_space(target.space, call)
    paths = _allowed_paths(target.paths, call)

    def task(on_progress: OnProgress) -> IngestReport:
        return call.services.ingestor.ingest(paths, space=target.space, kind=target.kind, on_progress=on_progress)

    return call.shared.jobs.start("ingest", call.name, task)


def _check_space(space: str, call: Call) -> None:
    """You add to what you read. A space that is not there yet is an administrator's to make."""
    if not call.access.allows(space):
        raise NotAllowed(f"You may not add to the space {space!r}.", fix="GET /v1/spaces lists yours.")


def _allowed_paths(given: Sequence[str], call: Call) -> list[Path]:
    """Links are followed before the check, and what was checked is what is read."""
    roots = call.shared.ingest_roots
    paths = [_resolved(path) for path in given]
    if not call.trusted:
        for name, path in zip(given, paths, strict=True):
            if not any(path.is_relative_to(root) for root in roots):
                raise NotAllowed(
                    f"{name} is not in a folder that may be named here.",
                    fix="Upload the files, or add the folder to TEAMLORE_INGEST_ROOTS and restart.",
                )
    for name, path in zip(given, paths, strict=True):
        if not path.exists():
            raise NotFound(f"{name} is not there.", fix="Check the path: it is one of the server.")
    return paths


def _resolved(path: str) -> Path:
    if not Path(path).is_absolute():
        raise BadInput(f"{path} is not an absolute path.", fix="Name it from the root of the server's file system.")
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, or a name no file system takes
        raise BadInput(f"{path} cannot be followed.", fix="Name the file itself.") from error
