"""Ingest through the front door: the real registry and readers, a fake embedder that tells what it was asked for."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest.pipeline import Pipeline
from ingest.redaction import Finding, Redactor
from ingest.sandbox import ReaderPool
from rag.domain.errors import BackendFailed, NotFound, StorageFailed
from rag.domain.ports import Catalog
from rag.domain.types import Access, Filters, IngestReport, Matrix, Parsed, PathUpdate, Progress
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder
from tests.ingest.inline import InlinePool, NoIndexes

ALL = Access(everything=True)


@dataclass
class Bench:
    """A pipeline over a folder `docs`, and what can be seen of it."""

    root: Path
    engine: Engine
    embedder: WordEmbedder = field(default_factory=WordEmbedder)
    indexes: NoIndexes = field(default_factory=NoIndexes)
    progress: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalog: Catalog = SqlCatalog(self.engine)
        self.docs.mkdir()
        self.pipeline = Pipeline(
            catalog=self.catalog,
            ledger=SqlLedger(self.engine),
            chats=SqlChats(self.engine),
            sources=SqlSources(self.engine),
            embedder=self.embedder,
            pool=InlinePool(),
            redactor=Redactor(),
            indexes=self.indexes,
            originals=self.root / "originals",
        )

    @property
    def docs(self) -> Path:
        return self.root / "docs"

    def write(self, **files: str) -> None:
        for name, text in files.items():
            place = self.docs / name.replace("__", "/").replace("_", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

    def ingest(self, *paths: Path, space: str = "default", kind: str = "") -> IngestReport:
        self.embedder.embedded.clear()
        return self.pipeline.ingest(paths or [self.docs], space=space, kind=kind, on_progress=self.progress.append)

    def upload(self, *files: tuple[str, bytes]) -> IngestReport:
        return self.pipeline.upload(files, space="default")

    def stored(self, filters: Filters | None = None) -> dict[str, str]:
        found, cursor = self.catalog.documents(ALL, filters=filters, limit=1000)
        assert not cursor
        return {info.path: self.catalog.text(info.id, ALL).text for info in found}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    engine = open_database(f"sqlite:///{tmp_path}/registry.db")
    yield Bench(tmp_path, engine)
    engine.dispose()


def words(rng: random.Random, n: int) -> str:
    return " ".join(f"word{rng.randrange(900)}" for _ in range(n))


def test_files_become_documents_that_are_found(bench: Bench) -> None:
    bench.write(a_md="# A\n\nWe use bf16.", deep__b_md="Second", c_py="def f():\n    return 1\n")
    report = bench.ingest()
    assert (report.sources, report.files, report.documents, report.unchanged, report.failed) == (1, 3, 3, 0, ())
    assert report.chunks == report.embedded == len(bench.embedder.embedded) == 3
    assert bench.stored() == {"a.md": "# A\n\nWe use bf16.", "deep/b.md": "Second", "c.py": "def f():\n    return 1\n"}
    assert bench.indexes.calls == 1


def test_the_same_again_reads_embeds_and_writes_nothing(bench: Bench) -> None:
    bench.write(a_md="# A\n\nText", b_md="Other")
    bench.ingest()
    feed = bench.catalog.feed_end()
    report = bench.ingest()
    assert (report.unchanged, report.documents, report.chunks, report.removed) == (2, 0, 0, 0)
    assert bench.embedder.embedded == []
    assert bench.catalog.feed_end() == feed
    assert bench.indexes.calls == 1


def test_one_changed_one_deleted_one_renamed_and_only_those_are_handled(bench: Bench) -> None:
    bench.write(a_md="Old text", b_md="Goes away", c_md="Moves on", d_md="Stays")
    bench.ingest()
    bench.write(a_md="New text")
    (bench.docs / "b.md").unlink()
    (bench.docs / "c.md").rename(bench.docs / "e.md")
    report = bench.ingest()
    assert (report.documents, report.unchanged, report.removed, report.moved) == (2, 1, 1, 1)
    assert len(bench.embedder.embedded) == 2  # the changed text, and the renamed one, whose title is its name
    assert bench.stored() == {"a.md": "New text", "d.md": "Stays", "e.md": "Moves on"}


def test_a_document_with_a_title_of_its_own_is_renamed_without_embedding(bench: Bench) -> None:
    bench.write(a_md="# Title\n\nText")
    bench.ingest()
    (bench.docs / "a.md").rename(bench.docs / "b.md")
    assert bench.ingest().embedded == 0
    assert list(bench.stored()) == ["b.md"]


def test_one_changed_paragraph_of_a_long_file_costs_at_most_three_embeddings(bench: Bench) -> None:
    rng = random.Random(4)
    paragraphs = [words(rng, rng.randint(30, 90)) for _ in range(500)]
    bench.write(long_md="# Long\n\n" + "\n\n".join(paragraphs))
    assert bench.ingest().chunks >= 200
    paragraphs[250] = words(rng, 60)
    bench.write(long_md="# Long\n\n" + "\n\n".join(paragraphs))
    assert 1 <= bench.ingest().embedded <= 3


def test_the_same_words_are_embedded_once_in_a_batch_and_ever(bench: Bench) -> None:
    bench.write(a_md="# Same\n\nwords", b_md="# Same\n\nwords")
    assert (bench.ingest().chunks, len(bench.embedder.embedded)) == (2, 1)
    bench.write(c_md="# Same\n\nwords")
    assert (bench.ingest().chunks, len(bench.embedder.embedded)) == (1, 0)


def test_one_bad_file_stops_nothing_and_keeps_what_was_read_before(bench: Bench) -> None:
    bench.write(bad_ipynb='{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', ok_md="Fine")
    bench.write(nb_ipynb='{"cells": [{"cell_type": "markdown", "source": "Seen"}], "nbformat": 4}')
    bench.ingest()
    assert "Seen" in bench.stored()["nb.ipynb"]
    bench.write(nb_ipynb="{ broken", ok_md="Better")
    report = bench.ingest()
    assert "nb.ipynb" in [trouble.file for trouble in report.failed]
    assert "Seen" in bench.stored()["nb.ipynb"]
    assert bench.stored()["ok.md"] == "Better"


def test_what_no_reader_knows_is_skipped_with_a_reason_and_failed_when_it_was_named(bench: Bench) -> None:
    (bench.docs / "model.bin").write_bytes(bytes(range(256)) * 10)
    bench.write(a_md="Text", empty_md="")
    report = bench.ingest()
    assert {trouble.file: trouble.reason for trouble in report.skipped} == {
        "empty.md": "empty",
        "model.bin": "no reader for .bin",
    }
    assert [trouble.file for trouble in bench.ingest(bench.docs / "model.bin").failed] == ["model.bin"]


def test_questions_with_their_answers_are_left_out_and_named_one_by_one_refused(bench: Bench) -> None:
    row = '{"id": "1", "question": "Which dtype?", "answer": "bf16", "gold_files": ["guide.md"]}'
    (bench.docs / "golden.jsonl").write_text(row)
    bench.write(guide_md="We train in bf16.")
    report = bench.ingest()
    assert report.documents == 1
    assert "questions of an evaluation" in report.skipped[0].reason
    assert [trouble.file for trouble in bench.ingest(bench.docs / "golden.jsonl").failed] == ["golden.jsonl"]


def test_an_emptied_file_is_no_longer_found(bench: Bench) -> None:
    bench.write(a_md="Text")
    bench.ingest()
    bench.write(a_md="")
    assert bench.ingest().removed == 1
    assert bench.stored() == {}


def test_a_missing_path_is_refused_before_anything_is_read(bench: Bench) -> None:
    bench.write(a_md="Text")
    with pytest.raises(NotFound):
        bench.ingest(bench.docs, bench.root / "nowhere")
    assert bench.catalog.counts()["sources"] == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_opened_is_named_and_keeps_its_last_version(bench: Bench) -> None:
    bench.write(a_md="Text", locked__b_md="Hidden")
    bench.ingest()
    (bench.docs / "a.md").chmod(0)
    (bench.docs / "locked").chmod(0)
    report = bench.ingest()
    (bench.docs / "locked").chmod(0o700)
    assert {trouble.file for trouble in report.failed} == {"a.md", "locked"}
    assert set(bench.stored()) == {"a.md", "locked/b.md"}


def test_only_the_part_that_was_named_is_synchronised(bench: Bench) -> None:
    bench.write(a_md="A", x__b_md="B", y__c_md="C")
    bench.ingest()
    (bench.docs / "a.md").unlink()
    (bench.docs / "x" / "b.md").unlink()
    report = bench.ingest(bench.docs / "x")
    assert (report.sources, report.removed) == (1, 1)
    assert set(bench.stored()) == {"a.md", "y/c.md"}


def test_naming_the_parent_later_stores_nothing_twice(bench: Bench) -> None:
    bench.write(a_md="A", x__b_md="B")
    bench.ingest(bench.docs / "x")
    report = bench.ingest()
    assert (report.sources, report.documents, report.unchanged) == (2, 1, 1)
    assert set(bench.stored()) == {"a.md", "b.md"}


def test_a_space_has_its_own_sources(bench: Bench) -> None:
    bench.write(a_md="A")
    bench.ingest()
    assert bench.ingest(space="other").embedded == 0
    assert set(bench.stored(Filters(spaces=("other",)))) == {"a.md"}
    assert bench.catalog.counts()["documents"] == 2


def test_another_kind_redaction_or_model_reads_the_files_again(bench: Bench) -> None:
    bench.write(a_md="A")
    bench.ingest()
    assert bench.ingest(kind="retro").unchanged == 0
    assert set(bench.stored(Filters(kinds=("retro",)))) == {"a.md"}

    class Stricter(Redactor):
        version = "1"

    bench.pipeline = replace(bench.pipeline, redactor=Stricter())
    assert bench.ingest(kind="retro").unchanged == 0

    class Larger(WordEmbedder):
        fingerprint = "words-larger"

    bench.embedder = Larger()
    bench.pipeline = replace(bench.pipeline, embedder=bench.embedder)
    report = bench.ingest(kind="retro")
    assert (report.unchanged, report.embedded, bench.ingest(kind="retro").unchanged) == (0, 1, 1)


def test_batches_are_written_as_it_goes_and_progress_is_told(bench: Bench) -> None:
    rng = random.Random(5)
    for n in range(40):
        (bench.docs / f"{n:02}.md").write_text("\n\n".join(words(rng, 80) for _ in range(12)))
    sizes: list[int] = []

    class Watched(SqlCatalog):
        def commit(self, updates: Sequence[PathUpdate], *, model: str) -> tuple[int, int]:
            sizes.append(sum(len(prepared.chunks) for update in updates for prepared in update.prepared))
            return super().commit(updates, model=model)

    bench.pipeline = replace(bench.pipeline, catalog=Watched(bench.engine))
    report = bench.ingest()
    assert report.chunks == sum(sizes) > 260
    assert all(256 <= size < 300 for size in sizes[:-1])
    assert {step.stage for step in bench.progress} == {"looking", "reading", "embedding"}
    assert [step.done for step in bench.progress if step.stage == "reading"] == list(range(40))


def test_a_full_disk_stops_it_with_a_clear_error_and_what_was_written_stays(bench: Bench) -> None:
    rng = random.Random(6)
    for n in range(40):
        (bench.docs / f"{n:02}.md").write_text("\n\n".join(words(rng, 80) for _ in range(12)))

    class Full(SqlCatalog):
        def commit(self, updates: Sequence[PathUpdate], *, model: str) -> tuple[int, int]:
            if self.counts()["documents"]:
                raise StorageFailed("The disk is full.", fix="Free some space, then run it again.")
            return super().commit(updates, model=model)

    good = bench.pipeline
    bench.pipeline = replace(bench.pipeline, catalog=Full(bench.engine))
    with pytest.raises(StorageFailed, match="disk is full"):
        bench.ingest()
    kept = len(bench.stored())
    assert 0 < kept < 40
    bench.pipeline = good
    report = bench.ingest()
    assert (report.unchanged, report.documents, len(bench.stored())) == (kept, 40 - kept, 40)


def test_an_upload_is_kept_and_found_and_its_name_again_is_its_next_version(bench: Bench) -> None:
    assert bench.upload(("../notes.md", b"First")).documents == 1
    assert bench.stored() == {"notes.md": "First"}
    assert bench.upload(("notes.md", b"First")).unchanged == 1
    bench.upload(("notes.md", b"Second"), ("other.md", b"More"))
    assert bench.stored() == {"notes.md": "Second", "other.md": "More"}
    (info,) = [info for info in bench.catalog.documents(ALL)[0] if info.path == "notes.md"]
    assert info.version == 2
    assert len([path for path in (bench.root / "originals").rglob("*") if path.is_file()]) == 3


def test_two_uploads_of_one_name_are_two_documents(bench: Bench) -> None:
    bench.upload(("a/README.md", b"One"), ("b/README.md", b"Two"))
    assert bench.stored() == {"README.md": "One", "README (2).md": "Two"}


def test_an_upload_that_cannot_be_read_fails_and_is_not_kept(bench: Bench) -> None:
    report = bench.upload(("x.bin", bytes(range(256))), ("ok.md", b"Fine"), ("none.md", b""))
    assert [trouble.file for trouble in report.failed] == ["none.md", "x.bin"]
    assert bench.stored() == {"ok.md": "Fine"}
    assert len([path for path in (bench.root / "originals").rglob("*") if path.is_file()]) == 1


def test_uploads_need_not_be_kept_and_never_are_where_a_secret_was_masked(bench: Bench) -> None:
    class Masking(Redactor):
        def redact(self, parsed: Parsed) -> tuple[Parsed, tuple[Finding, ...]]:
            return replace(parsed, text=parsed.text.replace("hunter2", "•••••••")), (Finding(rule="password", at=0),)

    bench.pipeline = replace(bench.pipeline, redactor=Masking())
    bench.upload(("a.md", b"the password is hunter2"))
    assert bench.stored() == {"a.md": "the password is •••••••"}
    bench.pipeline = replace(bench.pipeline, originals=None)
    bench.upload(("b.md", b"Text"))
    assert "b.md" in bench.stored()
    assert not [path for path in (bench.root / "originals").rglob("*") if path.is_file()]


def test_an_upload_that_broke_off_or_came_twice_leaves_no_secret_behind(bench: Bench) -> None:
    class Broken(WordEmbedder):
        def embed(self, texts: Sequence[str]) -> Matrix:
            raise BackendFailed(f"The model is gone: {len(texts)} texts wait.")

    def kept() -> list[Path]:
        return [path for path in (bench.root / "originals").rglob("*") if path.is_file()]

    secret = ("a.md", b"export AWS_SECRET_ACCESS_KEY=" + b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ8h3kLmNp")
    with pytest.raises(BackendFailed):
        replace(bench.pipeline, embedder=Broken()).upload([secret], space="default")
    assert kept() == []
    assert bench.upload(secret).masked
    assert bench.upload(secret).unchanged == 1
    assert kept() == []


def test_a_source_keeps_its_kind_when_none_is_said(bench: Bench) -> None:
    bench.write(inner__a_md="Alpha", b_md="Beta")
    bench.ingest(bench.docs / "inner", kind="retro")
    bench.ingest()
    kinds = {info.path: (info.kind, info.version) for info in bench.catalog.documents(ALL)[0]}
    assert kinds == {"a.md": ("retro", 1), "b.md": ("document", 1)}
    outer, inner = bench.pipeline.sources.all(ALL)
    assert (outer.kind, inner.kind) == ("", "retro")
    bench.pipeline.sync(outer.source.id)
    bench.ingest(bench.docs / "inner" / "a.md")
    assert bench.pipeline.sources.get(inner.source.id, ALL).kind == "retro"
    assert {info.kind for info in bench.catalog.documents(ALL)[0]} == {"retro", "document"}


@pytest.mark.slow
def test_the_readers_own_processes_give_the_same(bench: Bench) -> None:
    for n in range(30):
        (bench.docs / f"{n}.md").write_text(f"# Note {n}\n\nText of note {n}.")
    (bench.docs / "broken.ipynb").write_text("{")
    with ReaderPool(workers=2) as pool:
        bench.pipeline = replace(bench.pipeline, pool=pool)
        report = bench.ingest()
    assert (report.documents, [trouble.file for trouble in report.failed]) == (30, ["broken.ipynb"])
    assert len(bench.stored()) == 30
