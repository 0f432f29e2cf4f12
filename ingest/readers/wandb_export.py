"""Runs of Weights & Biases as its API gives them, kept as JSON: a list of run objects, or a page of its GraphQL."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.readers import data
from ingest.readers._runs import noted
from ingest.readers._wandb import WandbRun, document_of, number_or_text
from ingest.readers.base import Candidate, Limits, Reader, read_whole
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

SUFFIXES = frozenset({".json"})
SIGNS = (  # all of one line, in the first 8 KiB
    (b'"summaryMetrics"', b'"config"'),
    (b'"displayName"', b'"sweepName"'),
    (b'"state"', b'"config"', b'"summary"'),
    (b'"state"', b'"config"', b'"created_at"'),
    (b'"state"', b'"config"', b'"createdAt"'),
)
DEEPEST = 6  # levels around the list of runs
SUMMARIES = ("summaryMetrics", "summary_metrics", "summary")
TEXTS = {  # what it is called here: and in exports
    "state": ("state",),
    "notes": ("notes",),
    "started": ("createdAt", "created_at", "startedAt"),
    "group": ("group",),
    "job_type": ("jobType", "job_type"),
    "sweep_id": ("sweepName", "sweep"),
    "entity": ("entity",),
    "project": ("project",),
    "url": ("url",),
}
Json = Mapping[str, Any]


def claims_export(candidate: Candidate) -> bool:
    if candidate.is_dir or candidate.suffix not in SUFFIXES:
        return False
    return any(all(sign in candidate.head for sign in signs) for signs in SIGNS)


def read_export(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """What turns out to hold no runs is read as the JSON it is."""
    try:
        runs = list(_runs(load_json(read_whole(candidate, limits).text, candidate.relative), DEEPEST))
    except UnreadableSource:
        runs = []
    if not runs:
        yield from data.read_data(candidate, limits)
        return
    notes: list[str] = []
    yield from noted((document_of(_run(run, notes)) for run in runs), notes)


def _runs(value: object, depth: int) -> Iterator[Json]:
    """Run objects, however deep they lie: `{"data": {"project": {"runs": {"edges": [{"node": ...}]}}}}`."""
    if isinstance(value, list):
        for item in value:
            yield from _runs(item, depth - 1) if depth else ()
    elif isinstance(value, dict):
        if _is_run(value):
            yield value
        else:
            for item in value.values() if depth else ():
                yield from _runs(item, depth - 1)


def _is_run(value: Json) -> bool:
    named = isinstance(value.get("name") or value.get("id"), str)
    told = isinstance(value.get("state"), str) or any(key in value for key in SUMMARIES[:2])
    return named and told and isinstance(value.get("config"), dict | str)


def _run(run: Json, notes: list[str]) -> WandbRun:
    user = run.get("user")
    shown = number_or_text(run.get("displayName") or run.get("display_name"))
    named, known = number_or_text(run.get("name")), number_or_text(run.get("id"))
    said = {here: _text(run, keys) for here, keys in TEXTS.items()}
    said["name"] = shown or named
    said |= {"user": _name(user, "username"), "email": _name(user, "email") if isinstance(user, dict) else ""}
    tags = run.get("tags")
    commit = number_or_text(run.get("commit"))
    return WandbRun(
        id=(named if shown and named else known or named),  # GraphQL's own `id` is no name anybody uses
        said=said,
        config={key: _value(item) for key, item in _object(run.get("config"), notes).items()},
        summary=_object(next((run[key] for key in SUMMARIES if run.get(key)), {}), notes),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        details=(("git.commit", commit),) if commit else (),
    )


def _text(run: Json, keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := _name(run.get(key), "name"))), "")


def _name(value: object, key: str) -> str:
    """Of a thing that is named outright, or an object with a name."""
    return number_or_text(value.get(key) or value.get("name")) if isinstance(value, dict) else number_or_text(value)


def _object(value: object, notes: list[str]) -> Json:
    """The API gives some objects as JSON inside a string."""
    if isinstance(value, str):
        try:
            value = load_json(value, "a run's configuration or summary")
        except UnreadableSource as error:
            notes.append(error.what)
    return value if isinstance(value, dict) else {}


def _value(item: object) -> object:
    return item["value"] if isinstance(item, dict) and "value" in item and set(item) <= {"value", "desc"} else item


READER = Reader(name="wandb-export", version=1, claims=claims_export, read=read_export, suffixes=SUFFIXES)
