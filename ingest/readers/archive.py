"""Archives (ZIP, tar): a folder of exports is read as one, every other member by its own reader.

Members are unpacked below a folder of the work that is removed afterwards, under names that were checked first.
"""

import dataclasses
import lzma
import tarfile
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from ingest import readers
from ingest.readers._builder import one_line
from ingest.readers._zip import DAMAGED, check_size, open_zip
from ingest.readers.base import Candidate, Limits, Reader, look_at, too_large
from rag.domain.errors import LimitExceeded, TeamloreError, UnreadableSource
from rag.domain.types import Parsed

TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
SUFFIXES = frozenset({".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"})
PIECE = 256 * 2**10
MOST_NAMED = 20
MOST_NAME = 60  # characters of a working folder's name
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
BROKEN = (*DAMAGED, tarfile.TarError, zlib.error, lzma.LZMAError)

Opener = Callable[[], IO[bytes] | None]


@dataclass(slots=True)
class Work:
    """What all archives inside each other may still cost, and what has become of their members."""

    limits: Limits
    folder: Path
    entries: int = 0
    unpacked: int = 0
    over: bool = False  # a limit of the whole was reached: no member's own failure
    failures: list[str] = field(default_factory=list)

    def enter(self, name: str) -> None:
        self.entries += 1
        if self.entries > self.limits.archive_entries:
            self.over = True
            raise LimitExceeded(f"{name} holds more than {self.limits.archive_entries:,} entries.", fix="Split it.")

    def took(self, size: int, name: str) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.archive_bytes:
            self.over = True
            raise LimitExceeded(
                f"{name} unpacks to more than {self.limits.archive_bytes / 2**20:,.0f} MiB.",
                fix="Split it, or leave out what nobody will ask about.",
            )


