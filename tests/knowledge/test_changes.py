"""What counts as a question about changes, of what and since when."""

from datetime import date

import pytest

from rag.index.analysis import terms
from rag.knowledge.change_questions import change_question

TODAY = date(2024, 7, 20)


@pytest.mark.parametrize(
    ("text", "topic", "after"),
    [
        ("What changed in the deployment guide since March, and why?", "deployment guide", date(2024, 3, 1)),
        ("What has changed about kestrel since 2024-03-02?", "kestrel", date(2024, 3, 2)),
        ("what's new in the handbook since last month?", "handbook", date(2024, 6, 1)),
        ("How has the number format changed since January 2024?", "number format", date(2024, 1, 1)),
        ("What changed between March and May 2024 in the cluster guide and why?", "cluster guide", date(2024, 3, 1)),
        ("What was changed in the cluster guide, and why?", "cluster guide", None),
    ],
)
def test_the_topic_and_the_time_of_a_question_about_changes(text: str, topic: str, after: date | None) -> None:
    asked = change_question(text, TODAY)
    assert asked is not None
    assert asked.words == frozenset(terms(topic))
    assert (asked.period and asked.period.after) == after


@pytest.mark.parametrize(
    "text", ["Why did it change?", "What changed since May?", "Who changed the guide?", "What is new?", "x " * 400]
)
def test_other_questions_are_none(text: str) -> None:
    assert change_question(text, TODAY) is None
