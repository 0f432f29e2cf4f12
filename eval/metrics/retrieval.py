"""Rankings of documents against graded judgements. All lie in [0, 1]; None when nothing is judged relevant.

Gains are the grades themselves, as in trec_eval and ranx, not 2^grade - 1. A document counts once, where it first
stands; what is not judged, or judged 0 or less, is not relevant. The ideal ranking holds every relevant document, found
or not.

Worked: judged {a: 2, b: 1}, ranking [x, a, b], k = 10.
DCG = 2/log2(3) + 1/log2(4) = 1.7619; ideal = 2/log2(2) + 1/log2(3) = 2.6309; nDCG = .6697. Recall@2 = 1/2. MRR = 1/2.

Equal to ranx (`ndcg@k`, `recall@k`, `mrr@k`) and to pytrec_eval (`ndcg_cut_k`, `recall_k`, `recip_rank` of the first k)
but for these. A question without a relevant document is None here and left out of the mean; they give it 0. A ranking
has no ties: the order is the one people were shown; trec_eval orders equal scores by descending id, ranx as it comes.
A question that nothing was found for is 0 here; pytrec_eval leaves one that is missing from the run out, ranx refuses.
scikit-learn's ndcg_score averages over ties and takes the ideal of the documents at hand, so it is not the same figure.
BEIR's "MRR@10" is this one; its recall is not capped at k, as here (`R_cap` is another measure).
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score


def _gains(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> list[int]:
    """Grades of the first k places; a repeated document gains nothing the second time."""
    seen: set[str] = set()
    gains = []
    for document in ranking[:k]:
        gains.append(0 if document in seen else max(0, judged.get(document, 0)))
        seen.add(document)
    return gains


def _dcg(gains: Sequence[int]) -> float:
    discounts = np.log2(np.arange(2, len(gains) + 2, dtype=np.float64))
    return float((np.asarray(gains, dtype=np.float64) / discounts).sum())


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float | None:
    """Järvelin & Kekäläinen, TOIS 2002, with the log2 discount from rank 1."""
    relevant = sorted((grade for grade in judged.values() if grade > 0), reverse=True)
    if not relevant:
        return None
    return _dcg(_gains(ranking, judged, k)) / _dcg(relevant[:k])


def recall(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float | None:
    """Share of all relevant documents that stand among the first k."""
    relevant = {document for document, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else None


def mrr(ranking: Sequence[str], judged: Mapping[str, int], k: int) -> float | None:
    """One over the rank of the first relevant document, 0 when none stands among the first k."""
    if not any(grade > 0 for grade in judged.values()):
        return None
    first = next((rank for rank, document in enumerate(ranking[:k], 1) if judged.get(document, 0) > 0), None)
    return 1.0 / first if first else 0.0


def _scored(measure: partial[float | None], seen: Observation) -> Score:
    if seen.ranking is None:
        return NOT_SCORED
    return Score(measure(seen.ranking, seen.sample.judgements))


RETRIEVAL: dict[str, Metric] = {
    "ndcg@10": partial(_scored, partial(ndcg, k=10)),
    "recall@10": partial(_scored, partial(recall, k=10)),
    "recall@100": partial(_scored, partial(recall, k=100)),
    "mrr@10": partial(_scored, partial(mrr, k=10)),
}
