"""The period a question names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.dates import read_days, read_period

TODAY = date(2026, 5, 20)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "after", "before"),
    [
        ("What broke in March 2024?", "2024-03-01", "2024-04-01"),
        ("What broke in 2023?", "2023-01-01", "2024-01-01"),
        ("What did we decide since June?", "2025-06-01", None),
        ("What did we decide since May?", "2026-05-01", None),
        ("What stood before 2022-05-01?", None, "2022-05-01"),
        ("What came after 2022-05-01?", "2022-05-02", None),
        ("What was known until March 2024?", None, "2024-04-01"),
        ("What happened yesterday?", "2026-05-19", "2026-05-20"),
        ("What happened last Thursday?", "2026-05-14", "2026-05-15"),
        ("What happened last Wednesday?", "2026-05-13", "2026-05-14"),
        ("How many used it in 2024 vs 2025?", "2024-01-01", "2026-01-01"),
        ("What happened last week?", "2026-05-11", "2026-05-18"),
        ("What happened last month?", "2026-04-01", "2026-05-01"),
        ("What happened last quarter?", "2026-01-01", "2026-04-01"),
        ("What happened last year?", "2025-01-01", "2026-01-01"),
        ("What happened in the last 3 months?", "2026-02-01", "2026-05-21"),
        ("What happened 2 days ago?", "2026-05-18", "2026-05-19"),
        ("What did Q3 2023 bring, in Q3 2023?", "2023-07-01", "2023-10-01"),
        ("Which goals were set for 2024H2?", "2024-07-01", "2025-01-01"),
        ("Runs between May and July 2024", "2024-05-01", "2024-08-01"),
        ("Runs between November and February 2024", "2023-11-01", "2024-03-01"),
        ("Runs from 2021 to 2023", "2021-01-01", "2024-01-01"),
        ("Why did it crash on August 12, 2021?", "2021-08-12", "2021-08-13"),
        ("Why did it crash on the 12th of August 2021?", "2021-08-12", "2021-08-13"),
        ("What came after March 2024 but before June 2024?", "2024-04-01", "2024-06-01"),
        ("Did the loss of March 2024 differ from that in May 2024?", "2024-03-01", "2024-06-01"),
        ("What did we try in early 2022?", "2022-01-01", "2023-01-01"),
    ],
)
def test_a_condition_of_time_is_explicit(words: str, after: str | None, before: str | None) -> None:
    period = read_period(words, TODAY)
    assert period is not None
    assert (period.sure, str(period.after or ""), str(period.before or "")) == ("explicit", after or "", before or "")


@pytest.mark.parametrize(
    "words", ["How good is BERT on SQuAD 2018?", "the 2023 roadmap", "What is new in the 2024 course?"]
)
def test_a_year_that_only_stands_there_is_a_mention(words: str) -> None:
    period = read_period(words, TODAY)
    assert period is not None
    assert period.sure == "mention"


@pytest.mark.parametrize(
    "words",
    [
        "Which of them may fail?",
        "How does it march on?",
        "What happens in 2000 steps?",
        "Why a batch size of 2048?",
        "Did it jump at iteration 2010?",
        "Is CVE-2021-44228 fixed in v2023.1?",
        "What changed in the last week of training?",
        "Is 2022-13-45 a day?",
        "since when?",
        "",
    ],
)
def test_what_is_no_time_gives_no_period(words: str) -> None:
    assert read_period(words, TODAY) is None


def test_without_today_only_what_names_its_year_is_read() -> None:
    assert read_period("What happened last week, and since June?") is None
    assert read_period("What happened in June 2024?") is not None


def test_days_of_a_date_a_month_a_year() -> None:
    assert read_days("2024-02") == (date(2024, 2, 1), date(2024, 3, 1))
    assert read_days("2024-12-31") == (date(2024, 12, 31), date(2025, 1, 1))
    assert read_days("2024") == (date(2024, 1, 1), date(2025, 1, 1))
    assert [read_days(odd) for odd in ("soon", "2024-13", "0000", "9999-12-31", "20240101")] == [None] * 5


@given(
    st.dates(),
    st.sampled_from(["last week", "last 99 years", "past quarter", "yesterday", "since may", "99 months ago"]),
)
def test_a_period_is_never_empty_on_any_day(today: date, words: str) -> None:
    period = read_period(f"what happened {words}", today)
    if period and period.after and period.before:
        assert period.after < period.before
        assert period.holds(period.after)
        assert not period.holds(period.before)
