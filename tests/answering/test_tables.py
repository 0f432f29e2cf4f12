"""Rows of tables, told with the names of their columns."""

import pytest

from rag.answering.tables import header_of, told

TABLE = "Results:\n\n| run | dtype | loss |\n|:---|---|---:|\n| a1 | fp16 | 3.1 |\n| a2 | bf16 | 2.4 |\n\nThat is all."


@pytest.mark.parametrize("row", ["| a1 ", "| a2 "])
def test_a_row_finds_the_header_of_its_table(row: str) -> None:
    span = header_of(TABLE, TABLE.index(row))
    assert span is not None
    assert TABLE[slice(*span)] == "| run | dtype | loss |"


@pytest.mark.parametrize(
    ("text", "at"),
    [(TABLE, "| run"), ("| a | b |\n| c | d |", "| c"), ("| c | d |", "| c"), ("words\n| c | d |", "| c")],
)
def test_a_header_and_a_table_without_one_have_none(text: str, at: str) -> None:
    assert header_of(text, text.index(at)) is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("| a2 | bf16 | 2.4 |", "run: a2; dtype: bf16; loss: 2.4"),
        ("| a2 |  | 2.4 |", "run: a2; loss: 2.4"),
        (r"| a2 | a\|b | 2.4 |", r"run: a2; dtype: a\|b; loss: 2.4"),
        ("| a2 | bf16 |", "| a2 | bf16 |"),
    ],
)
def test_values_are_told_with_their_columns(row: str, said: str) -> None:
    assert told(row, "| run | dtype | loss |") == said
