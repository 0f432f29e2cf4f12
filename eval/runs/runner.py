"""Packs through the product's own path: ingest, retrieval, the Answerer that is served; then the metrics."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from eval.metrics.base import Similarity
from eval.packs.corpus import stage
from eval.packs.loading import Pack, Sample
from eval.progress import Narrator
from eval.runs.asking import Asking, Command, Item
from eval.runs.home_pack import open_to_read
from eval.runs.partial import Journal, NoJournal
from eval.runs.places import Places, places, places_of_home, texts
from eval.runs.record import ROOT, code_digest
from eval.runs.remembering import Memory, remembering
from eval.runs.units import Located, located, units_of_pack
from rag.domain.ports import Embedder
from rag.domain.services import Services
from rag.domain.types import IngestReport
from rag.settings import Settings, load_settings

OpenHome = Callable[[Path], Services]
SPACE = "eval"
INDEXING = ("ingest", "rag/domain", "rag/index", "rag/models", "rag/registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    home: Path | None = None  # where indexes are kept, one folder each; None: a temporary one, removed. Of questions to
    # a home: the home that is asked; None: that of the settings
    separate: bool = False
    limit: int | None = None  # questions of each pack, a seeded sample
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRun:
    pack: Pack
    items: tuple[Item, ...]
    ingest: IngestReport
    units: Mapping[str, str] = field(default_factory=dict)  # as eval.runs.units gives them


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    command: Command
    packs: tuple[PackRun, ...]
    system: Mapping[str, Any]
    seconds: float


def isolated(home: Path) -> Settings:
    """The user's settings, but this home and nothing else of what they name as storage."""
    return load_settings(home).model_copy(update={"registry": "", "chroma": ""})


def open_embedder(settings: Settings) -> Embedder:
    from rag.models.embedder import load_embedder

    return load_embedder(
        settings.embedder, models=settings.models, backend=settings.embedder_backend, threads=settings.threads
    )


def open_services(home: Path) -> Services:
    """The service on that home, which is locked until it is closed."""
    from rag.main import build, open_home
    from rag.registry.home import lock_home

    settings = isolated(home)
    lock = lock_home(open_home(settings))
    try:
        services = build(settings)
    except BaseException:
        lock.release()
        raise

    def close() -> None:
        services.close()
        lock.release()

    return replace(services, close=close)


