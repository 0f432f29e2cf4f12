"""The indexes over the real registry: commits, new versions, hiding and purging through the front door."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.domain.types import Access, Chunk, Document, PathUpdate, Prepared, Query, Source
from rag.index.generations import HomeIndexes
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.registry.generations import SqlGenerations
from rag.retrieval.ranking import Ranker
from rag.retrieval.retrievers import HybridRetriever
from tests.fakes import WordEmbedder

EMBEDDER = WordEmbedder()
EVERYTHING = Access(everything=True)


class Home:
    def __init__(self, directory: Path) -> None:
        self.url = f"sqlite:///{directory / 'registry.sqlite3'}"
        self.directory = directory / "indexes"
        self.engine = open_database(self.url)
        self.catalog = SqlCatalog(self.engine)
        self.source: Source = self.catalog.put_source(name="notes", root="/notes", space="default")

    def open(self, *, read_only: bool = False) -> HomeIndexes:
        engine = open_database(self.url, read_only=True) if read_only else self.engine
        return HomeIndexes(
            SqlCatalog(engine),
            SqlGenerations(engine),
            directory=self.directory,
            model=EMBEDDER.fingerprint,
            dimension=EMBEDDER.dimension,
            read_only=read_only,
        )

    def write(self, *paths: str, text: str) -> None:
        """A document at each path, a chunk for each line of `text`."""
        self.catalog.commit([self.update(path, f"{path} {text}") for path in paths], model=EMBEDDER.fingerprint)

    def update(self, path: str, text: str) -> PathUpdate:
        document = Document(
            id=f"id-{path}",
            source=self.source.id,
            path=path,
            space="default",
            title=path,
            kind="document",
            text=text,
            fingerprint=text,
        )
        chunks, at = [], 0
        for n, line in enumerate(text.splitlines(keepends=True)):
            chunks.append(Chunk(n=n, start=at, end=at + len(line), text=line))
            at += len(line)
        vectors = EMBEDDER.embed([chunk.embedded for chunk in chunks])
        return PathUpdate(
            source=self.source.id,
            path=path,
            prepared=(Prepared(document=document, chunks=tuple(chunks), vectors=vectors),),
        )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.engine.dispose()


def found(home: Home, indexes: HomeIndexes, question: str) -> set[str]:
    """Paths of what either index finds for it and the registry lets through."""
    vector = EMBEDDER.embed([question])[0]
    ids = [hit[0] for hit in (*indexes.dense.search(vector, 3), *indexes.lexical.search(question, 3))]
    return {chunk.document.path for chunk in home.catalog.chunks(ids, EVERYTHING).values() if question in chunk.text}


@pytest.mark.parametrize("caught_up", [False, True])
def test_a_new_version_takes_the_place_of_the_old_one(home: Home, caught_up: bool) -> None:
    indexes = home.open()
    home.write("a.md", "b.md", text="warmup of the scheduler\nlearning rate decay")
    if caught_up:
        indexes.catch_up()
    assert found(home, indexes, "warmup") == {"a.md", "b.md"}
    home.write("a.md", text="cosine schedule instead")
    if caught_up:
        indexes.catch_up()
    assert found(home, indexes, "warmup") == {"b.md"}
    assert found(home, indexes, "cosine") == {"a.md"}
    indexes.close()


@pytest.mark.slow
def test_an_index_of_which_nothing_is_left_is_not_taken_for_damaged(home: Home) -> None:
    indexes = home.open()
    home.write("a.md", text="warmup of the scheduler")
    indexes.catch_up()
    indexes.close()
    built = SqlGenerations(home.engine).current("dense")
    home.write("a.md", text="cosine schedule instead")
    again = home.open()
    again.catch_up()
    assert SqlGenerations(home.engine).current("dense").id == built.id  # type: ignore[union-attr]
    assert found(home, again, "cosine") == {"a.md"}
    again.close()


@pytest.mark.parametrize("way", ["hide", "purge"])
def test_what_was_taken_away_is_in_no_index_after_the_next_catch_up(home: Home, way: str) -> None:
    indexes = home.open()
    home.write("a.md", "b.md", text="warmup of the scheduler")
    indexes.catch_up()
    gone = next(info.id for info in home.catalog.documents(EVERYTHING)[0] if info.path == "a.md")
    getattr(home.catalog, way)(gone)
    assert found(home, indexes, "warmup") == {"b.md"}
    indexes.catch_up()
    assert {state["count"] for state in indexes.health().values()} == {1}
    assert {state["state"] for state in indexes.health().values()} == {"ready"}
    indexes.close()


def test_a_reader_beside_the_writer_finds_what_it_commits(home: Home) -> None:
    writer = home.open()
    home.write("a.md", text="warmup of the scheduler")
    writer.catch_up()
    reader = home.open(read_only=True)
    home.write("b.md", text="cosine schedule instead")
    assert found(home, reader, "cosine") == {"b.md"}
    assert found(home, reader, "warmup") == {"a.md"}
    reader.close()
    writer.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_what_was_superseded_is_found_by_its_words_as_of_then(home: Home, read_only: bool) -> None:
    writer = home.open()
    home.write("a.md", "b.md", "c.md", text="the ticket is QX-4417")
    then = home.catalog.documents(EVERYTHING)[0][-1].recorded_at
    home.write("a.md", "b.md", text="the ticket is ZB-1200")
    home.write("c.md", text="nothing of the kind")
    home.write("b.md", text="the ticket is QX-4417 once more")
    writer.catch_up()
    indexes = home.open(read_only=True) if read_only else writer
    retriever = HybridRetriever(
        embedder=EMBEDDER, dense=indexes.dense, lexical=indexes.lexical, catalog=home.catalog, ranker=Ranker()
    )
    hits = retriever.retrieve(Query(text="QX-4417", access=EVERYTHING, as_of=then), 3)
    assert sorted(hit.chunk.id for hit in hits if "bm25" in hit.why.raw) == [
        f"id-{path}:1:0" for path in ("a.md", "b.md", "c.md")
    ]
    now = retriever.retrieve(Query(text="QX-4417", access=EVERYTHING), 3)
    assert [hit.chunk.id for hit in now if "bm25" in hit.why.raw] == ["id-b.md:3:0"]
    for each in {indexes, writer}:
        each.close()


def test_the_same_bytes_twice_change_no_index(home: Home) -> None:
    indexes = home.open()
    home.write("a.md", text="warmup of the scheduler")
    indexes.catch_up()
    before = indexes.health()
    home.write("a.md", text="warmup of the scheduler")
    indexes.catch_up()
    assert indexes.health() == before
    indexes.close()


@pytest.mark.slow
def test_a_home_that_was_rebuilt_answers_the_same(home: Home) -> None:
    indexes = home.open()
    for n in range(30):
        home.write(f"d{n}.md", text="\n".join(f"line {n * i} of note {i}" for i in range(20)))
    indexes.catch_up()
    questions = [f"line {n} of note {n % 7}" for n in range(0, 200, 7)]
    before = [indexes.lexical.search(question, 10) for question in questions]
    near = [indexes.dense.search(EMBEDDER.embed([question])[0], 10) for question in questions]
    indexes.rebuild()
    assert [{i for i, _ in indexes.lexical.search(question, 10)} for question in questions] == [
        {i for i, _ in hits} for hits in before
    ]
    again = [indexes.dense.search(EMBEDDER.embed([question])[0], 10) for question in questions]
    assert [[score for _, score in hits] for hits in again] == [
        pytest.approx([score for _, score in hits], abs=1e-5) for hits in near
    ]
    indexes.close()
