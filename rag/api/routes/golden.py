"""/v1/golden: the team's own questions, with where their quotes stand now; judged by administrators."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import Field

from rag.api.bodies import MAX_QUESTION, Body, Clean, Cursor, Id, Limit
from rag.api.context import Call, CallDep
from rag.api.problems import without_paths
from rag.api.schemas import Shape
from rag.domain.errors import BadInput, NotFound
from rag.domain.golden import GoldenEvidence, GoldenItem, Review
from rag.domain.wire import citation_json
from rag.knowledge.golden import Edit, decide, find, load_golden, put
from rag.knowledge.golden_places import QuotePlaces, Standing
from rag.knowledge.golden_rows import etag, item_row
from rag.registry.reading import read_cursor, write_cursor
from rag.retrieval.locate import cite

router = APIRouter(prefix="/v1/golden", tags=["golden set"])

AROUND = 320  # characters given on either side of a quote
ItemId = Annotated[Id, InPath(description="an item's id")]
Text = Annotated[Clean, Field(max_length=MAX_QUESTION)]


class GoldenEvidenceShape(Shape):
    """`standing`: whether the quote stands in the current version; `before` and `after` are the words around it."""

    file: str
    quote: str
    source: str
    standing: Standing
    before: str
    after: str
    citation: dict[str, Any] | None


class GoldenShape(Shape):
    """`etag` is another one as soon as anything of the item is; a judgement names the one it saw."""

    id: str
    kind: str
    question: str
    answer: str
    answerable: bool
    evidence: list[GoldenEvidenceShape]
    made_by: str
    why: str
    review: Review
    reviewed_by: str
    reviewed_at: str
    note: str
    etag: str


class GoldenPage(Shape):
    """`counts`: of the whole set, by review; `kinds`: of the whole set."""

    items: list[GoldenShape]
    counts: dict[str, int]
    kinds: dict[str, int]
    total: int
    next_cursor: str


class JudgeBody(Body):
    review: Review
    etag: Annotated[Clean, Field(min_length=1, max_length=64, description="of the item as it was seen")]
    question: Text | None = None
    answer: Text | None = None
    answerable: bool | None = Field(None, description="false: the documents do not answer it")
    note: Text | None = None


@router.get("", response_model=GoldenPage)
def list_golden(
    call: CallDep,
    review: Review | None = None,
    kind: Annotated[Clean, Query(max_length=200)] = "",
    limit: Annotated[Limit, Query()] = 50,
    cursor: Annotated[Cursor, Query()] = "",
) -> dict[str, Any]:
    """In the order of the file; those with one review or of one kind, when asked."""
    call.need_admin("see the golden set")
    with _file(call) as path:
        every = load_golden(path)
    fit = [item for item in every if review in (None, item.review) and kind in ("", item.kind)]
    rest = _after(fit, every, cursor)
    following = write_cursor(rest[limit - 1].id) if len(rest) > limit else ""
    places = QuotePlaces(call.services.catalog, call.access)
    return {
        "items": [_shown(item, places) for item in rest[:limit]],
        "counts": {name: sum(item.review == name for item in every) for name in ("candidate", "accepted", "rejected")},
        "kinds": dict(sorted(Counter(item.kind for item in every).items())),
        "total": len(fit),
        "next_cursor": following,
    }


@router.get("/{item}", response_model=GoldenShape)
def get_golden(item: ItemId, call: CallDep) -> dict[str, Any]:
    """One item."""
    call.need_admin("see the golden set")
    with _file(call) as path:
        found = find(load_golden(path), item)
    return _shown(found, QuotePlaces(call.services.catalog, call.access))


@router.post("/{item}", response_model=GoldenShape)
def judge(item: ItemId, body: JudgeBody, call: CallDep) -> dict[str, Any]:
    """Accept, reject or reopen it, edited or not. 409 when it was changed since it was seen."""
    call.need_admin("judge the golden set")
    edit = Edit(question=body.question, answer=body.answer, answerable=body.answerable, note=body.note)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with _file(call) as path:
        judged = decide(find(load_golden(path), item), body.review, by=call.name, at=moment, edit=edit)
        written = put(path, judged, seen=body.etag)
    return _shown(written, QuotePlaces(call.services.catalog, call.access))


@contextmanager
def _file(call: Call) -> Iterator[Path]:
    """The set's file, whose place on the host stays untold."""
    if call.shared.golden is None:
        raise NotFound("This service has no golden set.", fix="Name its file: TEAMLORE_GOLDEN.")
    try:
        yield call.shared.golden
    except BadInput as error:
        raise type(error)(without_paths(error.what), fix=without_paths(error.fix)) from error


def _after(fit: Sequence[GoldenItem], every: Sequence[GoldenItem], cursor: str) -> Sequence[GoldenItem]:
    """Those behind the one the page before ended with, whatever became of it meanwhile."""
    if not cursor:
        return fit
    (last,) = read_cursor(cursor, 1)
    places = {item.id: place for place, item in enumerate(every)}
    if last not in places:
        raise BadInput("The item this page would follow is gone.", fix="Begin again, without a cursor.")
    return [item for item in fit if places[item.id] > places[last]]


def _shown(item: GoldenItem, places: QuotePlaces) -> dict[str, Any]:
    evidence = [_evidence(one, n, places) for n, one in enumerate(item.evidence, 1)]
    return {**item_row(item), "evidence": evidence, "etag": etag(item)}


def _evidence(one: GoldenEvidence, n: int, places: QuotePlaces) -> dict[str, Any]:
    told = {"file": one.file, "quote": one.quote, "source": one.source}
    place = places.place(one)
    if place.document is None or place.standing != "stands":
        return {**told, "standing": place.standing, "before": "", "after": "", "citation": None}
    text = place.document.text
    return {
        **told,
        "standing": place.standing,
        "before": text[max(0, place.start - AROUND) : place.start],
        "after": text[place.end : place.end + AROUND],
        "citation": citation_json(cite(place.document, place.start, place.end, n=n)),
    }
