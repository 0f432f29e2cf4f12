"""What a source is brought to: files of this machine, or something that is asked over the network."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.fingerprint import Fingerprints, look, look_into
from ingest.readers.base import Candidate, Reader, look_at
from ingest.scope import Target
from ingest.sync import Scope, Seen
from rag.domain.errors import UnreadableSource
from rag.domain.ports import OnProgress
from rag.domain.records import FileOutcome
from rag.domain.types import Parsed, Progress

UPLOADS = "uploads:"  # root of the source that holds a space's uploads; no path looks like it
LOOKS_PER_PROGRESS = 200
Outcome = tuple[Parsed, ...] | UnreadableSource


class Pool(Protocol):
    """Reads files in child processes."""

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
    def skipped(self) -> Sequence[tuple[str, str]]:
        """(path, why) of what was left out by its name or place; `failed` alike."""
        ...

    @property
    def failed(self) -> Sequence[tuple[str, str]]: ...

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        """{path: what it is now}. Raises BackendFailed when nobody answers: then nothing is known to be gone."""
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

    @property
    def root(self) -> str:
        return str(self.target.root)

    @property
    def scope(self) -> Scope:
        return Scope(paths=self.target.scopes, unseen=self.target.unseen, named=self.target.named)

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        return self.target.skipped

    @property
    def failed(self) -> Sequence[tuple[str, str]]:
        return self.target.failed

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        """What cannot be opened is `unseen`: it may be back tomorrow."""
        del known
        found: dict[str, Seen] = {}
        for n, (relative, path) in enumerate(self.target.found.items()):
            if n % LOOKS_PER_PROGRESS == 0:
                on_progress(Progress(stage="looking", done=n, total=len(self.target.found), item=relative))
            try:
                found[relative] = self._look_at(relative, path)
            except OSError as error:
                found[relative] = Seen(reason=f"cannot be read: {error.strerror or error}", failed=True)
                self.target.unseen.add(relative)
        return found

    def _look_at(self, relative: str, path: Path) -> Seen:
        candidate, content = (look_into if relative in self.target.folders else look)(path, relative)
        reader = self.pool.find(candidate) if content else None
        size = path.stat().st_size
        if reader is not None:
            return Seen(fingerprint=self.fingerprints.of(reader, content), reader=reader.name, size=size)
        wanted = relative in self.target.named and (bool(content) or self.root == UPLOADS)  # empty: told, no failure
        return Seen(reason=_why_not(candidate, content), failed=wanted, size=size)

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
    skipped: Sequence[tuple[str, str]] = ()
    failed: Sequence[tuple[str, str]] = ()

    @property
    def root(self) -> str:
        return self.remote.root

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        del known
        on_progress(Progress(stage="looking", done=0, total=0, item=self.root))
        reader = self.root.partition(":")[0]
        return {
            path: Seen(fingerprint=self.fingerprints.of_remote(content), reader=reader)
            for path, content in self.remote.listing().items()
        }

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
