"""/v1/conversations and /v1/feedback: the caller's own, and what others show by a link."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from rag.api.bodies import Body, Clean, Cursor, Id, Limit
from rag.api.context import CallDep, visible
from rag.api.schemas import ConversationShape, Shape

router = APIRouter(tags=["conversations"])

ConversationId = Annotated[Id, Path()]


class ConversationPage(Shape):
    conversations: list[ConversationShape]
    next_cursor: str


class Turns(Shape):
    conversation_id: str
    turns: list[dict[str, Any]]


class Link(Shape):
    token: str
    link: str


class SharedConversation(Shape):
    title: str
    owner: str
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
        turns = call.services.conversations.readable(conversation, call.name, call.access)
    return {"conversation_id": conversation, "turns": turns}


@router.delete("/v1/conversations/{conversation}", status_code=204)
def delete_conversation(conversation: ConversationId, call: CallDep) -> Response:
    with visible("conversation"):
        call.services.conversations.delete(conversation, call.name)
    return Response(status_code=204)


@router.post("/v1/conversations/{conversation}/share", response_model=Link)
def share_conversation(conversation: ConversationId, call: CallDep) -> dict[str, str]:
    """Whoever is signed in and has the link reads it, as far as they may read what its answers rest on."""
    with visible("conversation"):
        token = call.services.conversations.share(conversation, call.name)
    return {"token": token, "link": f"/ui/shared/{token}"}


@router.delete("/v1/conversations/{conversation}/share", status_code=204)
def unshare_conversation(conversation: ConversationId, call: CallDep) -> Response:
    with visible("conversation"):
        call.services.conversations.unshare(conversation, call.name)
    return Response(status_code=204)


@router.get("/v1/shared/{token}", response_model=SharedConversation)
def get_shared(token: Annotated[Id, Path()], call: CallDep) -> dict[str, Any]:
    with visible("shared conversation"):
        return call.services.conversations.shared(token, call.access)


@router.post("/v1/feedback", status_code=204)
def give_feedback(body: FeedbackBody, call: CallDep) -> Response:
    with visible("answer"):
        call.services.conversations.feedback(body.answer_id, call.name, value=body.value, comment=body.comment)
    return Response(status_code=204)
