"""Follow-ups of a home are asked in a conversation that nobody keeps."""

import pytest

from eval.runs.remembering import Memory
from rag.domain.errors import NotFound
from rag.domain.types import Access, Answer, Understood

EVERYTHING = Access(everything=True)


def test_a_run_remembers_its_turns_in_order_and_each_talk_by_itself() -> None:
    memory = Memory()
    one, other = memory.start("eval"), memory.start("eval")
    for question in ("Which run?", "And why?"):
        answer = Answer(id="a", question=question, status="refused", text="", understood=Understood(text=question))
        memory.record(one, "eval", answer, state="complete")
    assert [turn["question"] for turn in memory.readable(one, "eval", EVERYTHING)] == ["Which run?", "And why?"]
    assert memory.readable(other, "eval", EVERYTHING) == []


def test_a_talk_that_never_began_is_not_there() -> None:
    with pytest.raises(NotFound):
        Memory().readable("eval-7", "eval", EVERYTHING)
