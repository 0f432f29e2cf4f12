"""Syncing through the pipeline: plans, the ledger, failures and their next try, stops, schedules' syncs."""

import os
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import steps
from ingest.origins import Outcome
from ingest.pace import Pace
from ingest.pipeline import Pipeline
from ingest.readers.base import Candidate
from ingest.redaction import Finding
from rag.domain.errors import Conflict, NotFound, ReaderCrashed, UnreadableSource
from rag.domain.records import FileOutcome
from rag.domain.syncing import SyncOptions
from rag.domain.types import Access, Parsed, Progress
from rag.registry.database import open_database
from tests.ingest.inline import InlinePool
from tests.ingest.test_pipeline import Bench, words

ALL = Access(everything=True)
LONG_AGO = (1_600_000_000, 1_600_000_000)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    engine = open_database(f"sqlite:///{tmp_path}/registry.db")
    yield Bench(tmp_path, engine)
    engine.dispose()


def ledger(bench: Bench) -> dict[str, FileOutcome]:
    (source,) = bench.pipeline.sources.all(ALL)
    return bench.pipeline.ledger.outcomes(source.source.id)


def states(bench: Bench) -> dict[str, str]:
    return {path: row.state for path, row in ledger(bench).items()}


class Crashing(InlinePool):
    """Its reader crashes on files whose name says so; counts how often it was asked."""

    def __init__(self, error: type[UnreadableSource] = ReaderCrashed) -> None:
        self.error = error
        self.tried = 0

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate, outcome in super().map(candidates):
            if "crash" in candidate.relative:
                self.tried += 1
                yield candidate, self.error(f"{candidate.relative} fell over.", fix="Leave it out.")
            else:
                yield candidate, outcome


