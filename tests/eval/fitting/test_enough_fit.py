"""When one sentence is enough, on traits that tell all."""

import numpy as np

from eval.fitting.enough_fit import Bests, fit
from rag.answering.enough import WEIGHTS

NAMES = list(WEIGHTS)


def bests(n: int, *, pack: str = "a") -> Bests:
    """The lead tells those that answer, the pronoun those that do not; the rest tells nothing."""
    right = (np.arange(n) % 2).astype(np.float64)
    traits = np.zeros((n, len(NAMES)))
    traits[:, NAMES.index("lead")] = right + np.linspace(0, 0.5, n)
    traits[:, NAMES.index("pronoun")] = 1 - right
    traits[:, NAMES.index("number")] = np.arange(n) // 2 % 2
    return Bests(packs=np.array([pack] * n), traits=traits, right=right)


def test_what_tells_an_answer_weighs_more_and_what_tells_none_nothing() -> None:
    weights, bias = fit(bests(80))
    told = dict(zip(NAMES, weights, strict=True))
    assert told["lead"] > 0 > told["pronoun"]
    assert abs(told["number"]) < 0.05
    values = bests(80).traits @ weights + bias
    assert ((values > 0) == (bests(80).right == 1)).all()


def test_a_pack_counts_by_the_root_of_its_questions() -> None:
    """Worked: 64 of one weigh four times as much as 4 of another."""
    many, few = bests(64), bests(4, pack="b")
    both = Bests(
        packs=np.concatenate([many.packs, few.packs]),
        traits=np.concatenate([many.traits, few.traits]),
        right=np.concatenate([many.right, few.right]),
    )
    totals = [both.weights[both.packs == name].sum() for name in ("a", "b")]
    assert np.isclose(totals[0] / totals[1], 4)
    assert np.isclose(both.weights.mean(), 1)
