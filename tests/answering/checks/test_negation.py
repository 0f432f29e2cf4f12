"""A denial that one has and the other has not, in copied words and in other words."""

import pytest

from rag.answering.checks.negation import turned

SAME = [
    ("The run did not converge.", "The run failed to converge."),
    ("The run failed to converge.", "The run did not converge."),
    ("The run didn't converge.", "the run did not converge at all"),
    ("At step 4200 there was no spike.", "The loss did not spike at step 4200."),
    ("The 1.0 clip did not help.", "Clipping at 1.0 did not help, so we did not keep it."),
    ("We use bf16.", "We do not use fp16; we use bf16."),
    ("We use bf16 instead of fp16.", "We do not use fp16; we use bf16."),
    ("It is not only fast.", "It is not only fast but small."),
    ("No more than 3 jobs run.", "At most 3 jobs run."),
    ("The model was unstable.", "The model was not stable."),
    ("The model was not stable.", "The model was unstable."),
    ("It never ran without a restart.", "It never ran without a restart of the node."),
    ("Nobody wrote it down.", "It was the same in November. Nobody wrote it down."),
]
TURNED = [
    ("The run did converge.", "The run did not converge.", "the source says “not” of it"),
    ("The run converged in the end.", "In the end the run did not converge.", "the source says “not” of it"),
    ("The run did not converge.", "The run did converge.", "“not” stands here, not in the source"),
    ("The loss didn't spike at step 4200.", "At step 4200 the loss spiked.", "“didn't” stands here, not in the source"),
    ("There was no spike at step 4200.", "The loss spiked at step 4200.", "“no” stands here, not in the source"),
    ("The AUC was not 0.871.", "On crops the AUC was 0.871.", "“not” stands here, not in the source"),
    ("These are not only guesses.", "These are only guesses.", "“not” stands here, not in the source"),
    ("Nobody had not written it.", "Nobody had written it.", "“not” stands here, not in the source"),
]


@pytest.mark.parametrize(("said", "source"), SAME)
def test_the_same_denial_said_otherwise_agrees(said: str, source: str) -> None:
    assert turned(said, source) == []


@pytest.mark.parametrize(("said", "source", "line"), TURNED)
def test_what_is_turned_round_is_told(said: str, source: str, line: str) -> None:
    assert line in turned(said, source)
