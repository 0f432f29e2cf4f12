"""A working folder of git's as a source: its files, what they said before, and its commits."""

import dataclasses
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.history import GitHistory, Past, blob_id, months
from ingest.origins import Files, Pool, Reading
from ingest.readers.base import Candidate, look_at
from ingest.sync import Scope, Seen
from rag.domain.errors import UnreadableSource
from rag.domain.ports import OnProgress
from rag.domain.records import FileOutcome, Revision
from rag.domain.types import Parsed

COMMITS = ".git"  # the path of the commits' documents: no walk finds a file of that name
VERSION = 1  # of what is made of commits
Earlier = tuple[Candidate, list[Parsed]]


@dataclass(frozen=True, slots=True)
class Repository:
    """An origin. `stored`: {path: the revisions the registry knows of it}."""

    files: Files
    history: GitHistory
    stored: Callable[[], Mapping[str, Collection[str]]]

    @property
    def root(self) -> str:
        return self.files.root

    @property
    def scope(self) -> Scope:
        return self.files.scope

    @property
    def looks_empty(self) -> bool:
        return self.files.looks_empty

    def look(self, known: Mapping[str, FileOutcome], on_progress: OnProgress) -> dict[str, Seen]:
        found = self.files.look(known, on_progress)  # `.git` is hidden there
        if "" in self.scope.paths:
            content = f"git {VERSION} {self.history.head} {self.history.depth}"
            found[COMMITS] = Seen(fingerprint=self.files.fingerprints.of_remote(content), reader="git")
        return found

    def read(self, paths: Sequence[str]) -> Iterator[Reading]:
        """The current version of a file carries the commit that made it, unless it was changed since."""
        with closing(self.history):
            yield from self._read(paths)

    def _read(self, paths: Sequence[str]) -> Iterator[Reading]:
        if COMMITS in paths:
            name = Path(self.root).name
            candidate = Candidate(path=Path(self.root, COMMITS), relative=COMMITS)
            yield Reading(candidate=candidate, outcome=self._commits(name))
        for reading in self.files.read([path for path in paths if path != COMMITS]):
            past = self._past(reading.candidate.relative)
            if past and not isinstance(reading.outcome, UnreadableSource) and _same(reading.candidate, past[0]):
                made = tuple(_made_by(parsed, past[0]) for parsed in reading.outcome)
                yield dataclasses.replace(reading, outcome=made)
            else:
                yield reading

    def before(self, paths: Sequence[str]) -> tuple[int, Iterator[Iterator[Earlier]]]:
        """What the paths said before and the registry does not know yet: how many versions, and these, oldest first: of
        each path at most one in each of the layers."""
        stored = self.stored()
        older = {path: self._unknown(path, stored.get(path)) for path in paths}
        layers = [
            {path: pasts[depth] for path, pasts in older.items() if len(pasts) > depth}
            for depth in reversed(range(max(map(len, older.values()), default=0)))
        ]
        return sum(map(len, layers)), map(self._read_past, layers)

    def committed(self, paths: Sequence[str]) -> dict[str, Revision]:
        """Of paths that were stored before they were committed: what made them, where they are as it left them."""
        stored = self.stored()
        made = {}
        for path in paths:
            pasts = self._past(path) if "" in stored.get(path, ()) else ()
            place = self.files.target.found.get(path)
            if pasts and place is not None and _same(Candidate(path=place, relative=path), pasts[0]):
                made[path] = pasts[0].revision
        return made

    def _unknown(self, path: str, known: Collection[str] | None) -> Sequence[Past]:
        """Newest first, without the version that the file holds now. `known`: revisions; None: a new path."""
        pasts = self._past(path)
        if known is not None:
            newer = [past.revision.id in known for past in pasts]
            pasts = pasts[: newer.index(True)] if True in newer else ()
        place = self.files.target.found.get(path)
        if pasts and place is not None and _same(Candidate(path=place, relative=path), pasts[0]):
            pasts = pasts[1:]
        return pasts

    def _read_past(self, layer: Mapping[str, Past]) -> Iterator[Earlier]:
        """In the reader processes, from files of their own; what cannot be read of the past is left out."""
        with tempfile.TemporaryDirectory(prefix="teamlore-git-") as folder:
            for candidate, outcome in self.pool.map(self._candidates(layer, Path(folder))):
                if not isinstance(outcome, UnreadableSource):
                    past = layer[candidate.relative]
                    yield candidate, [_made_by(parsed, past) for parsed in outcome if parsed.thread is None]

    def _candidates(self, layer: Mapping[str, Past], folder: Path) -> Iterator[Candidate]:
        for n, (path, past) in enumerate(layer.items()):
            place = folder / f"{n}{Path(path).suffix}"
            try:
                place.write_bytes(self.history.data(past))
            except UnreadableSource:
                continue
            candidate = look_at(place, path)
            if candidate.head and self.pool.find(candidate) is not None:
                yield candidate

    def _commits(self, name: str) -> tuple[Parsed, ...] | UnreadableSource:
        try:
            return tuple(months(self.history, name))
        except UnreadableSource as error:
            return error

    def _past(self, path: str) -> Sequence[Past]:
        """Of a damaged repository none: `_commits` tells."""
        try:
            return self.history.past(path)
        except UnreadableSource:
            return ()

    @property
    def pool(self) -> Pool:
        return self.files.pool


def _same(candidate: Candidate, past: Past) -> bool:
    try:
        return candidate.path.is_file() and blob_id(candidate.path.read_bytes()) == past.blob
    except OSError:
        return False


def _made_by(parsed: Parsed, past: Past) -> Parsed:
    revision = parsed.revision or past.revision
    if past.identity is None:
        return dataclasses.replace(parsed, revision=revision)
    return dataclasses.replace(
        parsed,
        revision=revision,
        people=(*parsed.people, past.identity),
        authors=parsed.authors or (past.identity.name,),
    )
