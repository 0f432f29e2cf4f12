"""What a question asks for, and what its form says."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import kinds
from rag.retrieval.analysis import analyse
from rag.retrieval.plan import plan
from rag.retrieval.sources import stored_kind

TODAY = date(2026, 5, 20)
WORDS = """kind: author: after:2024 " ' ` “ ” retro said Anna Smith @anna by what is and who vs both difference between
    it 2023 2022-13-45 in since May last week PEP 484 , . ? ( ) - / a_b 1e-3 7.3 % in the run kb-19"""
SIGNS = st.sampled_from([*WORDS.split(), "\n", ""])
TEXTS = st.one_of(st.text(max_size=300), st.lists(SIGNS, max_size=40).map(" ".join), st.lists(SIGNS).map("".join))


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("Who decided to drop fp16?", "person"),
        ("When did the run diverge?", "time"),
        ("How many GPUs did we use?", "number"),
        ("What was the learning rate of run 7?", "number"),
        ("Why did training fail at 93%?", "reason"),
        ("Describe the cluster.", "anything"),
    ],
)
def test_the_kind_of_answer_that_is_wanted(question: str, wants: str) -> None:
    assert analyse(question).wants == wants


def test_names_are_what_must_stand_in_an_answer() -> None:
    names = analyse('Did "warm restarts" help resnet-50 on the Falcon cluster with lr_min?').names
    assert names == ("warm restarts", "resnet-50", "falcon", "lr_min")


def test_a_sentence_shows_the_sign_of_a_reason() -> None:
    assert analyse("Why did it fail?").shows("It failed because the disk was full.")
    assert not analyse("Why did it fail?").shows("It ran on eight nodes.")


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who wrote "no more fp16"?', ("no more fp16",)),
        ("What does `torch.compile` do to “warm restarts”?", ("torch.compile", "warm restarts")),
        ("Why 'No module named x' on start?", ("No module named x",)),
        ("What's Anna's and the team's view?", ()),
        ('A lone " is no quotation.', ()),
    ],
)
def test_what_is_quoted_is_meant_word_for_word(question: str, phrases: tuple[str, ...]) -> None:
    assert analyse(question).phrases == phrases


@pytest.mark.parametrize(
    ("question", "identifiers"),
    [
        ("Does lr_min beat maxSteps in torch.optim.Adam?", ("lr_min", "maxSteps", "torch.optim.Adam")),
        ("Why does train.py --lr-decay fail on src/data/load.py?", ("train.py", "--lr-decay", "src/data/load.py")),
        ("What did PEP 484, RFC-12, ABC-123 and #77 say?", ("PEP 484", "RFC-12", "ABC-123", "#77")),
        ("Why exit code 137 and E0308 in 1.8.1 and v2?", ("exit code 137", "E0308", "1.8.1", "v2")),
        ("Was x7k2m9qa or kb-19 better in bf16?", ("x7k2m9qa", "kb-19", "bf16")),
        ("Is it e.g. the 3rd input/output, and/or 2023-05-01?", ()),
    ],
)
def test_identifiers_stand_as_written(question: str, identifiers: tuple[str, ...]) -> None:
    assert analyse(question).identifiers == identifiers


def test_numbers_have_their_units_and_no_number_is_part_of_a_name() -> None:
    numbers = analyse("Did PEP 484 cost $1,200, 7.3 hours, 5% of 176B, or 1e-3 in v1.2.3 and kb-19?").numbers
    said = [(number.value, number.unit) for number in numbers]
    assert said == [(1200, "$"), (7.3, "hours"), (5, "%"), (176e0, "B"), (0.001, "")]


@pytest.mark.parametrize(
    ("question", "people"),
    [
        ("What did Anna Smith say about it?", ("Anna Smith",)),
        ("Was it proposed by Remi or by Ann-Marie O'Neil?", ("Remi",)),
        ("After Remi's remark, what did @jonas.k change?", ("Remi", "jonas.k")),
        ("Did Ada write the test?", ("Ada",)),
        ("Who ran it on the Jean Zay cluster at Pine Ridge?", ()),
        ("PEP 5 (Guidelines for Language Evolution) is out of date.", ()),
        ("Why does @torch.no_grad() slow it, and ada@example.org?", ()),
        ("Is Machine Learning hard?", ()),
    ],
)
def test_names_of_people_are_candidates(question: str, people: tuple[str, ...]) -> None:
    assert analyse(question).people == people


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What went wrong according to the March retro?", [("retro", "explicit")]),
        ("What does a retro cost?", [("retro", "mention")]),
        ("Which retrospective study found this?", []),
        ("What did we say in the Slack thread about NaN?", [("chat", "explicit")]),
        ("Which Slack command starts a build?", [("chat", "mention")]),
        ("What does PEP 484 replace?", [("decision", "explicit")]),
        ("Is it in the model card or the dataset card?", [("model-card", "explicit"), ("dataset-card", "explicit")]),
        ("Why did the loss of run kb-17 become NaN?", [("run", "explicit")]),
        ("How do I run kb-17?", []),
        ("How do I open a Jupyter notebook?", [("notebook", "mention")]),
        ("Which model is best?", []),
        ('What does "in the retro" mean?', []),
    ],
)
def test_a_kind_of_document_is_named_or_only_mentioned(question: str, kinds: list[tuple[str, str]]) -> None:
    assert [(hint.kind, hint.sure) for hint in analyse(question).kinds] == kinds


def test_kinds_are_called_as_documents_are() -> None:
    assert {said: stored_kind(said) for said in kinds.SAME} == kinds.SAME
    assert stored_kind("Decision Record") == "decision"
    assert stored_kind("meeting_notes") == "meeting"


@given(TEXTS)
def test_no_text_is_too_odd_and_a_plan_of_its_own_text_is_the_same(text: str) -> None:
    first = analyse(text, today=TODAY)
    again = analyse(first.text, today=TODAY)
    assert again.text == first.text
    assert plan(again).texts == plan(first).texts
    assert again.period == first.period
    assert len(first.parts) != 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["a", '"', "“", "`", "in 2023 ", "Anna Smith ", "a.", "x/", "said a ", "author:a ", 'kind:"', "(", "A1-", "'a "],
)
def test_whatever_is_pasted_behind_a_question_it_is_read(unit: str) -> None:
    """A rule whose work grew with the square of the text would take minutes here."""
    asked = analyse(f"What does the retro say about `lr_min`? {unit * (100_000 // len(unit))}", today=TODAY)
    assert [(hint.kind, hint.sure) for hint in asked.kinds] == [("retro", "explicit")]
    assert asked.phrases[0] == "lr_min"
    assert asked.parts == ()
