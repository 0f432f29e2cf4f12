"""A golden set held against documents that changed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eval.golden.check import Checked, check
from eval.golden.stock import EVERYTHING, Stock
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden_places import QuotePlaces, find_quote
from tests.api.parts import House, make_house

GUIDE = "# Guide\n\nWe train in bf16 with a peak learning rate of 3e-4,\nas the decision of May says.\n"


@pytest.fixture
def house() -> Iterator[House]:
    made = make_house()
    made.put("guide.md", GUIDE)
    yield made
    made.tear_down()


def item(
    quote: str = "We train in bf16", *, file: str = "guide.md", answer: str = "bf16", **more: object
) -> GoldenItem:
    made = GoldenItem(
        id="q", kind="fact", question="Which dtype?", answer=answer, evidence=(GoldenEvidence(file=file, quote=quote),)
    )
    return replace(made, **more)  # type: ignore[arg-type]


def checked(house: House, *items: GoldenItem, superseded: dict[str, str] | None = None) -> Checked:
    catalog = house.services.catalog
    stock = Stock(catalog=catalog, places=QuotePlaces(catalog, EVERYTHING), superseded=superseded or {})
    return check(items, stock, lambda _done, _total: None)


def flags(house: House, *items: GoldenItem, superseded: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [(one.item, one.flag) for one in checked(house, *items, superseded=superseded).flagged]


def test_what_still_stands_is_not_flagged(house: House) -> None:
    assert flags(house, item(), item("rate of 3e-4, as the decision", id="p", answer="3e-4", question="Rate?")) == []


def test_words_that_were_changed_or_lost_their_file_are_flagged(house: House) -> None:
    gone = item(file="old.md", id="gone", question="Which one?")
    told = checked(house, item("We train in fp16"), gone)
    assert [(one.item, one.flag) for one in told.flagged] == [("q", "quote-gone"), ("gone", "document-gone")]
    assert "stand in guide.md" in told.flagged[1].what
    house.put("guide.md", GUIDE.replace("bf16", "fp8"))
    assert flags(house, item()) == [("q", "quote-gone")]


def test_words_that_moved_inside_their_file_are_fine_and_told(house: House) -> None:
    house.put("guide.md", f"A new first line.\n{GUIDE}")
    told = checked(house, item())
    assert told.flagged == ()
    assert told.moved == (("q", "guide.md: line 3 → 4"),)


def test_a_superseded_document_is_flagged_unless_the_item_speaks_of_that(house: House) -> None:
    document = next(iter(QuotePlaces(house.services.catalog, EVERYTHING).documents())).id
    superseded = {document: "superseded by 0004"}
    assert flags(house, item(), superseded=superseded) == [("q", "superseded")]
    assert flags(house, item(question="Which dtype was replaced?"), superseded=superseded) == []


def test_an_unanswerable_question_whose_name_turned_up_is_flagged(house: House) -> None:
    asked = GoldenItem(
        id="u", kind="unanswerable", question="Q?", answerable=False, rest={"absent": ["Peak Learning-Rate"]}
    )
    assert flags(house, asked) == [("u", "name-occurs")]
    assert flags(house, replace(asked, rest={"absent": ["earning rate"]})) == []  # no part of a word
    assert checked(house, replace(asked, rest={})).unchecked == 1


@pytest.mark.parametrize(
    ("answer", "flagged"), [("bf16", False), ("5e-4", True), ("Yes", False), ("by the mayor of Bonn", True)]
)
def test_an_answer_needs_its_numbers_and_its_words_near_the_quote(house: House, answer: str, flagged: bool) -> None:
    assert (flags(house, item(answer=answer)) == [("q", "unsupported")]) is flagged


def test_the_same_question_twice_is_flagged_and_a_rejected_one_is_nobodys_double(house: House) -> None:
    twin = item(id="twin", question="which DTYPE")
    assert flags(house, item(), twin) == [("twin", "duplicate")]
    assert flags(house, item(review="rejected"), twin) == []


def test_what_a_person_set_aside_stays_so_but_a_lost_quote_never_does(house: House) -> None:
    known = {"known": ["unsupported", "quote-gone"]}
    assert flags(house, item(answer="5e-4", rest=known)) == []
    assert checked(house, item(answer="5e-4", rest=known)).known == 1
    assert flags(house, item("We train in fp16", rest=known)) == [("q", "quote-gone")]


def test_a_file_may_be_named_with_its_source(house: House) -> None:
    assert flags(house, item(file="uploads/guide.md")) == []
    assert flags(house, item(evidence=(GoldenEvidence(file="guide.md", quote="bf16", source="elsewhere"),))) == [
        ("q", "document-gone")
    ]


def test_line_breaks_do_not_part_words() -> None:
    assert find_quote("a b\n  c d", "b c") == (2, 7)
    assert find_quote("a bc", "b c") is None
    assert find_quote("text", " ") is None


def test_nobody_can_check_without_a_home(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from eval.app import app
    from rag.domain.errors import NotFound
    from rag.knowledge.golden import save_golden

    save_golden(tmp_path / "g.jsonl", [item()])
    ended = CliRunner().invoke(app, ["golden", "check", str(tmp_path / "g.jsonl"), "--home", str(tmp_path / "none")])
    assert isinstance(ended.exception, NotFound)
