"""From named paths to documents that are found: look, plan, read, redact, chunk, embed, write."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ingest.chunking import CHUNKING
from ingest.discover import resolve
from ingest.documents import documents_of
from ingest.fingerprint import Fingerprints, look, look_into
from ingest.originals import Originals, clean_name
from ingest.readers.base import Candidate, Reader, look_at
from ingest.redaction import Redaction
from ingest.scope import Target, targets
from ingest.sync import Plan, plan
from ingest.writer import BATCH_CHUNKS, Writer
from rag.domain.errors import UnreadableSource
from rag.domain.ports import Catalog, Embedder, Indexes, OnProgress
from rag.domain.records import FileOutcome
from rag.domain.types import IngestReport, Message, Parsed, Progress, Run, Source, Trouble

UPLOADS = "uploads:"  # root of the source that holds a space's uploads; no path looks like it
LOOKS_PER_PROGRESS = 200
Outcome = tuple[Parsed, ...] | UnreadableSource


class Pool(Protocol):
    """Reads files in child processes."""

    def find(self, candidate: Candidate) -> Reader | None: ...

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        """Each with what it held or why it could not be read, as they get done."""
        ...


@dataclass(slots=True)
class _Tally:
    files: int = 0
    documents: int = 0
    messages: int = 0
    runs: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: list[Trouble] = field(default_factory=list)
    failed: list[Trouble] = field(default_factory=list)
    masked: set[str] = field(default_factory=set)  # paths where a secret was found

    def count(self, parsed: Parsed) -> None:
        self.documents += 1
        self.messages += sum(isinstance(mark.locator, Message) for mark in parsed.marks)
        self.runs += len({mark.locator.run for mark in parsed.marks if isinstance(mark.locator, Run)})


@dataclass(slots=True)
class _Run:
    """What one call carries along."""

    space: str
    kind: str
    on_progress: OnProgress
    writer: Writer
    fingerprints: Fingerprints
    began: float = field(default_factory=time.monotonic)
    tally: _Tally = field(default_factory=_Tally)

    def report(self, sources: int) -> IngestReport:
        tally = self.tally
        return IngestReport(
            sources=sources,
            files=tally.files,
            documents=tally.documents,
            messages=tally.messages,
            runs=tally.runs,
            chunks=self.writer.chunks,
            embedded=self.writer.embedded,
            unchanged=tally.unchanged,
            removed=tally.removed,
            skipped=tuple(tally.skipped),
            failed=tuple(tally.failed),
            seconds=time.monotonic() - self.began,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The Ingestor. Thread-safe as far as its parts are; `originals` None: uploads are not kept."""

    catalog: Catalog
    embedder: Embedder
    pool: Pool
    redactor: Redaction
    indexes: Indexes
    originals: Path | None = None
    batch_chunks: int = BATCH_CHUNKS  # of one transaction

    def ingest(
        self, paths: Sequence[Path], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        """Raises NotFound before anything is touched; StorageFailed, BackendFailed: what was written before stays."""
        named = [resolve(path) for path in paths]
        run = self._run(space, kind, on_progress)
        known = {Path(source.root): source for source in self.catalog.sources() if source.space == space}
        roots = [root for root in known if root.is_absolute()]
        touched = 0
        for target in targets(named, roots, self._claims_folder):
            run.tally.skipped += [Trouble(file=file, reason=reason) for file, reason in target.skipped]
            run.tally.failed += [Trouble(file=file, reason=reason) for file, reason in target.failed]
            if target.found or target.known:
                root = target.root
                source = known.get(root) or self.catalog.put_source(name=root.name or "/", root=str(root), space=space)
                self._sync(source, target, run)
                touched += 1
        self._finish(run)
        return run.report(touched)

    def upload(
        self,
        files: Sequence[tuple[str, bytes]],
        *,
        space: str,
        kind: str = "",
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        """A name that was uploaded before is its next version. Raises StorageFailed, BackendFailed."""
        run = self._run(space, kind, on_progress)
        source = self.catalog.put_source(name="uploads", root=UPLOADS, space=space)
        with self._keeper() as originals:
            places = {name: originals.keep(name, data) for name, data in _distinct_names(files)}
            self._sync(source, Target(Path(UPLOADS), known=True, found=places, named=set(places)), run)
            self._finish(run)
            for file in {trouble.file for trouble in run.tally.failed} | run.tally.masked:
                originals.forget(places[file])
        return run.report(1)

    def _run(self, space: str, kind: str, on_progress: OnProgress | None) -> _Run:
        notify = on_progress or (lambda _progress: None)
        basis = (self.redactor.version, CHUNKING, self.embedder.fingerprint, kind)
        writer = Writer(self.catalog, self.embedder, self.indexes, notify, self.batch_chunks)
        return _Run(space, kind, notify, writer, Fingerprints(basis))

    @contextmanager
    def _keeper(self) -> Iterator[Originals]:
        if self.originals is not None:
            yield Originals(self.originals)
            return
        with tempfile.TemporaryDirectory(prefix="teamlore-upload-") as folder:
            yield Originals(Path(folder))

    def _claims_folder(self, folder: Path) -> bool:
        return self.pool.find(Candidate(path=folder, relative=folder.name, is_dir=True)) is not None

    def _sync(self, source: Source, target: Target, run: _Run) -> None:
        """Bring what is stored of a source to what was found of it."""
        found = self._look(target, run)
        known = self.catalog.fingerprints(source.id)
        todo = plan(found, known, scopes=target.scopes, unseen=target.unseen)
        run.tally.files += len(found)
        run.tally.unchanged += len(todo.unchanged)
        self._read(source, target, todo, found, run)
        run.writer.flush()
        run.writer.remove(source.id, todo.removed)
        run.tally.removed += len(todo.removed)

    def _look(self, target: Target, run: _Run) -> dict[str, str]:
        """{path: fingerprint} of what a reader claims; what cannot be opened is `unseen`: it may be back tomorrow."""
        found: dict[str, str] = {}
        for n, (relative, path) in enumerate(target.found.items()):
            if n % LOOKS_PER_PROGRESS == 0:
                run.on_progress(Progress(stage="looking", done=n, total=len(target.found), item=relative))
            try:
                candidate, content = (look_into if relative in target.folders else look)(path, relative)
            except OSError as error:
                run.tally.failed.append(Trouble(file=relative, reason=f"cannot be read: {error.strerror or error}"))
                target.unseen.add(relative)
                continue
            reader = self.pool.find(candidate) if content else None
            if reader is not None:
                found[relative] = run.fingerprints.of(reader, content)
                continue
            wanted = relative in target.named and (content or str(target.root) == UPLOADS)  # empty: told, no failure
            list_of = run.tally.failed if wanted else run.tally.skipped
            list_of.append(Trouble(file=relative, reason=_why_not(candidate, content)))
        return found

    def _read(self, source: Source, target: Target, todo: Plan, found: dict[str, str], run: _Run) -> None:
        candidates = self._candidates(target, todo.read, run)
        for n, (candidate, outcome) in enumerate(self.pool.map(candidates)):
            path = candidate.relative
            run.on_progress(Progress(stage="reading", done=n, total=len(todo.read), item=path))
            if isinstance(outcome, UnreadableSource):
                run.tally.failed.append(Trouble(file=path, reason=str(outcome)))
                continue
            parts = [self._redact(parsed, path, run) for parsed in outcome]
            notes = [note for parsed in parts for note in parsed.notes] if parts else ["nothing to read in it"]
            run.tally.skipped += [Trouble(file=path, reason=note) for note in notes]
            documents = documents_of(source, candidate, parts, fingerprint=found[path], kind=run.kind)
            row = FileOutcome(path=path, fingerprint=found[path], state="indexed", at=datetime.now(UTC))
            run.writer.add(source.id, row, documents)

    def _candidates(self, target: Target, paths: Sequence[str], run: _Run) -> Iterator[Candidate]:
        for path in paths:
            try:
                yield look_at(target.found[path], path)
            except OSError as error:
                run.tally.failed.append(Trouble(file=path, reason=f"cannot be read: {error.strerror or error}"))

    def _redact(self, parsed: Parsed, path: str, run: _Run) -> Parsed:
        clean, findings = self.redactor.redact(parsed)
        if findings:
            run.tally.masked.add(path)
        run.tally.count(clean)
        return clean

    def _finish(self, run: _Run) -> None:
        """Indexes are opened and checked only when there is something for them: that takes longer than looking."""
        run.writer.flush()
        if run.writer.commits:
            self.indexes.catch_up(run.on_progress)


def _why_not(candidate: Candidate, content: str) -> str:
    if not content:
        return "empty"
    return f"no reader for {candidate.suffix}" if candidate.suffix else "no reader, and it is no text"


def _distinct_names(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Clean names; of two that are the same in one call the second gets a number."""
    taken: set[str] = set()
    for name, data in files:
        clean = clean_name(name)
        stem, suffix, n = Path(clean).stem, Path(clean).suffix, 1
        while clean in taken:
            n += 1
            clean = f"{stem} ({n}){suffix}"
        taken.add(clean)
        yield clean, data
