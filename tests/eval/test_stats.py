import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.stats import estimate, paired_test

values = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(values=values)
def test_the_interval_stays_inside_the_values_and_repeats(values: list[float]) -> None:
    first = estimate(values)
    assert first == estimate(values)
    assert first.low is not None
    assert first.high is not None
    assert min(values) - 1e-9 <= first.low <= first.high <= max(values) + 1e-9


def test_nothing_scored_is_no_mean() -> None:
    assert estimate([]).value is None


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


def test_equal_runs_do_not_differ_and_a_constant_gain_does() -> None:
    base = np.random.default_rng(1).random(60).tolist()
    assert paired_test(base, base) == 1.0
    assert paired_test(base, [value + 0.05 for value in base]) < 0.001


def test_four_gains_happen_by_chance_once_in_eight_times() -> None:
    assert paired_test([0, 0, 0, 0], [1, 1, 1, 1]) == pytest.approx(2 / 16, abs=0.01)


def test_runs_of_different_length_do_not_pair() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        paired_test([1], [1, 2])
