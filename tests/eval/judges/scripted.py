"""A judge's language model that says what it is told to, and an endpoint like its server's."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rag.domain.errors import BackendFailed


def label(name: str) -> str:
    return json.dumps({"why": "because", "label": name})


class Model:
    """Says what `reply` makes of what it is asked; "fail" fails."""

    name = "openai:scripted"

    def __init__(self, reply: Callable[[str], str]) -> None:
        self.reply = reply
        self.asked: list[str] = []

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        del system, max_tokens, schema
        self.asked.append(user)
        said = self.reply(user)
        if said == "fail":
            raise BackendFailed("gone")
        yield said


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`paths` and `keys`: of each request, in order."""

    port: int
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def endpoint(reply: Callable[[str], str]) -> Iterator[Endpoint]:
    """Says what `reply` makes of the last message, streamed when asked so; "fail" is status 500, "page" a web page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found.paths.append(self.path)
            found.keys.append(self.headers["authorization"] or "")
            said = reply(asked["messages"][-1]["content"])
            kind, body = _sent(said, stream=bool(asked.get("stream")))
            self.send_response(500 if said == "fail" else 200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:  # not on the tests' standard error
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Endpoint(port=server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def _sent(said: str, *, stream: bool) -> tuple[str, bytes]:
    if said == "page":
        return "text/html", b"<html>Hello</html>"
    message = {"role": "assistant", "content": said}
    choice = {"index": 0, "finish_reason": "stop", ("delta" if stream else "message"): message}
    known = {"id": "1", "created": 0, "model": "m", "object": "chat.completion" + (".chunk" if stream else "")}
    row = json.dumps({**known, "choices": [choice]})
    if stream:
        return "text/event-stream", f"data: {row}\n\ndata: [DONE]\n\n".encode()
    return "application/json", row.encode()
