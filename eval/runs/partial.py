"""What a run has asked so far, a line each, so that a run which was stopped can be gone on with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

import filelock

from eval.packs.samples import Sample
from eval.runs.asking import Item
from eval.runs.folder import PARTIAL, RUN, make_folder
from eval.runs.record import differs
from rag.domain.errors import BadInput, Conflict, StorageFailed
from rag.domain.types import IngestReport, Masked, Trouble

Row = Mapping[str, Any]


class Journal(Protocol):
    """Where finished work goes. `n` is a question's place among those of its pack that are asked."""

    def item(self, pack: str, n: int, sample: Sample) -> Item | None:
        """As it was asked before; None: it has to be asked."""
        ...

    def keep_item(self, pack: str, n: int, item: Item) -> None: ...

    def ingest(self, pack: str) -> IngestReport | None: ...

    def keep_ingest(self, pack: str, report: IngestReport) -> None: ...


class NoJournal:
    """Nothing was done before, nothing is kept."""

    def item(self, pack: str, n: int, sample: Sample) -> Item | None:
        del pack, n, sample
        return None

    def keep_item(self, pack: str, n: int, item: Item) -> None: ...

    def ingest(self, pack: str) -> IngestReport | None:
        del pack
        return None

    def keep_ingest(self, pack: str, report: IngestReport) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The first line: what the run is, and what it may not differ in when it is gone on with."""

    id: str
    started: str  # ISO 8601, UTC
    identity: Mapping[str, Any]


@dataclass(slots=True)
class Partial:
    """The journal of a run's folder, open until `close`. One process at a time writes it."""

    begun: Begun
    file: IO[str]
    lock: filelock.BaseFileLock
    items: dict[tuple[str, int], Row] = field(default_factory=dict)
    reports: dict[str, Row] = field(default_factory=dict)
    pieces: int = 1  # in which the run was made
    added: int = 0

    def item(self, pack: str, n: int, sample: Sample) -> Item | None:
        row = self.items.get((pack, n))
        if row is None:
            return None
        kept = {name: row[name] for name in ("metrics", "latency_ms", "details", "error")}
        return Item(sample=sample, **kept)

    def keep_item(self, pack: str, n: int, item: Item) -> None:
        row = {"metrics": dict(item.metrics), "latency_ms": item.latency_ms, "details": dict(item.details)}
        self._write({"pack": pack, "n": n, "id": item.sample.id, **row, "error": item.error})
        self.added += 1

    def ingest(self, pack: str) -> IngestReport | None:
        row = self.reports.get(pack)
        return _report(row) if row is not None else None

    def keep_ingest(self, pack: str, report: IngestReport) -> None:
        if pack not in self.reports:
            self._write({"pack": pack, "ingest": asdict(report)})

    def _write(self, row: Row) -> None:
        try:
            self.file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self.file.flush()
        except OSError as error:
            raise StorageFailed(
                f"{self.file.name}: cannot be written ({error.strerror}).",
                fix="Free some space; the same command with --run goes on from here.",
            ) from error

    @property
    def asked(self) -> int:
        """Questions that were asked, now or before."""
        return len(self.items) + self.added

    def discard(self) -> None:
        """Of a run that came to nothing, leave nothing."""
        path = Path(self.file.name)
        path.unlink(missing_ok=True)
        Path(self.lock.lock_file).unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()

    def close(self) -> None:
        self.file.close()
        Path(self.lock.lock_file).unlink(missing_ok=True)
        self.lock.release()

    def __enter__(self) -> "Partial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _report(row: Row) -> IngestReport:
    troubles = {name: tuple(Trouble(**one) for one in row[name]) for name in ("skipped", "failed")}
    return IngestReport(**{**row, **troubles, "masked": tuple(Masked(**one) for one in row["masked"])})


def open_partial(folder: Path, fresh: Begun) -> Partial:
    """Begin a run in that folder, or go on with the one that was begun there.

    Raises Conflict when it is finished, another process makes it, or it is another run than `fresh`; BadInput when the
    file is damaged beyond its last line; StorageFailed.
    """
    if (folder / RUN).exists():
        raise Conflict(
            f"{folder}: this run is finished, and is not written over.", fix="Name another folder: --run DIR."
        )
    make_folder(folder)
    lock = _locked(folder)
    try:
        begun, rows, size = _read(folder / PARTIAL)
        if begun is not None:
            _same_run(folder, begun, fresh)
        file = (folder / PARTIAL).open("a", encoding="utf-8", errors="backslashreplace")
        file.truncate(size)  # a line that was being written when it stopped
    except BaseException:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
        raise
    partial = Partial(begun=begun or fresh, file=file, lock=lock)
    partial._write(asdict(fresh) if begun is None else {"resumed": fresh.started})
    for row in rows:
        if "n" in row:
            partial.items[row["pack"], row["n"]] = row
        elif "ingest" in row:
            partial.reports[row["pack"]] = row["ingest"]
    partial.pieces = 1 if begun is None else 2 + sum("resumed" in row for row in rows)
    return partial


def _locked(folder: Path) -> filelock.BaseFileLock:
    lock = filelock.FileLock(folder / ".lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Conflict(
            f"{folder}: another process is making this run.", fix="Wait for it, or name another folder: --run DIR."
        ) from error
    return lock


def _read(path: Path) -> tuple[Begun | None, list[Row], int]:
    """What stands in it, and up to which byte it is whole. Nothing: (None, [], 0)."""
    if not path.exists():
        return None, [], 0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        rows = [json.loads(line) for line in whole.split(b"\n") if line]
        begun = Begun(**rows[0]) if rows else None
        _ = [(row["pack"], row.get("n")) for row in rows[1:] if "resumed" not in row]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{path}: damaged ({error}).", fix="Name another folder: --run DIR.") from error
    return begun, rows[1:], len(whole)


def _same_run(folder: Path, begun: Begun, fresh: Begun) -> None:
    if begun.identity == json.loads(json.dumps(fresh.identity)):
        return
    commands = begun.identity.get("command"), fresh.identity.get("command")
    lines = [f"command: {commands[0]} → {commands[1]}"] if commands[0] != commands[1] else []
    lines += differs(begun.identity, fresh.identity) or ["the record has another form"] * (not lines)
    raise Conflict(
        f"{folder}: the run begun there is another one: {'; '.join(lines)}.",
        fix="Go on with the command, data, code and settings that began it, or name another folder: --run DIR.",
    )
