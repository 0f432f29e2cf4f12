"""From named paths to documents that are found: look, plan, read, redact, chunk, embed, write."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest import outcomes
from ingest.chunking import CHUNKING
from ingest.conversations import Conversations
from ingest.discover import resolve
from ingest.documents import documents_of
from ingest.fingerprint import Fingerprints
from ingest.originals import Originals, distinct_names
from ingest.origins import UPLOADS, Asked, Files, Opener, Origin, Outcome, Pool, Reading
from ingest.readers.base import Candidate
from ingest.redaction import Redaction
from ingest.scope import Target, targets
from ingest.sync import Plan, Seen, plan
from ingest.tally import Tally
from ingest.writer import BATCH_CHUNKS, Writer
from rag.domain.chats import Chats
from rag.domain.errors import UnreadableSource
from rag.domain.ports import Catalog, Embedder, Indexes, Ledger, OnProgress
from rag.domain.records import FileOutcome
from rag.domain.types import IngestReport, Parsed, Progress, Source

__all__ = ["Outcome", "Pipeline", "Pool"]


@dataclass(slots=True)
class _Run:
    """What one call carries along."""

    space: str
    kind: str
    on_progress: OnProgress
    writer: Writer
    conversations: Conversations
    fingerprints: Fingerprints
    tally: Tally = field(default_factory=Tally)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def report(self) -> IngestReport:
        return self.tally.report(chunks=self.writer.chunks, embedded=self.writer.embedded)


@dataclass(frozen=True, slots=True)
class _Work:
    """One source of a call: what is known of it, what was found, what is to be done."""

    source: Source
    origin: Origin
    known: Mapping[str, FileOutcome]
    found: Mapping[str, Seen]
    todo: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The Ingestor. Thread-safe as far as its parts are; `originals` None: uploads are not kept."""

    catalog: Catalog
    ledger: Ledger
    chats: Chats
    embedder: Embedder
    pool: Pool
    redactor: Redaction
    indexes: Indexes
    originals: Path | None = None
    remotes: Mapping[str, Opener] = field(default_factory=dict)  # by the word before the first colon of a name
    batch_chunks: int = BATCH_CHUNKS  # of one transaction

    def ingest(
        self, paths: Sequence[Path | str], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        """A `str` may name a remote. Raises NotFound before anything is touched; StorageFailed, BackendFailed: what
        was written before stays.
        """
        run = self._run(space, kind, on_progress)
        for origin in self._origins(paths, run):
            self._sync(origin, run)
        self._finish(run)
        return run.report()

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
        with self._keeper() as originals:
            places = {name: originals.keep(name, data) for name, data in distinct_names(files)}
            target = Target(Path(UPLOADS), known=True, found=places, named=set(places))
            self._sync(Files(target, self.pool, run.fingerprints), run)
            self._finish(run)
            for file in {trouble.file for trouble in run.tally.failed} | {file for file, _ in run.tally.masked}:
                originals.forget(places[file])
        return run.report()

    def _run(self, space: str, kind: str, on_progress: OnProgress | None) -> _Run:
        notify = on_progress or (lambda _progress: None)
        basis = (self.redactor.version, CHUNKING, self.embedder.fingerprint, kind)
        writer = Writer(self.catalog, self.embedder, self.indexes, notify, self.batch_chunks)
        conversations = Conversations(self.chats, writer, (CHUNKING, self.embedder.fingerprint))
        return _Run(space, kind, notify, writer, conversations, Fingerprints(basis))

    @contextmanager
    def _keeper(self) -> Iterator[Originals]:
        if self.originals is not None:
            yield Originals(self.originals)
            return
        with tempfile.TemporaryDirectory(prefix="teamlore-upload-") as folder:
            yield Originals(Path(folder))

    # --- from names to sources ---------------------------------------------------------------------------------------

    def _origins(self, paths: Iterable[Path | str], run: _Run) -> list[Origin]:
        """Every path is looked for before any is read."""
        remotes: list[Origin] = []
        named: list[Path] = []
        for path in paths:
            opener = self.remotes.get(path.partition(":")[0]) if isinstance(path, str) else None
            if opener is not None:
                remotes.append(Asked(opener(str(path)), run.fingerprints))
            else:
                named.append(resolve(Path(path)))
        roots = [Path(source.root) for source in self.catalog.sources() if source.space == run.space]
        known = [root for root in roots if root.is_absolute()]
        found = targets(named, known, self._claims_folder) if named else []
        return [*(Files(target, self.pool, run.fingerprints) for target in found), *remotes]

    def _claims_folder(self, folder: Path) -> bool:
        return self.pool.find(Candidate(path=folder, relative=folder.name, is_dir=True)) is not None

    # --- one source --------------------------------------------------------------------------------------------------

    def _sync(self, origin: Origin, run: _Run) -> None:
        """Bring what is stored of a source to what its origin holds."""
        for path, reason in origin.skipped:
            run.tally.skip(path, reason)
        for path, reason in origin.failed:
            run.tally.fail(path, reason)
        if isinstance(origin, Files) and not (origin.target.found or origin.target.known):
            return
        name = "uploads" if origin.root == UPLOADS else Path(origin.root).name or "/"
        source = self.catalog.put_source(name=name, root=origin.root, space=run.space)
        known = self.ledger.outcomes(source.id)
        found = origin.look(known, run.on_progress)
        work = _Work(source, origin, known, found, plan(found, known, origin.scope, now=run.now))
        self._read(work, run)
        run.conversations.settle(source, gone=work.todo.gone)
        run.writer.flush()
        self._settle(work, run)

    def _read(self, work: _Work, run: _Run) -> None:
        paths = work.todo.read
        for n, reading in enumerate(work.origin.read(paths)):
            path = reading.candidate.relative
            run.on_progress(Progress(stage="reading", done=n, total=len(paths), item=path))
            if isinstance(reading.outcome, UnreadableSource):
                self._fail(work, reading, reading.outcome, run)
            else:
                self._store(work, reading, reading.outcome, run)

    def _store(self, work: _Work, reading: Reading, outcome: Sequence[Parsed], run: _Run) -> None:
        """All parts of one path, redacted, on their way to the registry with the ledger's row."""
        path = reading.candidate.relative
        seen = work.found[path]
        parts = [self._redact(parsed, path, run) for parsed in outcome]
        for note in [note for parsed in parts for note in parsed.notes] if parts else ["nothing to read in it"]:
            run.tally.skip(path, note)
        others = run.conversations.take(work.source, reading.candidate, parts, run.kind)
        documents = documents_of(work.source, reading.candidate, others, fingerprint=seen.fingerprint, kind=run.kind)
        row = replace(outcomes.indexed(reading, seen, now=run.now), documents=len(parts) - len(others))
        run.conversations.add(work.source.id, row, documents)

    def _redact(self, parsed: Parsed, path: str, run: _Run) -> Parsed:
        clean, findings = self.redactor.redact(parsed)
        run.tally.mask(path, findings)
        run.tally.count(clean)
        return clean

    def _fail(self, work: _Work, reading: Reading, error: UnreadableSource, run: _Run) -> None:
        path = reading.candidate.relative
        row = outcomes.failed(reading, work.found[path], work.known.get(path), error=error, now=run.now)
        run.tally.fail(path, row.reason)
        self.ledger.put(work.source.id, [row])

    def _settle(self, work: _Work, run: _Run) -> None:
        """What was not read: hidden where it is gone, counted, told, and in the ledger."""
        todo, tally = work.todo, run.tally
        run.writer.remove(work.source.id, todo.gone)
        tally.sources += 1
        tally.files += sum(bool(seen.fingerprint) for seen in work.found.values())
        tally.unchanged += len(todo.unchanged)
        tally.removed += len(todo.removed)
        tally.moved += len(todo.moved)
        for path in (*todo.waiting, *todo.parked):
            tally.fail(path, work.known[path].reason)
        rows = []
        for path in todo.left_out:
            seen = work.found[path]
            (tally.fail if seen.failed else tally.skip)(path, seen.reason)
            rows.append(outcomes.left_out(path, seen, work.known.get(path), now=run.now))
        self.ledger.put(work.source.id, rows)

    def _finish(self, run: _Run) -> None:
        """Indexes are opened and checked only when there is something for them: that takes longer than looking."""
        run.writer.flush()
        if run.writer.commits:
            self.indexes.catch_up(run.on_progress)
