"""From named paths to documents that are found: look, plan, read, redact, chunk, embed, write."""

import functools
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest import outcomes
from ingest.chunking import CHUNKING
from ingest.conversations import Conversations
from ingest.discover import resolve
from ingest.fingerprint import Fingerprints
from ingest.history import Depth, open_history
from ingest.naming import with_masked_names
from ingest.originals import Originals, distinct_names
from ingest.origins import UPLOADS, Asked, Files, Opener, Origin, Outcome, Pool
from ingest.readers.base import Candidate
from ingest.redaction import Redaction
from ingest.repository import COMMITS, Repository
from ingest.scope import Target, targets
from ingest.steps import Run, Work, carry_out
from ingest.sync import held, plan
from ingest.team_file import hear_team
from ingest.writer import BATCH_CHUNKS, Writer
from rag.domain.chats import Chats
from rag.domain.errors import BadInput, Conflict, NotFound, TeamloreError, UnreadableSource
from rag.domain.people import TEAM_FILE, People
from rag.domain.ports import Catalog, Embedder, Indexes, Ledger, OnProgress, Sources
from rag.domain.syncing import CAREFUL, SourcePlan, SyncOptions
from rag.domain.types import Access, IngestReport, Source, Trouble
from rag.registry.identity import source_id

__all__ = ["Outcome", "Pipeline", "Pool"]

