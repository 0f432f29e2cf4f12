"""When to refuse, on questions whose features tell all."""

import numpy as np
import pytest

from eval.fitting.refusal_fit import MAY_REFUSE, Questions, fit, lowest


def questions(n: int, *, team: bool = True) -> Questions:
    """The first feature tells the answerable half from the other one, the second tells nothing."""
    answerable = np.arange(n) % 2
    return Questions(
        packs=np.array(["a"] * n),
        features=np.stack([answerable + np.linspace(0, 0.5, n), np.arange(n) % 3], axis=1),
        scores=np.linspace(0, 1, n),
        answerable=answerable.astype(np.float64),
        team=np.array([team] * n),
    )


def test_what_tells_the_answerable_weighs_more_and_few_of_them_are_refused() -> None:
    asked = questions(80)
    rule = fit(asked)
    values = rule.values(asked.features)
    assert rule.weights[0] > abs(rule.weights[1])
    assert (values[asked.answerable == 1] < 0).mean() <= MAY_REFUSE
    assert (values[asked.answerable == 0] >= 0).mean() < 0.5


def test_the_threshold_is_set_on_what_teams_keep() -> None:
    """Worked: 40 answerable values 0 to 39, two may be refused: between 1 and 2. Records are below."""
    own, others = questions(80), questions(80, team=False)
    both = Questions(
        packs=np.concatenate([own.packs, others.packs]),
        features=np.concatenate([own.features, others.features]),
        scores=np.concatenate([own.scores, others.scores]),
        answerable=np.concatenate([own.answerable, others.answerable]),
        team=np.concatenate([own.team, others.team]),
    )
    values = np.concatenate([np.arange(80) // 2, np.arange(80) - 1000]).astype(np.float64)
    assert lowest(values, both) == 1.5


def test_each_class_of_a_pack_counts_by_the_root_of_its_size() -> None:
    asked = questions(80)
    few = asked.of(np.array([n < 8 or n % 2 == 1 for n in range(80)]))  # 4 unanswerable, 40 answerable
    sums = [few.weights[few.answerable == value].sum() for value in (0, 1)]
    assert sums[1] / sums[0] == pytest.approx((40 / 4) ** 0.5)
