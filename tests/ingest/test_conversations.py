"""Exports of chats through the pipeline: what is written when, and what is left after a kill, a removal, a purge."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest.pipeline import Pipeline
from ingest.redaction import Redactor
from rag.domain.types import IngestReport, Parsed
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.ingest.chats import Chat, Cut, ExportPool, Posted, parts_of, write_export
from tests.ingest.inline import NoIndexes

CHANNEL = [
    Posted(minute=1, edits=(20,)),
    Posted(minute=2, author="Bo", deleted=30),
    Posted(minute=3, author="Cyd"),
    Posted(minute=12, author="Bo", reply_to=3),
    Posted(minute=25, author="Ada"),
]
EARLY = Cut(path="early.export", now=10, first=0, last=10, files=("early.json",))
LATE = Cut(path="late.export", now=40, first=0, last=40, files=("late.json",))
REST = Cut(path="rest.export", now=40, first=11, last=40, files=("rest.json",))
README = Parsed(text="# About this export\n", syntax="markdown", part="README.md")


@dataclass
class Bench:
    """A pipeline over a folder of exports."""

    root: Path
    engine: Engine
    space: str = "default"
    chat: Chat = field(init=False)

    def __post_init__(self) -> None:
        self.chat = Chat(self.engine, self.space)
        self.exports.mkdir()
        self.ledger = SqlLedger(self.engine)
        self.pipeline = Pipeline(
            catalog=SqlCatalog(self.engine),
            ledger=self.ledger,
            sources=SqlSources(self.engine),
            chats=SqlChats(self.engine),
            embedder=self.chat.embedder,
            pool=ExportPool(),
            redactor=Redactor(),
            indexes=NoIndexes(),
        )

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def source(self) -> str:
        return next(source.id for source in self.chat.catalog.sources() if source.root == str(self.exports))

    def write(self, *cuts: Cut, channel: list[Posted] = CHANNEL, folder: Path | None = None) -> None:
        for cut in cuts:
            write_export((folder or self.exports) / cut.path, [*parts_of(channel, cut), README])

    def ingest(self, *paths: Path) -> IngestReport:
        return self.pipeline.ingest(paths or [self.exports], space=self.space)

    def threads(self) -> dict[str, str]:
        return {key: text.text for key, text in self.chat.documents().items() if key != "README.md"}

    def messages(self) -> set[str]:
        return {line.removeprefix("message ") for text in self.threads().values() for line in text.split("\n")[1::3]}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_database("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def bench(tmp_path: Path, engine: Engine) -> Bench:
    return Bench(tmp_path, engine, tmp_path.name)


def test_threads_are_merged_and_what_lies_beside_them_is_kept_as_it_is(bench: Bench) -> None:
    bench.write(EARLY, LATE)
    report = bench.ingest()
    assert (report.documents, report.messages, report.failed) == (5, 7, ())  # as the exports hold them
    infos = {(info.path, info.part) for info in bench.chat.infos()}
    assert infos == {
        ("slack/help", "slack:T1/C1/2026-03-01"),
        ("slack/help", "slack:T1/C1/3"),
        ("early.export", "README.md"),
        ("late.export", "README.md"),
    }
    rows = bench.ledger.outcomes(bench.source)
    assert {path: (row.state, row.documents) for path, row in rows.items()} == {
        "early.export": ("indexed", 2),
        "late.export": ("indexed", 3),
    }


def test_files_of_a_thread_are_those_that_first_said_what_it_says(bench: Bench) -> None:
    bench.write(EARLY, REST)
    bench.ingest()
    files = {info.part: info.files for info in bench.chat.infos() if info.path == "slack/help"}
    assert files["slack:T1/C1/3"] == ("early.json", "rest.json")
    bench.write(replace(LATE, path="newer.export", now=41, last=41))
    bench.ingest()
    again = {info.part: info.files for info in bench.chat.infos() if info.path == "slack/help"}
    assert again["slack:T1/C1/3"] == ("early.json", "rest.json")


def test_the_same_again_writes_nothing(bench: Bench) -> None:
    bench.write(EARLY, LATE)
    bench.ingest()
    feed = bench.chat.catalog.feed_end()
    report = bench.ingest()
    assert (report.unchanged, report.documents, report.chunks) == (2, 0, 0)
    assert bench.chat.catalog.feed_end() == feed


def test_one_more_export_of_the_same_writes_no_thread_again(bench: Bench) -> None:
    bench.write(EARLY)
    bench.ingest()
    threads = bench.threads()
    bench.write(replace(EARLY, path="again.export", zone=5, backwards=True))
    assert bench.ingest().chunks == 1  # its README
    assert bench.threads() == threads
    assert {info.version for info in bench.chat.infos()} == {1}


def test_an_edit_makes_a_new_version_of_its_thread_alone(bench: Bench) -> None:
    bench.write(LATE)
    bench.ingest()
    bench.write(replace(LATE, now=50), channel=[*CHANNEL[:3], replace(CHANNEL[3], edits=(45,)), CHANNEL[4]])
    bench.ingest()
    assert {info.part: info.version for info in bench.chat.infos() if info.path == "slack/help"} == {
        "slack:T1/C1/2026-03-01": 1,
        "slack:T1/C1/3": 2,
    }


def test_without_one_of_two_exports_its_messages_go(bench: Bench) -> None:
    bench.write(EARLY, REST)
    bench.ingest()
    (bench.exports / REST.path).unlink()
    report = bench.ingest()
    assert report.removed == 1
    assert bench.messages() == {"1", "2", "3"}
    write_export(bench.exports / "other.export", [README])
    (bench.exports / EARLY.path).unlink()
    bench.ingest()
    assert bench.threads() == {}
    bench.write(EARLY, REST)
    bench.ingest()
    assert bench.messages() == {"1", "2", "3", "12", "25"}


def test_an_export_that_no_longer_yields_a_channel_says_nothing_of_it(bench: Bench) -> None:
    bench.write(EARLY)
    bench.ingest()
    write_export(bench.exports / EARLY.path, [README])
    bench.ingest()
    assert bench.threads() == {}
    assert [info.part for info in bench.chat.infos()] == ["README.md"]


def test_a_moved_export_changes_nothing_but_its_place(bench: Bench) -> None:
    bench.write(EARLY)
    bench.ingest()
    threads = bench.threads()
    (bench.exports / EARLY.path).rename(bench.exports / "moved.export")
    bench.ingest()
    assert bench.threads() == threads
    assert bench.chat.chats.paths(bench.source) == {"moved.export"}


def test_a_source_that_is_removed_leaves_what_another_tells_too(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    bench.write(EARLY)
    bench.ingest()
    bench.write(REST, folder=other)
    bench.ingest(other)
    assert bench.messages() == {"1", "2", "3", "12", "25"}
    bench.pipeline.remove(bench.source)
    assert bench.messages() == {"12", "25"}
    assert {info.source for info in bench.chat.infos()} != {bench.source}
    bench.ingest()
    assert bench.messages() == {"1", "2", "3", "12", "25"}


def test_what_somebody_hid_stays_hidden_until_it_changes(bench: Bench) -> None:
    bench.write(EARLY, REST)
    bench.ingest()
    thread = next(info.id for info in bench.chat.infos() if info.part.endswith("/3"))
    bench.chat.catalog.hide(thread)
    bench.write(replace(REST, path="more.export", now=50, first=13, last=50), channel=[*CHANNEL, Posted(minute=45)])
    bench.ingest()
    assert bench.messages() == {"1", "2", "25", "45"}
    bench.write(replace(LATE, path="last.export", now=60, last=60), channel=[*CHANNEL, Posted(minute=55, reply_to=3)])
    bench.ingest()
    assert {"3", "12", "55"} <= bench.messages()


# --- kills ----------------------------------------------------------------------------------------------------------


class Stop(Exception):
    pass


@dataclass
class Dying:
    """A registry that works for some calls of what it does last, then the process is gone."""

    calls: int

    def __call__(self, *_: object, **__: object) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Stop


@dataclass(frozen=True)
class DyingCatalog(SqlCatalog):
    dying: Dying = field(default_factory=lambda: Dying(0))

    def commit(self, *args: object, **kwargs: object) -> tuple[int, int]:
        self.dying()
        return super().commit(*args, **kwargs)  # type: ignore[arg-type]


@dataclass(frozen=True)
class DyingChats(SqlChats):
    dying: Dying = field(default_factory=lambda: Dying(0))

    def put(self, *args: object) -> None:
        self.dying()
        super().put(*args)  # type: ignore[arg-type]
        self.dying()

    def settle(self, *args: object) -> None:
        self.dying()
        super().settle(*args)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("calls", range(9))
def test_killed_anywhere_it_is_made_good_by_the_next_ingest(bench: Bench, calls: int) -> None:
    bench.write(EARLY)
    bench.ingest()
    (bench.exports / EARLY.path).unlink()
    bench.write(REST, LATE)
    dying = Dying(calls)
    killed = replace(
        bench.pipeline,
        catalog=DyingCatalog(bench.engine, dying=dying),
        chats=DyingChats(bench.engine, dying=dying),
        batch_chunks=1,
    )
    with pytest.raises(Stop):
        killed.ingest([bench.exports], space=bench.space)
    rows = bench.ledger.outcomes(bench.source)
    if "late.export" in rows:  # acknowledged: then it is found
        assert bench.messages() >= {"12", "25"}
    bench.ingest()
    assert bench.messages() == {"1 edit 1", "3", "12", "25"}
    assert set(bench.ledger.outcomes(bench.source)) == {"late.export", "rest.export"}


def test_a_kill_before_the_threads_are_written_is_made_good_whatever_is_ingested(bench: Bench, tmp_path: Path) -> None:
    bench.write(EARLY)
    killed = replace(bench.pipeline, catalog=DyingCatalog(bench.engine))
    with pytest.raises(Stop):
        killed.ingest([bench.exports], space=bench.space)
    assert bench.threads() == {}
    other = tmp_path / "other"
    other.mkdir()
    bench.write(REST, folder=other)
    bench.ingest(other)
    assert bench.messages() == {"1", "2", "3", "12", "25"}


# --- purge ----------------------------------------------------------------------------------------------------------

CANARY = "kjbqwxzvnpl"


def bytes_on_disk(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in root.glob("registry.db*"))


def with_canary(parts: list[Parsed]) -> list[Parsed]:
    """In the names only, which are stored as they are; texts are stored compressed."""
    return [replace(part, title=f"{part.title} {CANARY}") if part.part.endswith("/3") else part for part in parts]


def test_a_purged_thread_leaves_no_message_of_it_in_any_export(tmp_path: Path) -> None:
    bench = Bench(tmp_path, open_database(f"sqlite:///{tmp_path}/registry.db"))
    for cut in (EARLY, LATE):
        write_export(bench.exports / cut.path, with_canary(parts_of(CHANNEL, cut)))
    bench.ingest()
    assert CANARY.encode() in bytes_on_disk(tmp_path)
    bench.chat.catalog.purge(next(info.id for info in bench.chat.infos() if info.part.endswith("/3")))
    with bench.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM messages").scalars().all()
    assert sorted(rows) == ["1", "1", "2", "25"]  # 3 stood in the day of the early export: gone as well
    assert CANARY.encode() not in bytes_on_disk(tmp_path)
    assert bench.messages() == {"1 edit 1", "25"}
    bench.engine.dispose()


def test_a_purged_thread_stays_away_until_an_export_is_read_again(bench: Bench) -> None:
    bench.write(EARLY, LATE)
    bench.ingest()
    bench.chat.catalog.purge(next(info.id for info in bench.chat.infos() if info.part.endswith("/3")))
    bench.write(replace(REST, now=50, first=20, last=50), channel=[*CHANNEL, Posted(minute=45)])
    bench.chat.ingest("elsewhere", parts_of([Posted(minute=5)], EARLY))
    assert "12" not in bench.messages()
    bench.ingest()  # as with every file that is still there
    assert "12" in bench.messages()
