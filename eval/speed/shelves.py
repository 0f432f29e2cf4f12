"""A pack's records on shelves of six kinds and spaces, with an author and a day each: something to filter by."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from zlib import crc32

from eval.packs.loading import Pack, Record

RECORDS_PER_FILE = 500
SPACES = ("north", "south", "west")
KINDS = ("decision", "report")
PEOPLE = tuple(
    f"{first} {last}" for first in ("Ada", "Bo", "Cy", "Di", "Eli", "Fay") for last in ("Berg", "Cole", "Diaz")
)
FIRST_DAY, DAYS = date(2015, 1, 1), 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A folder that is ingested into `space` as `kind`."""

    space: str
    kind: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    space: str
    kind: str
    author: str
    day: str  # YYYY-MM-DD


def labels(name: str) -> Labels:
    """Drawn by the document's name: the same in every run."""
    return Labels(
        space=SPACES[_draw(name, "space", len(SPACES))],
        kind=KINDS[_draw(name, "kind", len(KINDS))],
        author=PEOPLE[_draw(name, "author", len(PEOPLE))],
        day=(FIRST_DAY + timedelta(days=_draw(name, "day", DAYS))).isoformat(),
    )


def shelve(pack: Pack, target: Path) -> list[Shelf]:
    """Write a BEIR pack's records below `target`, JSONL files on every shelf; a document's passages stay together."""
    rows: dict[tuple[str, str], list[str]] = {}
    for record in pack.records():
        label = labels(record.group)
        rows.setdefault((label.space, label.kind), []).append(json.dumps(_row(record, label), ensure_ascii=False))
    shelves = []
    for (space, kind), lines in sorted(rows.items()):
        shelf = Shelf(space=space, kind=kind, folder=target / f"{space}-{kind}")
        shelf.folder.mkdir(parents=True, exist_ok=True)
        for number, some in enumerate(_batches(lines)):
            (shelf.folder / f"corpus-{number:05d}.jsonl").write_text("\n".join(some) + "\n", encoding="utf-8")
        shelves.append(shelf)
    return shelves


def _row(record: Record, label: Labels) -> dict[str, str]:
    """As the product's reader for records takes it."""
    return {
        "_id": record.id,
        "title": record.title,
        "text": record.text,
        "author": label.author,
        "date": label.day,
    }


def _draw(name: str, what: str, size: int) -> int:
    return crc32(f"{what}:{name}".encode()) % size


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(lines)
    while batch := list(islice(rest, RECORDS_PER_FILE)):
        yield batch
