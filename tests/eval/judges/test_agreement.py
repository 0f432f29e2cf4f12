import numpy as np
import pytest

from eval.judges.agreement import alpha, between, steady


def alone(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_the_worked_example_comes_out() -> None:
    said = ["aa", "ab", "bb", "bb"]
    found = alpha([tuple(two) for two in said], alone(4))
    assert (found.value, found.n) == (pytest.approx(8 / 15), 4)
    pair = between([two[0] for two in said], [two[1] for two in said], alone(4))
    assert (pair.kappa.value, pair.same) == (pytest.approx(1 / 2), 0.75)


def test_krippendorff_s_own_example_with_missing_values() -> None:
    """Computing Krippendorff's Alpha-Reliability, 2011, part C: four observers, twelve units, alpha .743."""
    observers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    rows = [row.split() for row in observers]
    units = [[None if said == "." else said for said in unit] for unit in zip(*rows, strict=True)]
    assert alpha(units, alone(12)).value == pytest.approx(0.743, abs=5e-4)


def test_nothing_to_disagree_about_has_no_figure() -> None:
    assert alpha([("a", "a"), ("a", "a")], alone(2)).value is None
    assert alpha([("a", None), (None, None)], alone(2)).n == 0
    assert between([None], ["a"], ["c"]).kappa.value is None
    assert steady([(), ("a",)]) is None


def test_trials_that_all_say_the_same_are_steady_and_missing_ones_are_not() -> None:
    assert steady([("a", "a"), ("a", "b"), (None, None), ("b", "b")]) == 0.5


def test_whole_clusters_are_drawn() -> None:
    said = [("a", "a"), ("b", "b"), ("a", "b"), ("b", "a")] * 10
    wide = alpha(said, ["one" if same[0] == same[1] else "two" for same in said])
    narrow = alpha(said, alone(40))
    assert wide.value == narrow.value
    assert (wide.high or 0) - (wide.low or 0) > (narrow.high or 0) - (narrow.low or 0)


@pytest.mark.slow
def test_alpha_equals_that_of_the_krippendorff_library() -> None:
    import krippendorff

    random = np.random.default_rng(3)
    for raters in (2, 3, 5):
        for _ in range(20):
            table = random.choice([0.0, 1.0, 2.0, np.nan], size=(raters, 40))
            units = [[None if np.isnan(said) else str(said) for said in unit] for unit in table.T]
            expected = krippendorff.alpha(reliability_data=table, level_of_measurement="nominal")
            assert alpha(units, alone(40)).value == pytest.approx(expected)
