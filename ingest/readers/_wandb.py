"""A run in W&B's own terms, from its folder or from an export: to a record, and how it ended as far as one can tell."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from ingest.readers._builder import one_line
from ingest.readers._curves import Curve
from ingest.readers._runs import Beside, parsed_run, status_of
from ingest.text.dates import iso_date
from ingest.text.structured import Number
from rag.domain.records import Metric, RunRecord, RunStatus, finite
from rag.domain.types import Parsed

MOST_VALUES = 5_000  # parameters, or summary values, of a run
DEEPEST = 12
LONGEST_LIST = 1_000  # characters of a list that is a value
TRACE = "Traceback (most recent call last)"
MOST_AFTER = 6  # lines that may follow an error's first: its message goes on
ERROR = re.compile(r"[A-Za-z_][\w.]{0,150}(?:: .{0,5000})?")
STOPPED = ("KeyboardInterrupt", "SystemExit")
ATTRIBUTES = ("_runtime", "_step", "_timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class WandbRun:
    """`config` and `summary` as nested JSON; `said` what is known of the run beside them, every value as text."""

    id: str
    said: Mapping[str, str] = field(default_factory=dict)  # name, project, user, email, state, started, notes, url ...
    config: Mapping[str, object] = field(default_factory=dict)
    summary: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)
    details: tuple[tuple[str, str], ...] = ()
    exit_code: int | None = None
    log: str = ""
    artifacts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    part: str = ""
    notes: tuple[str, ...] = ()


def document_of(run: WandbRun) -> Parsed:
    said = run.said
    status, why = _status(run)
    error = last_error(run.log)
    summary = dict(islice(flat(run.summary), MOST_VALUES))
    started, ended = _times(said.get("started", ""), summary)
    labels = [(key, said[key]) for key in ("group", "job_type", "sweep_id", "entity") if said.get(key)]
    record = RunRecord(
        tool="wandb",
        id=run.id,
        name=said.get("name", ""),
        experiment=said.get("project", ""),
        status=status,
        user=said.get("user") or said.get("email", ""),
        started=started,
        ended=ended,
        note=said.get("notes", ""),
        params=tuple(islice(flat(run.config), MOST_VALUES)),
        metrics=_metrics(summary, run.curves),
        tags=tuple((tag, "") for tag in run.tags),
        artifacts=run.artifacts,
    )
    details = [("status_from", why)] if why else []
    details += [("error", error[:500])] if error else []
    details += [(key, summary[key]) for key in ATTRIBUTES if key in summary]
    beside = Beside(
        files=run.files,
        part=run.part,
        curves=run.curves,
        details=(*details, *labels, *run.details),
        texts=(("output", "Console output", run.log),) if run.log.strip() else (),
        email=said.get("email", ""),
        url=said.get("url", ""),
        notes=run.notes,
    )
    return parsed_run(record, beside)


def flat(values: Mapping[str, object], above: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """Leaves with dotted keys. What W&B keeps for itself (`_wandb`) and what is a file, not a value, is left out."""
    for key, value in values.items():
        name = f"{above}{key}"
        if key == "_wandb" or key.startswith("_wandb."):
            continue
        if isinstance(value, Mapping) and depth < DEEPEST and "_type" not in value and value:
            yield from flat(value, f"{name}.", depth + 1)
        elif not (isinstance(value, Mapping) and "_type" in value):
            yield name, shown(value)


def shown(value: object, depth: int = 1) -> str:
    """A value as its file writes it, near enough to read: a number keeps every digit."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, Mapping | list):
        return str(value)
    pieces, length = [], 0
    items = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for key, item in items:
        said = "..." if depth > 5 or length > LONGEST_LIST else shown(item, depth + 1)
        pieces.append(said if key is None else f"{key}: {said}")
        length += len(pieces[-1])
        if length > LONGEST_LIST:
            break
    inside = ", ".join(pieces)[: 2 * LONGEST_LIST]
    return f"{{{inside}}}" if isinstance(value, Mapping) else f"[{inside}]"


def last_error(log: str) -> str:
    """The exception a console output ends with, on one line; empty when it does not end with one."""
    lines = [line for line in log[-50_000:].split("\n") if line.strip()]
    starts = [n for n, line in enumerate(lines) if line.startswith(TRACE)]
    if not starts:
        return ""
    after = lines[starts[-1] + 1 :]
    for n, line in enumerate(after):
        if ERROR.fullmatch(line.rstrip()) and n and after[n - 1].startswith("  "):
            return one_line(line) if len(after) - n <= MOST_AFTER else ""
    return "a traceback that breaks off" if after and after[-1].startswith("  ") else ""


def _status(run: WandbRun) -> tuple[RunStatus, str]:
    """And what it was read from, where W&B does not say it itself."""
    said = status_of(run.said.get("state", ""))
    if said != "unknown":
        return said, ""
    error = last_error(run.log)
    if error.startswith(STOPPED):
        return "killed", f"the console output ends with {error}"
    if run.exit_code is not None:
        return ("failed" if run.exit_code else "finished"), f"exit code {run.exit_code}"
    if error:
        return "failed", f"the console output ends with {one_line(error)[:200]}"
    wandb = run.summary.get("_wandb")
    if isinstance(wandb, Mapping) and "runtime" in wandb and run.log.strip():
        return "finished", "the run was closed, and its console output does not end with an error"
    return "unknown", "no exit code, and no console output that ends with an error"


def _times(started: str, summary: Mapping[str, str]) -> tuple[str, str]:
    """ISO 8601 in UTC; the end is the start and `_runtime`, which W&B counts in seconds."""
    runtime, stamp = finite(summary.get("_runtime", "")), finite(summary.get("_timestamp", ""))
    try:
        begun = datetime.fromisoformat(iso_date(started)) if started else None
        begun = begun.replace(tzinfo=begun.tzinfo or UTC).astimezone(UTC) if begun else None
        if begun is None and stamp is not None and runtime is not None:
            begun = datetime.fromtimestamp(stamp - runtime, UTC)
        end = begun + timedelta(seconds=runtime) if begun and runtime is not None else None
    except (ValueError, OverflowError, OSError):
        return "", ""
    return _iso(begun), _iso(end)


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""


def _metrics(summary: Mapping[str, str], curves: Mapping[str, Curve]) -> tuple[Metric, ...]:
    """The summary's value counts as the last one: it may be a best that the run chose to keep."""
    step = summary.get("_step", "")
    at = int(step) if step.lstrip("-").isdigit() and len(step) < 18 else None
    found = {key: curve.metric() for key, curve in curves.items() if key not in summary}
    for key, value in summary.items():
        if key in ATTRIBUTES:
            continue
        known = curves[key].metric() if key in curves else None
        same = known is not None and finite(value) == finite(known.last)
        found[key] = known if known is not None and same else _summed(key, value, at, known)
    return tuple(metric for _, metric in sorted(found.items()))


def _summed(key: str, value: str, step: int | None, known: Metric | None) -> Metric:
    if known is None:
        return Metric(key=key, last=value, step=step)
    return Metric(
        key=key,
        last=value,
        lowest=known.lowest,
        lowest_step=known.lowest_step,
        highest=known.highest,
        highest_step=known.highest_step,
        history=known.history,
    )


def number_or_text(value: object) -> str:
    """A scalar of W&B's own metadata as text; empty for what is none."""
    if isinstance(value, bool) or value is None or isinstance(value, Mapping | list):
        return ""
    return str(value) if isinstance(value, Number | str | int | float) else ""
