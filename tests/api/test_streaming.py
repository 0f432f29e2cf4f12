"""The response of a stream, by itself: who goes away frees what makes it, however early."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rag.api.metrics import Metrics
from rag.api.streaming import stream_response
from rag.api.work import WorkPool
from rag.domain.types import Event


class Endless:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def events(self) -> Iterator[Event]:
        try:
            while True:
                yield Event(name="delta", data="and on ")
        finally:
            self.closed.set()


async def left(made: Endless, pool: WorkPool, *, during: str) -> None:
    """The reader is gone while what `during` names is being sent."""
    begun = asyncio.Event()

    async def send(message: Any) -> None:  # noqa: ANN401 - a message of ASGI
        if message["type"] == during:
            begun.set()
            await asyncio.Event().wait()

    async def receive() -> dict[str, str]:
        await begun.wait()
        return {"type": "http.disconnect"}

    response = stream_response(made.events, pool, request_id="r")
    await asyncio.wait_for(response({"type": "http", "method": "POST"}, receive, send), 5)


@pytest.mark.parametrize("during", ["http.response.start", "http.response.body"])
def test_a_reader_who_leaves_before_or_after_the_first_event_ends_the_answer(during: str) -> None:
    pool, made = WorkPool("answers", running=1, waiting=0, metrics=Metrics()), Endless()
    asyncio.run(left(made, pool, during=during))
    assert made.closed.wait(5)
    pool.close(wait=True)
