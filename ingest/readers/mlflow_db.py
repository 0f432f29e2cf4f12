"""MLflow's SQLite database (`mlflow.db`), opened read-only: each run a document."""

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingest.readers._curves import Curve, share_of
from ingest.readers._mlflow import MlflowRun, dataset_named, document_of
from ingest.readers._runs import noted, number_written
from ingest.readers.base import Candidate, Limits, Reader, too_large
from ingest.text.decode import clean
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

MAGIC = b"SQLite format 3\0"
SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3"})
WANTED = {  # the tables without which it is none, and their columns
    "experiments": ("experiment_id", "name"),
    "runs": ("run_uuid", "experiment_id"),
    "params": ("run_uuid", "key", "value"),
    "metrics": ("run_uuid", "key", "value", "timestamp"),
    "tags": ("run_uuid", "key", "value"),
}
TYPICAL = b"latest_metrics"  # a table that MLflow's databases have, and hardly another
LOOKED_AT = 2**20  # bytes from the beginning, where its name stands
WAL_BYTE = 18  # of the header: 2 where a write-ahead log is used
BESIDE = ("-wal", "-journal")  # files that hold what the database itself does not yet, or must not any more
INFO = ("name", "user_id", "status", "start_time", "end_time", "lifecycle_stage", "artifact_uri", "experiment_id")

Tables = dict[str, frozenset[str]]  # {table: its columns}


def claims_db(candidate: Candidate) -> bool:
    if candidate.is_dir or not candidate.head.startswith(MAGIC):
        return False
    if "mlflow" in candidate.path.name.lower() and candidate.suffix in SUFFIXES:
        return True
    with candidate.path.open("rb") as file:
        return TYPICAL in file.read(LOOKED_AT)


def read_db(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """Raises UnreadableSource for a damaged database, one of something else, and one without a run."""
    notes: list[str] = []
    some = False
    try:
        with _opened(candidate, limits) as database:
            for parsed in noted(_runs(database, candidate, notes), notes):
                some = True
                yield parsed
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter: a message that quotes damaged bytes
        raise UnreadableSource(
            f"{candidate.relative} cannot be read as a database: {str(error)[:200]}.",
            fix="Is it whole? Copy it with `sqlite3 mlflow.db '.backup copy.db'` while MLflow runs.",
        ) from error
    if not some:
        raise UnreadableSource(f"{candidate.relative} holds no run. {' '.join(notes)}".strip())


@contextmanager
def _opened(candidate: Candidate, limits: Limits) -> Iterator[sqlite3.Connection]:
    """Nothing is written beside the database: one with a log beside it is copied first, for the log must be applied."""
    path = candidate.path
    ends = [end for end in BESIDE if (file := path.with_name(path.name + end)).is_file() and file.stat().st_size]
    beside = [path.with_name(path.name + end) for end in ends]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        how = "mode=ro"
        if beside:
            if sum(file.stat().st_size for file in (path, *beside)) > limits.archive_bytes:
                raise too_large(candidate.relative, limits)
            copy = Path(folder, "copy.db")
            shutil.copyfile(path, copy)
            for file, end in zip(beside, ends, strict=True):
                shutil.copyfile(file, f"{copy}{end}")
            path, how = copy, "mode=rw"
        elif candidate.head[WAL_BYTE : WAL_BYTE + 1] == b"\2":
            how = "mode=ro&immutable=1"  # nobody has it open; without this SQLite would make files beside it
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=5.0)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA query_only = ON")
            database.text_factory = lambda data: clean(data.decode("utf-8", "replace"))
            yield database


