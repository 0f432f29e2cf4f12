"""A server on loopback that speaks OpenAI's chat protocol badly, each time in the one way it was told to."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


class Faulty(ThreadingHTTPServer):
    daemon_threads = True
    behaviour: Behaviour
    bodies: list[dict[str, Any]]
    gone: threading.Event  # set when a client went away while being answered

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's signature
        """A client that went away is what many of these tests are about."""
        del request, client_address
        self.gone.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Faulty

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.behaviour(self)

    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def fail(self, status: int, text: str = "no") -> None:
        body = json.dumps({"error": {"message": text, "type": "x", "code": None}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def start(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def event(self, text: str = "", finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.raw(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def finish_well(self) -> None:
        self.event(finish="stop")
        self.raw(b"data: [DONE]\n\n")

    def say(self, *pieces: str) -> None:
        self.start()
        for piece in pieces:
            self.event(piece)
        self.finish_well()

    def drip(self, text: str, seconds: float) -> None:
        """Says `text` over and over, so long as the client is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.event(text)
            time.sleep(0.05)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Faulty]:
    server = Faulty(("127.0.0.1", 0), Handler)
    server.behaviour, server.bodies, server.gone = behaviour, [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unused_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
