"""/v1/runs: experiment runs as facts; filters, the best, one run whole, two side by side."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi import Query as QueryParameter

from rag.api.bodies import Clean, Cursor, Id, Limit, Moment
from rag.api.context import CallDep, visible
from rag.api.schemas import Shape
from rag.domain.records import Metric
from rag.domain.runs import RunCondition, RunKey, RunQuery, StoredRun
from rag.domain.types import Access
from rag.knowledge.run_comparison import SectionDifference, compare_runs
from rag.knowledge.run_filters import LONGEST, parse_filter, parse_order

router = APIRouter(prefix="/v1/runs", tags=["runs"])

RunId = Annotated[Id, Path(description="a run's id, the beginning of one, or a name")]
EXAMPLE = "metrics.val_loss < 0.02 and params.lr = '0.1' and attributes.status = 'finished'"


class MetricShape(Shape):
    """Of the whole history; `number` is null when the last value is not finite. Steps may be null."""

    last: str
    number: float | None
    step: int | None
    lowest: float | None
    lowest_step: int | None
    highest: float | None
    highest_step: int | None


class WholeMetricShape(MetricShape):
    history: list[tuple[int, float | None]]


class RunShape(Shape):
    """`status`: running, scheduled, finished, failed, killed or unknown. Times are ISO 8601, empty when not known."""

    run_id: str
    name: str
    experiment: str
    tool: str
    status: str
    user: str
    start_time: str
    end_time: str
    parent: str
    note: str
    document_id: str
    version: int
    source: str
    space: str
    params: dict[str, str]
    metrics: dict[str, MetricShape]
    tags: dict[str, str]
    datasets: list[str]


class WholeRunShape(RunShape):
    metrics: dict[str, WholeMetricShape]  # type: ignore[assignment]  # the same, with more
    artifacts: list[str]


class RunPage(Shape):
    runs: list[RunShape]
    total: int
    next_cursor: str


class DifferenceShape(Shape):
    changed: dict[str, list[str]]  # key: [in a, in b], as written
    only_a: dict[str, str]
    only_b: dict[str, str]
    same: int


class ComparisonShape(Shape):
    a: RunShape
    b: RunShape
    params: DifferenceShape
    metrics: DifferenceShape
    tags: DifferenceShape
    datasets: DifferenceShape


def query_of_runs(
    filter_: Annotated[Clean, QueryParameter(alias="filter", max_length=LONGEST, description=EXAMPLE)] = "",
    order_by: Annotated[Clean, QueryParameter(max_length=500, description="metrics.val_loss ASC")] = "",
    query: Annotated[Clean, QueryParameter(max_length=500, description="words of name, id, note, tags")] = "",
    experiment: Annotated[Clean, QueryParameter(max_length=500)] = "",
    as_of: Annotated[Moment | None, QueryParameter(description="what was valid then")] = None,
) -> RunQuery:
    """Of nobody: the route says who asks. Raises BadInput, with the place in the filter or the order."""
    conditions = parse_filter(filter_)
    if experiment:
        named = RunCondition(on=RunKey(section="attributes", key="experiment"), is_="=", values=(experiment,))
        conditions = (*conditions, named)
    asked = RunQuery(access=Access(), as_of=as_of, groups=tuple((each,) for each in conditions), text=query)
    order = parse_order(order_by)
    return replace(asked, order=order) if order else asked


@router.get("", response_model=RunPage)
def list_runs(
    call: CallDep,
    asked: Annotated[RunQuery, Depends(query_of_runs)],
    limit: Annotated[Limit, QueryParameter()] = 50,
    cursor: Annotated[Cursor, QueryParameter()] = "",
) -> dict[str, Any]:
    """The newest first, unless ordered otherwise; a run without the key it is ordered by comes last."""
    asked = replace(asked, access=call.access)
    found, following = call.services.runs.find(asked, limit=limit, cursor=cursor)
    total = call.services.runs.count(asked)
    return {"runs": [run_json(stored) for stored in found], "total": total, "next_cursor": following}


@router.get("/compare", response_model=ComparisonShape)
def compare(
    call: CallDep,
    a: Annotated[Id, QueryParameter(description="a run's id, the beginning of one, or a name")],
    b: Annotated[Id, QueryParameter(description="another's")],
) -> dict[str, Any]:
    """What differs in params, last metric values, tags and datasets."""
    with visible("run"):
        first, second = (call.services.runs.named(name, call.access) for name in (a, b))
    sections: dict[str, Any] = {each.section: _difference_json(each) for each in compare_runs(first.run, second.run)}
    return {"a": run_json(first), "b": run_json(second), **sections}


@router.get("/{run}", response_model=WholeRunShape)
def get_run(run: RunId, call: CallDep) -> dict[str, Any]:
    """Whole, with the history of each metric as far as it is kept."""
    with visible("run"):
        stored = call.services.runs.named(run, call.access)
    metrics = {metric.key: {**_metric_json(metric), "history": metric.history} for metric in stored.run.metrics}
    return {**run_json(stored), "metrics": metrics, "artifacts": list(stored.run.artifacts)}


def run_json(stored: StoredRun) -> dict[str, Any]:
    run, document = stored.run, stored.document
    return {
        "run_id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "tool": run.tool,
        "status": run.status,
        "user": run.user,
        "start_time": run.started,
        "end_time": run.ended,
        "parent": run.parent,
        "note": run.note,
        "document_id": document.id,
        "version": document.version,
        "source": document.path,
        "space": document.space,
        "params": dict(run.params),
        "metrics": {metric.key: _metric_json(metric) for metric in run.metrics},
        "tags": dict(run.tags),
        "datasets": list(run.datasets),
    }


def _metric_json(metric: Metric) -> dict[str, Any]:
    return {
        "last": metric.last,
        "number": metric.number,
        "step": metric.step,
        "lowest": metric.lowest,
        "lowest_step": metric.lowest_step,
        "highest": metric.highest,
        "highest_step": metric.highest_step,
    }


def _difference_json(section: SectionDifference) -> dict[str, Any]:
    return {
        "changed": {key: [one, other] for key, one, other in section.changed},
        "only_a": dict(section.only_first),
        "only_b": dict(section.only_second),
        "same": section.same,
    }
