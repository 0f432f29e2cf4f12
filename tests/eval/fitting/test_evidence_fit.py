"""Weights of evidence sentences, on questions small enough to rank by hand."""

import numpy as np
import pytest

from eval.fitting.evidence_fit import Ranked, fit, mean
from rag.answering.weighing import WEIGHTS

NAMES = list(WEIGHTS)


def question(*rows: dict[str, float], holds: int) -> Ranked:
    traits = np.array([[row.get(name, 0.0) for name in NAMES] for row in rows])
    return Ranked(traits=traits, holds=np.eye(len(rows))[holds])


def test_evidence_in_the_second_place_counts_as_its_discount() -> None:
    asked = question({"cosine": 0.9}, {"cosine": 0.5}, holds=1)
    assert asked.ndcg(np.array(list(WEIGHTS.values()))) == pytest.approx(1 / np.log2(3))


def test_a_sign_that_tells_evidence_apart_comes_to_weigh_more() -> None:
    asked = [question({"cosine": 0.7}, {"cosine": 0.5, "sign": 1.0}, holds=1)] * 3
    start = np.array([0.0 if name == "sign" else weight for name, weight in WEIGHTS.items()])
    fitted = fit([asked], start)
    assert mean(asked, start) < mean(asked, fitted) == 1.0
    assert fitted[NAMES.index("sign")] > 0


def test_weights_that_are_right_already_are_left_alone() -> None:
    start = np.array(list(WEIGHTS.values()))
    assert (fit([[question({"cosine": 0.9}, {"cosine": 0.5}, holds=0)]], start) == start).all()
