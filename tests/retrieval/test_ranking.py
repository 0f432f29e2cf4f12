"""One sum for all; wishes lift, typed conditions shut out, and asking for more changes no order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from rag.domain.types import Hit, Query
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.retrieval.ranking import WEIGHTS, Ranker
from rag.retrieval.retrievers import POOL, HybridRetriever
from tests.registry.parts import Clock, put, source
from tests.retrieval.parts import ALL, remember, retriever

LONG_AGO, TODAY = "2019-05-01", date(2024, 3, 20)
WARMUP = "The warmup of the scheduler was too short."
TEXTS = {
    "retro": ("notes/retro.md", WARMUP, {"kind": "retro", "authors": ("Anna Smith",), "date": "2024-03-02"}),
    "chat": ("chat/help.md", WARMUP, {"kind": "chat", "authors": ("Ben Kim",), "date": LONG_AGO}),
    "other": ("notes/other.md", "Batteries of the owl recorder last nine days.", {"kind": "note"}),
}


@dataclass(frozen=True)
class Library:
    retriever: HybridRetriever

    def hits(self, text: str, *, k: int = 10, freshness: float = 0.0) -> list[Hit]:
        found = replace(self.retriever, ranker=Ranker(freshness=freshness), today=lambda: TODAY)
        return found.retrieve(Query(text=text, access=ALL), k)

    def first(self, text: str, freshness: float = 0.0) -> str:
        return self.hits(text, freshness=freshness)[0].chunk.document.path


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    engine = open_database("sqlite://")
    catalog = SqlCatalog(engine, Clock())
    texts: dict[str, str] = {}
    docs = source(catalog)
    for path, text, said in TEXTS.values():
        put(catalog, docs, path, text, **said)  # type: ignore[arg-type]
    remember(catalog, texts)
    yield Library(retriever(catalog, texts))
    engine.dispose()


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What did the retro say about the warmup?", "notes/retro.md"),
        ("What was said in the chat about the warmup?", "chat/help.md"),
        ("What did Ben Kim say about the warmup?", "chat/help.md"),
        ("warmup of the scheduler in March 2024", "notes/retro.md"),
    ],
)
def test_of_two_that_say_the_same_the_one_that_was_wished_for_comes_first(
    library: Library, question: str, first: str
) -> None:
    assert library.first(question) == first


def test_a_wish_shuts_nothing_out(library: Library) -> None:
    found = {hit.chunk.document.kind for hit in library.hits("What did the retro say about owl batteries?")}
    assert "note" in found


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("warmup kind:chat", {"chat/help.md"}),
        ('warmup author:"Anna Smith"', {"notes/retro.md"}),
        ("warmup before:2020", {"chat/help.md"}),
        ("warmup file:notes/", {"notes/retro.md", "notes/other.md"}),
        ("warmup file:*/retro.md", {"notes/retro.md"}),
        ("warmup kind:decision", set()),
    ],
)
def test_what_is_typed_as_a_condition_holds_for_every_hit(library: Library, typed: str, left: set[str]) -> None:
    assert {hit.chunk.document.path for hit in library.hits(typed)} == left


def test_a_condition_alone_asks_nothing(library: Library) -> None:
    assert library.hits("kind:chat") == []


def test_the_newer_gains_a_little_unless_age_does_not_count(library: Library) -> None:
    fresh = {hit.chunk.document.path: hit for hit in library.hits("warmup of the scheduler", freshness=0.02)}
    plain = {hit.chunk.document.path: hit for hit in library.hits("warmup of the scheduler", freshness=0.0)}
    gained = {path: fresh[path].score - plain[path].score for path in plain}
    assert 0.02 >= gained["notes/retro.md"] > 0.01 > gained["chat/help.md"] > 0
    assert gained["notes/retro.md"] == pytest.approx(fresh["notes/retro.md"].why.parts["fresh"])
    assert all("fresh" not in hit.why.weights for hit in plain.values())


def test_a_document_that_says_only_its_year_is_as_old_as_that_year() -> None:
    engine = open_database("sqlite://")
    catalog, texts = SqlCatalog(engine, Clock()), dict[str, str]()
    docs = source(catalog)
    for said in ("2023-05", "2019", "2024", ""):
        put(catalog, docs, f"of {said}.md", WARMUP, date=said)
    remember(catalog, texts)
    found = replace(retriever(catalog, texts), ranker=Ranker(freshness=0.02), today=lambda: date(2026, 6, 1))
    hits = found.retrieve(Query(text="warmup of the scheduler", access=ALL), 9)
    engine.dispose()
    hits.sort(key=lambda hit: -hit.why.parts["fresh"])
    assert [hit.chunk.document.date for hit in hits] == ["", "2024", "2023-05", "2019"]  # undated: read in 2026


def test_both_parts_of_a_comparison_are_found(library: Library) -> None:
    found = library.hits("difference between the scheduler warmup and the recorder batteries", k=3)
    assert {hit.chunk.document.kind for hit in found} == {"retro", "chat", "note"}


def test_a_text_that_shares_no_word_is_not_said_to_have_the_words(library: Library) -> None:
    assert all("words" not in hit.why.parts for hit in library.hits("zebra quagga"))
    compared = library.hits("difference between owl batteries and quaggas")
    assert [hit.chunk.document.path for hit in compared if "words" in hit.why.parts] == ["notes/other.md"]


def test_a_file_far_down_in_both_pools_is_put_in_order_too() -> None:
    engine = open_database("sqlite://")
    catalog, texts = SqlCatalog(engine, Clock()), dict[str, str]()
    docs = source(catalog)
    put(catalog, docs, "many.md", "The warmup was too short.\n" * (POOL + 50))
    put(catalog, docs, "asked.md", "Batteries last.\nA warmup among many other things that are told at length.\nOwls.")
    remember(catalog, texts)
    hits = retriever(catalog, texts).retrieve(Query(text="Was the warmup too short? file:asked.md", access=ALL), 3)
    engine.dispose()
    assert [hit.chunk.n for hit in hits][:1] == [1]
    assert {"meaning", "words"} <= hits[0].why.parts.keys()


def test_who_asks_for_more_gets_the_same_order(library: Library) -> None:
    few, many = library.hits("warmup recorder", k=2), library.hits("warmup recorder", k=500)
    assert [(hit.chunk.id, hit.score) for hit in few] == [(hit.chunk.id, hit.score) for hit in many[:2]]
