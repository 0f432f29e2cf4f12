"""The statistics beside scipy's."""

import numpy as np
import pytest

from eval.statistics.stats import difference, estimate
from eval.statistics.stepdown import paired_test

pytestmark = pytest.mark.slow
RANDOM = np.random.default_rng(4)
A = RANDOM.random(60).round(3).tolist()
B = (np.asarray(A) + RANDOM.normal(-0.05, 0.15, 60)).tolist()


def test_the_bca_interval_is_scipys() -> None:
    from scipy.stats import bootstrap

    reference = bootstrap((A,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1))
    ours = estimate(A)
    assert (ours.low, ours.high) == pytest.approx(tuple(reference.confidence_interval), abs=0.006)


def test_the_interval_of_a_difference_is_scipys() -> None:
    from scipy.stats import bootstrap

    changes = np.asarray(B) - np.asarray(A)
    reference = bootstrap((changes,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1))
    ours = difference(A, B)
    assert (ours.low, ours.high) == pytest.approx(tuple(reference.confidence_interval), abs=0.004)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_the_sign_flips_are_scipys(alternative: str) -> None:
    from scipy.stats import permutation_test

    def paired(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(y - x))

    reference = permutation_test(
        (A, B),
        paired,
        permutation_type="samples",
        alternative=alternative,
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )
    ours = paired_test(A, B, alternative=alternative)  # type: ignore[arg-type]
    assert ours == pytest.approx(reference.pvalue, abs=0.01)


def test_few_questions_are_exact_as_scipys_are() -> None:
    from scipy.stats import permutation_test

    a, b = A[:9], B[:9]
    reference = permutation_test((a, b), lambda x, y: np.mean(y - x), permutation_type="samples", n_resamples=np.inf)
    assert paired_test(a, b) == pytest.approx(reference.pvalue)


def test_wilsons_interval_is_scipys_but_for_students_t() -> None:
    """At 2,000 questions t is the normal's z."""
    from scipy.stats import binomtest

    values = [1.0] * 1_700 + [0.0] * 300
    reference = binomtest(1_700, 2_000).proportion_ci(method="wilson")
    ours = estimate(values)
    assert (ours.low, ours.high) == pytest.approx((reference.low, reference.high), abs=2e-4)
