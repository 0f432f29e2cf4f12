"""Small stores of runs as the trackers write them, made where a test wants them, and how to look at what was read."""

import json
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import find_reader
from ingest.readers.base import Limits, look_at
from rag.domain.records import RunRecord
from rag.domain.types import Parsed, Run

START = 1_770_000_000_000  # milliseconds: 2026-02-02T02:40:00Z


def read(path: Path, reader: str) -> tuple[Parsed, ...]:
    """Through the reader that claims it, which must be `reader`, and through the codec."""
    candidate = look_at(path, path.name)
    found = find_reader(candidate)
    assert found is not None
    assert found.name == reader
    parts = tuple(found.read(candidate, Limits()))
    assert tuple(parsed_from_json(json.loads(json.dumps(parsed_to_json(part)))) for part in parts) == parts
    return parts


def runs(parts: Sequence[Parsed]) -> dict[str, RunRecord]:
    return {part.run.id: part.run for part in parts if part.run}


def lines(parsed: Parsed) -> dict[str, str]:
    """{key of the mark: from the mark to the end of its line}."""
    marks = [mark for mark in parsed.marks if isinstance(mark.locator, Run) and mark.locator.key]
    return {mark.locator.key: parsed.text[mark.at :].partition("\n")[0] for mark in marks if mark.locator.type == "run"}


def run_of(parsed: Parsed) -> RunRecord:
    assert parsed.run is not None
    return parsed.run


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


def meta(run: str, *, status: int = 3, stage: str = "active", name: str = "dawn-1") -> str:
    return (
        f"artifact_uri: mlruns/7/{run}/artifacts\nend_time: {START + 90_500}\nexperiment_id: '7'\n"
        f"lifecycle_stage: {stage}\nrun_id: {run}\nrun_name: {name}\nstart_time: {START}\nstatus: {status}\n"
        "user_id: ana\n"
    )


def experiment(name: str = "night birds", stage: str = "active") -> str:
    return f"artifact_location: mlruns/7\nexperiment_id: '7'\nlifecycle_stage: {stage}\nname: {name}\n"


def store(root: Path) -> Path:
    """Two runs, the second nested in the first, and what MLflow keeps beside them."""
    first, second = "a" * 32, "b" * 32
    return write(
        root,
        {
            "7/meta.yaml": experiment(),
            f"7/{first}/meta.yaml": meta(first),
            f"7/{first}/params/learning_rate": "0.0050",
            f"7/{first}/params/optimizer/name": "AdamW  (fused)",
            f"7/{first}/metrics/val_loss": f"{START} 0.50 0\n{START + 3} 0.0107 20\n{START + 2} 0.0101 10\n",
            f"7/{first}/metrics/train/loss": f"{START} 1e-1 0\n{START + 1} nan 1\nno line\n",
            f"7/{first}/tags/mlflow.note.content": "Diverged after warm-up,\nsee the retro.",
            f"7/{first}/tags/mlflow.user": "jonas",
            f"7/{first}/tags/team/owner": "field",
            f"7/{first}/inputs/1/meta.yaml": "source_id: d1\ntags:\n  mlflow.data.context: training\n",
            f"7/{first}/artifacts/model/weights.pt": b"\x80\x02weights",
            f"7/{first}/artifacts/report.md": "# What went wrong\nThe warm-up was too short.\n",
            "7/datasets/d1/meta.yaml": "name: clips\ndigest: 9f3a\n",
            f"7/{second}/meta.yaml": meta(second, status=4, name="dawn-2"),
            f"7/{second}/tags/mlflow.parentRunId": first,
            "models/owl/meta.yaml": "name: owl\n",
            "README.md": "Runs of the night.\n",
        },
    )


SCHEMA = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, user_id TEXT, status TEXT, start_time BIGINT,
    end_time BIGINT, lifecycle_stage TEXT, experiment_id INTEGER);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
CREATE TABLE latest_metrics (key TEXT, value FLOAT, run_uuid TEXT);
"""


def database(path: Path, *, schema: str = SCHEMA) -> Path:
    """One run, and one that was deleted."""
    steps = "step" in schema
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(schema)
        made.execute("INSERT INTO experiments VALUES (7, 'night birds', 'active')")
        run = ("ana", "FINISHED", START, START + 1000)
        made.execute("INSERT INTO runs VALUES (?, 'dawn-1', ?, ?, ?, ?, 'active', 7)", ("a" * 32, *run))
        made.execute("INSERT INTO runs VALUES (?, 'dawn-0', ?, ?, ?, ?, 'deleted', 7)", ("c" * 32, *run))
        made.execute("INSERT INTO params VALUES ('learning_rate', '0.0050', ?)", ("a" * 32,))
        made.execute("INSERT INTO tags VALUES ('mlflow.note.content', 'Good.', ?)", ("a" * 32,))
        for key, value, step, nan in (
            ("val_loss", 0.25, 0, 0),
            ("val_loss", 0.0, 5, 1),
            ("top", 1.7976931348623157e308, 1, 0),
        ):
            more = (step, nan) if steps else ()
            marks = ", ".join("?" * (4 + len(more)))
            made.execute(f"INSERT INTO metrics VALUES ({marks})", (key, value, START + step, "a" * 32, *more))
    return path


def wandb_file(records: Iterable[bytes]) -> bytes:
    """A `.wandb` file: each record in blocks of 32 KiB, as LevelDB frames its log."""
    out = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))
    for record in records:
        rest, first = record, True
        while first or rest:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += b"\0" * left
                left = 32768
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (1 if not rest else 2) if first else (4 if not rest else 3)
            out += struct.pack("<IHB", 0, len(piece), kind) + piece
            first = False
    return bytes(out)


def proto(number: int, value: int | bytes | str) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def item(key: str, value: Any) -> bytes:  # noqa: ANN401 (any JSON)
    return proto(1, proto(1, key) + proto(16, json.dumps(value)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)
