"""Each signal is a share, and says what it claims to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.analysis import terms
from rag.retrieval.signals import NEAREST, company, covered, scaled, together

SCORES = st.lists(st.floats(-5, 50), min_size=1, max_size=30)


def rows(*directions: float) -> np.ndarray:
    """Vectors of length 1 on a circle, by their angle in degrees."""
    angles = np.radians(directions)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@given(SCORES, st.floats(-5, 50))
def test_scaled_scores_are_shares_in_the_order_of_the_scores(scores: list[float], floor: float) -> None:
    found = scaled(np.array(scores), floor)
    assert ((found >= 0) & (found <= 1)).all()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def test_scaled_between_floor_and_best() -> None:
    assert scaled(np.array([2.0, 1.0, 0.5, 0.0]), 0.5).tolist() == pytest.approx([1, 1 / 3, 0, 0])
    assert scaled(np.array([0.7, 0.7]), 0.7).tolist() == [1, 1]  # all alike: none is worse than another
    assert scaled(np.zeros(0), 0.0).tolist() == []


def apart(n: int) -> np.ndarray:
    """Each candidate is of a document of its own."""
    return np.arange(n)


def test_who_stands_beside_good_candidates_is_in_good_company() -> None:
    scores = np.array([1.0, 0.9, 0.2, 0.2, 0.1])
    found = company(rows(0, 5, 8, 90, 180), apart(5), scores, np.argsort(-scores))
    assert found[2] > found[3] > found[4]
    assert ((found >= 0) & (found <= 1)).all()


def test_nobody_vouches_for_himself_nor_for_his_own_document() -> None:
    scores = np.array([1.0, 0.0, 0.0])
    found = company(rows(0, 1, 2), apart(3), scores, np.array([0, 1, 2]))
    assert found[0] == pytest.approx(0.0, abs=1e-6)
    assert found[1] > 0
    same = company(rows(0, 1, 2), np.array([7, 7, 8]), scores, np.array([0, 1, 2]))
    assert same[1] == 0
    assert same[2] > 0
    assert company(rows(0), apart(1), np.array([1.0]), np.array([0])).tolist() == [0]


def test_only_the_nearest_vouch() -> None:
    crowd = rows(*range(NEAREST + 1), 60)
    scores = np.array([0.5] * (NEAREST + 1) + [1.0])
    found = company(crowd, apart(len(scores)), scores, np.arange(len(scores)))
    assert found[0] == pytest.approx(0.5), "a good candidate far away counts nothing among many near ones"


def test_a_candidate_without_a_vector_has_no_company_and_spoils_none() -> None:
    vectors = np.concatenate([rows(0, 3), np.zeros((1, 2), dtype=np.float32)])
    found = company(vectors, apart(3), np.array([1.0, 0.5, 0.9]), np.arange(3))
    assert found[2] == 0
    assert found[0] == pytest.approx(0.5)


def test_words_side_by_side_in_their_order_count() -> None:
    asked = terms("gradient clipping threshold")
    texts = ["The gradient clipping threshold is 1.", "Clipping a gradient has a threshold.", "Gradient clipping."]
    assert together(asked, [terms(text) for text in texts]).tolist() == [1.0, 0.0, 0.5]
    assert together(terms("clipping"), [terms(texts[0])]).tolist() == [0.0]


def test_rare_words_cover_more_of_a_question_than_common_ones() -> None:
    asked = terms("loss spike")
    texts = [terms(text) for text in ("loss", "loss and more loss", "a spike", "the loss had a spike", "loss again")]
    found = covered(asked, texts)
    assert found[3] == pytest.approx(1.0)
    assert found[2] > 0.5 > found[0] == found[1]
    assert covered([], texts).tolist() == [0.0] * 5


@given(
    st.lists(st.sampled_from("abcd"), max_size=6), st.lists(st.lists(st.sampled_from("abcde"), max_size=8), max_size=5)
)
def test_shares_of_words_are_shares(asked: list[str], texts: list[list[str]]) -> None:
    for found in (together(asked, texts), covered(asked, texts)):
        assert len(found) == len(texts)
        assert all(0 <= value <= 1 + 1e-9 for value in found)
