"""What is stored of the packs, against counts made straight from their files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ingest.pipeline import Pipeline
from ingest.redaction import Redactor
from ingest.sandbox import ReaderPool
from rag.domain.types import Access, IngestReport, Message
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder
from tests.ingest import independent_counts as counted
from tests.ingest.inline import NoIndexes

pytestmark = pytest.mark.slow
Pack = Callable[[str], Path]
ALL = Access(everything=True)


@dataclass
class Store:
    engine: Engine
    pool: ReaderPool

    def ingest(self, *paths: Path) -> IngestReport:
        pipeline = Pipeline(
            catalog=SqlCatalog(self.engine),
            ledger=SqlLedger(self.engine),
            chats=SqlChats(self.engine),
            sources=SqlSources(self.engine),
            embedder=WordEmbedder(),
            pool=self.pool,
            redactor=Redactor(),
            indexes=NoIndexes(),
        )
        return pipeline.ingest(paths, space="default")

    def number(self, statement: str, **values: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(statement), values).scalar_one())

    def messages(self) -> list[tuple[str, str, str]]:
        """(document, id, author) of each message that a stored text holds."""
        catalog, found, cursor = SqlCatalog(self.engine), [], ""
        while True:
            infos, cursor = catalog.documents(ALL, limit=500, cursor=cursor)
            for info in infos:
                marks = catalog.text(info.id, ALL).marks
                found += [
                    (info.id, mark.locator.id, mark.locator.author)
                    for mark in marks
                    if isinstance(mark.locator, Message)
                ]
            if not cursor:
                return found

    def authors(self, system: str) -> int:
        query = "SELECT count(DISTINCT identity) FROM document_people WHERE system = :system"
        return self.number(query, system=system)

    def threads(self) -> int:
        return self.number("SELECT count(*) FROM documents WHERE part LIKE '%:%' AND part NOT LIKE '%/day/%'")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_database(f"sqlite:///{tmp_path}/registry.db")
    with ReaderPool(2) as pool:
        yield Store(engine, pool)
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "inside", "system", "count"),
    [
        ("chat-slack-olake", ".", "slack", counted.slack),
        ("chat-discord-plugins", "json", "discord", counted.discord),
        ("chat-zulip-sample", "zulip_json", "", counted.zulip),  # it knows people by name alone
    ],
)
def test_every_message_thread_and_author_of_a_chat_is_stored(
    store: Store, pack: Pack, name: str, inside: str, system: str, count: Callable[[Path], counted.Chat]
) -> None:
    wanted = count(pack(name))
    report = store.ingest(pack(name) / inside)
    messages = store.messages()
    assert len(set(messages)) == len(messages) == report.messages == wanted.messages - wanted.left_out
    assert store.threads() == wanted.threads
    names = {author for _, _, author in messages}
    assert (store.authors(system) if system else len(names)) == wanted.people
    assert report.failed == ()


def test_every_line_somebody_says_in_a_log_is_stored(store: Store, pack: Pack) -> None:
    folder = pack("chat-irc-ubuntu") / "logs" / "dev"
    report = store.ingest(folder)
    assert len(store.messages()) == report.messages == counted.irc(folder)


def test_every_run_parameter_and_metric_is_stored(store: Store, pack: Pack) -> None:
    folder = pack("team-runs")
    report = store.ingest(folder)
    mlflow, (runs, values) = counted.mlflow(folder / "mlflow"), counted.wandb(folder)
    assert report.failed == ()

    def stored(tool: str, section: str) -> int:
        return store.number(
            "SELECT count(*) FROM run_values JOIN runs USING (document, version) "
            "WHERE tool = :tool AND section = :section",
            tool=tool,
            section=section,
        )

    assert store.number("SELECT count(*) FROM runs WHERE tool = 'mlflow'") == mlflow.runs
    assert stored("mlflow", "params") == mlflow.params
    assert stored("mlflow", "metrics") == mlflow.metrics
    assert store.number("SELECT count(*) FROM runs WHERE tool = 'wandb'") == runs
    assert stored("wandb", "metrics") == values


def test_every_notebook_and_card_is_stored(store: Store, pack: Pack) -> None:
    """One document a file, and nothing failed."""
    for name, pattern in (("team-notebooks", "**/*.ipynb"), ("team-model-cards-llama", "docs/**/*.md")):
        files = list(pack(name).glob(pattern))
        report = store.ingest(*files)
        assert (report.documents, report.failed) == (len(files), ())
