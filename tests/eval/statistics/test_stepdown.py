"""The correction beside one written from its definition, and beside Holm's."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.statistics.stepdown import Alternative, Paired, paired_test, step_down

SIDES: tuple[Alternative, ...] = ("less", "greater", "two-sided")
few = st.lists(
    st.tuples(st.lists(st.integers(-3, 3), min_size=6, max_size=6), st.sampled_from(SIDES), st.sampled_from("ab")),
    min_size=1,
    max_size=4,
)


def of(changes: list[float], side: Alternative = "less", pack: str = "a", *, first: int = 0) -> Paired:
    return Paired(changes=changes, units=[f"{pack}{first + n}" for n in range(len(changes))], alternative=side)


def by_definition(tests: list[Paired]) -> tuple[list[float], list[float]]:
    """Every pattern of signs, one unit after another: raw p, and Westfall & Young's step-down of the least."""
    units = sorted({unit for test in tests for unit in test.units})

    def out(test: Paired, signs: dict[str, int]) -> float:
        total = sum(signs[unit] * change for unit, change in zip(test.units, test.changes, strict=True))
        return {"less": -total, "greater": total, "two-sided": abs(total)}[test.alternative]

    patterns = [dict(zip(units, signs, strict=True)) for signs in product((1, -1), repeat=len(units))]
    rows = [[out(test, signs) for test in tests] for signs in patterns]
    ps = [[sum(row[j] >= one[j] for row in rows) / len(rows) for j in range(len(tests))] for one in rows]
    seen, adjusted, highest = ps[0], [0.0] * len(tests), 0.0
    left = sorted(range(len(tests)), key=lambda j: seen[j])
    while left:
        share = sum(min(row[j] for j in left) <= seen[left[0]] for row in ps) / len(ps)
        highest = max(highest, share)
        adjusted[left.pop(0)] = highest
    return seen, adjusted


def holm(ps: tuple[float, ...]) -> list[float]:
    """Holm, Scandinavian Journal of Statistics 6 (1979)."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def noise(units: int, metrics: int, seed: int, *, common: float = 0.0, fall: float = 0.0) -> list[Paired]:
    """`common`: the part of each metric's variance that all share."""
    random = np.random.default_rng(seed)
    shared, own = random.normal(size=units), random.normal(size=(metrics, units))
    return [of((np.sqrt(common) * shared + np.sqrt(1 - common) * one - fall).tolist()) for one in own]


@settings(deadline=None, max_examples=40)
@given(drawn=few)
def test_few_units_are_exactly_as_the_definition_says(drawn: list[tuple[list[int], Alternative, str]]) -> None:
    tests = [of([float(change) for change in changes], side, pack, first=0) for changes, side, pack in drawn]
    tests = [Paired(changes=t.changes[:4], units=t.units[:4], alternative=t.alternative) for t in tests]
    found, (ps, adjusted) = step_down(tests), by_definition(tests)
    assert found.ps == pytest.approx(ps)
    assert found.adjusted == pytest.approx(adjusted)


def test_as_worked_by_hand() -> None:
    three = [-1.0, -1.0, -1.0]
    assert step_down([of(three), of(three)]).adjusted == (1 / 8, 1 / 8)
    assert step_down([of(three), of(three, pack="b")]).adjusted == (15 / 64, 15 / 64)
    assert step_down([]).adjusted == ()


@pytest.mark.parametrize("common", [0.0, 0.5, 0.95])
def test_it_is_never_above_holm_and_never_below_the_p_itself(common: float) -> None:
    for seed in range(5):
        found = step_down(noise(30, 6, seed, common=common, fall=0.3))
        bounds = zip(found.ps, found.adjusted, holm(found.ps), strict=True)
        assert all(p <= adjusted <= most + 1e-12 for p, adjusted, most in bounds)
        ranked = sorted(zip(found.ps, found.adjusted, strict=True))
        assert [adjusted for _, adjusted in ranked] == sorted(found.adjusted)


