"""TensorBoard's event files. A folder that holds nothing else is a run, and so is each folder of them inside it."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ingest.readers._curves import share_of
from ingest.readers._runs import Beside, noted, parsed_run, status_of
from ingest.readers._tfevents import Events
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.records import RunRecord
from rag.domain.types import Parsed

SIGN = "tfevents"
VERSION = b"brain.Event:"  # what the first event of a file says
MOST_LOOKED_AT = 1_000
METRICS_GUESSED = 20  # of a run, before it is read


def claims_tensorboard(candidate: Candidate) -> bool:
    if not candidate.is_dir:
        return SIGN in candidate.path.name and VERSION in candidate.head[:64]
    found = False
    with os.scandir(candidate.path) as entries:
        for n, entry in enumerate(entries):
            if n > MOST_LOOKED_AT or not (entry.is_dir(follow_symlinks=False) or SIGN in entry.name):
                return False
            found = found or entry.is_file(follow_symlinks=False)
    return found


def read_tensorboard(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """A run is known by where its files lie. Raises UnreadableSource when no value is in any of them."""
    notes: list[str] = []
    some = False
    for parsed in noted(_parts(candidate, limits, notes), notes):
        some = True
        yield parsed
    if not some:
        raise UnreadableSource(f"{candidate.relative} holds no scalar, text or parameter. {' '.join(notes)}".strip())


def _parts(candidate: Candidate, limits: Limits, notes: list[str]) -> Iterator[Parsed]:
    if not candidate.is_dir:
        yield from _run(candidate.path.parent, candidate.relative, [candidate.path.name], 1, notes)
        return
    base = candidate.relative if candidate.relative != "." else candidate.path.name
    files = [file for file in files_of(candidate.path) if SIGN in PurePosixPath(file).name]
    by_folder: dict[str, list[str]] = {}
    for file in files:
        by_folder.setdefault(PurePosixPath(file).parent.as_posix(), []).append(file)
    for folder, inside in sorted(by_folder.items()):
        name = base if folder == "." else f"{base}/{folder}"
        yield from _run(candidate.path, name, inside, len(by_folder), notes)
    notes += yield from read_rest(candidate.path, files, limits)


def _run(folder: Path, name: str, files: list[str], runs: int, notes: list[str]) -> Iterator[Parsed]:
    events = Events(share_of(METRICS_GUESSED * runs))
    for file in files:
        events.read(folder / file, file)
    if events.left_out:
        counted = ", ".join(f"{what} ({count})" for what, count in sorted(events.left_out.items()))
        events.notes.append(f"{name}: left out was {counted}.")
    if events.curves or events.texts or events.params:
        yield _document(events, name, files)
    else:
        notes += events.notes or [f"{name}: no scalar, text or parameter in it."]


def _document(events: Events, name: str, files: list[str]) -> Parsed:
    place = PurePosixPath(name)
    record = RunRecord(
        tool="tensorboard",
        id=name,
        name=place.name,
        experiment=place.parent.name,
        status=status_of(events.status),
        started=_moment(events.first),
        ended=_moment(events.last),
        params=_sorted(events.params),
        metrics=tuple(curve.metric() for _, curve in sorted(events.curves.items())),
    )
    beside = Beside(
        files=tuple(files) if len(files) > 1 or files[0] != place.name else (),
        curves=events.curves,
        texts=tuple((f"texts.{tag}", tag, words) for tag, words in _sorted(events.texts) if words.strip()),
        notes=tuple(events.notes),
    )
    return parsed_run(record, beside)


def _sorted(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs.items()))


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


READER: Reader = Reader(name="tensorboard", version=1, claims=claims_tensorboard, read=read_tensorboard)
