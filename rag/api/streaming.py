"""An answer as server-sent events: one thread drives the generator from its start to its end."""

import asyncio
import json
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

import anyio
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent

from rag.api.problems import Problem, problem_json, problem_of
from rag.api.work import WorkPool
from rag.domain.types import Answer, Citation, Event
from rag.domain.wire import answer_json, citation_json, hit_json

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
    queue: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()
    loop, gone = asyncio.get_running_loop(), threading.Event()

    def put(item: ServerSentEvent | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the reader
            loop.call_soon_threadsafe(queue.put_nowait, item)

    def drive() -> None:
        try:
            for event in _events(start, request_id, gone):
                put(event)
        finally:
            put(None)

    pool.submit(drive)
    return EventSourceResponse(
        _drained(queue, gone), ping=PING, shutdown_event=anyio.Event(), shutdown_grace_period=DRAIN
    )


async def _drained(
    queue: "asyncio.Queue[ServerSentEvent | None]", gone: threading.Event
) -> AsyncIterator[ServerSentEvent]:
    try:
        while (event := await queue.get()) is not None:
            yield event
    finally:
        gone.set()


def _events(start: Callable[[], Iterator[Event]], request_id: str, gone: threading.Event) -> Iterator[ServerSentEvent]:
    """The steps as they come, and exactly one terminal event at the end, whatever happens inside."""
    steps: Iterator[Event] | None = None
    try:
        steps = start()
        for step in steps:
            if gone.is_set():
                return
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
