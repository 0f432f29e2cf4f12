"""A pack's corpus as files for the product's own ingest.

A BEIR corpus becomes JSONL files, whose every record the product reads as a document with the record's id as its part.
A file pack is staged without its questions and its README, so that paths inside the source are paths inside the pack.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from eval.packs.loading import Pack, Record

RECORDS_PER_FILE = 500


def stage(pack: Pack, target: Path) -> int:
    """Write the corpus of a pack below `target`, replacing what was there; returns how many files that are."""
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    return _stage_records(pack, target) if pack.layout == "beir" else _stage_files(pack, target)


def _stage_records(pack: Pack, target: Path) -> int:
    written = 0
    for number, records in enumerate(_batches(pack.records())):
        lines = [json.dumps(_row(record), ensure_ascii=False) for record in records]
        (target / f"corpus-{number:05d}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        written += 1
    return written


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, RECORDS_PER_FILE)):
        yield batch


def _row(record: Record) -> dict[str, str]:
    return {"_id": record.id, "title": record.title, "text": record.text}


def _stage_files(pack: Pack, target: Path) -> int:
    written = 0
    for relative in pack.files():
        destination = target / relative
        destination.parent.mkdir(parents=True, exist_ok=True)
        _link_or_copy(pack.root / relative, destination)
        written += 1
    return written


def _link_or_copy(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP}:
            raise
        shutil.copy2(source, destination)
