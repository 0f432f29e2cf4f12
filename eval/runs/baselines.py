"""Plain systems over the same corpus, to stand beside ours.

Of a file pack it is LlamaIndex's default pipeline (eval.runs.llamaindex). Of a BEIR pack BM25, vectors, and the two
common ways to join them: whole records instead of chunks, title and text joined by a space, nothing tuned. BM25 is
bm25s (Lucene's form, English stop words, Snowball stems) at both usual settings; vectors are the product's own
embedder's. The two joined systems use `bm25` and `vectors`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics import METRICS
from eval.metrics.base import Observation
from eval.metrics.retrieval import RETRIEVAL
from eval.packs.loading import Pack, Sample
from eval.progress import Narrator
from eval.runs.asking import Item
from eval.runs.llamaindex import Find, hits, pipeline
from eval.runs.runner import PackRun, Run, indexes
from eval.statistics.stats import SEED, difference
from eval.statistics.stepdown import paired_test
from rag.domain.ports import Embedder
from rag.domain.types import Matrix

Scores = npt.NDArray[np.float64]  # one a record
Places = npt.NDArray[np.intp]
Rankings = dict[str, tuple[str, ...]]  # {system: documents, best first}
Theirs = dict[str, list[Mapping[str, float | None]]]  # {system: metrics of each question}
ALL = ""  # in the place of a pack's name
ROUNDS = 2_000  # of the bootstrap over packs
DEPTH = 1000  # records ranked by one system
POOL = 200  # of which are joined
BM25_SETTINGS = {
    "bm25": (0.9, 0.4),  # k1 and b: Anserini's defaults, used by the published BEIR figures
    "bm25 k1=1.5 b=.75": (1.5, 0.75),  # the defaults of bm25s
}
RRF_K = 60
BATCH = 64


class BM25:
    """bm25s: idf ln(1 + (N - df + .5) / (df + .5)) times tf / (tf + k1 (1 - b + b length / mean length)).

    Source: Lù, arXiv 2407.03618; the form is Lucene's (Kamphuis et al., ECIR 2020), which has no (k1 + 1) above.
    """

    def __init__(self, tokens: Sequence[Sequence[str]], *, k1: float = 0.9, b: float = 0.4) -> None:
        import bm25s

        self._size = len(tokens)
        self._model = bm25s.BM25(method="lucene", k1=k1, b=b)
        if any(tokens):
            self._model.index([list(words) for words in tokens], show_progress=False)

    def scores(self, query: Sequence[str]) -> Scores:
        """`query`: tokens; one that is repeated counts as often."""
        known = [token for token in query if token in getattr(self._model, "vocab_dict", {})]
        if not known:
            return np.zeros(self._size)
        return np.asarray(self._model.get_scores(known), dtype=np.float64)


def tokens(texts: Sequence[str]) -> list[list[str]]:
    """Lower-cased words of two and more characters, without bm25s's English stop words, as Snowball's English stems."""
    import bm25s
    import Stemmer

    found = bm25s.tokenize(
        list(texts), stopwords="en", stemmer=Stemmer.Stemmer("english"), return_ids=False, show_progress=False
    )
    return [list(words) for words in found]


def top(scores: Scores, k: int = DEPTH) -> Places:
    """Places of the best k, best first; the earlier record wins a tie."""
    return np.argsort(-scores, kind="stable")[:k]


def min_max(pools: Sequence[tuple[Places, Scores]], size: int) -> Scores:
    """Sum of scores, each scaled to [0, 1] over its own pool; outside a pool 0. A pool of equal scores gives 1."""
    total = np.zeros(size)
    for places, scores in pools:
        own = scores[places]
        if len(own):
            low, high = own.min(), own.max()
            total[places] += (own - low) / (high - low) if high > low else 1.0
    return total


def reciprocal_rank(pools: Sequence[tuple[Places, Scores]], size: int) -> Scores:
    """Cormack, Clarke & Büttcher, SIGIR 2009, over the pools."""
    total = np.zeros(size)
    for places, _ in pools:
        total[places] += 1 / (RRF_K + np.arange(1, len(places) + 1))
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """`vectors` None: only BM25 is ranked."""

    groups: tuple[str, ...]  # document of each record
    lexical: Mapping[str, BM25]
    vectors: Matrix | None = None

    def rankings(self, query: Sequence[str], vector: Matrix | None = None) -> Rankings:
        """Documents by their best record, best first, for each system."""
        orders = {name: self._matching(model.scores(query)) for name, model in self.lexical.items()}
        if self.vectors is not None and vector is not None:
            lexical = self.lexical["bm25"].scores(query)
            dense = (self.vectors @ vector).astype(np.float64)
            orders["vectors"] = top(dense)
            pools = [(orders["bm25"][:POOL], lexical), (orders["vectors"][:POOL], dense)]
            orders["rrf"] = top(reciprocal_rank(pools, len(self.groups)), 2 * POOL)
            orders["min-max"] = top(min_max(pools, len(self.groups)), 2 * POOL)
        return {name: tuple(dict.fromkeys(self.groups[place] for place in order)) for name, order in orders.items()}

    def _matching(self, scores: Scores) -> Places:
        """Without the records that share no word with the question."""
        return top(scores)[: np.count_nonzero(scores)]


def corpus(pack: Pack, embedder: Embedder | None, narrator: Narrator) -> Corpus:
    """Of a BEIR pack. Without an embedder there are no vectors."""
    records = list(pack.records())
    texts = [f"{record.title} {record.text}".strip() for record in records]
    words = tokens(texts)
    return Corpus(
        groups=tuple(record.group for record in records),
        lexical={name: BM25(words, k1=k1, b=b) for name, (k1, b) in BM25_SETTINGS.items()},
        vectors=_embedded(texts, embedder, narrator, f"{pack.name}: vectors") if embedder else None,
    )


def _embedded(texts: Sequence[str], embedder: Embedder, narrator: Narrator, what: str) -> Matrix:
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return np.concatenate([embedder.embed(batch) for batch in narrator.each(batches, what)])


def ranked(
    found: Corpus, samples: Sequence[Sample], embedder: Embedder | None, narrator: Narrator
) -> Iterator[Rankings]:
    """What each system finds for each question, in their order. Without an embedder there are no vectors."""
    questions = tokens([sample.question for sample in samples])
    for sample, question in zip(narrator.each(samples, "baselines"), questions, strict=True):
        yield found.rankings(question, embedder.embed([sample.question])[0] if embedder else None)


def beside(
    run: Run, embedder: Embedder, narrator: Narrator, *, separate: bool = False
) -> dict[str, dict[str, dict[str, Any]]]:
    """{pack: {system: {metric: {value, difference, ci95, p}}}}: ours minus theirs, over the same questions.

    ALL has the means over the BEIR packs, when they are several. `separate`: as it was in the run, for the file packs
    share an index or have one each.
    """
    theirs = [(one, _ranked(one, embedder, narrator)) for one in run.packs if one.pack.layout == "beir"]
    found = {one.pack.name: _compared(asked_of(one), one.units, scores) for one, scores in theirs}
    if len(theirs) > 1:
        found[ALL] = _over_packs([(asked_of(one), scores) for one, scores in theirs if scores])
    for together in indexes([one.pack for one in run.packs if one.pack.layout == "files"], separate=separate):
        narrator.say(f"LlamaIndex's default pipeline: {', '.join(pack.name for pack in together)}")
        find, names = pipeline(together, embedder), {pack.name for pack in together}
        found |= {one.pack.name: _beside_files(one, find, narrator) for one in run.packs if one.pack.name in names}
    return found


def asked_of(run: PackRun) -> list[Item]:
    return [item for item in run.items if item.sample.judgements and not item.error]


def _ranked(run: PackRun, embedder: Embedder, narrator: Narrator) -> Theirs:
    asked = asked_of(run)
    theirs: Theirs = defaultdict(list)
    if not asked:
        return {}
    records = corpus(run.pack, embedder, narrator)
    samples = [item.sample for item in asked]
    for sample, rankings in zip(samples, ranked(records, samples, embedder, narrator), strict=True):
        for name, ranking in rankings.items():
            theirs[name].append(metrics(sample, ranking))
    return theirs


def _beside_files(run: PackRun, find: Find, narrator: Narrator) -> dict[str, Any]:
    asked = [item for item in run.items if item.sample.gold_files and not item.error]
    theirs: Theirs = defaultdict(list)
    for item in narrator.each(asked, f"{run.pack.name}: baselines"):
        for name, scored in hits(item.sample, find(item.sample.question, run.pack.name)).items():
            theirs[name].append(scored)
    return _compared(asked, run.units, theirs)


def _over_packs(packs: Sequence[tuple[Sequence[Item], Theirs]]) -> dict[str, Any]:
    """The mean over packs of their means, each pack counting the same, questions drawn anew inside each.

    p by sign flips of the questions' differences, each weighted by one over the questions of its pack.
    """
    systems = [name for name in packs[0][1] if all(name in theirs for _, theirs in packs)] if packs else []
    return {name: {metric: _mean_over(packs, name, metric) for metric in RETRIEVAL} for name in systems}


def _mean_over(packs: Sequence[tuple[Sequence[Item], Theirs]], system: str, metric: str) -> dict[str, Any]:
    every = [_pairs(ours, theirs[system], metric) for ours, theirs in packs]
    pairs = [(here, there) for here, there in every if len(here)]
    moved = [here - there for here, there in pairs]
    random = np.random.default_rng(SEED)
    drawn = np.mean([[random.choice(one, len(one)).mean() for _ in range(ROUNDS)] for one in moved], axis=0)
    low, high = np.quantile(drawn, (0.025, 0.975))
    weighted = np.concatenate([one / len(one) for one in moved])
    return {
        "value": round(float(np.mean([there.mean() for _, there in pairs])), 6),
        "difference": round(float(np.mean([one.mean() for one in moved])), 6),
        "ci95": [round(float(low), 6), round(float(high), 6)],
        "p": round(paired_test(np.zeros(len(weighted)).tolist(), weighted.tolist()), 6),
    }


def _pairs(ours: Sequence[Item], theirs: Sequence[Mapping[str, float | None]], metric: str) -> tuple[Scores, Scores]:
    both = [(item.metrics[metric], other[metric]) for item, other in zip(ours, theirs, strict=True)]
    kept = [(here, there) for here, there in both if here is not None and there is not None]
    here, there = np.array(kept, dtype=np.float64).reshape(-1, 2).T
    return here, there


def _compared(ours: Sequence[Item], units: Mapping[str, str], theirs: Theirs) -> dict[str, Any]:
    """Without the metrics that none of the questions can be scored by."""
    if not theirs:
        return {}
    against = partial(_against, ours, units)
    named = {
        name: [metric for metric in found[0] if any(one[metric] is not None for one in found)]
        for name, found in theirs.items()
    }
    return {name: {metric: against(theirs[name], metric) for metric in some} for name, some in named.items()}


def metrics(sample: Sample, ranking: tuple[str, ...]) -> dict[str, float | None]:
    seen = Observation(sample=sample, ranking=ranking)
    return {name: METRICS[name](seen).value for name in RETRIEVAL}


def _against(
    ours: Sequence[Item], units: Mapping[str, str], theirs: Sequence[Mapping[str, float | None]], metric: str
) -> dict[str, Any]:
    pairs = [(item, item.metrics[metric], other[metric]) for item, other in zip(ours, theirs, strict=True)]
    kept = [(item, here, there) for item, here, there in pairs if here is not None and there is not None]
    a, b = [there for _, _, there in kept], [here for _, here, _ in kept]
    samples = [item.sample for item, _, _ in kept]
    change = difference(a, b, [sample.cluster for sample in samples])
    return {
        "value": round(float(np.mean(a)), 6),
        "difference": round(change.value or 0.0, 6),
        "ci95": [round(change.low or 0.0, 6), round(change.high or 0.0, 6)],
        "p": round(paired_test(a, b, [units.get(sample.id, sample.cluster) for sample in samples]), 6),
    }
