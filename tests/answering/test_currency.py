"""What holds now comes first, what it replaced is named with its date: asked through the service that is served."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answering.prompt import PointerWriter
from rag.domain.types import Access, Answer
from rag.main import build
from rag.settings import load_settings
from tests.answering.corpus import House, ask, day
from tests.answering.supersession import FORMS, OLD_DAY, Pair, pairs, write_newer_first
from tests.fakes import ScriptedLLM, WordEmbedder

PAIRS = list(pairs())


@contextmanager
def house(place: Path) -> Iterator[House]:
    """That answers every question: with words for vectors, the measured threshold says nothing."""
    settings = load_settings(place / "home").model_copy(update={"refuse_below": 0.0})
    services = build(settings, embedder=WordEmbedder())
    try:
        yield House(services, place / "files")
    finally:
        services.close()


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("birds")
    with house(place) as made:
        for folder in write_newer_first(place):
            report = made.services.ingestor.ingest([folder], space="default")
            assert not report.failed, report.failed
        yield made


def told(answer: Answer) -> list[str]:
    return [f"{statement.note} {statement.text}".strip() for statement in answer.statements]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_the_current_answer_comes_first_and_the_old_one_is_named_with_its_date(birds: House, form: str) -> None:
    wrong = []
    asked = [pair for pair in PAIRS if pair.form == form]
    for pair in asked:
        answer = birds.answerer.answer(ask(pair.question))
        old = [n for n, statement in enumerate(answer.statements) if statement.text == pair.old]
        new = [n for n, statement in enumerate(answer.statements) if statement.text == pair.new]
        if new != [0] or len(old) != 1 or not _is_dated(pair, answer.statements[old[0]].note):
            wrong.append((pair.question, told(answer)))
    assert wrong == []


def _is_dated(pair: Pair, note: str) -> bool:
    return ("2024-07-03" if pair.form == "wiki" else OLD_DAY) in note


PAGE = "---\ntitle: {title}\ndate: {date}\n{more}---\n# {title}\n\n{text}\n"
CACHE_OLD = PAGE.format(
    title="Cache",
    date="2024-01-10",
    more="kind: decision\nstatus: accepted\n",
    text="The feature cache lives in Redis.\n\nADR 3 was written by the whole team.",
)
CACHE_NEW = PAGE.format(
    title="Cache of features",
    date="2024-05-02",
    more="kind: decision\nstatus: {status}\nreplaces: 0003-cache.md\n",
    text="The feature cache lives in Valkey.",
)
GUIDE = "# Training guide\n\nThe batch size of the gull trainer is 256.\n"
RUNBOOK = "# Runbook for training\n\nThe batch size of the gull trainer is 512.\n"
CACHE, GULL = "Where does the feature cache live?", "What is the batch size of the gull trainer?"
DEFAULT = Access(spaces=frozenset({"default"}))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("cases")) as made:
        made.write("adr/0003-cache.md", CACHE_OLD)
        made.write("adr/0009-cache.md", CACHE_NEW.format(status="accepted"))
        made.write("guide.md", GUIDE)
        made.write("runbook.md", RUNBOOK)
        yield made


def test_at_a_time_in_between_what_was_valid_then_is_not_called_superseded(cases: House) -> None:
    then = cases.answerer.answer(ask(CACHE, as_of=day(2024, 3, 1)))
    assert told(then)[0] == "The feature cache lives in Redis."
    assert not any(statement.note for statement in then.statements)
    assert all(citation.current for citation in then.citations)
    assert "Valkey" not in str(then)
    later = cases.answerer.answer(ask(CACHE, as_of=day(2024, 6, 1)))
    assert told(later)[0] == "The feature cache lives in Valkey."


def test_what_replaced_it_is_cited_as_current_and_the_other_is_not(cases: House) -> None:
    answer = cases.answerer.answer(ask(CACHE))
    assert told(answer) == [
        "The feature cache lives in Valkey.",
        "Until 2024-05-02, says the superseded “Cache” of 2024-01-10: The feature cache lives in Redis.",
    ]
    assert [citation.current for citation in answer.citations] == [True, False]
    assert answer.text.endswith("The feature cache lives in Redis. [2]")


def test_a_decision_that_is_asked_for_by_its_number_is_told_after_what_replaced_it(cases: House) -> None:
    answer = cases.answerer.answer(ask("Where does the feature cache live according to ADR 3?"))
    assert told(answer)[0] == "“Cache of features” (2024-05-02) replaced “Cache”."
    assert told(answer)[1].startswith("Says the superseded “Cache” of 2024-01-10: ")
    assert "The feature cache lives in Redis." in [statement.text for statement in answer.statements]
    assert answer.citations[0].quote == "replaces: 0003-cache.md"


def test_two_current_sources_that_disagree_are_both_shown_and_it_is_said(cases: House) -> None:
    answer = cases.answerer.answer(ask(GULL))
    assert answer.status == "answered"
    assert {citation.document.path for citation in answer.citations} == {"guide.md", "runbook.md"}
    assert ["disagree" in warning for warning in answer.warnings] == [True]
    assert "“Training guide”" in answer.warnings[0]
    assert "“Runbook for training”" in answer.warnings[0]


@pytest.mark.slow
def test_a_draft_replaces_nothing(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.write("adr/0003-cache.md", CACHE_OLD)
        made.write("adr/0009-cache.md", CACHE_NEW.format(status="proposed"))
        answer = made.answerer.answer(ask(CACHE))
        assert "The feature cache lives in Redis." in told(answer)


@pytest.mark.slow
def test_who_may_not_read_what_replaces_is_told_nothing_of_it(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.write("0003-cache.md", CACHE_OLD.replace("accepted", "superseded by Cache of features"))
        made.write("vault.md", CACHE_NEW.format(status="accepted"), space="finance")
        assert told(made.answerer.answer(ask(CACHE)))[0] == "The feature cache lives in Valkey."
        kept = made.answerer.answer(ask(CACHE, access=DEFAULT))
        assert told(kept)[0] == "The feature cache lives in Redis."
        assert "Valkey" not in str(kept)
        assert "vault" not in str(kept)


@pytest.mark.slow
def test_what_replaces_is_fetched_when_the_search_did_not_bring_it(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        folder = made.files / "default" / "notes"
        folder.mkdir(parents=True)
        for n in range(60):  # each says something of its own: of copies one is shown
            text = f"On day {n} the feature cache was full, so that {n} shards of it live in region {7 * n}."
            (folder / f"{n}.md").write_text(f"# Feature cache, day {n}\n\n{text}\n", encoding="utf-8")
        made.write("adr/0003-cache.md", CACHE_OLD)
        new = CACHE_NEW.format(status="accepted").replace("Cache of features", "Memory")
        made.write("adr/0009-memory.md", new.replace("The feature cache lives in", "They are put into"))
        question = ask("Does the feature cache live in Redis?")
        shown = next(made.answerer.stream(question)).data
        assert isinstance(shown, tuple)
        assert "adr/0009-memory.md" not in {hit.citation.document.path for hit in shown}
        answer = made.answerer.answer(question)
        order = [citation.document.path for citation in answer.citations]
        assert order.index("adr/0009-memory.md") < order.index("adr/0003-cache.md")


def test_a_model_is_shown_what_is_current_and_what_it_replaced_is_added(cases: House) -> None:
    llm = ScriptedLLM('{"statements": [{"text": "The feature cache lives in Valkey.", "sentences": [1]}]}')
    answer = replace(cases.answerer, writer=PointerWriter(llm=llm)).answer(ask(CACHE))
    assert "Redis" not in llm.asked[0][1]
    assert told(answer)[0] == "The feature cache lives in Valkey."
    assert told(answer)[1].startswith("Until 2024-05-02, says the superseded")


@pytest.mark.slow
def test_changes_since_a_day_are_told_with_both_words_and_the_reason(birds: House) -> None:
    answer = birds.answerer.answer(ask("What changed about plovera since June 2024, and why?"))
    assert told(answer) == [
        "2024-07-03: “Choices for plovera” was changed by Ada: "
        "“The plovera trainer uses a batch size of 512 per device” "
        "(before: “The plovera trainer uses a batch size of 256 per device”). Why: As decided in the weekly."
    ]
    assert [citation.quote for citation in answer.citations] == [
        "The plovera trainer uses a batch size of 512 per device.",
        "The plovera trainer uses a batch size of 256 per device.",
        "As decided in the weekly",
    ]
    none = birds.answerer.answer(ask("What changed about plovera since August 2024?"))
    assert none.refusal is not None
    assert "no change is kept since August 2024" in none.refusal.reason


@pytest.mark.slow
def test_a_decision_that_replaced_another_is_a_change_of_its_day(birds: House) -> None:
    answer = birds.answerer.answer(ask("What changed about the choices for herona since 2024-02-01?"))
    assert told(answer) == ["2024-06-18: “Choices for herona again” replaced “Choices for herona”."]
    assert told(birds.answerer.answer(ask("What changed about the choices for herona since 2024-07-01?"))) != told(
        answer
    )
