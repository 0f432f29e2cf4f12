"""GET /v1/files: what became of each file that was looked at."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query

from rag.api.bodies import Clean, Cursor, Limit
from rag.api.context import CallDep
from rag.api.problems import without_paths
from rag.api.schemas import Shape
from rag.domain.records import FileState
from rag.domain.syncing import FileRow
from rag.domain.wire import file_json

router = APIRouter(tags=["documents"])


class FileShape(Shape):
    """`reason` says why it was skipped or failed; `next_try` when a failed one is read again by itself."""

    file: str
    source: str
    source_id: str
    space: str
    state: FileState
    reason: str
    reader: str
    seconds: float
    documents: int
    chunks: int
    tries: int
    at: str
    next_try: str | None


class FilePage(Shape):
    """`counts`: by state, of all files of the sources asked for, whatever the state asked for."""

    files: list[FileShape]
    counts: dict[str, int]
    next_cursor: str


@router.get("/v1/files", response_model=FilePage)
def list_files(
    call: CallDep,
    state: FileState | None = None,
    source: Annotated[Clean, Query(max_length=300, description="a source_id")] = "",
    limit: Annotated[Limit, Query()] = 50,
    cursor: Annotated[Cursor, Query()] = "",
) -> dict[str, Any]:
    ledger = call.services.ledger
    rows, following = ledger.rows(call.access, state=state, source=source, limit=limit, cursor=cursor)
    shown = rows if call.trusted else [_without_paths(row) for row in rows]
    counts = ledger.counts(call.access, source=source)
    return {"files": [file_json(row) for row in shown], "counts": counts, "next_cursor": following}


def _without_paths(row: FileRow) -> FileRow:
    return replace(row, outcome=replace(row.outcome, reason=without_paths(row.outcome.reason)))
