import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.retrieval import mrr, ndcg, recall
from eval.selfcheck.checks import RANKED, Case, in_order, ranx_scores, trec_scores

DOCUMENTS = [f"d{n}" for n in range(30)]
judgements = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 4), min_size=1, max_size=12).filter(
    lambda judged: max(judged.values()) > 0
)
scores = st.dictionaries(st.sampled_from([*DOCUMENTS, "x", "y"]), st.integers(0, 5).map(float), min_size=1)
rankings = st.permutations(DOCUMENTS).flatmap(lambda order: st.integers(1, 30).map(lambda k: order[:k]))


def test_the_worked_example_of_the_docstring() -> None:
    judged, ranking = {"a": 2, "b": 1}, ["x", "a", "b"]
    assert ndcg(ranking, judged, 10) == pytest.approx((2 / math.log2(3) + 1 / 2) / (2 + 1 / math.log2(3)))
    assert recall(ranking, judged, 2) == 0.5
    assert mrr(ranking, judged, 10) == 0.5


def test_a_perfect_ranking_scores_one_and_an_empty_one_nothing() -> None:
    judged = {"a": 3, "b": 1}
    assert ndcg(["a", "b"], judged, 10) == recall(["a", "b"], judged, 10) == mrr(["a", "b"], judged, 10) == 1.0
    assert ndcg([], judged, 10) == recall([], judged, 10) == mrr([], judged, 10) == 0.0


def test_without_a_relevant_document_nothing_can_be_scored() -> None:
    assert ndcg(["a"], {}, 10) is recall(["a"], {}, 10) is mrr(["a"], {"a": 0}, 10) is None


def test_a_document_that_is_ranked_twice_gains_once() -> None:
    assert ndcg(["a", "a"], {"a": 1, "b": 1}, 10) == pytest.approx(1 / (1 + 1 / math.log2(3)))


@pytest.mark.slow
@given(judged=judgements, ranking=rankings, k=st.integers(1, 30))
def test_all_lie_between_0_and_1_and_recall_grows_with_depth(
    judged: dict[str, int], ranking: list[str], k: int
) -> None:
    values = [metric(ranking, judged, k) for metric in (ndcg, recall, mrr)]
    assert all(value is not None and 0 <= value <= 1 for value in values)
    deeper, here = recall(ranking, judged, k + 1), recall(ranking, judged, k)
    assert deeper is not None
    assert here is not None
    assert deeper >= here


@pytest.mark.slow  # ranx compiles
@settings(deadline=None, max_examples=25)
@given(cases=st.lists(st.tuples(judgements, scores), min_size=1, max_size=4))
def test_they_are_those_of_ranx_with_grades_ties_and_documents_nobody_judged(cases: list[Case]) -> None:
    ours, theirs = _ours(cases), ranx_scores(cases)
    assert {name: pytest.approx(theirs[name], abs=1e-9) for name in RANKED} == ours


@pytest.mark.slow  # a compiled library
@settings(deadline=None, max_examples=200)
@given(cases=st.lists(st.tuples(judgements, scores | st.just({})), min_size=1, max_size=4))
def test_they_are_those_of_trec_eval_and_so_is_nothing_found(cases: list[Case]) -> None:
    ours, theirs = _ours(cases), trec_scores(cases)
    assert {name: pytest.approx(theirs[name], abs=1e-6) for name in RANKED} == ours


@pytest.mark.slow
@given(judged=judgements, ranking=rankings, places=st.lists(st.integers(0, 29), max_size=5))
def test_a_document_that_stands_twice_is_worth_what_its_first_place_is(
    judged: dict[str, int], ranking: list[str], places: list[int]
) -> None:
    doubled = [*ranking, *(ranking[place % len(ranking)] for place in places)]
    for metric in (ndcg, recall, mrr):
        assert metric(doubled, judged, 50) == pytest.approx(metric(ranking, judged, 50), abs=1e-12)


def _ours(cases: list[Case]) -> dict[str, list[float | None]]:
    return {name: [metric(in_order(run), judged) for judged, run in cases] for name, metric in RANKED.items()}
