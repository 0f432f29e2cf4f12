"""Higher is not lower, and of two only one is the better."""

import pytest

from rag.answering.checks.comparatives import reversed_in


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("bf16 is faster than fp32.", "fp32 is slower than bf16."),
        ("bf16 is faster than fp32.", "We found bf16 faster than fp32 on the A100."),
        ("The loss rose.", "The loss increased."),
        ("The loss is higher.", "The loss was larger."),
        ("It is better.", "It went well."),
    ],
)
def test_the_same_comparison_said_otherwise_agrees(said: str, source: str) -> None:
    assert reversed_in(said, source) == []


@pytest.mark.parametrize(
    ("said", "source", "line"),
    [
        (
            "fp32 is faster than bf16.",
            "bf16 is faster than fp32.",
            "“faster” compares the other way round in the source",
        ),
        (
            "bf16 is slower than fp32.",
            "bf16 is faster than fp32.",
            "“slower” compares the other way round in the source",
        ),
        ("The loss decreased.", "The loss rose.", "“decreased” stands here, “rose” in the source"),
        ("Fewer nodes are used.", "More nodes are used.", "“fewer” stands here, “more” in the source"),
        ("It is disabled.", "It is enabled.", "“disabled” stands here, “enabled” in the source"),
    ],
)
def test_the_other_way_round_is_told(said: str, source: str, line: str) -> None:
    assert line in reversed_in(said, source)
