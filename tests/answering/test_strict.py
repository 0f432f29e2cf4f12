"""Strict answers hold what is verified only; what is left out costs the others nothing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.answering.prompt import PointerWriter
from rag.answering.strict import NOTHING_LEFT, Sieve
from rag.domain.types import Answer, Citation, Statement
from tests.answering.corpus import House, ask
from tests.fakes import ScriptedLLM

RESTART = "When is the scheduler restarted?"
TRUE = '{"text": "The scheduler is restarted every Tuesday.", "sentences": [1, 2, 3, 4]}'
FALSE = '{"text": "The moon is 384400 km away.", "sentences": [1]}'


def statement(support: str, *citations: int) -> Statement:
    assert support in {"verified", "unsupported"}
    return Statement(text="x", support="verified" if support == "verified" else "unsupported", citations=citations)


@pytest.fixture(scope="module")
def cited(team: House) -> Sequence[Citation]:
    """Any three, numbered from 1."""
    citation = team.answerer.answer(ask(RESTART)).citations[0]
    return [replace(citation, n=n) for n in (1, 2, 3)]


@pytest.mark.slow
def test_citations_that_stay_are_numbered_from_one(cited: Sequence[Citation]) -> None:
    sieve = Sieve()
    assert sieve.keep(statement("unsupported", 1, 2), cited[:2]) is None
    kept = sieve.keep(statement("verified", 3, 2), cited[2:])
    assert kept is not None
    assert kept[0].citations == (1, 2)
    assert kept[1] == [replace(cited[2], n=1), replace(cited[1], n=2)]
    again = sieve.keep(statement("verified", 2), [])
    assert again is not None
    assert (again[0].citations, again[1]) == ((2,), [])
    assert sieve.warnings == ("One statement was left out: the words cited do not carry what was written.",)


def written(team: House, *statements: str, strict: bool) -> Answer:
    llm = ScriptedLLM(f'{{"statements": [{", ".join(statements)}]}}')
    return replace(team.answerer, writer=PointerWriter(llm=llm), strict=strict).answer(ask(RESTART))


@pytest.mark.slow
def test_what_is_not_carried_is_marked_or_in_strict_mode_left_out(team: House) -> None:
    marked = written(team, FALSE, TRUE, strict=False)
    assert [one.support for one in marked.statements] == ["unsupported", "verified"]
    assert marked.status == "partial"
    strict = written(team, FALSE, TRUE, strict=True)
    assert [one.text for one in strict.statements] == ["The scheduler is restarted every Tuesday."]
    assert strict.status == "answered"
    assert {n for one in strict.statements for n in one.citations} == {one.n for one in strict.citations}
    assert strict.citations[0].n == 1
    assert any("left out" in warning for warning in strict.warnings)


@pytest.mark.slow
def test_when_nothing_is_left_the_refusal_says_so(team: House) -> None:
    answer = written(team, FALSE, strict=True)
    assert answer.status == "refused"
    assert answer.refusal is not None
    assert answer.refusal.reason == NOTHING_LEFT
    assert (answer.statements, answer.citations) == ((), ())