def _runs(database: sqlite3.Connection, candidate: Candidate, notes: list[str]) -> Iterator[Parsed]:
    tables = _tables(database, candidate)
    names = dict(database.execute("SELECT CAST(experiment_id AS TEXT), name FROM experiments"))
    gone = _deleted_experiments(database, tables)
    metrics = database.execute("SELECT COUNT(*) FROM (SELECT DISTINCT run_uuid, key FROM metrics)").fetchone()[0]
    columns = [name for name in INFO if name in tables["runs"]]
    chosen = ", ".join(("run_uuid", *columns))
    deleted = 0
    for run_id, *values in database.execute(f"SELECT {chosen} FROM runs ORDER BY run_uuid").fetchall():
        info = {key: str(value) for key, value in zip(columns, values, strict=True) if value is not None}
        experiment = info.get("experiment_id", "")
        if info.get("lifecycle_stage") == "deleted" or experiment in gone:
            deleted += 1
            continue
        run = MlflowRun(
            id=str(run_id),
            experiment=str(names.get(experiment) or experiment),
            info=info,
            params=_pairs(database, "params", run_id),
            tags=_pairs(database, "tags", run_id),
            curves=_curves(database, tables, run_id, share_of(metrics)),
            datasets=_datasets(database, tables, run_id),
        )
        yield document_of(run)
    if deleted:
        notes.append(f"{deleted} deleted runs were left out.")


def _tables(database: sqlite3.Connection, candidate: Candidate) -> Tables:
    """Raises UnreadableSource for a database of something else."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    tables = {name: frozenset(_columns(database, name)) for name in names}
    missing = [table for table, columns in WANTED.items() if not set(columns) <= tables.get(table, frozenset())]
    if missing:
        held = ", ".join(names[:8]) or "nothing"
        raise UnreadableSource(
            f"{candidate.relative} is a SQLite database, but not MLflow's: no {missing[0]} as MLflow has it"
            f" (it holds {held}).",
            fix="Export what should be found as CSV.",
        )
    return tables


def _columns(database: sqlite3.Connection, table: str) -> Sequence[str]:
    return [row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _deleted_experiments(database: sqlite3.Connection, tables: Tables) -> frozenset[str]:
    if "lifecycle_stage" not in tables["experiments"]:
        return frozenset()
    rows = database.execute("SELECT CAST(experiment_id AS TEXT) FROM experiments WHERE lifecycle_stage = 'deleted'")
    return frozenset(row[0] for row in rows)


def _pairs(database: sqlite3.Connection, table: str, run: str) -> dict[str, str]:
    rows = database.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", (run,))
    return {str(key): "" if value is None else str(value) for key, value in rows}


def _curves(database: sqlite3.Connection, tables: Tables, run: str, most: int) -> dict[str, Curve]:
    """Older databases know no step, and no NaN."""
    step = "step" if "step" in tables["metrics"] else "0"
    nan = "is_nan" if "is_nan" in tables["metrics"] else "0"
    rows = database.execute(f"SELECT key, value, timestamp, {step}, {nan} FROM metrics WHERE run_uuid = ?", (run,))
    curves: dict[str, Curve] = {}
    for key, value, timestamp, at, is_nan in rows:
        curve = curves.setdefault(str(key), Curve(str(key), most))
        curve.add(_whole(at), _whole(timestamp), _number(value, is_nan))
    return curves


def _whole(value: Any) -> int:  # noqa: ANN401 (SQLite keeps any type in any column)
    return value if isinstance(value, int) else 0


def _number(value: Any, is_nan: Any) -> str:  # noqa: ANN401 (the same)
    return number_written(float(value), is_nan=bool(is_nan)) if isinstance(value, int | float) else str(value)


def _datasets(database: sqlite3.Connection, tables: Tables, run: str) -> tuple[str, ...]:
    if not {"datasets", "inputs"} <= set(tables):
        return ()
    contexts: dict[str, str] = defaultdict(str)
    if "input_tags" in tables:
        tags = database.execute(
            "SELECT t.input_uuid, t.value FROM input_tags t JOIN inputs i ON i.input_uuid = t.input_uuid"
            " WHERE i.destination_id = ? AND t.name = 'mlflow.data.context'",
            (run,),
        )
        contexts.update(tags)
    rows = database.execute(
        "SELECT i.input_uuid, d.name, d.digest FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id"
        " WHERE i.destination_id = ? ORDER BY d.name, d.digest",
        (run,),
    )
    return tuple(dataset_named(str(name), str(digest or ""), context=contexts[uuid]) for uuid, name, digest in rows)


READER = Reader(name="mlflow-db", version=1, claims=claims_db, read=read_db, suffixes=SUFFIXES)
