from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eval.judges.judged import JudgedItem, load_judged
from eval.judges.judging import Verdict
from eval.judges.labelled import FIGURES, Trial, agreement, detectors, scorable, tried


def said(people: str, judge: str, clusters: str = "") -> list[tuple[str, str, str]]:
    return list(zip(people, judge, clusters or [str(n) for n in range(len(people))], strict=True))


def test_the_worked_example_comes_out() -> None:
    found = agreement(said("aabb", "abbb"), ("a", "b"))
    assert [found.figures[name].value for name in FIGURES] == pytest.approx([0.75, 0.75, 11 / 15, 0.5])
    assert found.table == ((1, 1), (0, 2))


def test_a_perfect_judge_is_above_chance_and_a_constant_one_is_not() -> None:
    people = "ab" * 30
    assert not agreement(said(people, people), ("a", "b")).chance
    constant = agreement(said(people, "a" * 60), ("a", "b"))
    assert constant.chance
    assert constant.figures["kappa"].value == 0


def test_items_of_one_cluster_do_not_count_as_independent() -> None:
    people, judge = "ab" * 40, "aabb" * 20
    clusters = "".join(chr(65 + n // 16) for n in range(80))
    right = "".join(p if n % 32 < 16 else j for n, (p, j) in enumerate(zip(people, judge, strict=True)))
    alone = agreement(said(people, right), ("a", "b")).figures["kappa"]
    together = agreement(said(people, right, clusters), ("a", "b")).figures["kappa"]
    assert alone.value == together.value
    assert (alone.low, together.high) != (together.low, alone.high)


def test_nothing_judged_has_no_figure_and_counts_as_chance() -> None:
    found = agreement([], ("a", "b"))
    assert {found.figures[name].value for name in FIGURES} == {None}
    assert found.chance


def test_no_verdict_is_counted_and_left_out() -> None:
    items = tuple(
        JudgedItem(id=str(n), task="answers", text="x", label=label, cluster=str(n))
        for n, label in enumerate(["correct", "refusal", "incorrect"])
    )
    verdicts = (Verdict(label="correct"), Verdict(label="incorrect"), Verdict(label=None))
    trial = Trial(judge="j", items=items, verdicts=verdicts)
    assert (trial.unscored, trial.binary().table) == (1, ((1, 0), (0, 1)))


def test_a_judge_is_not_asked_what_it_does_not_know() -> None:
    item = JudgedItem(id="1", task="answers", text="x", label="correct", cluster="q", detectors={"d": 1.0})
    with pytest.raises(ValueError, match="d cannot judge answers"):
        tried(detectors([item])[0], [item])


@pytest.mark.slow
def test_figures_equal_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score, f1_score

    random = np.random.default_rng(5)
    for size in (2, 3, 4):
        for _ in range(25):
            names = [str(n) for n in range(size)]
            people, judge = ("".join(random.choice(names, 60)) for _ in range(2))
            found = agreement(said(people, judge), tuple(names)).figures
            pair = list(people), list(judge)
            expected = [
                accuracy_score(*pair),
                balanced_accuracy_score(*pair),
                f1_score(*pair, average="macro"),
                cohen_kappa_score(*pair),
            ]
            assert [found[name].value for name in FIGURES] == pytest.approx(expected)


@pytest.mark.slow
def test_the_published_detectors_reach_the_figures_of_the_packs_readme(pack: Callable[[str], Path]) -> None:
    items = scorable(load_judged(pack("judge-faithbench-a")).items)
    found = {d.name: tried(d, items).binary().figures["balanced_accuracy"].value or 0 for d in detectors(items)}
    expected = {
        "gpt_4o": 0.560,
        "gpt-4-turbo": 0.553,
        "trueteacher": 0.540,
        "hhem-2.1-english": 0.532,
        "hhem-2.1": 0.527,
        "gpt-3.5-turbo": 0.518,
        "hhemv1": 0.511,
        "true_nli": 0.506,
    }
    assert found == pytest.approx(expected, abs=0.0006)
