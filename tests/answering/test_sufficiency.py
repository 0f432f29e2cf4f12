"""What tells an answer from something near, in numbers worked by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answering.evidence import gather
from tests.answering.corpus import ALL, House, ask, fill, house
from tests.fakes import WordEmbedder


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("team")) as filled:
        fill(filled)
        yield filled


def features(team: House, question: str) -> dict[str, float]:
    found = team.answerer.searcher.find(ask(question, access=ALL).query, 8)
    return dict(gather(question, found, WordEmbedder()).features)


def test_all_terms_in_one_passage_count_as_one_and_half_of_them_as_half(team: House) -> None:
    assert features(team, "kestrel bf16")["terms"] == 1.0
    assert features(team, "kestrel zeppelin")["terms"] == 0.5


def test_where_too_little_was_found_to_compare_the_leads_say_nothing(team: House) -> None:
    assert features(team, "kestrel bf16")["score_lead"] == 0.1  # four files do not make ten hits


def test_a_question_of_six_terms_is_half_as_long_as_a_long_one(team: House) -> None:
    assert features(team, "kestrel bf16 queue scheduler bucket checkpoint")["length"] == 0.5


def test_a_line_that_only_announces_what_follows_is_no_sentence_to_quote(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.write(
            "run.md", "# Run kestrel-7\n\nTags:\nkestrel trained in bf16\n\nWhat we tried that did not help:\nfp16\n"
        )
        found = made.answerer.searcher.find(ask("What are the kestrel tags?").query, 8)
        quoted = [one.text.strip() for one in gather("What are the kestrel tags?", found, WordEmbedder()).sentences]
    assert "Tags:" not in quoted
    assert "kestrel trained in bf16" in " ".join(quoted)
    assert any(text.startswith("What we tried") for text in quoted)