EVERYTHING = Access(everything=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The Ingestor. Thread-safe as far as its parts are; `originals` None: uploads are not kept."""

    catalog: Catalog
    ledger: Ledger
    sources: Sources
    chats: Chats
    embedder: Embedder
    pool: Pool
    redactor: Redaction
    indexes: Indexes
    people: People | None = None  # None: nobody is matched
    originals: Path | None = None
    past: Depth = field(default_factory=Depth)
    remotes: Mapping[str, Opener] = field(default_factory=dict)  # by the word before the first colon of a name
    batch_chunks: int = BATCH_CHUNKS  # of one transaction

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        space: str,
        kind: str = "",
        options: SyncOptions = CAREFUL,
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        """Raises NotFound before anything is touched; StorageFailed, BackendFailed: what was written before stays."""
        run = self._run(space, kind, options, on_progress)
        for origin, own in self._origins(paths, run):
            try:
                self._sync(origin, own)
            except Conflict as error:
                run.tally.fail(_name(origin.root), str(error))
        self._finish(run)
        return run.report()

    def plan(
        self, paths: Sequence[Path | str], *, space: str, kind: str = "", options: SyncOptions = CAREFUL
    ) -> list[SourcePlan]:
        run = self._run(space, kind, options, None)
        return [_told(self._work(origin, own)) for origin, own in self._origins(paths, run)]

    def sync(
        self, source: str, *, options: SyncOptions = CAREFUL, on_progress: OnProgress | None = None
    ) -> IngestReport:
        known = self.sources.get(source, EVERYTHING)
        root = known.source.root
        run = self._run(known.source.space, "", options, on_progress)
        try:
            if root == UPLOADS:
                raise Conflict("Uploads have no folder to look into.", fix="Upload the files again.")
            for origin, own in self._origins([root], run):
                self._sync(origin, own)
        except TeamloreError as error:
            if isinstance(error, NotFound):
                error = _gone(known.source)
            self.sources.failed(source, str(error))
            raise error from None
        self._finish(run)
        return run.report()

    def remove(self, source: str) -> int:
        known = self.sources.get(source, EVERYTHING).source
        run = self._run(known.space, "", CAREFUL, None)
        paths = self.sources.paths(source)
        run.conversations.leave(known)
        run.writer.remove(source, paths)
        self._hear_team(known, run)
        self.sources.forget(source)
        self._finish(run)
        return len(paths)

    def upload(
        self, files: Sequence[tuple[str, bytes]], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        """A name that was uploaded before is its next version. Raises StorageFailed, BackendFailed.

        The bytes are kept only once it is known that nothing in them was to be masked.
        """
        run = self._run(space, kind, CAREFUL, on_progress)
        with tempfile.TemporaryDirectory(prefix="teamlore-upload-") as folder:
            staged = Originals(Path(folder))
            given = dict(distinct_names(files))
            places = {name: staged.keep(name, data) for name, data in given.items()}
            target = self._named(Target(Path(UPLOADS), known=True, found=places, named=set(places)), run)
            work = self._sync(Files(target, self.pool, run.fingerprints), run)
            self._finish(run)
            left_out = {trouble.file for trouble in run.tally.failed} | {file for file, _ in run.tally.masked}
            unfit = {target.found[file] for file in left_out}
            read = {target.found[file] for file in work.todo.read} - unfit
        self._keep(
            {name: data for name, data in given.items() if places[name] in read},
            {name: data for name, data in given.items() if places[name] in unfit},
        )
        return run.report()

    def _keep(self, read: Mapping[str, bytes], unfit: Mapping[str, bytes]) -> None:
        """Those that were read now: of one that is as it was when it was masked, nobody tells again.

        What is unfit now may have been kept before there was a rule for it.
        """
        if self.originals is None:
            return
        originals = Originals(self.originals)
        for name, data in read.items():
            originals.keep(name, data)
        for name, data in unfit.items():
            originals.forget(name, data)

    def _run(self, space: str, kind: str, options: SyncOptions, on_progress: OnProgress | None) -> Run:
        notify = on_progress or (lambda _progress: None)
        writer = Writer(self.catalog, self.embedder, self.indexes, notify, self.batch_chunks)
        return Run(
            space=space,
            kind=kind,
            options=options,
            on_progress=notify,
            writer=writer,
            conversations=Conversations(self.chats, writer, (CHUNKING, self.embedder.fingerprint)),
            ledger=self.ledger,
            redactor=self.redactor,
            fingerprints=self._fingerprints(kind),
        )

    def _fingerprints(self, kind: str) -> Fingerprints:
        return Fingerprints((self.redactor.version, CHUNKING, self.embedder.fingerprint, kind), self.pool.readers)

    # --- from names to sources ---------------------------------------------------------------------------------------

    def _origins(self, paths: Iterable[Path | str], run: Run) -> list[tuple[Origin, Run]]:
        """Every path is looked for before any is read; each source with a run of its own kind."""
        known = [info for info in self.sources.all(EVERYTHING) if info.source.space == run.space]
        kinds = {info.source.root: info.kind for info in known}
        found: list[tuple[Origin, Run]] = []
        named: list[Path] = []
        for path in paths:
            opener = self.remotes.get(path.partition(":")[0]) if isinstance(path, str) else None
            if opener is not None:
                remote = opener(str(path))
                own = self._of_kind(run, kinds.get(remote.root, ""))
                found.append((Asked(remote, own.fingerprints), own))
            else:
                named.append(resolve(Path(path)))
        roots = [root for root in map(Path, kinds) if root.is_absolute()]
        aims = targets(named, roots, self._claims_folder, run.options.only) if named else []
        files: list[tuple[Origin, Run]] = []
        for aim in aims:
            own = self._of_kind(run, kinds.get(str(aim.root), ""))
            target = self._named(aim, own)
            files.append((self._with_past(Files(target, self.pool, own.fingerprints, run.options.rehash), own), own))
        return [*files, *found]

    def _of_kind(self, run: Run, remembered: str) -> Run:
        """Where no kind is said, a source keeps its own."""
        if run.kind or not remembered:
            return run
        return replace(run, kind=remembered, fingerprints=self._fingerprints(remembered))

    def _with_past(self, files: Files, run: Run) -> Origin:
        """A working folder of git's brings its history along; one that git cannot read goes without it."""
        if not self.past.versions:
            return files
        try:
            history = open_history(files.target.root, self.past)
        except UnreadableSource as error:
            run.tally.fail(COMMITS, str(error))
            return files
        stored = functools.partial(self.catalog.revisions, source_id(files.root, run.space))
        return Repository(files, history, stored) if history else files

    def _named(self, target: Target, run: Run) -> Target:
        """A secret in the name of a file is masked before anything is called by it."""
        renamed, masked = with_masked_names(target, self.redactor.words)
        for path, findings in masked.items():
            run.tally.mask(path, findings)
        return renamed

    def _claims_folder(self, folder: Path) -> bool:
        return self.pool.find(Candidate(path=folder, relative=folder.name, is_dir=True)) is not None

    def _work(self, origin: Origin, run: Run) -> Work:
        """What is to be done for a source that may not be there yet. Writes nothing."""
        source = Source(
            id=source_id(origin.root, run.space), name=_name(origin.root), root=origin.root, space=run.space
        )
        known = self.ledger.outcomes(source.id)
        found = origin.look(known, run.on_progress)
        if origin.looks_empty and any(held(row) for row in known.values()) and not run.options.allow_empty:
            raise Conflict(
                f"{source.name} looks empty, and {len(known):,} files of it are known: nothing was changed.",
                fix="Is its disk mounted? If all of it is gone for good, say --allow-empty.",
            )
        todo = plan(found, known, origin.scope, now=run.now, retry=run.options.retry)
        return Work(source, origin, known, found, todo)

    def _sync(self, origin: Origin, run: Run) -> Work:
        """Bring what is stored of a source to what its origin holds."""
        work = self._work(origin, run)
        self.catalog.put_source(name=work.source.name, root=origin.root, space=run.space)
        carry_out(work, run)
        self._hear_team(work.source, run)
        if "" in origin.scope.paths:
            self.sources.synced(work.source.id, run.now, kind=run.kind)
        return work

    def _hear_team(self, source: Source, run: Run) -> None:
        """What the team's own people.yaml says of its people, where one lies at the root."""
        if self.people is None:
            return
        try:
            hear_team(source, self.catalog, self.people)
        except BadInput as error:
            run.tally.fail(TEAM_FILE, str(error))

    def _finish(self, run: Run) -> None:
        """Indexes are opened and checked only when there is something for them: that takes longer than looking."""
        run.writer.flush()
        if self.people is not None:
            self.people.settle()
        if run.writer.commits:
            self.indexes.catch_up(run.on_progress)


def _name(root: str) -> str:
    return "uploads" if root == UPLOADS else Path(root).name or "/"


def _gone(source: Source) -> NotFound:
    return NotFound(
        f"The folder or file of the source {source.name} is not there: nothing was changed.",
        fix="Mount its disk or put it back; `teamlore sources remove` hides what is known of it.",
    )


def _told(work: Work) -> SourcePlan:
    todo = work.todo
    failed = [path for path in todo.left_out if work.found[path].failed]
    skipped = [path for path in todo.left_out if not work.found[path].failed]
    return SourcePlan(
        source=work.source.name,
        root=work.source.root,
        added=todo.added,
        changed=todo.changed,
        moved=todo.moved,
        removed=todo.removed,
        unchanged=todo.unchanged,
        again=todo.again,
        failed=(*_known_troubles(work, todo.waiting), *_found_troubles(work, failed)),
        parked=_known_troubles(work, todo.parked),
        skipped=_found_troubles(work, skipped),
    )


def _known_troubles(work: Work, paths: Iterable[str]) -> tuple[Trouble, ...]:
    return tuple(Trouble(file=path, reason=outcomes.told(work.known[path])) for path in paths)


def _found_troubles(work: Work, paths: Iterable[str]) -> tuple[Trouble, ...]:
    return tuple(Trouble(file=path, reason=work.found[path].reason) for path in paths)
