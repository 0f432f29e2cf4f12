"""A repository of git's through the pipeline: versions with who and why, and the commits as a source."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.pipeline import Pipeline
from ingest.redaction import Redactor
from rag.domain.types import Access, DocumentInfo
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder
from tests.ingest.inline import InlinePool, NoIndexes
from tests.ingest.test_history import Team

ALL = Access(everything=True)
TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"


class House:
    def __init__(self, root: Path) -> None:
        self.team = Team(root / "notes")
        engine = open_database(f"sqlite:///{root}/registry.db")
        self.catalog = SqlCatalog(engine)
        self.engine = engine
        self.pipeline = Pipeline(
            catalog=self.catalog,
            ledger=SqlLedger(engine),
            chats=SqlChats(engine),
            sources=SqlSources(engine),
            embedder=WordEmbedder(),
            pool=InlinePool(),
            redactor=Redactor(),
            indexes=NoIndexes(),
        )

    def ingest(self) -> None:
        report = self.pipeline.ingest([self.team.root], space="default")
        assert report.failed == ()

    def document(self, path: str) -> DocumentInfo:
        found, _ = self.catalog.documents(ALL)
        return next(info for info in found if info.path == path)

    def history(self, path: str) -> list[tuple[str, str, str]]:
        """(text, who, why) of each version, oldest first."""
        document = self.document(path).id
        return [
            (self.catalog.text(document, ALL, version=info.version).text, info.changed_by, info.reason)
            for info in self.catalog.versions(document, ALL)
        ]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "notes").mkdir()
    made = House(tmp_path)
    yield made
    made.engine.dispose()


def test_each_version_says_who_made_it_and_why(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4")
    house.team.commit("The loss was flat", "Bo Li <bo@example.org>", run="lr 3e-4")
    house.ingest()
    assert house.history("run.md") == [("lr 1e-4", "Ada", "Start low"), ("lr 3e-4", "Bo Li", "The loss was flat")]


def test_what_was_committed_after_it_was_read_gets_its_author_and_reason(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4", other="Text")
    (house.team.root / "run.md").write_text("lr 3e-4")
    (house.team.root / "other.md").write_text("Never committed")
    house.ingest()
    assert house.history("run.md")[-1] == ("lr 3e-4", "", "")
    house.team.commit(f"Flat, says {TOKEN}", "Bo Li <bo@example.org>", run="lr 3e-4")
    house.ingest()
    assert house.history("run.md") == [
        ("lr 1e-4", "Ada", "Start low"),
        ("lr 3e-4", "Bo Li", "Flat, says [masked:github-token]"),
    ]
    assert house.history("other.md")[-1] == ("Never committed", "", "")


def test_what_it_said_then_is_found_by_date(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4")
    house.team.commit("The loss was flat", run="lr 3e-4")
    house.ingest()
    then = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
    ids = house.catalog.allowed_ids(ALL, filters=None, as_of=then, limit=100)
    assert ids is not None
    found = house.catalog.chunks(ids, ALL, as_of=then)
    assert [chunk.text for chunk in found.values() if chunk.document.path == "run.md"] == ["lr 1e-4"]


def test_later_commits_are_added_to_what_is_known(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4")
    house.ingest()
    for n in (2, 3):
        house.team.commit(f"Try {n}", run=f"lr {n}e-4")
    house.ingest()
    house.ingest()
    assert [why for _, _, why in house.history("run.md")] == ["Start low", "Try 2", "Try 3"]


def test_a_change_that_is_not_committed_is_nobodys(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4")
    (house.team.root / "run.md").write_text("lr 9e-4")
    house.ingest()
    assert house.history("run.md") == [("lr 1e-4", "Ada", "Start low"), ("lr 9e-4", "", "")]


def test_the_commits_are_a_document_and_a_file_of_old_is_no_new_one(house: House) -> None:
    house.team.commit("bf16 instead of fp16: the loss went to NaN", run="bf16", gone="x")
    (house.team.root / "gone.md").unlink()
    house.ingest()
    commits = house.document(".git")
    assert "the loss went to NaN" in house.catalog.text(commits.id, ALL).text
    assert (commits.kind, commits.title) == ("history", "Commits of 2026-05 in notes")
    assert {info.path for info in house.catalog.documents(ALL)[0]} == {".git", "run.md"}


def test_a_damaged_repository_costs_its_history_and_no_file(house: House) -> None:
    house.team.commit("Start low", run="lr 1e-4")
    for path in (house.team.root / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:5])
    report = house.pipeline.ingest([house.team.root], space="default")
    assert [trouble.file for trouble in report.failed] == [".git"]
    assert house.history("run.md") == [("lr 1e-4", "", "")]
