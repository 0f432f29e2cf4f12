"""Passages: enough to read, never twice, never beyond what the asker may see."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ingest.chunking import chunk_document
from rag.domain.types import Hit, Mark, PathUpdate, Prepared, Query, Section
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.retrieval.expansion import PASSAGE_WORDS, REACH, Expansion, Span
from tests.fakes import WordEmbedder
from tests.registry.parts import document, heading, put, source, update
from tests.retrieval.parts import ALL, MODEL, ever

QUERY = Query(text="anything", access=ALL)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = open_database("sqlite://")
    yield made
    made.dispose()


def line(words: int, word: str = "word") -> str:
    return " ".join([word] * words) + "\n"


def hits_of(catalog: SqlCatalog, key: str, order: list[int] | None = None) -> list[Hit]:
    """All chunks of the current version of a document, best first in the order of their numbers, or in `order`."""
    ids = [chunk_id for chunk_id in ever(catalog) if chunk_id.startswith(f"{key}:")]
    stored = list(catalog.chunks(ids, ALL).values())
    chosen = [stored[n] for n in order if n < len(stored)] if order else stored
    return [Hit(chunk=chunk, score=1.0 - 0.001 * n) for n, chunk in enumerate(chosen)]


def words(text: str, span: Span) -> int:
    return len(text[span.start : span.end].split())


def test_a_short_document_is_one_passage(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    text = line(20) * 5
    hits = hits_of(catalog, put(catalog, source(catalog), "short.md", text))
    assert [(span.start, span.end) for span in Expansion(catalog=catalog).spans(QUERY, hits, 8)] == [(0, len(text))]


def test_what_follows_is_taken_before_what_stands_before(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    text = line(90, "a") + line(90, "b") + line(90, "c")
    hits = hits_of(catalog, put(catalog, source(catalog), "follows.md", text), order=[1])
    (span,) = Expansion(catalog=catalog).spans(QUERY, hits, 1)
    assert set(text[span.start : span.end].split()) == {"b", "c"}


def test_what_stands_before_is_taken_first_when_it_was_found_too(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    text = line(90, "a") + line(90, "b") + line(90, "c")
    hits = hits_of(catalog, put(catalog, source(catalog), "found too.md", text), order=[1, 0, 2])
    (span, _) = Expansion(catalog=catalog).spans(QUERY, hits, 2)
    assert set(text[span.start : span.end].split()) == {"a", "b"}


def test_a_passage_reaches_over_short_chunks_to_one_that_was_found_on_the_other_side(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    text = line(60, "a") + line(20, "b") + line(60, "c") + line(60, "d") + line(60, "e")
    hits = hits_of(catalog, put(catalog, source(catalog), "over.md", text), order=[2, 0, 4])
    spans = Expansion(catalog=catalog).spans(QUERY, hits, 2)
    assert set(text[spans[0].start : spans[0].end].split()) == {"a", "b", "c", "d"}
    assert set(text[spans[1].start : spans[1].end].split()) == {"e"}


def test_a_long_chunk_stands_alone(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    text = line(10, "a") + line(PASSAGE_WORDS + 50, "b") + line(10, "c")
    hits = hits_of(catalog, put(catalog, source(catalog), "long.md", text), order=[1])
    (span,) = Expansion(catalog=catalog).spans(QUERY, hits, 1)
    assert set(text[span.start : span.end].split()) == {"b"}


def test_another_chapter_is_left_out(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    of = source(catalog)
    text = line(5, "a") + line(5, "b")
    marks: tuple[Mark, ...] = (heading(0, "One", "First"), heading(len(line(5, "a")), "Two", "Second"))
    made = document(of, "chapters.md", text, marks=marks)
    catalog.commit([update(of, "chapters.md", made)], model=MODEL)
    hits = hits_of(catalog, made.id, order=[0])
    assert all(isinstance(mark.locator, Section) for mark in marks)
    (span,) = Expansion(catalog=catalog).spans(QUERY, hits, 1)
    assert set(text[span.start : span.end].split()) == {"a"}


def test_neighbours_the_asker_may_not_see_are_not_shown(engine: Engine) -> None:
    """A hit that was taken away between the two questions to the registry has no neighbourhood."""
    catalog = SqlCatalog(engine)
    text = line(5, "a") + line(5, "b")
    key = put(catalog, source(catalog), "hidden.md", text)
    hits = hits_of(catalog, key, order=[0])
    catalog.hide(key)
    (span,) = Expansion(catalog=catalog).spans(QUERY, hits, 1)
    assert set(text[span.start : span.end].split()) == {"a"}


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 260), min_size=1, max_size=25),
    order=st.permutations(range(25)),
    k=st.integers(1, 10),
)
def test_passages_are_short_apart_and_hold_their_hit(
    engine: Engine, lengths: list[int], order: list[int], k: int
) -> None:
    catalog = SqlCatalog(engine)
    text = "".join(line(n, f"w{at}") for at, n in enumerate(lengths))
    key = put(catalog, source(catalog), "any.md", text)
    hits = hits_of(catalog, key, order)
    spans = Expansion(catalog=catalog).spans(QUERY, hits, k)
    assert 1 <= len(spans) <= k
    for span in spans:
        best = span.hit.chunk
        assert span.start <= best.start < best.end <= span.end
        assert words(text, span) <= max(PASSAGE_WORDS, len(best.text.split()))
    apart = sorted(spans, key=lambda span: span.start)
    assert all(one.end <= other.start for one, other in pairwise(apart))
    assert [span.hit.score for span in spans] == sorted((span.hit.score for span in spans), reverse=True)
    assert max(text[span.start : span.end].count("\n") for span in spans) <= 2 * REACH + 1


def test_passages_of_real_chunks_do_not_overlap(engine: Engine) -> None:
    catalog, embedder = SqlCatalog(engine), WordEmbedder()
    of = source(catalog)
    parts = [f"## Part {n}\n\n" + ("The owl calls at dusk near the river, and it is recorded. " * 12) for n in range(9)]
    text = "# Owls\n\n" + "\n\n".join(parts)
    made = replace(document(of, "real.md", text), syntax="markdown")
    chunks = chunk_document(made, embedder.count_tokens, embedder.window)
    ready = Prepared(document=made, chunks=chunks, vectors=embedder.embed([chunk.embedded for chunk in chunks]))
    catalog.commit([PathUpdate(source=of.id, path="real.md", prepared=(ready,))], model=MODEL)
    spans = Expansion(catalog=catalog).spans(QUERY, hits_of(catalog, made.id), 20)
    assert len(spans) > 3
    apart = sorted(spans, key=lambda span: span.start)
    assert all(one.end <= other.start for one, other in pairwise(apart))
    assert all(words(text, span) <= PASSAGE_WORDS for span in spans)


def test_a_copy_of_a_text_is_named_and_leaves_its_place_to_another(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    of = source(catalog)
    said = "The owl calls at dusk near the river, and every call is recorded by the box on the old bridge.\n"
    keys = [put(catalog, of, f"{name}.md", said) for name in ("first", "second")]
    other = put(catalog, of, "third.md", "A heron stands still.\n")
    hits = [hit for key in (*keys, other) for hit in hits_of(catalog, key)]
    spans = Expansion(catalog=catalog).spans(QUERY, hits, 2)
    assert [span.hit.chunk.document.id for span in spans] == [keys[0], other]
    assert [chunk.document.id for chunk in spans[0].copies] == [keys[1]]


def test_a_passage_is_the_same_for_who_asks_for_more(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    of = source(catalog)
    text = line(90, "before") + line(100, "best") + line(45, "next") + line(45, "then")
    before, best, *after = hits_of(catalog, put(catalog, of, "grown.md", text))
    others = hits_of(catalog, put(catalog, of, "others.md", "".join(f"Owl {n}.\n" for n in range(90))))
    found = [replace(best, score=1.0), replace(before, score=0.5), *(replace(hit, score=0.3) for hit in after)]
    found += [replace(hit, score=0.29 if n < 46 else -1.0) for n, hit in enumerate(others)]
    few, many = (Expansion(catalog=catalog).spans(QUERY, found[:reach], 1) for reach in (50, 90))
    assert (few[0].start, few[0].end) == (many[0].start, many[0].end) == (0, best.chunk.end)
