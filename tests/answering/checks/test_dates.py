"""Dates agree where both say the same of them, in any notation."""

import pytest

from rag.answering.checks.dates import moments, strange


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on 2024-03-03", {"year": 2024, "month": 3, "day": 3}),
        ("on 3 March 2024", {"year": 2024, "month": 3, "day": 3}),
        ("on the 3rd of March 2024", {"year": 2024, "month": 3, "day": 3}),
        ("on March 3rd, 2024", {"year": 2024, "month": 3, "day": 3}),
        ("on March 3rd", {"month": 3, "day": 3}),
        ("in March 2024", {"year": 2024, "month": 3}),
        ("in March", {"month": 3}),
        ("in Q3 2024", {"year": 2024, "quarter": 3}),
        ("in 2024-03", {"year": 2024, "month": 3}),
    ],
)
def test_a_date_is_read_in_any_notation(text: str, said: dict[str, int]) -> None:
    assert [moment.parts for moment in moments(text)] == [said]


@pytest.mark.parametrize("text", ["it may fail", "they march on", "next week", "3 of 5", "version 3.11", "yesterday"])
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert moments(text) == []


@pytest.mark.parametrize(
    ("said", "source", "beside"),
    [
        ("on 3 March 2024", "2024-03-03", ""),
        ("in March 2024", "2024-03-03", ""),
        ("in Q1 2024", "2024-03-03", ""),
        ("on March 3", "2024-03-03", ""),
        ("on 3 March 2024", "on March 3rd", "retro of 2024-03-20"),
        ("at 3 pm", "at 15:00 UTC", ""),
        ("on 03/04/2024", "2024-04-03", ""),
        ("on 2 March 2024", "log", "2024-03-02"),
    ],
)
def test_the_same_date_said_otherwise_agrees(said: str, source: str, beside: str) -> None:
    assert strange(said, source, beside) == []


@pytest.mark.parametrize(
    ("said", "source", "line"),
    [
        ("on 2025-03-03", "2024-03-03", "2025-03-03 is not in the source, which says 2024-03-03"),
        ("on 4 March 2024", "2024-03-03", "4 March 2024 is not in the source, which says 2024-03-03"),
        ("in Q2 2024", "2024-03-03", "Q2 2024 is not in the source, which says 2024-03-03"),
        ("on March 3, 2024", "on March 3", "March 3, 2024 is not in the source, which says March 3"),
        ("at 03:00", "at 04:00", "03:00 is not in the source, which says 04:00"),
        ("on 3 March 2024", "some day", "3 March 2024 is not in the source"),
    ],
)
def test_another_date_is_told_beside_the_one_of_the_source(said: str, source: str, line: str) -> None:
    assert strange(said, source) == [line]
