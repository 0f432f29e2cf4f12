"""Numbers are compared as values with their units, and none of them is noise."""

import pytest

from rag.answering.checks.numbers import numbers, strange
from rag.answering.checks.statement import check_statement


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("AUC was 0.871", [0.871]),
        ("87.1 % of them", [0.871]),
        ("87.1 per cent of them", [0.871]),
        ("lr 1e-3", [0.001]),
        ("lr 6 x 10^-5", [6e-5]),
        ("3k steps, 1,200 more", [3000, 1200]),
        ("a 176B model", [176e9]),
        ("a 176B-parameter model", [176e9]),
        ("3 million pictures", [3e6]),
        ("it cost $2.5M", [2.5e6]),
        ("twenty-one nodes of two hundred", [21, 200]),
        ("between 10-20 and 30–40", [10, 20, 30, 40]),
        ("at -3 degrees", [-3]),
        ("the 3rd run", [3]),
        ("Python 3.11.4 and v2.0", []),
        ("GPT-4 in step_4200", []),
        ("none at all", []),
    ],
)
def test_numbers_are_read_as_values(text: str, values: list[float]) -> None:
    assert numbers(text.replace("–", "-")) == pytest.approx(values)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Accuracy was 87.1 %.", "accuracy 0.871"),
        ("Accuracy was 0.871.", "accuracy (87.1%)"),
        ("Accuracy was 87.1 %.", "| accuracy (%) | 87.1 |"),
        ("It took 0.005 s.", "It took 5 ms."),
        ("It took 90 minutes.", "It took 1.5 h."),
        ("It needs 40 GiB.", "It needs 40,960 MB."),
        ("It needs 40 GB.", "It needs 40000 MB."),
        ("Training took 30 hours.", "| hours | 30 |"),
        ("About 300 people came.", "297 people came."),
        ("Three of them failed.", "3 of them failed."),
        ("In 2024 it was moved.", "It was moved on 3 March 2024."),
        ("It ran one last time.", "It ran a last time."),
        ("The third run was used.", "Run 3 was used."),
        ("It costs 20 USD.", "It costs $20."),
        ("Use 1,024 tokens.", "Use 1024 tokens."),
    ],
)
def test_the_same_amount_said_otherwise_agrees(said: str, source: str) -> None:
    failed = [
        check for check in check_statement(said, [source]) if not check.passed and check.name in {"numbers", "units"}
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("said", "source", "detail"),
    [
        ("AUC was 0.871.", "AUC was 0.817.", "0.871 is not in the source, which says 0.817"),
        ("It took 5 s.", "It took 5 ms.", "5 s is not in the source, which says 5 ms"),
        ("It needs 80 MB.", "It needs 80 GB.", "80 MB is not in the source, which says 80 GB"),
        (
            "It reached 87.1 in the end.",
            "It reached 87.1 % in the end.",
            "87.1 is not in the source, which says 87.1 %",
        ),
        ("It costs 20 EUR.", "It costs $20.", "20 EUR is not in the source, which says $20"),
        (
            "It saw 300B parameters.",
            "It saw 300B tokens.",
            "300B parameters is not in the source, which says 300B tokens",
        ),
        ("Five models won.", "Three models won.", "Five is not in the source, which says Three"),
        ("About 200 people came.", "297 people came.", "200 is not in the source, which says 297"),
        ("It has 12 rooms.", "It has many rooms.", "12 is not in the source"),
    ],
)
def test_another_amount_is_told_beside_the_one_of_the_source(said: str, source: str, detail: str) -> None:
    assert [one.detail for one in strange(said, source)] == [detail]


def test_a_number_of_the_source_in_the_place_of_another_is_caught() -> None:
    checks = check_statement(
        "Run 4 reached 0.81 and run 7 reached 0.81 at night.", ["Run 4 reached 0.81 and run 7 reached 0.92 at night."]
    )
    assert [check.name for check in checks if not check.passed] == ["numbers"]


def test_markers_of_lists_and_citations_are_no_numbers() -> None:
    checks = check_statement("1. The run was stopped [2].", ["The run was stopped."])
    assert all(check.passed for check in checks)
