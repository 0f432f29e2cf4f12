"""The runs of the evaluation suite that a home keeps: a folder each, read only, and never through a link."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.domain.errors import BadInput, NotFound, StorageFailed
from rag.domain.evaluations import EvaluationRun, Measured
from rag.knowledge.evaluation_rows import load_json, read_accepted, read_measured

RUN, PARTIAL, ACCEPTED, REPORT = "run.json", "partial.jsonl", "accepted.json", "report.html"
LARGEST = {RUN: 64 << 20, ACCEPTED: 64 << 10, REPORT: 64 << 20}  # bytes
REMEMBERED = 2_000  # runs whose figures are kept in memory: a few KB each
NONE = NotFound("There is no such evaluation.", fix="List them: `teamlore eval runs`.")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d{4}(?=-)", re.ASCII)

Place = tuple[str, str, str]  # when by its name, when written, name: descending, newest first
Stamp = tuple[int, int, int]  # of a file: another one as soon as it is written anew


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    path: Path
    written: os.stat_result  # of run.json; of partial.jsonl when there is none yet
    finished: bool

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def stamp(self) -> Stamp:
        return self.written.st_ino, self.written.st_mtime_ns, self.written.st_size

    @property
    def changed(self) -> datetime:
        return datetime.fromtimestamp(self.written.st_mtime, UTC)

    @property
    def place(self) -> Place:
        named = _MOMENT.match(self.name)
        return named[0] if named else f"{self.changed:%Y-%m-%dT%H%M}", f"{self.written.st_mtime_ns:020}", self.name


class StoredEvaluations:
    """Thread-safe. What a file says is remembered until the file is another one. Raises StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[Stamp, EvaluationRun]] = {}

    def page(self, *, limit: int, after: Place | None = None) -> tuple[list[EvaluationRun], Place | None]:
        """Newest first, unfinished and broken ones too; and where the next page begins."""
        found = sorted(self._folders(), key=lambda folder: folder.place, reverse=True)
        rest = [folder for folder in found if after is None or folder.place < after]
        following = rest[limit - 1].place if len(rest) > limit else None
        return [self._told(folder) for folder in rest[:limit]], following

    def run(self, wanted: str) -> EvaluationRun:
        """Raises NotFound."""
        return self._told(self._find(wanted))

    def load(self, wanted: str) -> dict[str, Any]:
        """The run as it was written. Raises NotFound; BadInput when it is broken or not finished."""
        folder = self._find(wanted)
        if not folder.finished:
            raise BadInput("This run is not finished.", fix="Go on with the command that began it.")
        run = load_json(_read_present(folder.path / RUN))
        read_measured(run)
        return run

    def report(self, wanted: str) -> bytes:
        """HTML. Raises NotFound when none was made."""
        path = self._find(wanted).path / REPORT
        try:
            return _read(path)
        except FileNotFoundError:
            raise NotFound(
                "This run has no report yet.", fix=f"Make it: teamlore eval report HOME/evaluations/{path.parent.name}"
            ) from None

    def _told(self, folder: _Folder) -> EvaluationRun:
        stamp, told = self._known.get(folder.name, (None, None))
        if told is None or stamp != folder.stamp:
            told = _measured(folder)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[folder.name] = folder.stamp, told
        return _judged(folder, told)

    def _find(self, wanted: str) -> _Folder:
        """By its name among those that are there, so that no name leads elsewhere."""
        for folder in self._folders():
            if folder.name == wanted:
                return folder
        raise NONE

    def _folders(self) -> Iterator[_Folder]:
        try:
            with os.scandir(self._folder) as entries:
                names = [
                    entry.name for entry in entries
                    if not entry.name.startswith(".") and entry.name.isprintable()
                    if entry.is_dir(follow_symlinks=False)
                ]  # fmt: skip
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise StorageFailed(
                f"The evaluations cannot be read ({error.strerror}).", fix="Look at the folder's rights."
            ) from error
        for name in names:
            path = self._folder / name
            for file in (RUN, PARTIAL):
                if (written := _stat(path / file)) is not None:
                    yield _Folder(path=path, written=written, finished=file == RUN)
                    break


def _measured(folder: _Folder) -> EvaluationRun:
    changed = folder.changed.isoformat(timespec="seconds")
    if not folder.finished:
        return EvaluationRun(id=folder.name, state="unfinished", changed=changed)
    try:
        measured: Measured = read_measured(load_json(_read_present(folder.path / RUN)))
    except BadInput as error:
        return EvaluationRun(id=folder.name, state="broken", changed=changed, trouble=f"{RUN}: {error.what}")
    return EvaluationRun(id=folder.name, state="done", changed=changed, measured=measured)


def _judged(folder: _Folder, told: EvaluationRun) -> EvaluationRun:
    """With what others put beside the run later."""
    report = _stat(folder.path / REPORT)
    told = replace(told, has_report=report is not None and stat.S_ISREG(report.st_mode))
    try:
        return replace(told, accepted=read_accepted(_read(folder.path / ACCEPTED)))
    except FileNotFoundError:
        return told
    except BadInput as error:
        return replace(told, trouble=f"{told.trouble} {ACCEPTED}: {error.what}".strip())


def _stat(path: Path) -> os.stat_result | None:
    """Of the thing itself; None when nothing is there, or nothing that may be seen."""
    try:
        return path.lstat()
    except OSError:
        return None


def _read_present(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        raise NONE from None


def _read(path: Path) -> bytes:
    """Of a regular file that is no link. Raises FileNotFoundError, BadInput."""
    limit = LARGEST[path.name]
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadInput("It is no file.", fix="Remove it.")
            if found.st_size > limit:
                raise BadInput(f"It is larger than {limit >> 20} MB.", fix="Look at it with the command line.")
            return file.read(limit)
    except FileNotFoundError:
        raise
    except OSError as error:
        told = "It is a link, which is not followed" if path.is_symlink() else f"It cannot be read ({error.strerror})"
        raise BadInput(f"{told}.", fix="Put the file itself there.") from error
