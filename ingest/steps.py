"""One source, brought to what its origin holds: read, redact, hand to the writer, settle the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ingest import outcomes
from ingest.authors import with_people
from ingest.conversations import Conversations
from ingest.documents import documents_of
from ingest.fingerprint import Fingerprints
from ingest.origins import Origin, Reading
from ingest.pace import Pace
from ingest.redaction import Redaction
from ingest.repository import COMMITS, Repository
from ingest.sync import Plan, Seen
from ingest.tally import Tally
from ingest.writer import Writer
from rag.domain.errors import UnreadableSource
from rag.domain.ports import Ledger, OnProgress
from rag.domain.records import FileOutcome
from rag.domain.syncing import SyncOptions
from rag.domain.types import IngestReport, Parsed, Progress, Source

ROWS_AT_ONCE = 100  # of the ledger, for files of which nothing is stored


@dataclass(slots=True, kw_only=True)
class Run:
    """What one call carries along."""

    space: str
    kind: str
    options: SyncOptions
    on_progress: OnProgress
    writer: Writer
    conversations: Conversations
    ledger: Ledger
    redactor: Redaction
    fingerprints: Fingerprints
    tally: Tally = field(default_factory=Tally)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def report(self) -> IngestReport:
        return self.tally.report(chunks=self.writer.chunks, embedded=self.writer.embedded)


@dataclass(frozen=True, slots=True)
class Work:
    """One source of a call: what is known of it, what was found, what is to be done."""

    source: Source
    origin: Origin
    known: Mapping[str, FileOutcome]
    found: Mapping[str, Seen]
    todo: Plan


def carry_out(work: Work, run: Run) -> None:
    """Everything that is written is written file by file, so that what was done stays when it is stopped."""
    if isinstance(work.origin, Repository):
        _read_past(work, work.origin, run)
        if COMMITS in work.todo.read:
            _attribute(work, work.origin, run)
    _read(work, run)
    run.conversations.settle(work.source, gone=work.todo.gone)
    run.writer.flush()
    _settle(work, run)


def _read_past(work: Work, repository: Repository, run: Run) -> None:
    """Layer by layer, so that each version supersedes the one before. The ledger is told of the present only."""
    total, layers = repository.before(work.todo.read)
    done = 0
    for layer in layers:
        for candidate, parts in layer:
            run.on_progress(Progress(stage="reading earlier versions", done=done, total=total, item=candidate.relative))
            done += 1
            for document in documents_of(
                work.source,
                candidate,
                [run.redactor.redact(with_people(part))[0] for part in parts],
                fingerprint="",
                kind=run.kind,
            ):
                run.writer.put(document)
        run.writer.flush()


def _attribute(work: Work, repository: Repository, run: Run) -> None:
    """What was read while it was being worked on, and committed since."""
    mask = run.redactor.words
    made = {
        path: replace(one, by=mask(one.by)[0], reason=mask(one.reason)[0])
        for path, one in repository.committed(work.todo.unchanged).items()
    }
    run.writer.catalog.attribute(work.source.id, made)


def _read(work: Work, run: Run) -> None:
    paths = work.todo.read
    pace = Pace(len(paths), sum(work.found[path].size for path in paths))
    failures: list[FileOutcome] = []
    for reading in work.origin.read(paths):
        path = reading.candidate.relative
        run.on_progress(_progress(pace, path))
        if isinstance(reading.outcome, UnreadableSource):
            failures.append(_failure(work, reading, reading.outcome, run))
        else:
            _store(work, reading, reading.outcome, run)
        pace.did(work.found[path].size)
        if len(failures) >= ROWS_AT_ONCE:
            run.ledger.put(work.source.id, failures)
            failures.clear()
    run.ledger.put(work.source.id, failures)


def _progress(pace: Pace, path: str) -> Progress:
    return Progress(
        stage="reading",
        done=pace.done_files,
        total=pace.files,
        item=path,
        bytes=pace.done_bytes,
        bytes_total=pace.bytes,
        seconds_left=pace.seconds_left,
    )


def _store(work: Work, reading: Reading, outcome: Sequence[Parsed], run: Run) -> None:
    """All parts of one path, redacted, on their way to the registry with the ledger's row."""
    path = reading.candidate.relative
    seen = work.found[path]
    parts = [_redact(parsed, path, run) for parsed in outcome]
    for note in [note for parsed in parts for note in parsed.notes] if parts else ["nothing to read in it"]:
        run.tally.skip(path, note)
    others = run.conversations.take(work.source, reading.candidate, parts, run.kind)
    documents = documents_of(work.source, reading.candidate, others, fingerprint=seen.fingerprint, kind=run.kind)
    row = replace(outcomes.indexed(reading, seen, now=run.now), documents=len(parts) - len(others))
    run.conversations.add(work.source.id, row, documents)


def _redact(parsed: Parsed, path: str, run: Run) -> Parsed:
    clean, findings = run.redactor.redact(with_people(parsed))
    run.tally.mask(path, findings)
    run.tally.count(clean)
    return clean


def _failure(work: Work, reading: Reading, error: UnreadableSource, run: Run) -> FileOutcome:
    path = reading.candidate.relative
    row = outcomes.failed(reading, work.found[path], work.known.get(path), error=error, now=run.now)
    row = replace(row, reason=run.redactor.words(row.reason)[0])
    run.tally.fail(path, outcomes.told(row))
    return row


def _settle(work: Work, run: Run) -> None:
    """What was not read: hidden where it is gone, counted, told, and in the ledger."""
    todo, tally = work.todo, run.tally
    run.writer.remove(work.source.id, todo.gone)
    tally.sources += 1
    tally.files += sum(bool(seen.fingerprint) for seen in work.found.values())
    tally.unchanged += len(todo.unchanged)
    tally.removed += len(todo.removed)
    tally.moved += len(todo.moved)
    for path in (*todo.waiting, *todo.parked):
        tally.fail(path, outcomes.told(work.known[path]))
    rows = [outcomes.left_out(path, work.found[path], work.known.get(path), now=run.now) for path in todo.left_out]
    for row in rows:
        (tally.fail if row.state == "failed" else tally.skip)(row.path, row.reason)
    gone = set(todo.removed)
    new = [row for row in rows if row.path in gone or not outcomes.same(row, work.known.get(row.path))]
    run.ledger.put(work.source.id, new)
    kept = (*todo.unchanged, *todo.waiting, *todo.parked)
    stamps = {path: work.found[path].stamp for path in kept if work.found[path].stamp != work.known[path].stamp}
    run.ledger.stamp(work.source.id, stamps)