class Opened(InlinePool):
    """Tells which files were opened to find their reader."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, candidate: Candidate):  # type: ignore[no-untyped-def]  # noqa: ANN201
        if not candidate.is_dir:
            self.asked.append(candidate.relative)
        return super().find(candidate)


def at(bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The clock of the runs that follow."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            del tz
            return moment

    monkeypatch.setattr(steps, "datetime", Clock)
    del bench


def test_a_plan_says_what_an_ingest_then_does_and_writes_nothing(bench: Bench) -> None:
    bench.write(same_md="Same", old_md="# Moves\n\nText", change_md="Before", gone_md="Gone", empty_md="")
    bench.ingest()
    bench.write(change_md="After", new_md="New")
    (bench.docs / "old.md").rename(bench.docs / "moved.md")
    (bench.docs / "gone.md").unlink()
    (bench.docs / "x.bin").write_bytes(bytes(range(256)))
    before, feed = ledger(bench), bench.catalog.feed_end()
    (plan,) = bench.pipeline.plan([bench.docs], space="default")
    assert (plan.added, plan.changed, plan.moved) == (("new.md",), ("change.md",), (("old.md", "moved.md"),))
    assert (plan.removed, plan.unchanged) == (("gone.md",), ("same.md",))
    assert [trouble.file for trouble in plan.skipped] == ["empty.md", "x.bin"]
    assert (ledger(bench), bench.catalog.feed_end()) == (before, feed)
    report = bench.ingest()
    assert (report.documents, report.moved, report.removed, report.unchanged) == (3, 1, 1, 1)
    (again,) = bench.pipeline.plan([bench.docs], space="default")
    assert len(again.unchanged) == 4
    assert [*again.added, *again.changed, *again.moved, *again.removed] == []


def test_a_plan_of_something_new_leaves_no_source_behind(bench: Bench) -> None:
    bench.write(a_md="A")
    assert bench.pipeline.plan([bench.docs], space="default")[0].added == ("a.md",)
    assert bench.catalog.counts()["sources"] == 0


def test_every_file_that_was_looked_at_has_a_row_with_its_reason(bench: Bench) -> None:
    bench.pipeline = replace(bench.pipeline, pool=Crashing(UnreadableSource))
    bench.write(a_md="# A\n\nText", empty_md="  \n", crash_md="x")
    (bench.docs / ".git").mkdir()
    bench.ingest()
    rows = ledger(bench)
    assert {path: row.state for path, row in rows.items()} == {
        ".git": "skipped",
        "a.md": "indexed",
        "crash.md": "failed",
        "empty.md": "skipped",
    }
    assert (rows["a.md"].reader, rows["a.md"].documents, rows["a.md"].chunks) == ("markdown", 1, 1)
    assert "fell over" in rows["crash.md"].reason


def test_an_unreadable_file_is_named_every_time_and_read_again_only_when_it_changes_or_is_named(bench: Bench) -> None:
    pool = Crashing(UnreadableSource)
    bench.pipeline = replace(bench.pipeline, pool=pool)
    bench.write(crash_md="x", ok_md="Fine")
    for _ in range(3):
        assert [trouble.file for trouble in bench.ingest().failed] == ["crash.md"]
    assert pool.tried == 1
    bench.write(crash_md="changed")
    bench.ingest()
    assert pool.tried == 2
    bench.ingest(bench.docs / "crash.md")
    assert pool.tried == 3
    bench.pipeline = replace(bench.pipeline, pool=InlinePool())
    bench.pipeline.ingest([bench.docs], space="default", options=SyncOptions(retry=True))
    assert states(bench) == {"crash.md": "indexed", "ok.md": "indexed"}


def test_a_crash_is_tried_again_after_a_while_three_times_then_parked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, start = Crashing(), datetime(2026, 1, 1, tzinfo=UTC)
    bench.pipeline = replace(bench.pipeline, pool=pool)
    bench.write(crash_md="x")
    tried = {}
    for minutes in (0, 0.5, 1, 2, 5.9, 6, 60, 600):
        at(bench, monkeypatch, start + timedelta(minutes=minutes))
        report = bench.ingest()
        tried[minutes] = pool.tried
        assert [trouble.file for trouble in report.failed] == ["crash.md"]
    assert tried == {0: 1, 0.5: 1, 1: 2, 2: 2, 5.9: 2, 6: 3, 60: 3, 600: 3}
    assert states(bench) == {"crash.md": "parked"}
    assert "--retry" in bench.ingest().failed[0].reason
    bench.write(crash_md="other")
    bench.ingest()
    assert (pool.tried, ledger(bench)["crash.md"].state, ledger(bench)["crash.md"].tries) == (4, "failed", 1)


def test_what_was_read_before_stays_while_a_file_fails_and_goes_with_it(bench: Bench) -> None:
    bench.write(crash_md="Read once")
    bench.ingest()
    bench.pipeline = replace(bench.pipeline, pool=Crashing(UnreadableSource))
    bench.write(crash_md="Now broken")
    bench.ingest()
    assert bench.stored() == {"crash.md": "Read once"}
    (bench.docs / "crash.md").unlink()
    bench.write(other_md="Other")
    assert bench.ingest().removed == 1
    assert bench.stored() == {"other.md": "Other"}


def test_an_untouched_file_is_not_opened_again_and_a_touched_one_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.fingerprint.FRESH_NS", 0)
    pool = Opened()
    bench.pipeline = replace(bench.pipeline, pool=pool)
    bench.write(a_md="A", b_md="B", none_md="")
    bench.ingest()
    pool.asked.clear()
    assert bench.ingest().unchanged == 2
    assert pool.asked == []
    inode = (bench.docs / "a.md").stat()
    bench.write(a_md="Z")  # the same size, and its time set back: what rsync or a careless tool leaves
    os.utime(bench.docs / "a.md", ns=(inode.st_atime_ns, inode.st_mtime_ns))
    assert bench.ingest().documents == 1
    assert "b.md" not in pool.asked
    pool.asked.clear()
    bench.pipeline.ingest([bench.docs], space="default", options=SyncOptions(rehash=True))
    assert set(pool.asked) >= {"a.md", "b.md"}


def test_a_file_written_a_moment_ago_is_opened_again(bench: Bench) -> None:
    pool = Opened()
    bench.pipeline = replace(bench.pipeline, pool=pool)
    bench.write(a_md="A")
    bench.ingest()
    pool.asked.clear()
    bench.ingest()
    assert "a.md" in pool.asked


@pytest.mark.slow
def test_a_stop_in_the_middle_and_a_second_run_give_what_one_run_gives(bench: Bench, tmp_path: Path) -> None:
    rng = random.Random(7)
    for n in range(40):
        (bench.docs / f"{n:02}.md").write_text(f"# Note {n}\n\n" + "\n\n".join(words(rng, 80) for _ in range(12)))

    def stop(step: Progress) -> None:
        if step.stage == "reading" and step.done == 30:
            raise KeyboardInterrupt

    bench.pipeline = replace(bench.pipeline, batch_chunks=64)
    with pytest.raises(KeyboardInterrupt):
        bench.pipeline.ingest([bench.docs], space="default", on_progress=stop)
    kept = len(bench.stored())
    assert 0 < kept < 40
    report = bench.ingest()
    assert (report.unchanged, report.documents) == (kept, 40 - kept)
    other_root = tmp_path / "other"
    other_root.mkdir()
    engine = open_database(f"sqlite:///{other_root}/registry.db")
    other = Bench(other_root, engine)
    shutil.copytree(bench.docs, other.docs, dirs_exist_ok=True)
    whole = other.ingest()
    assert other.stored() == bench.stored()
    assert whole.chunks == bench.catalog.counts()["chunks"]
    assert states(other) == states(bench)
    engine.dispose()


def test_only_what_changed_is_looked_at_when_it_is_named(bench: Bench) -> None:
    bench.write(a_md="A", x__b_md="B", x__c_md="C", y__d_md="D")
    bench.ingest()
    pool = Opened()
    bench.pipeline = replace(bench.pipeline, pool=pool)
    bench.write(x__b_md="B2", a_md="A2")
    (bench.docs / "x" / "c.md").unlink()
    only = SyncOptions(only=(bench.docs / "x" / "b.md", bench.docs / "x" / "c.md"))
    report = bench.pipeline.ingest([bench.docs], space="default", options=only)
    assert (report.documents, report.removed) == (1, 1)
    assert bench.stored() == {"a.md": "A", "x/b.md": "B2", "y/d.md": "D"}
    assert set(pool.asked) == {"x/b.md"}


def test_a_changed_folder_that_is_gone_takes_all_below_it_along(bench: Bench) -> None:
    bench.write(a_md="A", x__b_md="B", x__c_md="C")
    bench.ingest()
    shutil.rmtree(bench.docs / "x")
    only = SyncOptions(only=(bench.docs / "x",))
    assert bench.pipeline.ingest([bench.docs], space="default", options=only).removed == 2
    assert bench.stored() == {"a.md": "A"}


def test_a_source_that_looks_empty_keeps_everything_until_somebody_says_it_is(bench: Bench) -> None:
    bench.write(a_md="A", b_md="B")
    bench.ingest()
    (source,) = bench.pipeline.sources.all(ALL)
    for path in bench.docs.iterdir():
        path.unlink()
    (bench.docs / ".lost").mkdir()
    report = bench.ingest()
    assert (report.removed, [trouble.file for trouble in report.failed]) == (0, ["docs"])
    with pytest.raises(Conflict, match="looks empty"):
        bench.pipeline.sync(source.source.id)
    assert "looks empty" in bench.pipeline.sources.get(source.source.id, ALL).problem
    shutil.rmtree(bench.docs)
    with pytest.raises(NotFound, match="nothing was changed"):
        bench.pipeline.sync(source.source.id)
    assert len(bench.stored()) == 2
    bench.docs.mkdir()
    assert bench.pipeline.sync(source.source.id, options=SyncOptions(allow_empty=True)).removed == 2
    assert (bench.stored(), bench.pipeline.sources.get(source.source.id, ALL).problem) == ({}, "")


def test_a_source_is_synced_with_the_kind_it_was_given(bench: Bench) -> None:
    bench.write(a_md="A")
    bench.ingest(kind="retro")
    (source,) = bench.pipeline.sources.all(ALL)
    assert (source.kind, source.files) == ("retro", {"indexed": 1})
    assert source.synced_at is not None
    report = bench.pipeline.sync(source.source.id)
    assert (report.unchanged, report.documents) == (1, 0)


def test_a_removed_source_is_hidden_unlisted_and_comes_back_when_it_is_named(bench: Bench) -> None:
    bench.write(a_md="A", x__b_md="B")
    bench.ingest()
    (source,) = bench.pipeline.sources.all(ALL)
    bench.pipeline.sources.schedule(source.source.id, 900)
    assert bench.pipeline.remove(source.source.id) == 2
    assert (bench.stored(), bench.pipeline.sources.all(ALL)) == ({}, [])
    with pytest.raises(NotFound):
        bench.pipeline.sync(source.source.id)
    bench.ingest(bench.docs / "x")
    (inner,) = bench.pipeline.sources.all(ALL)
    assert (inner.source.root, inner.every) == (str(bench.docs / "x"), 0)
    assert set(bench.stored()) == {"b.md"}


def test_what_was_masked_is_reported_by_file_and_kind(bench: Bench) -> None:
    class Masking(type(bench.pipeline.redactor)):  # type: ignore[misc]
        def redact(self, parsed: Parsed) -> tuple[Parsed, tuple[Finding, ...]]:
            return parsed, tuple(Finding(rule="token", at=n) for n in range(parsed.text.count("hush")))

    bench.pipeline = replace(bench.pipeline, redactor=Masking())
    bench.write(a_md="hush hush", b_md="Nothing")
    assert [(one.file, one.kind, one.count) for one in bench.ingest().masked] == [("a.md", "token", 2)]


def test_a_remote_is_synced_by_its_listing(bench: Bench) -> None:
    class Server:
        root = "words:http://host"

        def __init__(self) -> None:
            self.held = {"runs/1": "one", "runs/2": "two"}
            self.asked: list[str] = []

        def listing(self) -> dict[str, str]:
            return dict(self.held)

        def read(self, path: str) -> Parsed:
            self.asked.append(path)
            return Parsed(text=self.held[path])

    server = Server()
    pipeline: Pipeline = replace(bench.pipeline, remotes={"words": lambda _: server})
    assert pipeline.ingest(["words:http://host"], space="default").documents == 2
    server.held = {"runs/1": "one", "runs/3": "three"}
    server.asked.clear()
    (plan,) = pipeline.plan(["words:http://host"], space="default")
    assert (plan.added, plan.removed, plan.unchanged) == (("runs/3",), ("runs/2",), ("runs/1",))
    (source,) = pipeline.sources.all(ALL)
    assert pipeline.sync(source.source.id).removed == 1
    assert server.asked == ["runs/3"]
    server.held = {}
    with pytest.raises(Conflict):
        pipeline.sync(source.source.id)
    assert bench.stored() == {"runs/1": "one", "runs/3": "three"}


def test_the_time_left_follows_the_rate_so_far_and_is_not_guessed_at_first() -> None:
    now = [0.0]
    pace = Pace(10, 10 * 10**6, clock=lambda: now[0])
    assert pace.seconds_left is None
    now[0] = 1.0
    pace.did(10**6)
    assert pace.seconds_left is None
    now[0] = 10.0
    pace.did(10**6)
    assert pace.seconds_left == pytest.approx(40.0)
    for _ in range(8):
        pace.did(10**6)
    assert pace.seconds_left == 0


def test_progress_tells_files_bytes_and_stages(bench: Bench) -> None:
    bench.write(a_md="A" * 100, b_md="B" * 50)
    bench.ingest()
    reading = [step for step in bench.progress if step.stage == "reading"]
    assert [(step.done, step.bytes, step.bytes_total) for step in reading] == [(0, 0, 150), (1, 100, 150)]
