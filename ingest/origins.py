"""What a source is brought to: files of this machine, or something that is asked over the network."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ingest.fingerprint import Fingerprints, look, look_into, stamp, stamp_into
from ingest.measuring import WHY, evaluation_file
from ingest.readers.base import Candidate, Reader, look_at
from ingest.scope import Target
from ingest.sync import Scope, Seen
from rag.domain.errors import UnreadableSource
from rag.domain.ports import OnProgress
from rag.domain.records import FileOutcome
from rag.domain.types import Parsed, Progress

UPLOADS = "uploads:"  # root of the source that holds a space's uploads; no path looks like it
LOOKS_PER_PROGRESS = 200
ARCHIVE = "archive"  # the reader of files that hold files
Outcome = tuple[Parsed, ...] | UnreadableSource


class Pool(Protocol):
    """Reads files in child processes."""

    @property
    def readers(self) -> tuple[Reader, ...]: ...

    def find(self, candidate: Candidate) -> Reader | None: ...

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        """Each with what it held or why it could not be read, as they get done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading one path gave; `seconds` from when it was handed out."""

    candidate: Candidate  # of something that is no file only `relative` counts
    outcome: Outcome
    seconds: float = 0.0


class Origin(Protocol):
    @property
    def root(self) -> str:
        """What the source is known by: how it was named, without what is secret in it."""
        ...

    @property
    def scope(self) -> Scope:
        """What `look` has looked at."""
        ...

    @property
    def looks_empty(self) -> bool:
        """There is nothing at all where it should be: gone, or only not to be seen now."""
        ...

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        """{path: what it is now}, what is left out too. Raises BackendFailed when nobody answers."""
        ...

    def read(self, paths: Sequence[str]) -> Iterator[Reading]:
        """Each of the paths, in any order."""
        ...


# --- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Files:
    """Files and folders under one root, or the uploads of a space."""

    target: Target
    pool: Pool
    fingerprints: Fingerprints
    rehash: bool = False

    @property
    def root(self) -> str:
        return str(self.target.root)

    @property
    def scope(self) -> Scope:
        return Scope(paths=self.target.scopes, unseen=self.target.unseen, named=self.target.named)

    @property
    def looks_empty(self) -> bool:
        return (
            "" in self.target.scopes and not self.target.found and not self.target.unseen and self.target.root.exists()
        )

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        """What cannot be opened is `unseen`: it may be back tomorrow."""
        found = {path: Seen(reason=reason) for path, reason in self.target.skipped}
        found |= {path: Seen(reason=reason, failed=True) for path, reason in self.target.failed}
        for n, (relative, path) in enumerate(self.target.found.items()):
            if n % LOOKS_PER_PROGRESS == 0:
                on_progress(Progress(stage="looking", done=n, total=len(self.target.found), item=relative))
            try:
                found[relative] = self._look_at(relative, path, known.get(relative))
            except OSError as error:
                found[relative] = Seen(reason=f"cannot be read: {error.strerror or error}", failed=True)
                self.target.unseen.add(relative)
        return found

    def _look_at(self, relative: str, path: Path, row: FileOutcome | None) -> Seen:
        """Opened only when it may have changed since the ledger's row was written."""
        whole = relative in self.target.folders
        stamped, size = (stamp_into if whole else stamp)(path, self.fingerprints.setup)
        if row is not None and stamped and row.stamp == stamped and not self.rehash:
            if row.fingerprint:
                return Seen(fingerprint=row.fingerprint, reader=row.reader, size=size, stamp=stamped)
            if row.state == "skipped" and relative not in self.target.named:
                return Seen(reason=row.reason, size=size, stamp=stamped)
        candidate, content = (look_into if whole else look)(path, relative)
        if not whole and evaluation_file(candidate):
            return Seen(reason=WHY, failed=relative in self.target.named, size=size, stamp=stamped)
        reader = self.pool.find(candidate) if content else None
        if reader is not None:
            print_ = self.fingerprints.of(reader, content, nested=whole or reader.name == ARCHIVE)
            return Seen(fingerprint=print_, reader=reader.name, size=size, stamp=stamped)
        wanted = relative in self.target.named and (bool(content) or self.root == UPLOADS)  # empty: told, no failure
        return Seen(reason=_why_not(candidate, content), failed=wanted, size=size, stamp=stamped)

    def read(self, paths: Sequence[str]) -> Iterator[Reading]:
        handed: dict[str, float] = {}
        lost: list[Reading] = []
        for candidate, outcome in self.pool.map(self._candidates(paths, handed, lost)):
            yield Reading(candidate=candidate, outcome=outcome, seconds=time.monotonic() - handed[candidate.relative])
        yield from lost

    def _candidates(self, paths: Sequence[str], handed: dict[str, float], lost: list[Reading]) -> Iterator[Candidate]:
        for relative in paths:
            try:
                candidate = look_at(self.target.found[relative], relative)
            except OSError as error:
                gone = UnreadableSource(f"{relative} cannot be read: {error.strerror or error}.", fix="Is it there?")
                lost.append(
                    Reading(candidate=Candidate(path=self.target.found[relative], relative=relative), outcome=gone)
                )
                continue
            handed[relative] = time.monotonic()
            yield candidate


def _why_not(candidate: Candidate, content: str) -> str:
    if not content:
        return "empty"
    return f"no reader for {candidate.suffix}" if candidate.suffix else "no reader, and it is no text"


# --- over the network -----------------------------------------------------------------------------------------------


class Remote(Protocol):
    """Something that is asked over the network, such as a tracking server. Raises BackendFailed."""

    @property
    def root(self) -> str:
        """How it is named to ingest (`mlflow:http://host:5000`), without what is secret in it."""
        ...

    def listing(self) -> Mapping[str, str]:
        """{path: fingerprint of what it holds now}; the reader's version is part of the fingerprint."""
        ...

    def read(self, path: str) -> Parsed:
        """Raises UnreadableSource for this one alone."""
        ...


Opener = Callable[[str], Remote]  # from the whole name; raises BadInput for one that it cannot follow


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Asked:
    """A remote as an origin: always all of it."""

    remote: Remote
    fingerprints: Fingerprints
    scope: Scope = EVERYTHING
    _found: dict[str, Seen] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return self.remote.root

    @property
    def looks_empty(self) -> bool:
        return not self._found

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        del known
        on_progress(Progress(stage="looking", done=0, total=0, item=self.root))
        reader = self.root.partition(":")[0]
        for path, content in self.remote.listing().items():
            self._found[path] = Seen(fingerprint=self.fingerprints.of_remote(content), reader=reader)
        return self._found

    def read(self, paths: Sequence[str]) -> Iterator[Reading]:
        for path in paths:
            began = time.monotonic()
            outcome: Outcome
            try:
                outcome = (self.remote.read(path),)
            except UnreadableSource as error:
                outcome = error
            candidate = Candidate(path=Path(path), relative=path)
            yield Reading(candidate=candidate, outcome=outcome, seconds=time.monotonic() - began)
