"""What happens to every request: an id, a log line, figures, safe headers, a limit on its body, no bare failure."""

import re
import time
import traceback
from collections.abc import Mapping
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.api.metrics import Metrics
from rag.api.problems import UNEXPECTED, Problem, Refused, problem_response

GIVEN_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "media-src 'self' blob:; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; base-uri 'self'; "
    "form-action 'self'"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
SIGN_IN_POLICY = f"{API_POLICY}; style-src 'unsafe-inline'"
PAGES: Mapping[str, str] = {
    "/ui": PAGE_POLICY,
    "/docs": PAGE_POLICY,
    "/signin": SIGN_IN_POLICY,
    "/v1/session": SIGN_IN_POLICY,
}
SMALL_BODY = 1 << 20  # bytes; every body but an upload
DRAIN = 4  # times the limit: how much of a body too large is read and dropped, so that its sender hears the answer

log = structlog.get_logger("teamlore.api")


class RequestLog:
    """Outermost: what nobody caught becomes a 500 that tells nothing, and a log line that tells all."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status, told = time.perf_counter(), 0, False

        async def tell(message: Message) -> None:
            nonlocal status, told
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif not message.get("more_body") and not told:  # before the caller can know that it is over
                told = True
                self._tell(scope, status=status, seconds=time.perf_counter() - begun)
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Exception:
            log.error("request failed", request_id=request_id, route=_route(scope), trace=traceback.format_exc())
            if status:
                raise  # half an answer is out: the server breaks the connection, which the caller notices
            await problem_response(UNEXPECTED, request_id)(scope, receive, tell)
        finally:
            if not told:  # the caller went away
                self._tell(scope, status=status, seconds=time.perf_counter() - begun)

    def _tell(self, scope: Scope, *, status: int, seconds: float) -> None:
        method, route = scope["method"], _route(scope)
        self.metrics.observe(method, route, status=status, seconds=seconds)
        caller = scope["state"].get("caller")
        log.info(
            "request",
            request_id=scope["state"]["request_id"],
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            caller=caller.principal.name if caller else "",
        )


class SafeHeaders:
    """Policies of the browser, on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        root = "/" + scope["path"].split("/", 2)[1]
        policy = PAGES.get(root) or PAGES.get(scope["path"], API_POLICY)

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)  # a page of its own has one of its own
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Frame-Options"] = "DENY"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                if root != "/ui":
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, add)


class BodyLimit:
    """Refuses a body by its announced length, and stops one that grows past the limit without announcing it."""

    def __init__(self, app: ASGIApp, *, uploads: int) -> None:
        self.app = app
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        large = scope["path"].startswith("/ui/") or headers.get("content-type", "").startswith("multipart/form-data")
        limit = self.uploads if large else min(SMALL_BODY, self.uploads)
        refusal = Refused(_too_large(limit))
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            await _drain(receive, DRAIN * limit)
            await problem_response(refusal.problem, scope["state"]["request_id"])(scope, receive, send)
            return
        read = 0

        async def count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                if message.get("more_body"):
                    await _drain(receive, DRAIN * limit)
                raise refusal
            return message

        await self.app(scope, count, send)


async def _drain(receive: Receive, limit: int) -> None:
    read = 0
    while read <= limit:
        message = await receive()
        read += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


def _too_large(limit: int) -> Problem:
    return Problem(
        status=413,
        code="limit-exceeded",
        detail=f"This request is larger than {limit:,} bytes.",
        fix="Send fewer or smaller files at once; `teamlore ingest` on the server has no such limit.",
    )


def _route(scope: Scope) -> str:
    """The route's template, never the path that was asked: it may hold anything."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/ui" if scope["path"].startswith("/ui") else "unmatched"
