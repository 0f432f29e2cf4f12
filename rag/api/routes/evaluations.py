"""/v1/evaluations: what the evaluation suite measured, for administrators: runs quote documents of every space."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.responses import HTMLResponse, Response

from rag.api.bodies import Clean, Cursor, Id, Limit
from rag.api.context import Call, CallDep
from rag.api.schemas import Shape
from rag.domain.errors import NotFound
from rag.domain.evaluations import AskedItem, EvaluationRun, MeasuredPack, Outcome, State
from rag.knowledge.evaluation_rows import asked_items, without_items
from rag.knowledge.evaluations import StoredEvaluations
from rag.registry.reading import bad_cursor, read_cursor, write_cursor

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"])

SOUND = frozenset({"right", "not scored"})
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src {script}; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)
# A report names its own script before it shows anything of a document: what came in later cannot name another.
_OWN_SCRIPT = re.compile(
    rb"<meta http-equiv=\"Content-Security-Policy\" content=\"[^\"]*script-src ('sha256-[A-Za-z0-9+/]{43}=')[;\"]"
)

RunId = Annotated[Id, InPath(description="an evaluation's id: the name of its folder")]


class FigureShape(Shape):
    """A mean over `n` questions, with its 95 % interval (whole documents drawn)."""

    metric: str
    value: float | None
    ci95: tuple[float | None, float | None]
    n: int
    less_is_better: bool


class MeasuredPackShape(Shape):
    """`figures`: the few to read first. `data`: equal in two runs that asked the same of the same files."""

    name: str
    n: int
    errors: int
    figures: list[FigureShape]
    latency_ms: dict[str, float | None]
    data: str


class AcceptedShape(Shape):
    at: str
    by: str
    note: str


class EvaluationShape(Shape):
    """`trouble` says what is wrong with a run that is broken; such a one, or an unfinished one, has no packs."""

    id: str
    state: State
    started: str
    command: str
    packs: list[MeasuredPackShape]
    seconds: float | None
    version: str
    revision: str
    dirty: bool
    accepted: AcceptedShape | None
    has_report: bool
    trouble: str


class EvaluationPage(Shape):
    evaluations: list[EvaluationShape]
    next_cursor: str


class AskedItemShape(Shape):
    """As the run wrote it, with its pack and what became of it."""

    pack: str
    outcome: Outcome


class EvaluationWhole(EvaluationShape):
    """`run`: as it was written, without its items; null when it is broken or not finished. `items`: when asked for."""

    run: dict[str, Any] | None
    items: list[AskedItemShape] | None = None
    total: int | None = None
    next_cursor: str = ""


@router.get("", response_model=EvaluationPage)
def list_evaluations(
    call: CallDep, limit: Annotated[Limit, Query()] = 50, cursor: Annotated[Cursor, Query()] = ""
) -> dict[str, Any]:
    """Newest first."""
    stored = _stored(call)
    found, following = stored.page(limit=limit, after=_place(cursor) if cursor else None)
    return {
        "evaluations": [_shown(run) for run in found],
        "next_cursor": write_cursor(*following) if following else "",
    }


@router.get("/{evaluation}", response_model=EvaluationWhole)
def get_evaluation(  # noqa: PLR0913 - FastAPI hands over one argument a parameter
    evaluation: RunId,
    call: CallDep,
    items: Annotated[bool, Query(description="with a page of its questions")] = False,
    wrong: Annotated[bool, Query(description="of the questions only those that went wrong")] = False,
    pack: Annotated[Clean, Query(max_length=300)] = "",
    limit: Annotated[Limit, Query()] = 50,
    cursor: Annotated[Cursor, Query()] = "",
) -> dict[str, Any]:
    """One run; with `items=true` its questions too, page by page."""
    stored = _stored(call)
    run = stored.run(evaluation)
    if run.state != "done":
        return {**_shown(run), "run": None}
    written = stored.load(evaluation)
    told = {**_shown(run), "run": without_items(written)}
    if not items:
        return told
    every = [item for item in asked_items(written) if pack in ("", item.pack)]
    fit = [item for item in every if not (wrong and item.outcome in SOUND)]
    begin = _number(cursor)
    following = write_cursor(str(begin + limit)) if len(fit) > begin + limit else ""
    shown = [_item(item) for item in fit[begin : begin + limit]]
    return {**told, "items": shown, "total": len(fit), "next_cursor": following}


@router.get("/{evaluation}/report", response_class=HTMLResponse)
def get_report(evaluation: RunId, call: CallDep) -> Response:
    """The report that stands beside the run, as a page of its own that can reach nothing."""
    page = _stored(call).report(evaluation)
    return HTMLResponse(page, headers={"Content-Security-Policy": report_policy(page)})


def report_policy(page: bytes) -> str:
    """Lets the report's own script run, by its digest, and no other; in a sandbox, away from the session."""
    head = page[: max(0, page.find(b"<title"))]
    own = _OWN_SCRIPT.search(head)
    return REPORT_POLICY.format(script=own[1].decode() if own else "'none'")


def _stored(call: Call) -> StoredEvaluations:
    call.need_admin("see evaluations")
    if call.shared.evaluations is None:
        raise NotFound("This service keeps no evaluations.", fix="Start it with `teamlore serve`.")
    return call.shared.evaluations


def _place(cursor: str) -> tuple[str, str, str]:
    moment, written, name = read_cursor(cursor, 3)
    return moment, written, name


def _number(cursor: str) -> int:
    if not cursor:
        return 0
    (written,) = read_cursor(cursor, 1)
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise bad_cursor()
    return int(written)


def _shown(run: EvaluationRun) -> dict[str, Any]:
    found = run.measured
    return {
        "id": run.id,
        "state": run.state,
        "started": (found.started if found else "") or run.changed,
        "command": found.command if found else "",
        "packs": [_pack(pack) for pack in found.packs] if found else [],
        "seconds": found.seconds if found else None,
        "version": found.version if found else "",
        "revision": found.revision if found else "",
        "dirty": found.dirty if found else False,
        "accepted": {"at": run.accepted.at, "by": run.accepted.by, "note": run.accepted.note} if run.accepted else None,
        "has_report": run.has_report,
        "trouble": run.trouble,
    }


def _pack(pack: MeasuredPack) -> dict[str, Any]:
    figures = [
        {
            "metric": figure.metric,
            "value": figure.value,
            "ci95": (figure.low, figure.high),
            "n": figure.n,
            "less_is_better": figure.less_is_better,
        }
        for figure in pack.figures
    ]
    return {
        "name": pack.name,
        "n": pack.n,
        "errors": pack.errors,
        "figures": figures,
        "latency_ms": {"p50": pack.p50_ms, "p95": pack.p95_ms},
        "data": pack.data,
    }


def _item(asked: AskedItem) -> dict[str, Any]:
    return {**asked.item, "pack": asked.pack, "outcome": asked.outcome}
