"""What is searched, what is preferred, what is insisted on."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.types import DocumentInfo, Filters
from rag.retrieval.analysis import analyse
from rag.retrieval.operators import NAMES, Operators, read_operators
from rag.retrieval.plan import SearchPlan, plan

TODAY = date(2026, 5, 20)
RETRO = DocumentInfo(
    id="d", version=1, source="s", path="retros/2024-03.md", part="", space="team", title="March", kind="retro",
    authors=("Smith, Anna",), date="2024-03-28", url="", files=(), valid_from=datetime(2024, 4, 1, tzinfo=UTC),
    valid_to=None, recorded_at=datetime(2024, 4, 1, tzinfo=UTC),
)  # fmt: skip


def planned(question: str) -> SearchPlan:
    return plan(analyse(question, today=TODAY))


def test_typed_conditions_become_filters_and_leave_the_text() -> None:
    said = planned('kind:ADR why bf16 author:"Anna Smith" after:2024-03 before:2025 space:team file:docs/*.md')
    assert said.texts == ("why bf16",)
    assert said.operators.files == ("docs/*.md",)
    assert said.operators.filters == Filters(
        kinds=("decision",), authors=("Anna Smith",), spaces=("team",), after=date(2024, 3, 1), before=date(2025, 1, 1)
    )


@pytest.mark.parametrize(
    "text",
    [
        "colour:red",
        "after:soon what",
        'what is "kind:retro"',
        "file:///etc/hosts",
        "author: Anna",
        "xkind:retro",
        'kind:"a"b',
        "kind:",
        'kind:""',
        "-kind:retro",
    ],
)
def test_what_is_no_operator_stays_text(text: str) -> None:
    assert read_operators(text)[0] == text
    assert not read_operators(text)[1].filters.any


def test_several_kinds_are_alternatives_and_of_dates_the_narrowest_holds() -> None:
    filters = planned("kind:retro KIND:rfc after:2023 after:2024 before:2026 before:2025 x").operators.filters
    assert filters == Filters(kinds=("retro", "decision"), after=date(2024, 1, 1), before=date(2025, 1, 1))


def test_what_is_typed_twice_is_one_condition() -> None:
    said = planned("bf16 file:docs file:docs author:anna author:anna kind:adr kind:pep").operators
    assert said.written() == ("kind:decision", "author:anna", "file:docs")


def test_nothing_guessed_from_words_shuts_a_document_out() -> None:
    said = planned("What did Anna Smith say in the retro since June 2023?")
    assert said.prefers_any
    assert not said.operators.filters.any
    assert said.operators.admits(RETRO)


def test_a_document_is_preferred_by_kind_person_and_time() -> None:
    said = planned("What did Anna Smith say in the retro in March 2024?")
    assert said.prefers(RETRO) == {"kind": 1.0, "people": 1.0, "period": 1.0}
    assert said.prefers(replace(RETRO, kind="chat", authors=("Ada",), date="2024-04-01")) == dict.fromkeys(
        ("kind", "people", "period"), 0.0
    )


def test_the_page_about_searching_names_every_operator() -> None:
    page = Path(__file__).parents[2] / "docs" / "searching.md"
    rows = [line.split("|")[1] for line in page.read_text().splitlines() if re.match(r"\| `\w+:", line)]
    typed = [value for row in rows for value in re.findall(r"`([^`]+)`", row)]
    assert {value.partition(":")[0] for value in typed} == set(NAMES)
    assert [read_operators(value)[0] for value in typed] == [""] * len(typed)


def test_what_is_only_mentioned_weighs_less() -> None:
    weak = planned("Which retros did @anna write, 2024 roadmap?").prefers(RETRO)
    strong = planned("What did Anna Smith say in the retro in March 2024?").prefers(RETRO)
    assert all(0 < weak[name] < strong[name] for name in strong)


@pytest.mark.parametrize("said", ["", "soon", "2024-99-99"])
def test_a_document_without_a_date_is_not_in_the_period(said: str) -> None:
    assert planned("in March 2024").prefers(replace(RETRO, date=said))["period"] == 0.0


def test_nothing_wished_is_nothing_preferred() -> None:
    assert not planned("Why did it fail?").prefers_any
    assert set(planned("Why did it fail?").prefers(RETRO).values()) == {0.0}


def test_parts_are_searched_beside_the_question() -> None:
    assert planned("kb-19 vs kb-20 kind:run").texts == ("kb-19 vs kb-20", "kb-19", "kb-20")


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [("2024-03", True), ("*.md", True), ("RETROS/*", True), ("03.md", True), ("*.py", False), ("adr", False)],
)
def test_a_file_is_a_part_of_a_path_or_a_pattern(wanted: str, fits: bool) -> None:
    assert planned(f"x file:{wanted}").operators.admits(RETRO) is fits


def test_conditions_are_written_as_they_can_be_typed_again() -> None:
    typed = 'space:team kind:decision author:"Anna Smith" author:remi file:docs/*.md after:2024-03-01 before:2025-01-01'
    _, read = read_operators(f"why bf16 {typed}")
    assert " ".join(read.written()) == typed
    assert Operators(filters=Filters(facts=(("status", "accepted"),))).written() == ("status=accepted",)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters='"'), min_size=1).filter(str.strip)))
def test_whatever_a_condition_holds_is_read_again_as_it_was(authors: list[str]) -> None:
    said = tuple(dict.fromkeys(name.strip() for name in authors))
    asked = Operators(filters=Filters(authors=said))
    assert read_operators(" ".join(asked.written()))[1] == asked


def test_typed_conditions_only_ever_narrow_those_of_the_caller() -> None:
    typed = planned("x kind:retro space:team after:2024").operators
    assert typed.narrowed(Filters()) == typed.filters
    mine = Filters(kinds=("retro", "chat"), after=date(2025, 1, 1), facts=(("k", "v"),))
    assert typed.narrowed(mine) == replace(mine, kinds=("retro",), spaces=("team",))
    assert typed.narrowed(Filters(kinds=("chat",))) is None
    assert typed.narrowed(Filters(spaces=("other",))) is None
    assert typed.narrowed(Filters(before=date(2024, 1, 1))) is None


PIECES = st.tuples(st.sampled_from([*NAMES, "x"]), st.sampled_from([":", ' : "', '"', ":a ", ':"b c" ', ": "]))


@given(st.lists(PIECES, max_size=20))
def test_reading_twice_finds_nothing_more(pieces: list[tuple[str, str]]) -> None:
    text = read_operators("".join(name + sign for name, sign in pieces))[0]
    assert read_operators(text)[0] == text
    assert not read_operators(text)[1].filters.any
