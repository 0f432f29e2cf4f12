"""HTTP without a socket: an httpx transport that runs the app on an event loop of its own thread, streams included.

The page mounted into the service uses it, and so do tests.
"""

import asyncio
import queue
import threading
from collections.abc import Iterator

import httpx
from starlette.types import ASGIApp, Message


class InProcess(httpx.BaseTransport):
    """Calls come from 127.0.0.1. Closing a response early is seen by the app as a client that went away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="teamlore-inprocess", daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, request, self._loop)
        return exchange.response()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Exchange(httpx.SyncByteStream):
    """One request and its response; the body is iterated in the caller's thread as the app sends it."""

    def __init__(self, app: ASGIApp, request: httpx.Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._body = request.read()
        self._loop = loop
        self._sent: queue.SimpleQueue[Message | BaseException] = queue.SimpleQueue()
        self._gone = asyncio.Event()
        self._asked = False
        self._done = asyncio.run_coroutine_threadsafe(self._run(app), loop)

    def response(self) -> httpx.Response:
        start = self._next()
        return httpx.Response(start["status"], headers=start["headers"], stream=self, request=self._request)

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            message = self._next()
            yield message.get("body", b"")
            more = message.get("more_body", False)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._gone.set)

    def _next(self) -> Message:
        message = self._sent.get()
        if isinstance(message, BaseException):
            raise httpx.RemoteProtocolError("the app broke off") from message
        return message

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope(), self._receive, self._send)
            self._sent.put(EOFError("the app ended without an end of its answer"))
        except Exception as error:
            self._sent.put(error)
            raise

    def _scope(self) -> dict[str, object]:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": (url.host, url.port or 80),
        }

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self._sent.put(message)
