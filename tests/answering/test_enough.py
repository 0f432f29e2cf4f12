"""When the best sentence is all that was asked for."""

import pytest

from rag.answering.enough import enough, traits_of
from rag.answering.weighing import Sentence
from rag.retrieval.analysis import analyse


def sentence(text: str, score: float = 3.0, *, order: int = 0, header: bool = False, **traits: float) -> Sentence:
    return Sentence(
        n=order + 1, passage=0, order=order, start=100 * order, end=100 * order + len(text), text=text, score=score,
        traits={"context": 0.8, **traits}, header=(0, 9) if header else None,
    )  # fmt: skip


BEHIND = sentence("Weight decay is 0.05.", 2.2, order=1)


def is_enough(question: str, best: Sentence, *behind: Sentence) -> bool:
    return enough(analyse(question), [best, *(behind or (BEHIND,))])


def test_a_value_that_was_asked_for_and_leads_is_enough() -> None:
    assert is_enough("What is the peak learning rate?", sentence("The peak learning rate is 3e-4."))


def test_without_a_lead_or_among_strangers_it_is_not() -> None:
    near = sentence("The learning rate falls to 1e-5.", 2.95, order=1)
    assert not is_enough(
        "What is the peak learning rate?", sentence("The peak learning rate is 3e-4.", context=0.2), near
    )


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many clips are there?", "The clips stand in the store."),
        ("How many clips does Dawn Chorus hold?", "Dawn Chorus was recorded at 31 sites."),  # it counts something else
        ("How many of the 31 sites are silent?", "The 31 sites are silent at times."),
        ("When did kb-17 fail?", "The run kb-17 failed at night."),
        ("Who owns Dawn Chorus?", "Dawn Chorus is owned by its makers."),
        ("Why did battery life fall?", "Battery life fell to nine days."),
    ],
)
def test_what_lacks_the_thing_asked_for_is_never_enough(question: str, text: str) -> None:
    assert traits_of(analyse(question), [sentence(text, 9.0), BEHIND]) == {}


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many clips are there?", "There are 412,000 clips."),
        ("How long may jobs run?", "Jobs may run for five days."),
        ("When did kb-17 fail?", "The run kb-17 failed on 12 March."),
        ("Who owns Dawn Chorus?", "Dawn Chorus belongs to Priya Raman."),
        ("Why do we ship one model a quarter?", "A model takes four nights, so we ship one a quarter."),
    ],
)
def test_a_number_a_day_a_person_or_a_reason_of_its_own_is(question: str, text: str) -> None:
    assert is_enough(question, sentence(text))


@pytest.mark.parametrize(
    "question",
    [
        "How is a model released?",
        "What happened to run kb-17?",
        "What is the difference between fp16 and bf16?",
        "Which data sets are used?",
        "Which queues does the cluster have?",
        "What are the known problems?",
        "What is bf16 and why is it used?",
    ],
)
def test_questions_that_want_more_than_one_thing_want_a_clearer_lead(question: str) -> None:
    asked = "Which type is used in training?"
    best = sentence("Training runs in bf16 since kb-17 was lost.")
    assert traits_of(analyse(question), [best])["wide"] == 1.0
    assert traits_of(analyse(asked), [best])["wide"] == 0.0


@pytest.mark.parametrize(
    "best",
    [
        sentence("Anyone seen this?"),
        sentence("These are used:"),
        sentence("| name | owner |"),
        sentence(".. [1] Notes of the meeting"),
        sentence("[store]: https://store.example"),
        sentence("Dawn Chorus is down again.", chat=1.0),
    ],
    ids=lambda best: best.text,
)
def test_what_asks_announces_heads_or_points_elsewhere_is_not(best: Sentence) -> None:
    assert traits_of(analyse("Which store is used?"), [best]) == {}


def test_a_row_with_its_header_may_be() -> None:
    assert is_enough("Which loss does run a2 have?", sentence("| a2 | bf16 | 2.4 |", header=True))


def test_what_leans_on_the_sentence_before_needs_more_of_a_lead() -> None:
    question = "Which type is used?"
    assert is_enough(question, sentence("bf16 is used since kb-17.", context=0.9))
    assert not is_enough(question, sentence("It is used since kb-17.", context=0.9))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is a soft label?", "**Soft label**: the share of annotators who heard it."),
        ("What does PAM stand for?", "PAM stands for passive acoustic monitoring."),
        ("What is meant by “duty cycle”?", "Duty cycle (of a recorder): how long it listens."),
    ],
)
def test_a_definition_of_what_was_asked_for_needs_no_lead(question: str, text: str) -> None:
    near = sentence("A label may be soft; a duty cycle, PAM and others are near.", 3.0, order=1)
    assert is_enough(question, sentence(text, context=0.2), near)
    assert not is_enough(question, sentence(f"We use it: {text}", context=0.2), near)


def test_nothing_found_is_not_enough() -> None:
    assert not enough(analyse("Which type is used?"), [])
