"""POST /v1/ask: one answer, whole or as it is made."""

import asyncio
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from rag.api.bodies import Body, FiltersBody, Id, Moment, QuestionText, query_of
from rag.api.context import Call, CallDep, visible
from rag.api.metrics import Metrics
from rag.api.schemas import AnswerShape
from rag.api.streaming import stream_response
from rag.domain.types import Answer, Audience, Event, Question
from rag.domain.wire import answer_json

router = APIRouter(tags=["answers"])

STREAM = {
    "description": (
        "The answer; with `stream: true` server-sent events instead: `passages` {hits}, `delta` {text}…, "
        "`citation`…, then one `done` (the whole answer) or `error` (a problem)."
    ),
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


class AskBody(Body):
    question: QuestionText
    conversation_id: Id | None = None
    filters: FiltersBody | None = None
    as_of: Moment | None = Field(None, description="answer from what was valid then")
    audience: Audience = Field("", description="for whom it is told: the evidence and the citations stay the same")
    stream: bool = False


@router.post("/v1/ask", response_model=AnswerShape, responses={200: STREAM})
async def ask(body: AskBody, call: CallDep) -> dict[str, Any] | EventSourceResponse:
    # On the event loop, because a stream belongs to it; the work itself is done in the pool of answers.
    question = await run_in_threadpool(_question, body, call)
    answerer, pool = call.services.answerer, call.shared.answers
    if body.stream:
        events = partial(_counted, answerer.stream(question), call.shared.metrics)
        return stream_response(events, pool, request_id=call.request_id)
    answer = await asyncio.wrap_future(pool.submit(lambda: answerer.answer(question)))
    call.shared.metrics.spent(answer.model)
    return answer_json(answer)


def _counted(events: Iterator[Event], metrics: Metrics) -> Iterator[Event]:
    try:
        for event in events:
            if isinstance(event.data, Answer):
                metrics.spent(event.data.model)
            yield event
    finally:
        if isinstance(events, Generator):
            events.close()


def _question(body: AskBody, call: Call) -> Question:
    """Raises NotFound for a conversation that is not the caller's."""
    if body.conversation_id is not None:
        with visible("conversation"):
            call.services.conversations.turns(body.conversation_id, call.name)
    return Question(
        query=query_of(body.question, call.access, filters=body.filters, as_of=body.as_of),
        conversation_id=body.conversation_id,
        audience=body.audience,
        asker=call.name,
    )
