"""Rows of what is kept beside a version's text: facts, its run, the people it names."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table

from rag.domain.records import Metric, RunRecord, finite
from rag.domain.types import Document, Value
from rag.registry.codecs import pack_text
from rag.registry.moments import parse_moment
from rag.registry.people_rows import people_rows
from rag.registry.rows import FOLDED
from rag.registry.schema import document_people, facts, run_values, runs

Key = dict[str, Any]  # document, version
Rows = list[dict[str, Any]]


def rows_beside(document: Document, key: Key) -> Iterator[tuple[Table, Rows]]:
    yield facts, [{**key, "n": n, **_fact(fact.key, fact.value, fact.at)} for n, fact in enumerate(document.facts)]
    if document.run is not None:
        yield runs, [{**key, **_run(document.run)}]
        yield run_values, list(_values(document.run, key))
    yield document_people, list(people_rows(document, key))


def _fact(key: str, value: Value, at: int | None) -> dict[str, Any]:
    text = str(value)
    return {"key": key.casefold(), "text": text, "folded": text.casefold()[:FOLDED], "number": finite(text), "at": at}


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "tool": run.tool,
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "user": run.user,
        "started": parse_moment(run.started),
        "ended": parse_moment(run.ended),
        "parent": run.parent,
        "note": run.note,
    }


def _values(run: RunRecord, key: Key) -> Iterator[dict[str, Any]]:
    """One row a key: of two that are the same the last counts."""
    plain = (
        ("params", run.params),
        ("tags", run.tags),
        ("datasets", tuple((name, "") for name in run.datasets)),
        ("artifacts", tuple((name, "") for name in run.artifacts)),
    )
    empty = dict.fromkeys(("step", "lowest", "lowest_step", "highest", "highest_step", "history"))
    for section, pairs in plain:
        for name, text in dict(pairs).items():
            yield {**key, "section": section, "key": name, "text": text, "number": finite(text), **empty}
    for metric in {metric.key: metric for metric in run.metrics}.values():
        yield {**key, "section": "metrics", **_metric(metric)}


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.key,
        "text": metric.last,
        "number": metric.number,
        "step": metric.step,
        "lowest": metric.lowest,
        "lowest_step": metric.lowest_step,
        "highest": metric.highest,
        "highest_step": metric.highest_step,
        "history": pack_text(json.dumps(metric.history, separators=(",", ":"))) if metric.history else None,
    }
