"""What a question asks for."""

import pytest

from rag.retrieval.analysis import analyse


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
