import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.retrieval import mrr, ndcg, recall

DOCUMENTS = [f"d{n}" for n in range(30)]
judgements = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(1, 4), min_size=1, max_size=12)
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
@settings(deadline=None, max_examples=60)
@given(cases=st.lists(st.tuples(judgements, rankings), min_size=1, max_size=4))
def test_they_agree_with_ranx_on_graded_runs(cases: list[tuple[dict[str, int], list[str]]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, on import
        import ranx

        qrels = ranx.Qrels({f"q{n}": judged for n, (judged, _) in enumerate(cases)})
        run = ranx.Run({f"q{n}": {d: 1.0 / i for i, d in enumerate(order, 1)} for n, (_, order) in enumerate(cases)})
        theirs = ranx.evaluate(qrels, run, ["ndcg@10", "recall@10", "recall@100", "mrr@10"], return_mean=True)
    ours = {
        name: np.mean([metric(order, judged, k) for judged, order in cases])
        for name, metric, k in [
            ("ndcg@10", ndcg, 10),
            ("recall@10", recall, 10),
            ("recall@100", recall, 100),
            ("mrr@10", mrr, 10),
        ]
    }
    assert ours == pytest.approx(dict(theirs), abs=1e-9)
