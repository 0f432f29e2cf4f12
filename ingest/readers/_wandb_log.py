"""The `.wandb` file of a W&B run: what the run was told to be, its history and how it ended.

Records are framed as in LevelDB's log (blocks of 32 KiB), each a protobuf `Record`. A run that was logged offline has
nothing else that says its configuration.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.readers._curves import Curve
from ingest.readers._protobuf import fields, messages, text, whole
from ingest.readers._runs import moment
from ingest.text.structured import Number, load_json
from rag.domain.errors import UnreadableSource

MAGIC = b":W&B"
FILE_HEADER = 7
BLOCK = 32 * 2**10
HEADER = struct.Struct("<IHB")  # checksum, length, type
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
HISTORY, SUMMARY, CONFIG, RUN, EXIT = 2, 3, 5, 17, 18  # fields of a Record
UPDATE, ITEM_KEY, ITEM_NESTED, ITEM_JSON = 1, 1, 2, 16
LONGEST_RECORD = 16 * 2**20
MOST_KEYS = 2_000


@dataclass(slots=True)
class RunLog:
    run: dict[str, str] = field(default_factory=dict)  # run_id, project, display_name ...
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    exit_code: int | None = None
    runtime: int | None = None  # seconds
    notes: list[str] = field(default_factory=list)


RUN_TEXTS = {1: "run_id", 2: "entity", 3: "project", 6: "group", 7: "job_type", 8: "display_name", 9: "notes"}
RUN_TEXTS |= {12: "sweep_id", 13: "host"}


def read_log(path: Path, name: str, most_points: int) -> RunLog:
    """What could be read of it; damage costs what comes after, with a note. Raises OSError."""
    log = RunLog()
    try:
        for record in _records(path):
            for number, value in fields(record):
                if isinstance(value, bytes):
                    _take(log, number, value, most_points)
    except ValueError as error:
        log.notes.append(f"{name} is damaged or still being written: {error}.")
    return log


def _take(log: RunLog, number: int, value: bytes, most_points: int) -> None:
    if number == RUN:
        _run(log, value)
    elif number == CONFIG:
        log.config |= dict(_items(value))
    elif number == SUMMARY:
        for key, item in _items(value):
            if key in log.summary or len(log.summary) < MOST_KEYS:
                log.summary[key] = item
    elif number == HISTORY:
        _history(log, value, most_points)
    elif number == EXIT:
        log.exit_code, log.runtime = whole(value, 1), whole(value, 2)


def _run(log: RunLog, value: bytes) -> None:
    for number, key in RUN_TEXTS.items():
        if said := text(value, number):
            log.run[key] = said
    log.tags = [tag.decode("utf-8", "replace") for tag in messages(value, 10)] or log.tags
    for config in messages(value, 4):
        log.config |= dict(_items(config))
    for stamp in messages(value, 17):
        log.run["started"] = moment(whole(stamp, 1) * 1000 + whole(stamp, 2) // 1_000_000)
    for git in messages(value, 21):
        log.run |= {"git.remote": text(git, 1), "git.commit": text(git, 2)}


def _items(value: bytes) -> Iterator[tuple[str, Any]]:
    """Keys (nested ones with dots) and what their JSON says."""
    for item in messages(value, UPDATE):
        key = text(item, ITEM_KEY) or ".".join(part.decode("utf-8", "replace") for part in messages(item, ITEM_NESTED))
        try:
            yield key, load_json(text(item, ITEM_JSON), key)
        except UnreadableSource as error:
            raise ValueError(error.what) from error


def _history(log: RunLog, value: bytes, most_points: int) -> None:
    row = dict(_items(value))
    step = next((whole(number, 1) for number in messages(value, 2)), 0)
    for key, item in row.items():
        if key.startswith("_") or not isinstance(item, Number):
            continue
        if key not in log.curves and len(log.curves) < MOST_KEYS:
            log.curves[key] = Curve(key, most_points)
        if key in log.curves:
            log.curves[key].add(step, step, str(item))


def _records(path: Path) -> Iterator[bytes]:
    """Raises ValueError where the framing breaks."""
    with path.open("rb") as file:
        if not file.read(FILE_HEADER).startswith(MAGIC):
            raise ValueError("it does not begin as a W&B file does")
        at, begun = FILE_HEADER, bytearray()
        while True:
            left = BLOCK - at % BLOCK
            if left < HEADER.size:
                at += len(file.read(left))
                continue
            head = file.read(HEADER.size)
            if not head:
                return
            if len(head) < HEADER.size:
                raise ValueError("it ends inside a record")
            _, size, kind = HEADER.unpack(head)
            body = file.read(size)
            if len(body) < size or size > left - HEADER.size:
                raise ValueError("it ends inside a record")
            at += HEADER.size + size
            begun = bytearray(body) if kind in (FULL, FIRST) else begun + body
            if len(begun) > LONGEST_RECORD or kind not in (FULL, FIRST, MIDDLE, LAST):
                raise ValueError(f"a record of {len(begun):,} bytes and the type {kind}")
            if kind in (FULL, LAST):
                yield bytes(begun)
