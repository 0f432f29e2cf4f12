"""Errors as people and programs read them: application/problem+json, without a stack, a path of the host or a key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.domain import errors

STATUS: dict[type[errors.TeamloreError], int] = {
    errors.BadInput: 400,
    errors.BadSetting: 400,
    errors.NotFound: 404,
    errors.UnreadableSource: 422,
    errors.UnsupportedFormat: 415,
    errors.LimitExceeded: 413,
    errors.ReaderStopped: 413,
    errors.ReaderCrashed: 422,
    errors.NotAllowed: 403,
    errors.NotSignedIn: 401,
    errors.Conflict: 409,
    errors.HomeLocked: 409,
    errors.OldRegistry: 409,
    errors.IndexMismatch: 409,
    errors.TooBusy: 503,
    errors.StorageFailed: 507,
    errors.BackendFailed: 502,
    errors.ModelMissing: 503,
    errors.TeamloreError: 500,
}
RETRY_AFTER = "5"  # seconds
HOST_PATH = re.compile(
    r"(?<![\w:/.~-])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\'\"`:;,()]+[/\\])+[^\s'\"`:;,()]*?(?=[.!?]?(?:[\s'\"`:;,()]|$))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One RFC 9457 problem. `code` is stable; `detail` and `fix` are sentences for people."""

    status: int
    code: str
    detail: str
    fix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Mapping[str, Any], ...] = ()


class Refused(HTTPException):
    """The request went no further than the door: what to answer stands in `problem`.

    An HTTPException, because FastAPI lets only those through while it reads a body.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status, problem.detail)
        self.problem = problem


UNEXPECTED = Problem(
    status=500,
    code="internal-error",
    detail="Something went wrong inside teamlore.",
    fix="Try again; if it stays, look for the request_id in the service's log.",
)


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def without_paths(text: str) -> str:
    """Absolute paths of the host replaced; file names and URLs stay."""
    return HOST_PATH.sub("(a path of the server)", text)


def problem_of(error: BaseException) -> Problem:
    """What any exception looks like from outside."""
    if isinstance(error, Refused):
        return error.problem
    if not isinstance(error, errors.TeamloreError):
        return UNEXPECTED
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {"Retry-After": RETRY_AFTER} if error.retryable else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    inside = status >= 500 or status == 409  # such words come from adapters, and may name the home
    return Problem(
        status=status,
        code=error.code,
        detail=without_paths(error.what) if inside else error.what,
        fix=without_paths(error.fix) if inside else error.fix,
        headers=headers,
    )


def problem_json(problem: Problem, request_id: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:teamlore:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.fix:
        body["fix"] = problem.fix
    if problem.errors:
        body["errors"] = list(problem.errors)
    return body


def problem_response(problem: Problem, request_id: str) -> Response:
    return ProblemResponse(problem_json(problem, request_id), status_code=problem.status, headers=dict(problem.headers))


def request_id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _of_http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    fix = "See /docs for what there is." if error.status_code in (404, 405) else ""
    return Problem(
        status=error.status_code,
        code=phrase.lower().replace(" ", "-"),
        detail=f"{phrase}.",
        fix=fix,
        headers=error.headers or {},
    )


def _of_validation(error: RequestValidationError) -> Problem:
    """Names each wrong field. What was sent is not repeated: it may be long, secret or not even text."""
    fields = tuple(
        {"field": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
        for item in error.errors()[:20]
    )
    first = fields[0] if fields else {"field": "body", "message": "not what is expected"}
    return Problem(
        status=422,
        code="invalid-request",
        detail=printable(f"{first['field']}: {first['message']}."),
        fix="See /docs for the shape of this request.",
        errors=tuple({name: printable(value) for name, value in item.items()} for item in fields),
    )


def printable(text: str) -> str:
    """Text that can be encoded: a lone surrogate, which JSON may smuggle in, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def install(app: FastAPI) -> None:
    """Every error that reaches the app leaves it as a problem."""

    def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            problem = _of_validation(error)
        elif isinstance(error, HTTPException) and not isinstance(error, Refused):
            problem = _of_http(error)
        else:
            problem = problem_of(error)
        return problem_response(problem, request_id_of(request))

    for kind in (errors.TeamloreError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
