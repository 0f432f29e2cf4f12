"""Is the detectable effect what it says? Worked by hand where it can be, and by simulation on score patterns like real
ones: unequal documents, most answers right, questions on one document alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.statistics.detectable import Loss, alike, detectable, without_direction
from eval.statistics.stats import changes, cluster_places, difference, estimate
from eval.statistics.stepdown import Paired, paired_test, step_down

SIZES = (22, 12, 6, 4, 4, 2, 1, 1)  # questions on each document, like a pack about a few long ones
SINGLES = (2,) * 8 + (3,) * 4 + (1,) * 14


@dataclass(frozen=True)
class Pack:
    values: list[float]
    clusters: list[str]


def pack(sizes: tuple[int, ...], right: float, seed: int) -> Pack:
    """0 and 1, where each document has its own share of right answers around `right`."""
    random = np.random.default_rng(seed)
    shares = [random.beta(4 * right, 4 * (1 - right)) for _ in sizes]
    values = [float(random.random() < share) for share, size in zip(shares, sizes, strict=True) for _ in range(size)]
    return Pack(values, [f"d{n}" for n, size in enumerate(sizes) for _ in range(size)])


def test_the_loss_of_one_in_five_of_forty_alone() -> None:
    """One-sided .05 needs five that fell (2**-5 = .031): P(5 or more of 40 at q) = .8 at q = .163 (binomial)."""
    assert detectable(Loss(room=[1.0] * 40)) == pytest.approx(0.163, abs=0.012)


def test_where_even_the_loss_of_all_proves_nothing_there_is_no_such_effect() -> None:
    assert detectable(Loss(room=[1.0] * 4)) is None  # 2**-4 > .05
    assert detectable(Loss(room=[1.0] * 40, units=["a", "b", "c", "d"] * 10)) is None
    assert detectable(Loss(room=[0.0] * 40)) is None
    assert detectable(Loss(room=[])) is None


def test_what_varies_by_itself_hides_more() -> None:
    noise = [1.0, -1.0, 0.0, 0.0] * 10
    quiet, loud = detectable(Loss(room=[1.0] * 40)), detectable(Loss(room=[1.0] * 40, noise=noise))
    assert quiet is not None
    assert loud is not None
    assert loud > quiet + 0.05


def test_what_only_fell_is_a_change_and_hides_nothing() -> None:
    assert without_direction([-1.0, -0.5, -0.5, 1.0, -0.5, -1.0]) == [0.0, -0.5, -0.5, 1.0, -0.5, 0.0]
    assert without_direction([-0.5, 0.25, -0.125, 1.0, 0.0]) == [-0.5, 0.25, -0.125, 1.0, 0.0]
    assert without_direction([-1.0, -0.5]) == without_direction([0.5, 1.0]) == [0.0, 0.0]
    assert without_direction([]) == []


def test_many_questions_are_told_by_the_normal_limit_as_few_are_by_flips() -> None:
    """149 and 151 documents, on either side of where the flips give way."""
    few, many = (detectable(Loss(room=[0.5] * n, noise=[0.1, -0.1] * (n // 2) + [0.0] * (n % 2))) for n in (149, 151))
    assert few == pytest.approx(many, abs=0.005)


def test_alike_as_worked_by_hand() -> None:
    """(1, 1), (0, 0): between 1, within 0: 1. (1, 0), (1, 0): between 0: 0.

    (1, 1), (1, 0): means 1 and .5; between = 2 * (.25**2 * 2) = .25, within = .5 / 2 = .25, n0 = 2: (0) / (.5) = 0.
    """
    places = cluster_places(["a", "a", "b", "b"], 4)
    assert alike(np.array([1.0, 1, 0, 0]), places) == 1.0
    assert alike(np.array([1.0, 0, 1, 0]), places) == 0.0
    assert alike(np.array([1.0, 1, 1, 0]), places) == 0.0
    assert alike(np.array([1.0, 1, 0]), cluster_places(None, 3)) == 0.0


# --- honest? by simulation --------------------------------------------------------------------------------------


def fallen(base: Pack, probability: float, random: np.random.Generator) -> list[float]:
    """Another run: whole documents and single questions fail together as far as their scores are alike."""
    places = cluster_places(base.clusters, len(base.values))
    shared = np.sqrt(alike(np.asarray(base.values), places))
    fates = random.random(len(base.values)), random.random(int(places.max()) + 1)[places]
    fate = np.where(random.random(len(base.values)) < shared, fates[1], fates[0])
    return [0.0 if u < probability else value for u, value in zip(fate, base.values, strict=True)]


def noisy(values: list[float], places: NDArray[np.intp], random: np.random.Generator, size: float = 0.2) -> list[float]:
    """Noise of known size: each document shifts by its own amount, each question by another."""
    documents = random.normal(0, size / 2, int(places.max()) + 1)[places]
    return (np.asarray(values) + documents + random.normal(0, size, len(values))).tolist()


def share(trial: Callable[[np.random.Generator], bool], trials: int) -> float:
    random = np.random.default_rng(7)
    return sum(trial(random) for _ in range(trials)) / trials


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_at_the_stated_effect_the_test_finds_a_loss_in_about_four_of_five_cases(alpha: float) -> None:
    base = pack(SINGLES, 0.9, 3)
    effect = detectable(Loss(room=base.values, units=base.clusters), alpha=alpha)
    assert effect is not None
    probability = effect / np.mean(base.values)

    def found(random: np.random.Generator) -> bool:
        after = fallen(base, float(probability), random)
        return paired_test(base.values, after, base.clusters, alternative="less") <= alpha

    assert share(found, 1_000) == pytest.approx(0.8, abs=0.05)


@pytest.mark.slow
def test_with_noise_of_known_size_too() -> None:
    base, random = pack(SINGLES, 0.9, 3), np.random.default_rng(11)
    places = cluster_places(base.clusters, len(base.values))
    again = noisy(base.values, places, random)
    noise = without_direction([y - x for x, y in zip(base.values, again, strict=True)])
    effect = detectable(Loss(room=base.values, units=base.clusters, noise=noise))
    assert effect is not None
    probability = float(effect / np.mean(base.values))

    def found(random: np.random.Generator) -> bool:
        after = noisy(fallen(base, probability, random), places, random)
        return paired_test(base.values, after, base.clusters, alternative="less") <= 0.05

    assert share(found, 300) == pytest.approx(0.8, abs=0.12)  # the noise is known from one pair of runs alone


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [SIZES, SINGLES])
def test_without_a_loss_five_of_a_hundred_gates_close_at_most(sizes: tuple[int, ...]) -> None:
    bases = [pack(sizes, right, 5) for right in (0.9, 0.6, 0.75)]
    places = cluster_places(bases[0].clusters, len(bases[0].values))

    def closed(random: np.random.Generator) -> bool:
        again = [noisy(base.values, places, random) for base in bases]
        tests = [
            Paired(changes=changes(base.values, other), units=base.clusters, alternative="less")
            for base, other in zip(bases, again, strict=True)
        ]
        return min(step_down(tests).adjusted) <= 0.05

    assert share(closed, 500) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 500)


@pytest.mark.slow
@pytest.mark.parametrize(("shared", "lowest", "highest"), [("passage", 0.0, 0.09), ("document", 0.15, 1.0)])
def test_flips_by_passage_bear_what_moves_passages_and_not_what_moves_documents(
    shared: str, lowest: float, highest: float
) -> None:
    """As docs/evaluation-ci.md says: what moves whole documents is a difference of these documents to the test."""
    base = pack(SIZES, 0.8, 5)
    passages = [f"{name} {n // 2}" for n, name in enumerate(base.clusters)]
    places = cluster_places(passages if shared == "passage" else base.clusters, len(passages))

    def closed(random: np.random.Generator) -> bool:
        moved = random.normal(0, 0.2, int(places.max()) + 1)[places]
        again = (np.asarray(base.values) + moved + random.normal(0, 0.1, len(places))).tolist()
        return paired_test(base.values, again, passages, alternative="less") <= 0.05

    assert lowest <= share(closed, 400) <= highest  # .05, and two standard errors


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "right"), [(SINGLES, 0.9), (SINGLES, 0.6), (SINGLES * 2, 0.75), (SIZES * 2, 0.8)])
def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty(sizes: tuple[int, ...], right: float) -> None:
    base = pack(sizes, right, 9)
    truth, by_document = np.mean(base.values), documents(base)

    def holds(random: np.random.Generator) -> bool:
        found = estimate(*drawn(by_document, random))
        assert found.low is not None
        assert found.high is not None
        return bool(found.low <= truth <= found.high)

    assert 0.92 <= share(holds, 600) <= 0.995  # wide for few documents: Wilson's errs on the safe side


@pytest.mark.slow
def test_the_interval_of_a_difference_does_too() -> None:
    base = pack(SINGLES * 2, 0.8, 9)
    places = cluster_places(base.clusters, len(base.values))
    after = noisy(base.values, places, np.random.default_rng(2))
    changes = Pack([y - x for x, y in zip(base.values, after, strict=True)], base.clusters)
    truth, by_document = np.mean(changes.values), documents(changes)

    def holds(random: np.random.Generator) -> bool:
        values, clusters = drawn(by_document, random)
        found = difference([0.0] * len(values), values, clusters)
        assert found.low is not None
        assert found.high is not None
        return bool(found.low <= truth <= found.high)

    assert 0.92 <= share(holds, 300) <= 0.98


def documents(base: Pack) -> list[list[float]]:
    names = dict.fromkeys(base.clusters)
    return [[v for v, c in zip(base.values, base.clusters, strict=True) if c == name] for name in names]


def drawn(by_document: list[list[float]], random: np.random.Generator) -> tuple[list[float], list[str]]:
    """As many documents as there are, drawn with replacement: another sample of the same world."""
    chosen = [by_document[n] for n in random.integers(0, len(by_document), len(by_document))]
    return [v for some in chosen for v in some], [str(n) for n, some in enumerate(chosen) for _ in some]
