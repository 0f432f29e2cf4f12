"""Questions that could mean several things, and people of another trade."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.domain.types import Access, Answer, Audience, Query, Question
from tests.answering.corpus import House, house


@pytest.fixture
def team(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        for name, size in (("Robin", 128), ("Wren", 512)):
            text = f"---\ntitle: {name}\nkind: card\n---\n# {name}\n\nThe batch size is {size} clips.\n"
            made.write(f"{name}.md", text)
        made.write("glossary.md", "# Glossary\n\n- **Clip**: five seconds of audio.\n- **Shard**: a file of clips.\n")
        yield made


def ask(team: House, text: str, audience: Audience = "") -> Answer:
    query = Query(text=text, access=Access(everything=True))
    return team.services.answerer.answer(Question(query=query, audience=audience, asker="ada"))


def test_an_underspecified_question_is_answered_with_its_readings(team: House) -> None:
    answer = ask(team, "What is the batch size?")
    assert {statement.note: statement.text for statement in answer.statements} == {
        "Robin:": "The batch size is 128 clips.",
        "Wren:": "The batch size is 512 clips.",
    }
    assert all(statement.citations and statement.support == "verified" for statement in answer.statements)


def test_a_question_that_names_its_thing_has_one_reading(team: House) -> None:
    assert {statement.note for statement in ask(team, "What is the batch size of Robin?").statements} == {""}


def test_what_points_to_nothing_is_asked_back_with_what_was_found(team: House) -> None:
    answer = ask(team, "What is its batch size?")
    assert answer.refusal is not None
    assert answer.refusal.kind == "unclear"
    assert "What is Robin's batch size?" in answer.suggestions


def test_the_audience_changes_what_is_explained_and_no_citation(team: House) -> None:
    plain, product = (ask(team, "What is the batch size of Wren?", who) for who in ("", "product"))
    assert product.citations == plain.citations
    assert product.statements == plain.statements
    assert plain.glossary == ()
    assert [(one.term, one.meaning) for one in product.glossary] == [("Clip", "five seconds of audio.")]
    cited = product.glossary[0].citation
    text = team.services.catalog.text(cited.document.id, Access(everything=True)).text
    assert text[cited.start : cited.end] == cited.quote == "**Clip**: five seconds of audio."
