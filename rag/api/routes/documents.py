"""/v1/documents: what is known, its versions and its text; hiding and erasing."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from rag.api.bodies import MAX_INT, Cursor, Facts, FiltersBody, Id, Limit, Names
from rag.api.context import CallDep, visible
from rag.api.schemas import DocumentShape, Shape
from rag.domain.errors import BadInput
from rag.domain.types import DocumentInfo, DocumentText, Mark
from rag.domain.wire import document_json, locator_json
from rag.knowledge.versions import difference

router = APIRouter(prefix="/v1/documents", tags=["documents"])

DocumentId = Annotated[Id, Path()]
Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Offset = Annotated[int, Query(ge=0, le=MAX_INT)]


class VersionShape(DocumentShape):
    current: bool
    valid_from: str
    valid_to: str | None
    recorded_at: str
    chunks: int
    revision: str
    changed_by: str
    reason: str


class DocumentPage(Shape):
    documents: list[VersionShape]
    next_cursor: str


class DiffShape(Shape):
    before: VersionShape
    after: VersionShape
    unified: str
    added: int
    removed: int


class VersionList(Shape):
    versions: list[VersionShape]


class TextShape(VersionShape):
    start: int
    end: int
    length: int
    text: str
    syntax: str
    marks: list[dict[str, Any]]


def filters_of(  # noqa: PLR0913 - a query parameter is a parameter here
    spaces: Annotated[Names, Query()] = [],  # noqa: B006 - FastAPI copies defaults
    kinds: Annotated[Names, Query()] = [],  # noqa: B006
    authors: Annotated[Names, Query()] = [],  # noqa: B006
    after: date | None = None,
    before: date | None = None,
    facts: Annotated[Facts, Query()] = [],  # noqa: B006
) -> FiltersBody:
    return FiltersBody(spaces=spaces, kinds=kinds, authors=authors, after=after, before=before, facts=facts)


@router.get("", response_model=DocumentPage)
def list_documents(
    call: CallDep,
    filters: Annotated[FiltersBody, Depends(filters_of)],
    limit: Annotated[Limit, Query()] = 50,
    cursor: Annotated[Cursor, Query()] = "",
) -> dict[str, Any]:
    found, following = call.services.catalog.documents(
        call.access, filters=filters.filters(), limit=limit, cursor=cursor
    )
    return {"documents": [_version_json(document) for document in found], "next_cursor": following}


@router.get("/{document}", response_model=VersionShape)
def get_document(document: DocumentId, call: CallDep) -> dict[str, Any]:
    """The current version, else the last one."""
    with visible("document"):
        return _version_json(call.services.catalog.versions(document, call.access)[-1])


@router.get("/{document}/versions", response_model=VersionList)
def get_versions(document: DocumentId, call: CallDep) -> dict[str, Any]:
    """Oldest first."""
    with visible("document"):
        versions = call.services.catalog.versions(document, call.access)
    return {"versions": [_version_json(version) for version in versions]}


@router.get("/{document}/diff", response_model=DiffShape)
def get_diff(document: DocumentId, call: CallDep, before: Number = None, after: Number = None) -> dict[str, Any]:
    """What changed from one version to another, as `diff -u` writes it; who and why stand in `after`.

    Without numbers: from the last but one to the last.
    """
    with visible("document"):
        versions = call.services.catalog.versions(document, call.access)
        new = after or versions[-1].version
        old = before or max((v.version for v in versions if v.version < new), default=new)
        was = call.services.catalog.text(document, call.access, version=old)
        now = call.services.catalog.text(document, call.access, version=new)
    found = difference(was.text, now.text)
    return {
        "before": _version_json(was.info),
        "after": _version_json(now.info),
        "unified": found.unified,
        "added": found.added,
        "removed": found.removed,
    }


@router.get("/{document}/text", response_model=TextShape)
def get_text(
    document: DocumentId,
    call: CallDep,
    version: Number = None,
    start: Offset = 0,
    end: Offset = MAX_INT,
) -> dict[str, Any]:
    """Offsets count Unicode code points; `end` beyond the text means its end."""
    with visible("document"):
        whole = call.services.catalog.text(document, call.access, version=version)
    end = min(end, len(whole.text))
    if start > end:
        raise BadInput(
            f"There is no text from {start} to {end}: this version has {len(whole.text)} characters.",
            fix="Send 0 <= start <= end <= length.",
        )
    return {
        **_version_json(whole.info),
        "start": start,
        "end": end,
        "length": len(whole.text),
        "text": whole.text[start:end],
        "syntax": whole.syntax,
        "marks": [{"at": mark.at, "locator": locator_json(mark.locator)} for mark in _marks(whole, start, end)],
    }


@router.delete("/{document}", status_code=204)
def delete_document(document: DocumentId, call: CallDep, purge: bool = False) -> Response:
    """Hide it (its history stays), or erase every trace of it with `purge=true` (an administrator's)."""
    with visible("document"):
        call.services.catalog.versions(document, call.access)
        if purge:
            call.need_admin("erase a document for good")
            call.services.catalog.purge(document)
        else:
            call.services.catalog.hide(document)
    return Response(status_code=204)


def _version_json(document: DocumentInfo) -> dict[str, Any]:
    return {
        **document_json(document),
        "current": document.valid_to is None,
        "valid_from": document.valid_from.isoformat(),
        "valid_to": document.valid_to.isoformat() if document.valid_to else None,
        "recorded_at": document.recorded_at.isoformat(),
        "chunks": document.chunks,
        "revision": document.revision,
        "changed_by": document.changed_by,
        "reason": document.reason,
    }


def _marks(document: DocumentText, start: int, end: int) -> list[Mark]:
    """Those inside the slice, and of each type the last one before it, which still holds at its start."""
    before = {mark.locator.type: mark for mark in document.marks if mark.at < start}
    return [*sorted(before.values(), key=lambda mark: mark.at), *(m for m in document.marks if start <= m.at < end)]
