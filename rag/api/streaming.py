"""An answer as server-sent events: one thread drives the generator from its start to its end."""

import asyncio
import json
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Any

import anyio
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from rag.api.problems import Problem, problem_json, problem_of
from rag.api.work import WorkPool
from rag.domain.types import Answer, Citation, Event
from rag.domain.wire import answer_json, citation_json, hit_json

AHEAD = 64  # events made before the reader has taken them
STALLED = 60.0  # seconds
PING = 10  # seconds between keep-alive comments
DRAIN = 15.0  # seconds that running answers get when the service stops
BROKEN_OFF = Problem(
    status=500, code="answer-broken-off", detail="The answer broke off before its end.", fix="Ask again."
)

log = structlog.get_logger("teamlore.api")


def stream_response(start: Callable[[], Iterator[Event]], pool: WorkPool, *, request_id: str) -> EventSourceResponse:
    """Call it on the event loop. Raises TooBusy before anything is sent.

    When the reader goes away, the generator is closed as soon as it has made the piece it is working on.
    """
    pipe = _Pipe(asyncio.get_running_loop())

    def drive() -> None:
        with closing(_events(start, request_id)) as events:
            for event in events:
                if not pipe.put(event):
                    return
        pipe.end()

    pool.submit(drive)
    return _Stream(pipe)


class _Stream(EventSourceResponse):
    """Tells the maker of events when the reader is gone, one who never took the first of them too."""

    def __init__(self, pipe: "_Pipe") -> None:
        super().__init__(pipe.items(), ping=PING, shutdown_event=anyio.Event(), shutdown_grace_period=DRAIN)
        self._pipe = pipe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pipe.leave()


class _Pipe:
    """From the thread that makes events to the loop that sends them; a slow reader slows the maker down."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._gone = threading.Event()

    def put(self, event: ServerSentEvent) -> bool:
        """False once the reader is gone, or has taken nothing for too long."""
        if not self._room.acquire(timeout=STALLED) or self._gone.is_set():
            self.end()
            return False
        self._hand_over(event)
        return True

    def end(self) -> None:
        self._hand_over(None)

    async def items(self) -> AsyncIterator[ServerSentEvent]:
        while (event := await self._queue.get()) is not None:
            self._room.release()
            yield event

    def leave(self) -> None:
        self._gone.set()
        self._room.release()

    def _hand_over(self, event: ServerSentEvent | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the reader
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)


def _events(start: Callable[[], Iterator[Event]], request_id: str) -> Generator[ServerSentEvent, None, None]:
    """The steps as they come, and exactly one terminal event at the end, whatever happens inside."""
    steps: Iterator[Event] | None = None
    try:
        steps = start()
        for step in steps:
            yield _sse(step.name, _data(step, request_id))
            if step.name in ("done", "error"):
                return
        yield _sse("error", problem_json(BROKEN_OFF, request_id))
    except Exception as error:  # noqa: BLE001 - whatever it was, the stream ends
        log.error("stream failed", request_id=request_id, trace=traceback.format_exc())
        yield _sse("error", problem_json(problem_of(error), request_id))
    finally:
        if isinstance(steps, Generator):
            steps.close()


def _data(event: Event, request_id: str) -> dict[str, Any]:
    match event.data:
        case str() as text:
            return {"text": text}
        case Citation() as citation:
            return citation_json(citation)
        case Answer() as answer:
            return answer_json(answer)
        case tuple() as hits:
            return {"hits": [hit_json(hit) for hit in hits]}
        case error:
            return problem_json(problem_of(error), request_id)


def _sse(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=json.dumps(data))  # ASCII: no line separator of any kind inside
