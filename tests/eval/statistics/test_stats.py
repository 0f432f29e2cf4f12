import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics.stats import difference, estimate

values = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(values=values)
def test_the_interval_stays_inside_the_scale_holds_the_mean_and_repeats(values: list[float]) -> None:
    first = estimate(values)
    assert first == estimate(values)
    assert first.value is not None
    assert first.low is not None
    assert first.high is not None
    assert -1e-9 <= first.low <= first.high <= 1 + 1e-9
    if set(values) <= {0.0, 1.0}:
        assert first.low - 1e-9 <= first.value <= first.high + 1e-9


def test_nothing_scored_is_no_mean() -> None:
    assert estimate([]).value is None
    assert difference([], []).value is None


def test_forty_right_of_forty_is_no_certainty() -> None:
    """Wilson by hand: t(39) = 2.0227, t^2 = 4.0913; low = 40 / (40 + 4.0913) = .9072."""
    found = estimate([1.0] * 40)
    assert found.low == pytest.approx(40 / (40 + 4.0913), abs=1e-4)
    assert found.high == pytest.approx(1.0)


def test_forty_right_answers_on_four_documents_are_four_witnesses() -> None:
    """t(3) = 3.1824; low = 4 / (4 + 10.128) = .2831."""
    found = estimate([1.0] * 40, [str(n % 4) for n in range(40)])
    assert found.low == pytest.approx(4 / (4 + 3.1824**2), abs=1e-4)


def test_one_document_says_nothing_of_the_next() -> None:
    found = estimate([1.0, 0.0, 1.0], ["a", "a", "a"])
    assert (found.low, found.high) == (0.0, 1.0)


def test_nor_where_the_scores_are_shares_or_the_difference_of_two_runs_is_asked_for() -> None:
    """A bootstrap of one document draws it each time, and says that nothing else can come out."""
    found = estimate([0.3, 0.4, 0.9], ["a", "a", "a"])
    assert (found.low, found.high) == (0.0, 1.0)
    assert estimate([12.0, 40.0], ["a", "a"]).low is None
    change = difference([0.3, 0.4], [0.5, 0.9], ["a", "a"])
    assert (change.low, change.high) == (-1.0, 1.0)
    assert difference([12.0, 40.0], [40.0, 50.0], ["a", "a"]).low is None


def test_the_interval_of_many_coin_flips_is_the_one_of_the_textbook() -> None:
    flips = [float(n % 2) for n in range(400)]
    found = estimate(flips)
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.01)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.01)


def test_questions_on_one_document_make_the_interval_wider() -> None:
    flips = [float(n // 10 % 2) for n in range(400)]
    alone, clustered = estimate(flips), estimate(flips, [str(n // 10) for n in range(400)])
    assert alone.high is not None
    assert clustered.high is not None
    assert clustered.value == alone.value
    assert clustered.high > alone.high + 0.05


def test_equal_runs_differ_by_nothing() -> None:
    base = [0.2, 0.4, 0.9]
    assert difference(base, base).low == difference(base, base).high == 0.0


def test_runs_of_different_length_do_not_pair() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        difference([1], [1, 2])
    with pytest.raises(ValueError, match="1 clusters"):
        estimate([1, 0], ["a"])
