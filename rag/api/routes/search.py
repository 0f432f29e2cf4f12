"""POST /v1/search: passages, best first."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from rag.api.bodies import MAX_K, Body, Cursor, FiltersBody, Moment, QuestionText, query_of
from rag.api.context import CallDep
from rag.api.schemas import HitShape, Shape
from rag.domain.errors import BadInput
from rag.domain.wire import hit_json

router = APIRouter(tags=["answers"])

DEEPEST = 200  # hits of one query that can be paged through


class SearchBody(Body):
    query: QuestionText
    k: int = Field(10, ge=1, le=MAX_K, description="hits a page")
    cursor: Cursor = ""
    filters: FiltersBody | None = None
    as_of: Moment | None = None


class SearchResult(Shape):
    hits: list[HitShape]
    next_cursor: str


@router.post("/v1/search", response_model=SearchResult)
def search(body: SearchBody, call: CallDep) -> dict[str, Any]:
    first = _offset(body.cursor)
    last = min(first + body.k, DEEPEST)
    query = query_of(body.query, call.access, filters=body.filters, as_of=body.as_of)
    hits = call.shared.answers.run(lambda: call.services.searcher.search(query, min(last + 1, DEEPEST)))
    more = len(hits) > last and last < DEEPEST
    return {"hits": [hit_json(hit) for hit in hits[first:last]], "next_cursor": str(last) if more else ""}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 6):
        raise BadInput("This cursor is not one of ours.", fix="Send next_cursor of the page before, or none.")
    return min(int(cursor), DEEPEST)
