from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from rag.domain.types import Cell, Fact, Lines, Mark, Message, Page, Run, Section
from rag.registry.codecs import pack_marks, pack_text, plain_facts, read_facts, sections, unpack_marks, unpack_text
from rag.registry.identity import document_id, source_id, text_hash
from rag.registry.moments import Moment, from_micros, parse_day, parse_moment


def test_an_id_is_sixteen_letters_and_says_where_a_name_ends() -> None:
    key = document_id("s", "docs/a.md")
    assert (len(key), key.isalnum(), key == key.lower()) == (16, True, True)
    assert len({document_id("s", "ab", ""), document_id("s", "a", "b"), document_id("sa", "b", "")}) == 3
    assert source_id("/a", "x") != source_id("/a", "y")


def test_ids_do_not_change_between_releases() -> None:
    assert document_id("source", "docs/a.md") == "4ju5z65gcqhubpn4"
    assert source_id("/docs", "default") == "nhdjys5tyfskup5v"
    assert text_hash("x") == "2d711642b726b04401627ca9fbac32f5c8530fb1"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_come_back(text: str) -> None:
    assert len(text_hash(text)) == 40
    assert unpack_text(pack_text(text)) == text


def test_every_kind_of_mark_comes_back() -> None:
    places = (Lines(1, 2), Page(3, "s"), Cell(4, "output"), Message("5", "a", "t"), Run("6", "lr"), Section(("a", "b")))
    marks = tuple(Mark(at=at, locator=locator) for at, locator in enumerate(places))
    assert unpack_marks(pack_marks(marks)) == marks


def test_facts_come_back_with_their_types() -> None:
    values = (1, 1.0, True, "1")
    facts = tuple(Fact(key="a", value=value, at=3) for value in values)
    assert [(fact.value, type(fact.value), fact.at) for fact in read_facts(plain_facts(facts))] == [
        (fact.value, type(fact.value), fact.at) for fact in facts
    ]


def test_a_chunk_stands_under_the_last_heading_before_it() -> None:
    marks = (Mark(at=5, locator=Section(("A",))), Mark(at=5, locator=Lines(1, 1)), Mark(at=9, locator=Section(("B",))))
    assert sections(marks, [0, 5, 8, 9, 99]) == [(), ("A",), ("A",), ("B",), ("B",)]


@pytest.mark.parametrize(
    ("written", "moment", "day"),
    [
        ("2025", datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01"),
        ("2025-03", datetime(2025, 3, 1, tzinfo=UTC), "2025-03-01"),
        (" 2025-03-04 ", datetime(2025, 3, 4, tzinfo=UTC), "2025-03-04"),
        ("2025-03-04T23:00:00-08:00", datetime(2025, 3, 5, 7, tzinfo=UTC), "2025-03-04"),
        ("2025-03-04T05:06:07Z", datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC), "2025-03-04"),
        ("0001-01-01T00:00:00+14:00", None, None),
        ("", None, None),
        ("last week", None, None),
        ("2025-13-40", None, None),
    ],
)
def test_dates_are_read_as_they_are_written(written: str, moment: datetime | None, day: str | None) -> None:
    assert (parse_moment(written), parse_day(written)) == (moment, day)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_a_moment_is_kept_to_the_microsecond(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    stored = Moment().process_bind_param(moment, sqlite.dialect())
    assert stored is not None
    assert from_micros(stored) == moment
    assert date.fromisoformat(str(parse_day(moment.isoformat()))) == moment.date()
