"""What an ingest has to do: what a source holds now against what the ledger knows of it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rag.domain.records import FileOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One path of a source as it was looked at. Without a fingerprint it is not read, and `reason` says why."""

    fingerprint: str = ""
    reader: str = ""
    reason: str = ""
    failed: bool = False  # that it is not read is a failure: it was named, or could not be opened
    size: int = 0  # bytes
    stamp: str = ""  # of its size and times; empty: look again next time


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of a source was looked at: `paths` ("" is all of it), but not what is `unseen`."""

    paths: Collection[str] = ("",)
    unseen: Collection[str] = ()
    named: Collection[str] = ()  # one by one: these are read again also when they failed before

    def covers(self, path: str) -> bool:
        return _inside(path, self.paths) and not _inside(path, self.unseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Paths inside one source, each sorted, each in one of these."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # failed before, and due for another try
    moved: tuple[tuple[str, str], ...] = ()  # (from, to): the same content
    unchanged: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # failed before, not due
    parked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # seen, not to be read
    removed: tuple[str, ...] = ()  # known, gone or no longer to be read
    forgotten: tuple[str, ...] = ()  # the ledger knew of them, nothing is stored of them, they are gone

    @property
    def read(self) -> tuple[str, ...]:
        return tuple(sorted((*self.added, *self.changed, *self.again, *(to for _, to in self.moved))))

    @property
    def gone(self) -> tuple[str, ...]:
        """Nothing is to be kept of these."""
        return (*self.removed, *self.forgotten, *(old for old, _ in self.moved))


def plan(
    found: Mapping[str, Seen], known: Mapping[str, FileOutcome], scope: Scope, *, now: datetime, retry: bool = False
) -> Plan:
    """Known paths inside the scope that are no longer to be read are removed; one out of the scope is left alone."""
    fates: dict[str, list[str]] = {}
    for path in sorted(found):
        named = retry or path in scope.named
        fates.setdefault(_fate(found[path], known.get(path), now, named=named), []).append(path)
    gone = sorted(path for path in known if path not in found and scope.covers(path))
    emptied = [path for path in fates.get("left_out", ()) if scope.covers(path) and held(known.get(path))]
    moved = _moves(gone, fates.get("added", ()), found, known)
    here, away = set(moved.values()), set(moved)
    fates["added"] = [path for path in fates.get("added", ()) if path not in here]
    fates["removed"] = sorted([path for path in gone if held(known[path]) and path not in away] + emptied)
    fates["forgotten"] = [path for path in gone if not held(known[path])]
    return Plan(moved=tuple(sorted(moved.items())), **{fate: tuple(paths) for fate, paths in fates.items()})


def held(row: FileOutcome | None) -> bool:
    """Whether something may be stored of the file."""
    return row is not None and (row.state == "indexed" or row.documents > 0)


def _fate(seen: Seen, row: FileOutcome | None, now: datetime, *, named: bool) -> str:
    if not seen.fingerprint:
        return "left_out"
    if row is None or row.state == "skipped":
        return "added"
    if row.fingerprint != seen.fingerprint:
        return "changed"
    if row.state == "indexed":
        return "unchanged"
    if named or (row.next_try is not None and row.next_try <= now):
        return "again"
    return "parked" if row.state == "parked" else "waiting"


def _moves(
    gone: Sequence[str], added: Sequence[str], found: Mapping[str, Seen], known: Mapping[str, FileOutcome]
) -> dict[str, str]:
    """{from: to}. A fingerprint is of content, reader and rules: equal ones mean the same content."""
    left: dict[str, list[str]] = {}
    for path in gone:
        if known[path].state == "indexed":
            left.setdefault(known[path].fingerprint, []).append(path)
    moves = {}
    for path in added:
        if sources := left.get(found[path].fingerprint):
            moves[sources.pop(0)] = path
    return moves


def _inside(path: str, folders: Collection[str]) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)
