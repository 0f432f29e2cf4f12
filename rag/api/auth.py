"""Who calls, and the one door in front of everything: Host, Origin, then the caller.

Nothing is public unless it stands in PUBLIC; what is mounted later (the page) is behind the same door.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from math import ceil
from typing import Literal
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.api.problems import Problem, Refused, problem_of, problem_response, request_id_of
from rag.api.sessions import Sessions, Throttle
from rag.domain.errors import NotAllowed, NotSignedIn, TeamloreError
from rag.domain.ports import Grants
from rag.domain.types import Principal

COOKIE = "teamlore_session"
TOKEN_HEADER = "X-Teamlore-Token"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PUBLIC = frozenset({"/", "/live", "/ready", "/signin", "/v1/session"})
FROM_LOOPBACK = frozenset({"/metrics"})  # public to callers on the same machine
LOCAL_USER = Principal(name="local", admin=True)

Mode = Literal["local", "keys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`via`: token is the command line on this machine, which may name any path; cookie is a browser."""

    principal: Principal
    via: Literal["local", "token", "key", "cookie"]


class Auth:
    """Turns a request into a caller. Thread-safe; looks keys up each time, so a revoked key is dead at once."""

    def __init__(self, grants: Grants, *, mode: Mode, local_token: str = "") -> None:
        self.mode = mode
        self.sessions = Sessions()
        self.throttle = Throttle()
        self._grants = grants
        self._local_token = local_token

    def caller(self, request: Request) -> Caller:
        """Raises NotSignedIn, NotAllowed (local sign-in from another machine), Refused (too many attempts)."""
        token = request.headers.get(TOKEN_HEADER)
        if token is not None:
            return self._by_token(request, token)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.mode == "keys":
            return Caller(principal=self.sign_in(request, key.strip()), via="key")
        if self.mode == "local":
            _need_loopback(request)
            return Caller(principal=LOCAL_USER, via="local")
        return self._by_cookie(request)

    def sign_in(self, request: Request, key: str) -> Principal:
        """The owner of a key. Raises NotSignedIn, or Refused after too many wrong ones."""
        self._check_throttle(request, key)
        principal = self._grants.principal(key) if key else None
        if principal is None:
            self.throttle.failed(client_host(request), key)
            raise NotSignedIn(
                "This key is not known, or was revoked.", fix="Ask for a new one (`teamlore keys create`)."
            )
        self.throttle.succeeded(key)
        return principal

    def _by_token(self, request: Request, token: str) -> Caller:
        if not _from_this_machine(request):
            _need_loopback(request)
        self._check_throttle(request, token)
        if not self._local_token or not hmac.compare_digest(token.encode(), self._local_token.encode()):
            self.throttle.failed(client_host(request), token)
            raise NotSignedIn(
                "This local token is not the one of the running service.",
                fix="Read it again from owner.json in the home: it changes at every start.",
            )
        self.throttle.succeeded(token)
        return Caller(principal=LOCAL_USER, via="token")

    def _by_cookie(self, request: Request) -> Caller:
        session = request.cookies.get(COOKIE)
        key = self.sessions.key(session) if session else None
        principal = self._grants.principal(key) if key else None
        if principal is None:
            raise NotSignedIn("Sign in first.", fix="Send `Authorization: Bearer KEY`, or open /signin with a browser.")
        if request.method not in SAFE and not _same_origin(request):
            raise Refused(_foreign_origin())
        return Caller(principal=principal, via="cookie")

    def _check_throttle(self, request: Request, secret: str) -> None:
        seconds = self.throttle.wait(client_host(request), secret)
        if seconds > 0:
            raise Refused(
                Problem(
                    status=429,
                    code="too-many-attempts",
                    detail="Too many wrong keys came from this address.",
                    fix="Wait, then try with the right key.",
                    headers={"Retry-After": str(ceil(seconds))},
                )
            )


class Guard:
    """In front of the app and of everything mounted into it; leaves the caller in `request.state.caller`."""

    def __init__(self, app: ASGIApp, *, auth: Auth, hosts: Sequence[str]) -> None:
        self.app = app
        self.auth = auth
        self.hosts = LOOPBACK_NAMES | {host_name(host) for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        try:
            self._check_host(request)
            _check_origin(request)
            if not is_public(request):
                scope["state"]["caller"] = await run_in_threadpool(self.auth.caller, request)
        except (TeamloreError, Refused) as error:
            await _refuse(request, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check_host(self, request: Request) -> None:
        if host_name(request.headers.get("host", "")) not in self.hosts:
            raise Refused(
                Problem(
                    status=421,
                    code="wrong-host",
                    detail="This service does not answer to that Host name.",
                    fix="Use the address it was started with, or add the name to TEAMLORE_ALLOWED_HOSTS.",
                )
            )


def is_public(request: Request) -> bool:
    path = request.scope["path"]
    return path in PUBLIC or (path in FROM_LOOPBACK and from_loopback(request))


def client_host(request: Request) -> str:
    return request.client.host if request.client else ""


def from_loopback(request: Request) -> bool:
    try:
        return ip_address(client_host(request)).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name of a Host header or setting, without port, brackets and case; "" when it is no host."""
    bare = host.count(":") > 1 and not host.startswith("[")  # an IPv6 address, as a setting names it
    try:
        return urlsplit(f"//[{host}]" if bare else f"//{host}").hostname or ""
    except ValueError:
        return ""


def _from_this_machine(request: Request) -> bool:
    """A machine that calls one of its own addresses comes from that address."""
    server = request.scope.get("server")
    return server is not None and client_host(request) == server[0]


def _need_loopback(request: Request) -> None:
    if not from_loopback(request):
        raise NotAllowed(
            "This sign-in is for callers on the same machine.",
            fix="Start the service with TEAMLORE_AUTH=keys and send a key made by `teamlore keys create`.",
        )


def _check_origin(request: Request) -> None:
    """A page of another site may neither read nor write here; following a link to here is fine."""
    if "origin" in request.headers and not _same_origin(request):
        raise Refused(_foreign_origin())
    if request.method not in SAFE and request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Refused(_foreign_origin())


def _same_origin(request: Request) -> bool:
    """The Origin names the very host and port that were asked; a proxy may have changed the scheme."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.headers.get("host", "").lower()


def _foreign_origin() -> Problem:
    return Problem(
        status=403,
        code="wrong-origin",
        detail="This request comes from a page of another site.",
        fix="Use the page under /ui, or call the API from a program with a key.",
    )


def _refuse(request: Request, error: TeamloreError | Refused) -> ASGIApp:
    path, query = request.url.path, request.url.query
    page = request.method == "GET" and path.startswith(("/ui", "/docs"))
    if isinstance(error, NotSignedIn) and page and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/signin?next={quote(f'{path}?{query}' if query else path, safe='')}", status_code=303)
    return problem_response(problem_of(error), request_id_of(request))
