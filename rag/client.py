"""The HTTP client that the command line, the page and users' programs share. httpx, and nothing else of ours."""

import copy
import json
import mimetypes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

Json = dict[str, Any]
Body = Json | None
Upload = tuple[list[tuple[str, Any]] | None, Body]  # files and fields
Filters = Mapping[str, Any]  # spaces, kinds, authors: lists; after, before: ISO dates; facts: "key=value"


class ApiError(Exception):
    """The service refused: `code` is stable, `detail` says what happened, `fix` what to do."""

    def __init__(self, status: int, code: str, detail: str, fix: str = "") -> None:
        super().__init__(f"{detail} {fix}".strip())
        self.status = status
        self.code = code
        self.detail = detail
        self.fix = fix


class Unreachable(Exception):
    """No service answers there, or it went away in the middle."""

    def __init__(self, detail: str, fix: str = "Is it running? `teamlore serve` starts it.") -> None:
        super().__init__(f"{detail} {fix}".strip())
        self.detail = detail
        self.fix = fix


class Client:
    """Thread-safe. `token`: the local one, from owner.json; `key`: one made by `teamlore keys create`.

    Every method raises ApiError or Unreachable. `transport` stands in for the network.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str = "",
        key: str = "",
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._signed: dict[str, str] = {"X-Teamlore-Token": token} if token else {}
        if key:
            self._signed["Authorization"] = f"Bearer {key}"
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.base_url,
            headers={"User-Agent": "teamlore"},
            timeout=httpx.Timeout(timeout, connect=5.0),
            transport=transport,
            trust_env=False,  # a proxy of the environment must not see keys meant for this service
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def for_session(self, cookie: str) -> "Client":
        """The service as the browser that holds this cookie sees it: without our token or key, on our connections."""
        twin = copy.copy(self)
        twin._signed = {"Cookie": f"teamlore_session={cookie}", "Origin": self.base_url}
        return twin

    def ask(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        filters: Filters | None = None,
        as_of: str | None = None,
        audience: str = "",
    ) -> Json:
        options = _given(conversation_id=conversation_id, filters=filters, as_of=as_of, audience=audience)
        return self._json("POST", "/v1/ask", json={"question": question, **options})

    def ask_stream(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        filters: Filters | None = None,
        as_of: str | None = None,
        audience: str = "",
    ) -> Iterator[tuple[str, Json]]:
        """(event, data) as they come: passages, delta…, citation…, then done. An `error` event is raised.

        Closing the iterator cancels the answer.
        """
        options = _given(conversation_id=conversation_id, filters=filters, as_of=as_of, audience=audience)
        body = {"question": question, "stream": True, **options}
        with _reaching(self.base_url), self._http.stream("POST", "/v1/ask", json=body, headers=self._signed) as reply:
            if reply.status_code >= 400:
                reply.read()
                raise _api_error(reply)
            for name, data in _events(reply.iter_lines()):
                if name == "error":
                    raise _problem(reply.status_code, data)
                yield name, data
                if name == "done":
                    return
        raise Unreachable("The answer broke off before its end.", fix="Ask again.")

    def search(
        self, query: str, *, k: int = 10, cursor: str = "", filters: Filters | None = None, as_of: str | None = None
    ) -> Json:
        options = _given(cursor=cursor, filters=filters, as_of=as_of)
        return self._json("POST", "/v1/search", json={"query": query, "k": k, **options})

    def feedback(self, answer_id: str, value: int, comment: str = "") -> None:
        self._send("POST", "/v1/feedback", json={"answer_id": answer_id, "value": value, "comment": comment})

    def ingest_paths(
        self, paths: Sequence[Path | str], *, space: str | None = None, kind: str = "", **options: object
    ) -> Json:
        """A job. The paths are the server's, absolute. `options`: retry, rehash, allow_empty, only; with `plan=True`
        nothing is written, and what comes back is what would be done.
        """
        body = _given(paths=[str(path) for path in paths], space=space, kind=kind, **options)
        return self._json("POST", "/v1/ingest", json=body)

    def upload(self, files: Sequence[Path | tuple[str, bytes]], *, space: str | None = None, kind: str = "") -> Json:
        """A job. Files by path, which are streamed, or as (name, bytes)."""
        with ExitStack() as opened:
            parts = [("files", _part(file, opened)) for file in files]
            return self._json("POST", "/v1/ingest", upload=(parts, _given(space=space, kind=kind)))

    def job(self, job: str) -> Json:
        return self._json("GET", f"/v1/jobs/{quote(job, safe='')}")

    def wait(
        self, job: str, *, on_progress: Callable[[Json], None] | None = None, timeout: float | None = None
    ) -> Json:
        """The job once it is done or failed. Raises TimeoutError; the job goes on then."""
        begun, pause = time.monotonic(), 0.05
        while True:
            state = self.job(job)
            if state["state"] in ("done", "failed"):
                return state
            if on_progress and state["progress"]:
                on_progress(state["progress"])
            if timeout is not None and time.monotonic() - begun > timeout:
                raise TimeoutError(f"The job {job} is still {state['state']}.")
            time.sleep(pause)
            pause = min(1.0, pause * 1.5)

    def documents(self, *, limit: int = 50, cursor: str = "", filters: Filters | None = None) -> Json:
        return self._json("GET", "/v1/documents", params=_given(limit=limit, cursor=cursor, **(filters or {})))

    def document(self, document: str) -> Json:
        return self._json("GET", _document(document))

    def versions(self, document: str) -> list[Json]:
        found: list[Json] = self._json("GET", f"{_document(document)}/versions")["versions"]
        return found

    def text(
        self, document: str, *, version: int | None = None, start: int | None = None, end: int | None = None
    ) -> Json:
        params = _given(version=version, start=start, end=end)
        return self._json("GET", f"{_document(document)}/text", params=params)

    def hide(self, document: str) -> None:
        self._send("DELETE", _document(document))

    def purge(self, document: str) -> None:
        self._send("DELETE", _document(document), params={"purge": "true"})

    def spaces(self) -> list[str]:
        found: list[str] = self._json("GET", "/v1/spaces")["spaces"]
        return found

    def conversations(self, *, limit: int = 50, cursor: str = "") -> Json:
        return self._json("GET", "/v1/conversations", params=_given(limit=limit, cursor=cursor))

    def conversation(self, conversation: str) -> list[Json]:
        """Its turns, oldest first."""
        turns: list[Json] = self._json("GET", f"/v1/conversations/{quote(conversation, safe='')}")["turns"]
        return turns

    def delete_conversation(self, conversation: str) -> None:
        self._send("DELETE", f"/v1/conversations/{quote(conversation, safe='')}")

    def share(self, conversation: str) -> Json:
        """{"token", "link"}: who is signed in and has the link reads it, as far as they may read what it rests on."""
        return self._json("POST", f"/v1/conversations/{quote(conversation, safe='')}/share")

    def unshare(self, conversation: str) -> None:
        self._send("DELETE", f"/v1/conversations/{quote(conversation, safe='')}/share")

    def shared(self, token: str) -> Json:
        """{"title", "owner", "turns"} of a conversation that somebody shows."""
        return self._json("GET", f"/v1/shared/{quote(token, safe='')}")

    def who_am_i(self) -> Json:
        return self._json("GET", "/v1/session")

    def ready(self) -> Json:
        return self._json("GET", "/ready")

    def status(self) -> Json:
        return self._json("GET", "/v1/status")

    def rebuild(self) -> Json:
        """A job."""
        return self._json("POST", "/v1/rebuild")

    def metrics(self) -> str:
        return self._send("GET", "/metrics").text

    def get(self, path: str, **params: object) -> Json:
        """`/v1/...`, for what has no method of its own; None and empty values are left out."""
        return self._json("GET", path, params=_given(**params))

    def post(self, path: str, body: Json) -> Json:
        return self._json("POST", path, json=body)

    def patch(self, path: str, body: Json) -> Json:
        return self._json("PATCH", path, json=body)

    def delete(self, path: str, **params: object) -> Json:
        """Empty where nothing is left to say."""
        reply = self._send("DELETE", path, params=_given(**params))
        body: Json = reply.json() if reply.content else {}
        return body

    def _json(
        self, method: str, path: str, *, json: Body = None, params: Body = None, upload: Upload = (None, None)
    ) -> Json:
        reply = self._send(method, path, json=json, params=params, upload=upload)
        try:
            body: Json = reply.json()
        except ValueError as error:
            raise Unreachable(f"What answers at {self.base_url} is not teamlore.", fix="Check the address.") from error
        return body

    def _send(
        self, method: str, path: str, *, json: Body = None, params: Body = None, upload: Upload = (None, None)
    ) -> httpx.Response:
        files, data = upload
        request = self._http.build_request(
            method, path, json=json, params=params, files=files, data=data, headers=self._signed
        )
        with _reaching(self.base_url):
            reply = self._http.send(request)
        if reply.status_code >= 400:
            raise _api_error(reply)
        return reply


@contextmanager
def _reaching(base_url: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError as error:
        raise Unreachable(f"No service answers at {base_url}.") from error
    except httpx.TimeoutException as error:
        raise Unreachable(f"The service at {base_url} took too long.", fix="Try again, or ask for less.") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unreachable(f"The connection to {base_url} broke: {error}.") from error


def _document(document: str) -> str:
    return f"/v1/documents/{quote(document, safe='')}"


def _given(**values: object) -> Json:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _part(file: Path | tuple[str, bytes], opened: ExitStack) -> tuple[str, Any, str]:
    name, content = (file.name, opened.enter_context(file.open("rb"))) if isinstance(file, Path) else (file[0], file[1])
    return name, content, mimetypes.guess_type(name)[0] or "application/octet-stream"


def _api_error(reply: httpx.Response) -> ApiError:
    try:
        body = reply.json()
    except ValueError:
        body = None
    return _problem(reply.status_code, body if isinstance(body, dict) else {})


def _problem(status: int, body: Json) -> ApiError:
    return ApiError(
        int(body.get("status", status)),
        str(body.get("code", "error")),
        str(body.get("detail") or f"The service answered {status}."),
        str(body.get("fix", "")),
    )


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    """Server-sent events with JSON data; comments (keep-alive) are passed over."""
    name, data = "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield name, json.loads("\n".join(data))
            name, data = "message", []
            continue
        head, _, value = line.partition(":")
        if head == "event":
            name = value.removeprefix(" ")
        elif head == "data":
            data.append(value.removeprefix(" "))
