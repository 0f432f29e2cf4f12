"""Numbers are compared as values, and none of them is noise."""

import pytest

from rag.answering.checks import check_statement, numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("AUC was 0.871", [0.871]),
        ("87.1 % of them", [0.871]),
        ("lr 1e-3", [0.001]),
        ("3k steps, 1,200 more", [3000, 1200]),
        ("a 176B model", [176e9]),
        ("none at all", []),
    ],
)
def test_numbers_are_read_as_values(text: str, values: list[float]) -> None:
    assert numbers(text) == pytest.approx(values)


def test_a_swapped_digit_is_caught() -> None:
    checks = check_statement("AUC reached 0.817 on crops.", ["On crops AUC reached 0.871."])
    assert [check.passed for check in checks] == [False, True]


def test_the_same_value_written_otherwise_agrees() -> None:
    checks = check_statement("Accuracy was 87.1 %.", ["accuracy 0.871 was"])
    assert all(check.passed for check in checks)


def test_words_the_source_does_not_hold_are_noticed() -> None:
    checks = check_statement("The cluster burned down in a flood.", ["The learning rate was halved."])
    assert [check.name for check in checks if not check.passed] == ["words"]
