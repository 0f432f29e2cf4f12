"""A follow-up means what its conversation makes of it, and nothing that its asker may no longer read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rag.answering.conversation import BY_RULES, ByModel, Turn, may_stand_for, turns_of
from rag.answering.followups import Earlier, rewrite
from rag.answering.leaning import leaning
from rag.domain.errors import BackendFailed, NotFound
from rag.domain.types import Access, Answer, Query, Question
from tests.answering.corpus import House, fill, house

FOLLOW_UPS = [
    ("What learning rate did run kb-20 use?", "", "And kb-19?", "What learning rate did run kb-19 use?"),
    ("What learning rate did run kb-20 use?", "", "And its batch size?", "What batch size did run kb-20 use?"),
    ("What learning rate did run kb-20 use?", "", "Why did it fail?", "Why did kb-20 fail?"),
    ("Which run won?", "Run x7k2m9qa reached 0.756.", "What was its owl_ap?", "What was x7k2m9qa's owl_ap?"),
    ("Which run won?", "Run x7k2m9qa reached 0.756.", "When did that run start?", "When did run x7k2m9qa start?"),
    ("How many runs failed in March 2026?", "", "And in April?", "How many runs failed in April 2026?"),
    ("Which run had the highest val_map?", "", "And the lowest?", "Which run had the lowest val_map?"),
    ("How many clips come from Birch Hollow?", "", "What about Pine Ridge?", "How many clips come from Pine Ridge?"),
    ("Why do we train in bf16?", "", "Who decided that?", "Who decided we train in bf16?"),
    ("When is the scheduler restarted?", "", "Why?", "Why is the scheduler restarted?"),
    ("Who owns the data?", "Priya Raman owns the data.", "What else does she do?", "What else does Priya Raman do?"),
    ("How large is the ONNX model?", "", "How fast is it?", "How fast is the ONNX model?"),
    ("What is the rate of the 176B model?", "", "what about the 7B one?", "What is the rate of the 7B model?"),
    ("What changed between kb-19 and kb-20?", "", "Which of them won?", "Which of kb-19 and kb-20 won?"),
]
ALONE = [
    "Why did the loss of run kb-17 become NaN?",
    "Why did kb-17 fail and how was it fixed?",
    "Is it possible to restart a job by hand?",
    "How long does it take to train the base model?",
    "Is there a limit on the jobs a person may have?",
    "Which decision replaced the decision to train in fp16?",
    "When was the split changed, and who decided that?",
    "How did Kestrel improve its recall?",
    "What does the model do when its threshold is missing?",
    "And what does the guide say about the second queue, which nobody uses?",
]


@pytest.mark.parametrize(("before", "answer", "asked", "meant"), FOLLOW_UPS)
def test_a_follow_up_is_written_to_stand_alone(before: str, answer: str, asked: str, meant: str) -> None:
    written = rewrite(asked, [Earlier(question=before, answer=answer)])
    assert written is not None
    assert written.text == meant
    assert written.used == (frozenset({0}) if answer else frozenset())


@pytest.mark.parametrize("question", ALONE)
def test_a_question_that_stands_alone_is_left_as_it_is(question: str) -> None:
    assert (
        rewrite(question, [Earlier(question="Who owns the alert of run zz-1?", answer="Ada Lovelace owns it.")]) is None
    )


def test_without_history_nothing_is_understood() -> None:
    assert leaning("Why did it fail?") is not None
    assert BY_RULES.understand("Why did it fail?", []) is None


@dataclass
class Scripted:
    """A model that always writes the same, or fails."""

    reply: str
    name: str = "scripted"
    prompts: list[str] = field(default_factory=list)

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        assert system
        assert schema is None
        assert max_tokens < 100
        self.prompts.append(user)
        if not self.reply:
            raise BackendFailed("gone")
        yield from self.reply


KB20 = [Turn(earlier=Earlier(question="What learning rate did run kb-20 use?", answer="Run kb-20 used 0.0006."))]


def test_what_a_model_writes_is_taken_when_all_its_names_were_said() -> None:
    model = Scripted("Why did run kb-20 fail so early?")
    understood = ByModel(llm=model).understand("Why did it fail so early?", KB20)
    assert understood is not None
    assert understood.text == model.reply
    assert "kb-20 used 0.0006" in model.prompts[0]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "Why did run kb-99 fail?",
        "Why did kb-20 fail at step 41300?",
        "It failed.",
        "Why did it fail?",
        "x" * 400 + "?",
    ],
)
def test_a_model_that_invents_answers_or_fails_leaves_it_to_the_rules(reply: str) -> None:
    understood = ByModel(llm=Scripted(reply)).understand("Why did it fail?", KB20)
    assert understood is not None
    assert understood.text == "Why did kb-20 fail?"


def test_a_model_is_not_asked_about_a_question_that_stands_alone() -> None:
    model = Scripted("Something else?")
    assert ByModel(llm=model).understand("Why did run kb-17 fail?", KB20) is None
    assert model.prompts == []


def test_a_rewriting_may_not_say_more_than_was_said() -> None:
    said = "Q: Who owns the data?\nA: Priya Raman owns the data."
    assert may_stand_for("What else does Priya Raman own?", "What else does she own?", said)
    assert not may_stand_for("What else does Mira Okafor own?", "What else does she own?", said)


# --- in the house ---------------------------------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        fill(made)
        yield made


def ask(team: House, text: str, conversation: str | None, *spaces: str) -> Answer:
    access = Access(spaces=frozenset(spaces)) if spaces else Access(everything=True)
    query = Query(text=text, access=access)
    return team.services.answerer.answer(Question(query=query, conversation_id=conversation, asker="ada"))


def follow(team: House, questions: Sequence[str], *spaces: str) -> Answer:
    conversation = team.services.conversations.start("ada")
    return [ask(team, question, conversation, *spaces) for question in questions][-1]


def test_a_follow_up_finds_what_it_means_and_the_conversation_keeps_the_askers_words(team: House) -> None:
    first, second = "When is the scheduler restarted?", "What happens to it on Tuesday?"
    answer = follow(team, [first, second])
    assert answer.understood is not None
    assert answer.understood.text == "What happens to the scheduler on Tuesday?"
    assert answer.question == second
    assert answer.conversation_id
    kept = team.services.conversations.turns(answer.conversation_id, "ada")
    assert [turn["question"] for turn in kept] == [first, second]
    assert kept[1]["answer"]["understood_as"] == answer.understood.text


def test_what_the_asker_may_no_longer_read_does_not_come_back_in_a_follow_up(team: House) -> None:
    question = "What is the budget for the contractor?"
    answer = follow(team, [question], "default", "finance")
    assert "41,000" in answer.text
    turns = team.services.conversations.readable(
        answer.conversation_id or "", "ada", Access(spaces=frozenset({"default"}))
    )
    remembered = turns_of(turns)[0]
    assert remembered.earlier == Earlier(question=question)  # their own words, nothing of the answer
    assert remembered.sources == ()


def test_a_purge_takes_what_a_follow_up_was_understood_from(team: House) -> None:
    team.write("runs.md", "# Runs\n\nThe best run of all was quokka-77 with an accuracy of 0.91.\n")
    answer = follow(team, ["Which run was the best of all?", "What accuracy did that run have?"])
    assert answer.understood is not None
    assert "quokka-77" in answer.understood.text
    document = team.document("runs.md")
    assert document in {of for of, _ in answer.understood.sources}
    team.services.catalog.purge(document)
    assert "quokka-77" not in str(team.services.conversations.turns(answer.conversation_id or "", "ada"))


def test_a_conversation_of_somebody_else_is_not_there(team: House) -> None:
    other = team.services.conversations.start("bob")
    with pytest.raises(NotFound):
        ask(team, "And it?", other)


def test_a_house_that_keeps_nothing_understands_nothing(team: House) -> None:
    bare = replace(team.answerer, conversations=None)
    answer = bare.answer(Question(query=Query(text="Why is it?", access=Access(everything=True)), asker="ada"))
    assert answer.understood is None
