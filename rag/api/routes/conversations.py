"""/v1/conversations and /v1/feedback: the caller's own, and nobody else's."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from rag.api.bodies import Body, Clean, Cursor, Id, Limit
from rag.api.context import CallDep, visible
from rag.api.schemas import ConversationShape, Shape
from rag.domain.types import Access
from rag.registry.erasing import erase

router = APIRouter(tags=["conversations"])

ConversationId = Annotated[Id, Path()]


class ConversationPage(Shape):
    conversations: list[ConversationShape]
    next_cursor: str


class Turns(Shape):
    conversation_id: str
    turns: list[dict[str, Any]]


class FeedbackBody(Body):
    answer_id: Id
    value: int = Field(ge=-1, le=1, description="1 it helped, -1 it did not, 0 takes it back")
    comment: Clean = Field("", max_length=4_000)


@router.get("/v1/conversations", response_model=ConversationPage)
def list_conversations(
    call: CallDep, limit: Annotated[Limit, Query()] = 50, cursor: Annotated[Cursor, Query()] = ""
) -> dict[str, Any]:
    found, following = call.services.conversations.of(call.name, limit=limit, cursor=cursor)
    return {"conversations": found, "next_cursor": following}


@router.get("/v1/conversations/{conversation}", response_model=Turns)
def get_conversation(conversation: ConversationId, call: CallDep) -> dict[str, Any]:
    with visible("conversation"):
        turns = call.services.conversations.turns(conversation, call.name)
    return {"conversation_id": conversation, "turns": [_readable(turn, call.access) for turn in turns]}


def _readable(turn: dict[str, Any], access: Access) -> dict[str, Any]:
    """A stored answer as the caller may read it today: a grant that is gone takes its quotes along."""
    answer = turn["answer"]
    nearest = (answer["refusal"] or {}).get("nearest", [])
    hidden = {
        c["document_id"] for c in [*answer["citations"], *nearest] if c["space"] and not access.allows(c["space"])
    }
    for document in hidden:
        answer = erase(answer, document)
    return {**turn, "answer": answer}


@router.delete("/v1/conversations/{conversation}", status_code=204)
def delete_conversation(conversation: ConversationId, call: CallDep) -> Response:
    with visible("conversation"):
        call.services.conversations.delete(conversation, call.name)
    return Response(status_code=204)


@router.post("/v1/feedback", status_code=204)
def give_feedback(body: FeedbackBody, call: CallDep) -> Response:
    with visible("answer"):
        call.services.conversations.feedback(body.answer_id, call.name, value=body.value, comment=body.comment)
    return Response(status_code=204)
