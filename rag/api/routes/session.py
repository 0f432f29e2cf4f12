"""A key becomes a cookie that scripts cannot read: POST /v1/session; /signin is its form for people."""

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from rag.api.auth import COOKIE, LOCAL_USER
from rag.api.bodies import Body, Clean, checked
from rag.api.context import Shared, SharedDep
from rag.api.problems import Refused, problem_of
from rag.api.schemas import Shape
from rag.domain.errors import BadInput, NotSignedIn
from rag.domain.types import Principal

router = APIRouter(tags=["session"])

HOME = "/ui/"


class KeyBody(Body):
    key: Clean = Field("", max_length=500)
    next: Clean = Field("", max_length=4_000, description="a form is sent on to this page of /ui")


class SessionShape(Shape):
    name: str
    admin: bool
    auth: str


REQUEST = {
    "requestBody": {
        "content": {
            "application/json": {"schema": KeyBody.model_json_schema()},
            "application/x-www-form-urlencoded": {"schema": KeyBody.model_json_schema()},
        }
    }
}


@router.post("/v1/session", response_model=SessionShape, openapi_extra=REQUEST)
async def begin_session(request: Request, shared: SharedDep) -> Response:
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    body = checked(KeyBody, dict(await request.form()) if form else _json(await request.body()))
    try:
        principal, session = await run_in_threadpool(_begin, shared, request, body.key)
    except (NotSignedIn, Refused) as error:
        if not form:
            raise
        problem = problem_of(error)
        return HTMLResponse(_page(_inside(body.next), problem.detail), problem.status, dict(problem.headers))
    response: Response = JSONResponse(_session_json(principal, shared))
    if form:
        response = RedirectResponse(_inside(body.next), status_code=303)
    if session:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", secure=secure, path="/")
    return response


@router.delete("/v1/session", status_code=204)
def end_session(request: Request, shared: SharedDep) -> Response:
    shared.auth.sessions.end(request.cookies.get(COOKIE, ""))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
    return response


@router.get("/v1/session", response_model=SessionShape)
def who_am_i(request: Request, shared: SharedDep) -> dict[str, Any]:
    """Raises NotSignedIn."""
    return _session_json(shared.auth.caller(request).principal, shared)


@router.get("/signin", include_in_schema=False)
def sign_in_page(shared: SharedDep, next: str = "") -> Response:
    if shared.auth.mode == "local":
        return RedirectResponse(HOME, status_code=303)
    return HTMLResponse(_page(_inside(next), ""))


def _begin(shared: Shared, request: Request, key: str) -> tuple[Principal, str]:
    """(who it is, the new session); with local sign-in there is nothing to remember."""
    if shared.auth.mode == "local":
        shared.auth.caller(request)
        return LOCAL_USER, ""
    principal = shared.auth.sign_in(request, key)
    shared.auth.sessions.end(request.cookies.get(COOKIE, ""))
    return principal, shared.auth.sessions.begin(key)


def _session_json(principal: Principal, shared: Shared) -> dict[str, Any]:
    return {"name": principal.name, "admin": principal.admin, "auth": shared.auth.mode}


def _json(body: bytes) -> object:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadInput("The body is not JSON.", fix='Send {"key": "..."}.') from error


def _inside(page: str) -> str:
    """Only a page of ours is a place to be sent on to."""
    ours = page.startswith(("/ui/", "/ui?", "/docs")) and not any(sign in page for sign in "\\\r\n\t")
    return page if ours else HOME


def _page(onwards: str, message: str) -> str:
    """Under no-referrer, which holds elsewhere, a browser would send the form with `Origin: null`, which is refused."""
    said = f'<p role="alert">{escape(message)}</p>' if message else ""
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>teamlore: sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<style>:root{{color-scheme:light dark;font-family:system-ui}}body{{max-width:24rem;margin:15vh auto;padding:0 1rem}}
input,button{{font:inherit;width:100%;padding:.6rem;margin-top:.6rem;box-sizing:border-box}}</style>
<h1>teamlore</h1>{said}<form method="post" action="/v1/session">
<label>Your key <input name="key" type="password" autocomplete="current-password" required autofocus></label>
<input name="next" type="hidden" value="{escape(onwards, quote=True)}"><button>Sign in</button></form></html>"""