def claims_archive(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.relative.lower().endswith((".zip", *TARS))


def read_archive(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """The first readable part comes last: it carries the notes on what could not be read."""
    if candidate.path.stat().st_size > limits.archive_bytes:
        raise too_large(candidate.relative, dataclasses.replace(limits, file_bytes=limits.archive_bytes))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        work = Work(limits, Path(folder))
        first: Parsed | None = None
        for parsed in _read(candidate, work, depth=1):
            if first is None:
                first = parsed
            else:
                yield parsed
    if first is None:
        reasons = " ".join(_named(work.failures)) or "It is empty."
        raise UnreadableSource(f"Nothing in {candidate.relative} can be read. {reasons}", fix="Pack readable files.")
    yield dataclasses.replace(first, notes=(*_named(work.failures), *first.notes))


def _read(candidate: Candidate, work: Work, *, depth: int) -> Iterator[Parsed]:
    if depth > work.limits.archive_depth:
        raise LimitExceeded(
            f"It is an archive {depth} deep; {work.limits.archive_depth} are opened.", fix="Unpack the inner ones."
        )
    with tempfile.TemporaryDirectory(dir=work.folder) as parent:
        folder = Path(parent, PurePosixPath(candidate.relative).name.partition(".")[0][:MOST_NAME] or "archive")
        folder.mkdir()
        members = list(_unpack_all(candidate, folder, work))
        claimed = dict(_claimed(folder))
        for place, reader in claimed.items():
            yield from _guarded(place, work, _read_folder(folder, place, reader, work.limits))
        for name in members:
            if not any(place == "." or name.startswith(f"{place}/") for place in claimed):
                yield from _guarded(name, work, _read_member(folder / name, name, work, depth))


def _guarded(name: str, work: Work, parts: Iterator[Parsed]) -> Iterator[Parsed]:
    """What can be read of it; a failure is noted and costs the other members nothing."""
    try:
        yield from parts
    except TeamloreError as error:
        if work.over:
            raise
        work.failures.append(f"{name}: {error.what}")
    except BROKEN as error:
        work.failures.append(f"{name}: it is damaged ({one_line(str(error))[:100]}).")


def _claimed(folder: Path) -> Iterator[tuple[str, Reader]]:
    """{path inside: who reads it}: the outermost folders that are read as one thing."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        relative = place.relative_to(folder).as_posix()
        reader = readers.find_reader(Candidate(path=place, relative=relative, is_dir=True))
        if reader is not None:
            yield relative, reader
        else:
            waiting.extend(sorted((below for below in place.iterdir() if below.is_dir()), reverse=True))


def _read_folder(folder: Path, place: str, reader: Reader, limits: Limits) -> Iterator[Parsed]:
    inside = "" if place == "." else f"{place}/"
    for parsed in reader.read(Candidate(path=folder / place, relative=place, is_dir=True), limits):
        part = f"{inside}{parsed.part}" if parsed.part else place
        files = tuple(f"{inside}{file}" for file in parsed.files) or (place,)
        yield dataclasses.replace(parsed, part=part, files=files)


def _read_member(path: Path, name: str, work: Work, depth: int) -> Iterator[Parsed]:
    candidate = look_at(path, name)
    reader = readers.find_reader(candidate)
    if reader is None:
        raise readers.no_reader(candidate)
    inner = reader.name == READER.name
    parts = _read(candidate, work, depth=depth + 1) if inner else reader.read(candidate, work.limits)
    for parsed in parts:
        files = tuple(f"{name}/{file}" for file in parsed.files) if inner else (name,)
        yield dataclasses.replace(
            parsed,
            part=f"{name}/{parsed.part}" if parsed.part else name,
            files=files,
            title=parsed.title or PurePosixPath(files[0]).name,
        )


def _unpack_all(candidate: Candidate, folder: Path, work: Work) -> Iterator[str]:
    """Names of what was unpacked, each under its own checked name below `folder`."""
    is_zip = candidate.relative.lower().endswith(".zip")
    seen: set[str] = set()
    for name, opener in _zip_members(candidate, work) if is_zip else _tar_members(candidate, work):
        if reason := _refused(name, seen):
            work.failures.append(f"{one_line(name)[:200]!r}: {reason}.")
            continue
        try:
            _unpack(name, opener, folder / name, work)
            yield name
        except TeamloreError as error:
            if work.over:
                raise
            work.failures.append(f"{name}: {error.what}")
        except BROKEN as error:
            work.failures.append(f"{name}: it is damaged ({one_line(str(error))[:100]}).")


def _unpack(name: str, opener: Opener, path: Path, work: Work) -> None:
    """Counts what really comes out, whatever the archive says."""
    source = opener()
    if source is None:
        raise UnreadableSource("it is no file.", fix="")
    size = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("xb") as target:
        while piece := source.read(PIECE):
            size += len(piece)
            work.took(len(piece), name)
            if size > work.limits.file_bytes:
                raise too_large(name, work.limits)
            target.write(piece)


def _zip_members(candidate: Candidate, work: Work) -> Iterator[tuple[str, Opener]]:
    with open_zip(candidate, work.limits) as archive:
        for entry in archive.infolist():
            work.enter(candidate.relative)
            if entry.is_dir() or _litter(entry.filename):
                continue
            if (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000):
                work.failures.append(f"{one_line(entry.filename)[:200]!r}: a link or a device, left out.")
                continue
            # orig_filename: zipfile cuts a name at its NUL
            yield entry.orig_filename, lambda entry=entry: archive.open(entry)  # type: ignore[misc]


def _tar_members(candidate: Candidate, work: Work) -> Iterator[tuple[str, Opener]]:
    packed = candidate.path.stat().st_size
    try:
        with tarfile.open(candidate.path, "r:*") as archive:
            declared = 0
            for entry in archive:
                work.enter(candidate.relative)
                declared += entry.size
                check_size(candidate.relative, packed=packed, unpacked=declared, limits=work.limits)
                if entry.isdir() or _litter(entry.name):
                    continue
                if not entry.isreg() or entry.issparse():
                    work.failures.append(f"{one_line(entry.name)[:200]!r}: a link or a device, left out.")
                    continue
                yield entry.name, lambda entry=entry: archive.extractfile(entry)  # type: ignore[misc]
    except BROKEN as error:
        raise UnreadableSource(
            f"{candidate.relative} is damaged: {one_line(str(error))[:200]}.", fix="Pack it again."
        ) from error


def _litter(name: str) -> bool:
    return name.startswith(LITTER[0]) or name.rpartition("/")[2].startswith("._") or name.endswith(LITTER[1:])


def _refused(name: str, seen: set[str]) -> str:
    """Why such a name is not read; empty when it may be. Nothing is written under it either way."""
    folded = unicodedata.normalize("NFKC", name)
    parts = folded.split("/")
    if "\0" in name or any(ord(letter) < 32 for letter in name):
        return "its name holds control characters"
    if "\\" in folded or ":" in parts[0] or folded.startswith("/"):
        return "its name is a path of a machine"
    if ".." in parts:
        return "its name leads out of the archive"
    if any(part.partition(".")[0].strip().lower() in DEVICES for part in parts):
        return "its name is a device's"
    if any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in name.split("/")) or len(parts) > 100:
        return "its name is too long"
    key = folded.casefold()
    if key in seen:
        return "its name is there twice"
    seen.add(key)
    return ""


def _named(failures: list[str]) -> tuple[str, ...]:
    more = (f"{len(failures) - MOST_NAMED:,} more could not be read.",) if len(failures) > MOST_NAMED else ()
    return (*failures[:MOST_NAMED], *more)


READER = Reader(name="archive", version=2, large=True, claims=claims_archive, read=read_archive, suffixes=SUFFIXES)