def test_metrics_that_have_nothing_to_do_with_each_other_cost_about_what_holm_says() -> None:
    packs = [of(noise(30, 1, n, fall=0.4)[0].changes, pack=f"{n}:") for n in range(5)]
    found = step_down(packs)
    least = min(found.ps)
    assert min(found.adjusted) == pytest.approx(1 - (1 - least) ** 5, rel=0.15)
    assert min(found.adjusted) == pytest.approx(min(holm(found.ps)), rel=0.15)


def test_a_metric_counted_twice_costs_nothing() -> None:
    tests = noise(30, 3, 1, fall=0.3)
    once, twice = step_down(tests), step_down([*tests, *tests])
    assert twice.adjusted == once.adjusted * 2
    assert twice.first == once.first


def test_a_check_that_cannot_reach_the_p_in_question_costs_nothing() -> None:
    """Two units can say 1/4 at the least, none at all 1."""
    falls, idle = of([-1.0] * 6), of([-1.0, -1.0] + [0.0] * 4, pack="b")
    found = step_down([falls, idle, of([0.0] * 6, pack="c")])
    assert found.adjusted[0] == found.ps[0] == 2**-6
    assert holm(found.ps)[0] == 3 * 2**-6


def test_no_p_is_zero_and_the_same_seed_gives_the_same() -> None:
    tests = noise(40, 2, 1, fall=3.0)
    assert min(step_down(tests).ps) >= 1e-4
    assert step_down(tests) == step_down(tests)


@pytest.mark.parametrize("common", [0.0, 0.9])
def test_what_the_first_step_asks_is_the_highest_p_that_it_finds(common: float) -> None:
    tests = noise(30, 4, 2, common=common)
    first = step_down(tests).first
    assert 0.05 / 4 <= first <= 0.05
    for factor in np.linspace(0, 2, 12):  # the more, the further one of them has fallen
        fallen = [Paired(changes=np.asarray(tests[0].changes) - factor, units=tests[0].units, alternative="less")]
        found = step_down([*fallen, *tests[1:]])
        least = min(found.ps)
        assert (min(found.adjusted) <= 0.05) == (least <= found.first)


def test_the_more_alike_the_metrics_the_less_they_cost() -> None:
    apart, alike = (step_down(noise(40, 8, 3, common=common)).first for common in (0.0, 0.9))
    assert apart == pytest.approx(0.05 / 8, abs=0.002)
    assert alike > 1.5 * apart
    assert step_down([of([0.0] * 40)] * 8).first == 0.05  # nothing differs


# --- one test alone ---------------------------------------------------------------------------------------------


def test_equal_runs_do_not_differ_and_a_constant_gain_does() -> None:
    base = np.random.default_rng(1).random(60).tolist()
    assert paired_test(base, base) == 1.0
    assert paired_test(base, [value + 0.05 for value in base]) < 0.001
    assert paired_test([], []) == 1.0


def test_four_gains_happen_by_chance_once_in_eight_times() -> None:
    assert paired_test([0, 0, 0, 0], [1, 1, 1, 1]) == 2 / 16
    assert paired_test([0, 0, 0, 0], [1, 1, 1, 1], alternative="greater") == 1 / 16
    assert paired_test([0, 0, 0, 0], [1, 1, 1, 1], alternative="less") == 1.0


def test_eight_gains_on_two_documents_are_two_gains() -> None:
    assert paired_test([0] * 8, [1] * 8, ["a", "b"] * 4) == 2 / 4


def test_gains_and_losses_on_one_document_weigh_each_other_out() -> None:
    assert paired_test([0, 1, 0, 1], [1, 0, 1, 0], ["a", "a", "b", "b"]) == 1.0


def test_runs_of_different_length_do_not_pair() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        paired_test([1], [1, 2])


# --- honest? by simulation --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("common", [0.0, 0.8])
@pytest.mark.parametrize("worse", [1, 2])
def test_with_some_metrics_really_worse_the_others_are_accused_five_times_in_a_hundred_at_most(
    worse: int, common: float
) -> None:
    trials, accused = 300, 0
    for seed in range(trials):
        tests = noise(24, 5, seed, common=common)
        fallen = [of((np.asarray(test.changes) - 1.5).tolist()) for test in tests[:worse]]
        accused += min(step_down([*fallen, *tests[worse:]], seed=seed).adjusted[worse:]) <= 0.05
    assert accused / trials <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / trials)
