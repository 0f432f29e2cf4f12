"""Scores of different scales become one order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.fusion import min_max, weighted_sum

SCORES = st.dictionaries(st.text(min_size=1, max_size=3), st.floats(-1e6, 1e6), max_size=20)


def test_a_worked_example() -> None:
    """dense 0.8, 0.6, 0.4 scale to 1, .5, 0; lexical 10, 5 to 1, 0; b has .5·.5 + .5·1 = .75."""
    signals = {"dense": {"a": 0.8, "b": 0.6, "c": 0.4}, "lexical": {"b": 10.0, "c": 5.0}}
    ranked = weighted_sum(signals, {"dense": 0.5, "lexical": 0.5})
    assert [(key, score) for key, score, _ in ranked] == [("b", 0.75), ("a", 0.5), ("c", 0.0)]


def test_nothing_in_nothing_out() -> None:
    assert weighted_sum({"dense": {}, "lexical": {}}, {"dense": 0.5, "lexical": 0.5}) == []


def test_equal_scores_are_all_the_best() -> None:
    assert min_max({"a": 3.0, "b": 3.0}) == {"a": 1.0, "b": 1.0}


@given(SCORES)
def test_scaled_scores_keep_their_order_and_their_bounds(scores: dict[str, float]) -> None:
    scaled = min_max(scores)
    assert scaled.keys() == scores.keys()
    assert all(0 <= value <= 1 for value in scaled.values())
    for one in scores:
        for other in scores:
            if scores[one] < scores[other]:
                assert scaled[one] <= scaled[other]


@given(SCORES, SCORES)
def test_the_parts_sum_to_the_score_and_every_candidate_is_ranked(
    dense: dict[str, float], lexical: dict[str, float]
) -> None:
    ranked = weighted_sum({"dense": dense, "lexical": lexical}, {"dense": 0.6, "lexical": 0.4})
    assert {key for key, _, _ in ranked} == dense.keys() | lexical.keys()
    assert [score for _, score, _ in ranked] == sorted((score for _, score, _ in ranked), reverse=True)
    for _, score, parts in ranked:
        assert score == pytest.approx(sum(parts.values()))
