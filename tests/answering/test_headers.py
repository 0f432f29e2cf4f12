"""Headers in an answer: looked up where their fields are asked for, never quoted as sentences."""

from pathlib import Path

import pytest

from rag.domain.types import Filters
from tests.answering.corpus import House, ask, house

ADR_OLD = "---\nstatus: superseded by 0002\n---\n# 1. Train in fp16\n\n## Decision\n\nWe train in fp16.\n"
ADR_NEW = "---\nstatus: accepted\nsupersedes: 1\n---\n# 2. Train in bf16\n\n## Decision\n\nWe train in bf16.\n"


@pytest.mark.slow
def test_what_replaced_a_decision_is_answered_from_both_headers(tmp_path: Path) -> None:
    with house(tmp_path) as empty:
        empty.write("adr/0001-fp16.md", ADR_OLD)
        empty.write("adr/0002-bf16.md", ADR_NEW)
        answer = empty.answerer.answer(ask("Which decision replaced ADR 1?"))
    assert answer.text == "“2. Train in bf16” replaced “1. Train in fp16”. [1] [2]"
    assert [citation.quote for citation in answer.citations] == ["status: superseded by 0002", "supersedes: 1"]
    assert answer.model["llm"] == "facts"


@pytest.mark.slow
def test_a_line_of_front_matter_is_no_sentence_of_an_answer(team: House) -> None:
    answer = team.answerer.answer(ask("What did the retro of sprint 7 say about the larger backbone?"))
    assert "larger backbone" in answer.text
    assert not any(citation.quote.startswith(("kind:", "title:", "date:")) for citation in answer.citations)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "facts"), [("kind:decision", True), ("kind:retro", False), ("file:adr/", False), ("before:1990", False)]
)
def test_typed_conditions_hold_for_what_is_looked_up_too(tmp_path: Path, typed: str, facts: bool) -> None:
    with house(tmp_path) as empty:
        empty.write("adr/0001-fp16.md", ADR_OLD)
        empty.write("adr/0002-bf16.md", ADR_NEW)
        answer = empty.answerer.answer(ask(f"Which decision replaced ADR 1? {typed}"))
    assert (answer.model["llm"] == "facts" and answer.status == "answered") is facts
    assert all(citation.document.kind == "decision" for citation in answer.citations)


@pytest.mark.slow
def test_what_was_looked_up_says_so_and_keeps_measures_and_conditions_of_the_passage_that_holds_it(
    tmp_path: Path,
) -> None:
    with house(tmp_path) as empty:
        empty.write("adr/0001-fp16.md", ADR_OLD)
        empty.write("adr/0002-bf16.md", ADR_NEW)
        query = ask("Which decision replaced ADR 1? kind:decision").query
        hits = empty.services.searcher.search(query, 5)
        plain = empty.answerer.searcher.search(query, 5)
    assert [set(hit.why.parts) for hit in hits] == [{"facts"}, {"facts"}]
    assert {hit.why.conditions for hit in hits} == {("kind:decision",)}
    raw = {hit.citation.document.id: hit.why.raw for hit in plain}
    assert [hit.why.raw for hit in hits] == [raw[hit.citation.document.id] for hit in hits]
    assert all("cosine" in measures for measures in raw.values())


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [(), ("retro",)])
def test_what_is_answered_of_everything_is_answered_of_the_kind_that_holds_it(
    team: House, kinds: tuple[str, ...]
) -> None:
    answer = team.answerer.answer(ask("Why was the larger backbone abandoned?", filters=Filters(kinds=kinds)))
    assert answer.status == "answered"
    assert "larger backbone" in answer.text
    absent = team.answerer.answer(ask("Who maintains the iPhone app of Zanzibar?", filters=Filters(kinds=kinds)))
    assert absent.status == "refused"
