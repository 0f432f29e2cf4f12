"""A table of experiment runs (`runs.csv`, what MLflow and W&B give for download): a row is a run, or a step of one."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.readers import table
from ingest.readers._builder import one_line
from ingest.readers._curves import Curve, share_of
from ingest.readers._runs import Beside, moment, parsed_run, status_of
from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.dates import iso_date
from rag.domain.records import RunRecord, finite
from rag.domain.types import Parsed

SUFFIXES = table.SUFFIXES
COLUMNS = {  # what a run has: how tables call it, in the order in which they are believed
    "id": ("run_id", "run_uuid", "run", "id"),
    "name": ("run_name", "display_name", "name", "tags.mlflow.runname"),
    "experiment": ("experiment", "experiment_name", "project", "experiment_id"),
    "status": ("status", "state"),
    "user": ("user", "user_id", "owner", "author", "tags.mlflow.user"),
    "started": ("start_time", "started", "started_at", "created", "created_at", "date"),
    "ended": ("end_time", "ended", "ended_at", "finished_at"),
    "note": ("notes", "note", "comment", "comments", "description", "tags.mlflow.note.content"),
    "parent": ("parent_run_id", "tags.mlflow.parentrunid"),
    "step": ("step", "epoch", "iteration", "_step"),
}
NAMING = frozenset({"run_id", "run_uuid", "run", "run_name"})  # a table of runs has one of these ...
# ... or `name` and two of these
TRACKERS = frozenset({"state", "status", "created", "runtime", "sweep", "duration", "start_time", "source_name"})
# fmt: off
METRICS = frozenset({
    "loss", "acc", "accuracy", "auc", "auroc", "auprc", "f1", "precision", "recall", "map", "mrr", "ndcg", "bleu",
    "rouge", "wer", "cer", "mae", "mse", "rmse", "r2", "error", "ppl", "perplexity", "score", "iou", "miou",
    "dice", "reward", "return", "fid", "psnr", "ssim", "top1", "top5", "em", "specificity", "sensitivity", "kappa",
    "mcc",
})
# fmt: on
SETTINGS = frozenset({"weight", "weights", "fn", "function", "type", "scale", "threshold", "coef", "smoothing"})
DETAILS = ("runtime", "duration", "sweep", "source_name", "artifact_uri", "experiment_id")  # not told to a run by hand
MOST_RUNS = 5_000
WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class _Row:
    """What the rows of one run say; where a column says several things, the last."""

    values: dict[str, str] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)


def claims_runs(candidate: Candidate) -> bool:
    if candidate.is_dir or candidate.suffix not in SUFFIXES:
        return False
    names = list(map(_plain, table.header(candidate.head.decode("utf-8-sig", "replace").replace("\r\n", "\n"))))
    if any(name.startswith("metrics.") for name in names):
        return "run_id" in names
    named = bool(NAMING & set(names)) or ("name" in names and len(TRACKERS & set(names)) >= 2)
    return named and len(names) >= 3 and any(_is_metric(name) for name in names)


def read_runs(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """A table that turns out to be another is read as the table it is."""
    decoded = read_text(candidate, limits)
    header = table.header(decoded.text)
    columns = {name: column for column in header for name in [_plain(column)]}
    roles = {role: next((columns[n] for n in names if n in columns), "") for role, names in COLUMNS.items()}
    rows = _rows(decoded.text, header, roles)
    if not rows:
        yield from table.read_table(candidate, limits)
        return
    notes = decoded.notes
    if len(rows) > MOST_RUNS:
        notes += (f"Only the first {MOST_RUNS:,} of {len(rows):,} runs were kept.",)
    for n, (run_id, row) in enumerate(list(rows.items())[:MOST_RUNS]):
        parsed = _document(run_id, row, roles, header)
        yield parsed if n else replace(parsed, notes=(*parsed.notes, *notes))


def _rows(text: str, header: Sequence[str], roles: Mapping[str, str]) -> dict[str, _Row]:
    """By run; empty when the table is none of runs: rows without a name, or one run again and again without a step."""
    delimiter = max(table.DELIMITERS, key=text.lstrip("\n").partition("\n")[0].count)
    found: dict[str, _Row] = {}
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if any(line)][1:]
    except csv.Error:
        return {}
    numeric = {
        name for n, name in enumerate(header) if all(_is_number(line[n]) for line in lines if n < len(line) and line[n])
    }
    metrics = [name for name in header if name not in roles.values() and name in numeric and _is_metric(_plain(name))]
    most = share_of(len(metrics) * len(lines))
    for line in lines:
        values = dict(zip(header, (cell.strip() for cell in line), strict=False))
        run_id = values.get(roles["id"], "") or values.get(roles["name"], "")
        if not run_id or (run_id in found and not roles["step"]):
            return {}
        row = found.setdefault(run_id, _Row())
        step = values.get(roles["step"], "")
        for name in metrics:
            if written := values.get(name, ""):
                curve = row.curves.setdefault(name, Curve(_key(name), most))
                curve.add(int(step) if step.isdigit() and len(step) < 18 else 0, curve.points, written)
        row.values |= {name: value for name, value in values.items() if value and name not in metrics}
    return found if metrics else {}


def _document(run_id: str, row: _Row, roles: Mapping[str, str], header: Sequence[str]) -> Parsed:
    said = {role: row.values.get(column, "") for role, column in roles.items() if column}
    rest = {name: row.values[name] for name in header if name in row.values and name not in roles.values()}
    tags = [part.strip() for part in rest.pop(_named(rest, "tags"), "").split(",") if part.strip()]
    details = {name: rest.pop(name) for name in list(rest) if _plain(name) in DETAILS}
    curves = {curve.key: curve for curve in row.curves.values()}
    stepped = bool(said.get("step"))
    metrics = tuple(curve.metric() for curve in curves.values())
    record = RunRecord(
        tool=_tool(header),
        id=run_id,
        name=said.get("name", ""),
        experiment=said.get("experiment", ""),
        status=status_of(said.get("status", "")),
        user=said.get("user", ""),
        started=_moment(said.get("started", "")),
        ended=_moment(said.get("ended", "")),
        parent=said.get("parent", ""),
        note=said.get("note", ""),
        params=tuple((_key(name), value) for name, value in rest.items() if not _plain(name).startswith("tags.")),
        metrics=metrics if stepped else tuple(replace(metric, step=None) for metric in metrics),
        tags=(
            *((tag, "") for tag in tags),
            *((name[5:], value) for name, value in rest.items() if _plain(name).startswith("tags.")),
        ),
    )
    return parsed_run(record, Beside(curves=curves, details=tuple((_plain(k), v) for k, v in details.items())))


def _tool(header: Sequence[str]) -> str:
    """Whose download it is."""
    names = set(map(_plain, header))
    if any(name.startswith("metrics.") for name in names):
        return "mlflow"
    return "wandb" if {"state", "created", "runtime"} <= names else "table"


def _named(columns: Mapping[str, str], name: str) -> str:
    return next((column for column in columns if _plain(column) == name), "")


def _plain(column: str) -> str:
    return "_".join(one_line(column).lower().split())


def _key(column: str) -> str:
    """MLflow writes its prefixes in front."""
    return re.sub(r"^(params|metrics)\.", "", column)


def _is_metric(name: str) -> bool:
    if name.startswith(("metrics.", "params.", "tags.")):
        return name.startswith("metrics.")
    words = set(WORD.findall(name))
    return bool(words & METRICS) and not words & SETTINGS


def _is_number(cell: str) -> bool:
    return finite(cell) is not None or cell.strip().lower() in ("nan", "inf", "-inf", "infinity", "-infinity")


def _moment(text: str) -> str:
    return moment(text) if text.isdigit() and len(text) >= 12 else iso_date(text)


READER = Reader(name="runs-table", version=1, claims=claims_runs, read=read_runs, suffixes=SUFFIXES)