def kept_in(root: Path, packs: Sequence[Pack]) -> Path:
    """The folder with the `home` and the `corpus` of the packs that share an index, as this code makes it."""
    return root / f"{index_name(packs)}-{indexing_code()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    command: Command
    options: Options = Options()
    open_home: OpenHome = open_services
    open_live: Callable[[Path | None], Services] = open_to_read
    narrator: Narrator = field(default_factory=Narrator)
    journal: Journal = field(default_factory=NoJournal)  # what was done before is not done again
    similarity: Similarity | None = None  # None: answers are not compared in meaning

    def run(self, packs: Sequence[Pack]) -> Run:
        """Ask every question of every pack. One that fails is an item with an error; a corpus that fails raises."""
        started, runs = time.monotonic(), list[PackRun]()
        system: Mapping[str, Any] = {}
        with _root(self.options.home) as root:
            for together in (groups := indexes(packs, separate=self.options.separate)):
                if together is not groups[-1] and (before := self._before(together)):
                    runs.extend(before)
                    continue
                folder = kept_in(root, together)
                with closing_services(self.open_home(_made(folder / "home"))) as services:
                    runs.extend(self._index(services, together, folder / "corpus"))
                    system = services.status()
        if live := [pack for pack in packs if pack.layout == "home"]:
            with closing_services(self.open_live(self.options.home)) as services:
                system = services.status()
                runs.extend(self._live(services, live, system))
        order = {pack.name: place for place, pack in enumerate(packs)}
        runs.sort(key=lambda run: order[run.pack.name])
        return Run(command=self.command, packs=tuple(runs), system=system, seconds=time.monotonic() - started)

    def _before(self, packs: Sequence[Pack]) -> list[PackRun]:
        """Their runs, when everything was asked before; else nothing."""
        runs = []
        for pack in packs:
            samples, report = _sampled(pack.samples, self.options), self.journal.ingest(pack.name)
            items = [self.journal.item(pack.name, n, sample) for n, sample in enumerate(samples)]
            whole = tuple(item for item in items if item is not None)
            if report is None or len(whole) < len(samples):
                return []
            runs.append(PackRun(pack=pack, items=whole, ingest=report, units=units_of_pack(pack)))
        return runs

    def _index(self, services: Services, packs: Sequence[Pack], corpus: Path) -> Iterator[PackRun]:
        staged = {pack.name: corpus / pack.name for pack in packs}
        reports = {pack.name: self._ingest(services, pack, staged[pack.name]) for pack in packs}
        asking = self._asking(services, places(services.catalog, staged, packs))
        for pack in packs:
            items = self._asked(asking, pack)
            yield PackRun(pack=pack, items=items, ingest=reports[pack.name], units=units_of_pack(pack))

    def _live(self, services: Services, packs: Sequence[Pack], status: Mapping[str, Any]) -> Iterator[PackRun]:
        memory = Memory()
        asking = self._asking(remembering(services, memory), places_of_home(services.catalog))
        asking = replace(asking, memory=memory)
        counts = status.get("counts", {})
        held = IngestReport(documents=counts.get("documents", 0), chunks=counts.get("chunks", 0))
        for found in (located(pack, services.catalog) for pack in packs):
            self._tell_lost(found)
            yield PackRun(pack=found.pack, items=self._asked(asking, found.pack), ingest=held, units=found.units)

    def _tell_lost(self, found: Located) -> None:
        """What is asked may be about words that are gone: then the questions are out of date, not the answers wrong."""
        if found.lost:
            file = found.pack.root / min(found.pack.question_files)
            self.narrator.say(
                f"{found.pack.name}: {len(found.lost)} of {len(found.pack.samples)} questions rest on words that no "
                f"document says now. Which: teamlore eval golden check {file}"
            )

    def _asking(self, services: Services, where: Places) -> Asking:
        return Asking(
            command=self.command,
            services=services,
            places=where,
            text_of=texts(services.catalog),
            similarity=self.similarity,
        )

    def _asked(self, asking: Asking, pack: Pack) -> tuple[Item, ...]:
        samples, items = _sampled(pack.samples, self.options), list[Item]()
        for n, sample in enumerate(self.narrator.each(samples, f"{pack.name}: {self.command}")):
            item = self.journal.item(pack.name, n, sample)
            if item is None:
                item = asking.item(pack, sample)
                self.journal.keep_item(pack.name, n, item)
            items.append(item)
        return tuple(items)

    def _ingest(self, services: Services, pack: Pack, folder: Path) -> IngestReport:
        stage(pack, folder)
        with self.narrator.steps(f"{pack.name}: ingest") as step:
            report = services.ingestor.ingest([folder], space=SPACE, on_progress=step)
        self.narrator.say(
            f"{pack.name}: {report.files} files, {report.documents} documents, {report.chunks} chunks, "
            f"{report.embedded} embedded, {report.unchanged} unchanged, {report.seconds:.1f} s"
        )
        for trouble in (*report.skipped, *report.failed):
            self.narrator.say(f"  not indexed: {trouble.file}: {trouble.reason}")
        self.journal.keep_ingest(pack.name, report)
        return self.journal.ingest(pack.name) or report  # gone on with, the first time counts


@contextmanager
def closing_services(services: Services) -> Iterator[Services]:
    try:
        yield services
    finally:
        services.close()


def indexes(packs: Sequence[Pack], *, separate: bool) -> list[list[Pack]]:
    """Which packs share an index: each BEIR pack has its own, the file packs one (or one each). A home has its own."""
    alone = [[pack] for pack in packs if pack.layout == "beir" or (separate and pack.layout == "files")]
    shared = [pack for pack in packs if not separate and pack.layout == "files"]
    return [group for group in (*alone, shared) if any(pack.samples for pack in group)]


def index_name(packs: Sequence[Pack]) -> str:
    """Other packs in one index make another one, so that a kept home never mixes corpora."""
    names = "+".join(sorted(pack.name for pack in packs))
    return names if len(names) <= 60 else f"{len(packs)}-packs-{sha256(names.encode()).hexdigest()[:12]}"


def indexing_code() -> str:
    """Of all that an index is made by. Files that did not change are not read anew, so that an index which other code
    made would be measured as this code's."""
    return sha256("".join(code_digest(ROOT / part) for part in INDEXING).encode()).hexdigest()[:8]


@contextmanager
def _root(home: Path | None) -> Iterator[Path]:
    if home:
        yield _made(home)
    else:
        with tempfile.TemporaryDirectory(prefix="teamlore-eval-") as folder:
            yield Path(folder)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _sampled(samples: Sequence[Sample], options: Options) -> Sequence[Sample]:
    if options.limit is None or options.limit >= len(samples):
        return samples
    chosen = random.Random(options.seed).sample(range(len(samples)), options.limit)
    return [samples[place] for place in sorted(chosen)]
