"""Plain systems over the same corpus, to stand beside ours: BM25, vectors, and the two common ways to join them.

The same embedder and the same analysis as the product's, whole records instead of chunks, nothing tuned.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.asking import Item
from eval.metrics import METRICS
from eval.metrics.base import Observation
from eval.metrics.retrieval import RETRIEVAL
from eval.packs import Pack, Sample
from eval.progress import Narrator
from eval.runner import Run
from eval.stats import estimate, paired_test
from rag.domain.ports import Embedder
from rag.index.analysis import terms

Scores = npt.NDArray[np.float64]  # one a record
POOL = 200
K1, B = 0.9, 0.4  # Anserini's defaults, used by the published BEIR figures
RRF_K = 60
BATCH = 256


class BM25:
    """Lucene's form (Robertson & Zaragoza 2009): idf ln(1 + (N - df + .5) / (df + .5)), no (k1 + 1) above."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(terms(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        norms = K1 * (1 - B + B * lengths / max(1.0, lengths.mean()))
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for term, times in count.items():
                postings[term].append((place, times))
        self.size = len(texts)
        self.weights = {term: self._weights(found, norms) for term, found in postings.items()}

    def _weights(self, found: list[tuple[int, int]], norms: Scores) -> tuple[npt.NDArray[np.intp], Scores]:
        places = np.array([place for place, _ in found], dtype=np.intp)
        times = np.array([times for _, times in found], dtype=np.float64)
        idf = np.log(1 + (self.size - len(found) + 0.5) / (len(found) + 0.5))
        return places, idf * times / (times + norms[places])

    def scores(self, query: str) -> Scores:
        total = np.zeros(self.size)
        for term in terms(query):
            if term in self.weights:
                places, weights = self.weights[term]
                total[places] += weights
        return total


def top(scores: Scores, k: int = POOL) -> npt.NDArray[np.intp]:
    """Places of the best k, best first; the earlier record wins a tie."""
    return np.argsort(-scores, kind="stable")[:k]


def min_max(pools: Sequence[tuple[npt.NDArray[np.intp], Scores]], size: int) -> Scores:
    """Sum of scores, each scaled to [0, 1] over its own pool; outside a pool 0. A pool of equal scores gives 1."""
    total = np.zeros(size)
    for places, scores in pools:
        own = scores[places]
        if len(own):
            low, high = own.min(), own.max()
            total[places] += (own - low) / (high - low) if high > low else 1.0
    return total


def reciprocal_rank(pools: Sequence[tuple[npt.NDArray[np.intp], Scores]], size: int) -> Scores:
    """Cormack, Clarke & Büttcher, SIGIR 2009, over the pools."""
    total = np.zeros(size)
    for places, _ in pools:
        total[places] += 1 / (RRF_K + np.arange(1, len(places) + 1))
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    groups: tuple[str, ...]  # document of each record
    lexical: BM25
    vectors: npt.NDArray[np.float32]

    def rankings(self, query: str, vector: npt.NDArray[np.float32]) -> dict[str, tuple[str, ...]]:
        """Documents by their best record, best first, for each system."""
        lexical, dense = self.lexical.scores(query), (self.vectors @ vector).astype(np.float64)
        found = np.count_nonzero(lexical)
        pools = [(top(lexical)[:found], lexical), (top(dense), dense)]
        size = len(self.groups)
        orders = {
            "bm25": pools[0][0],
            "vectors": pools[1][0],
            "rrf": top(reciprocal_rank(pools, size), 2 * POOL),
            "min-max": top(min_max(pools, size), 2 * POOL),
        }
        return {name: tuple(dict.fromkeys(self.groups[place] for place in order)) for name, order in orders.items()}


def _embedded(texts: Sequence[str], embedder: Embedder, narrator: Narrator, what: str) -> npt.NDArray[np.float32]:
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return np.concatenate([embedder.embed(batch) for batch in narrator.each(batches, what)])


def _corpus(pack: Pack, embedder: Embedder, narrator: Narrator) -> Corpus:
    records = list(pack.records())
    texts = [f"{record.title}\n{record.text}".strip() for record in records]
    return Corpus(
        groups=tuple(record.group for record in records),
        lexical=BM25(texts),
        vectors=_embedded(texts, embedder, narrator, f"{pack.name}: baselines"),
    )


def _metrics(sample: Sample, ranking: tuple[str, ...]) -> dict[str, float | None]:
    seen = Observation(sample=sample, ranking=ranking)
    return {name: METRICS[name](seen).value for name in RETRIEVAL}


def beside(run: Run, embedder: Embedder, narrator: Narrator) -> dict[str, dict[str, Any]]:
    """{pack: {system: {metric: {value, difference, ci95, p}}}}: ours minus theirs, over the same questions."""
    return {
        one.pack.name: _beside(one.pack, one.items, embedder, narrator)
        for one in run.packs
        if one.pack.layout == "beir"
    }


def _beside(pack: Pack, items: Sequence[Item], embedder: Embedder, narrator: Narrator) -> dict[str, Any]:
    corpus = _corpus(pack, embedder, narrator)
    asked = [item for item in items if item.sample.judgements and not item.error]
    theirs: dict[str, list[Mapping[str, float | None]]] = defaultdict(list)
    for item in asked:
        vector = embedder.embed([item.sample.question])[0]
        for name, ranking in corpus.rankings(item.sample.question, vector).items():
            theirs[name].append(_metrics(item.sample, ranking))
    against = partial(_against, asked)
    return {name: {metric: against(found, metric) for metric in RETRIEVAL} for name, found in theirs.items()}


def _against(ours: Sequence[Item], theirs: Sequence[Mapping[str, float | None]], metric: str) -> dict[str, Any]:
    pairs = [(item.metrics[metric], other[metric]) for item, other in zip(ours, theirs, strict=True)]
    a = [there for here, there in pairs if here is not None and there is not None]
    b = [here for here, there in pairs if here is not None and there is not None]
    change = estimate([y - x for x, y in zip(a, b, strict=True)], [item.sample.cluster for item in ours])
    return {
        "value": round(float(np.mean(a)), 6),
        "difference": round(change.value or 0.0, 6),
        "ci95": [round(change.low or 0.0, 6), round(change.high or 0.0, 6)],
        "p": round(paired_test(a, b), 6),
    }
