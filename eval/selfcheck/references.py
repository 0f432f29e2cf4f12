"""Figures of public data sets that a right instrument comes to again, and what it comes to here.

BM25 is bm25s 0.3 over whole records, title and text joined: lower-cased words, English stop words, Snowball stems.
Vectors are all-MiniLM-L6-v2's, quantised to int8, over the first 256 word pieces of the same text. Everything is scored
with gains as grades, a document by its best record. The figures were given to three digits.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.metrics.retrieval import mrr, ndcg, recall
from eval.packs.loading import Pack, Sample
from eval.progress import Narrator
from eval.runs.baselines import corpus, ranked
from eval.selfcheck.checks import Check
from rag.domain.ports import Embedder

TOLERANCE = 0.003
VECTORS = "vectors"
FULL = "with TEAMLORE_EMBEDDER_BACKEND=torch vectors are computed in fp32, as for the stated figure"
MINILM = "all-MiniLM-L6-v2"
PLAIN, DEFAULT = "bm25", "bm25 k1=1.5 b=.75"
MEASURES = {"ndcg": ndcg, "recall": recall, "mrr": mrr}

REFERENCES: dict[str, dict[str, dict[str, float]]] = {  # {pack: {system: {metric: figure}}}
    "ret-cisi": {
        PLAIN: {"ndcg@10": 0.368},
        DEFAULT: {"ndcg@10": 0.386, "mrr@10": 0.637, "recall@10": 0.130, "recall@100": 0.440},
        "vectors": {"ndcg@10": 0.424},
    },
    "ret-cranfield": {
        PLAIN: {"ndcg@10": 0.343},
        DEFAULT: {"ndcg@10": 0.365, "mrr@10": 0.526, "recall@10": 0.397, "recall@100": 0.735},
        "vectors": {"ndcg@10": 0.374},
    },
    "ret-medline": {
        PLAIN: {"ndcg@10": 0.671},
        DEFAULT: {"ndcg@10": 0.696, "mrr@10": 0.908, "recall@10": 0.314, "recall@100": 0.792},
        "vectors": {"ndcg@10": 0.792},
    },
    "ret-mlquestions-dev": {
        PLAIN: {"ndcg@10": 0.403},
        DEFAULT: {"mrr@10": 0.333, "recall@1": 0.220, "recall@5": 0.494, "recall@10": 0.607, "recall@100": 0.873},
        "vectors": {"ndcg@10": 0.616},
    },
    "ret-zoomcamp-faq": {
        PLAIN: {"ndcg@10": 0.878},
        DEFAULT: {"recall@5": 0.938, "mrr@10": 0.874},
        "vectors": {"ndcg@10": 0.831},
    },
    "ret-scifact-train": {
        PLAIN: {"ndcg@10": 0.694},
        DEFAULT: {"ndcg@10": 0.696},
        "vectors": {"ndcg@10": 0.661},
    },
    "qa-clapnq-a": {
        PLAIN: {"ndcg@10": 0.908},
        DEFAULT: {"recall@1": 0.862, "recall@5": 0.964},
        "vectors": {"ndcg@10": 0.982},
    },
    "ret-scale-decisions": {
        DEFAULT: {"recall@1": 0.703, "recall@5": 0.904, "recall@10": 0.935, "mrr@10": 0.789},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What each system ranks for each question."""

    samples: Sequence[Sample]
    rankings: Mapping[str, Sequence[tuple[str, ...]]]

    def mean(self, system: str, metric: str) -> float:
        """`metric`: a name of MEASURES, @ and a depth."""
        name, _, depth = metric.partition("@")
        pairs = zip(self.samples, self.rankings[system], strict=True)
        values = [MEASURES[name](ranking, sample.judgements, int(depth)) for sample, ranking in pairs]
        return fmean(value for value in values if value is not None)


def reference_checks(pack: Pack, embedder: Embedder | None, narrator: Narrator) -> Iterator[Check]:
    """Each stated figure of the pack, nothing where there is none. Without MiniLM vectors are not checked."""
    stated = REFERENCES.get(pack.name, {})
    if not stated:
        return
    minilm = embedder if embedder and embedder.name == MINILM and "vectors" in stated else None
    found = _found(pack, minilm, narrator)
    for system, figures in stated.items():
        for metric, figure in figures.items():
            missing = system not in found.rankings
            yield Check(
                what=f"{pack.name}: {metric} of {system}",
                against="stated figure",
                ours=None if missing else found.mean(system, metric),
                expected=figure,
                tolerance=TOLERANCE,
                note=f"needs the vectors of {MINILM}" if missing else FULL if system == VECTORS else "",
            )


def _found(pack: Pack, embedder: Embedder | None, narrator: Narrator) -> Found:
    samples = [sample for sample in pack.samples if sample.judgements]
    rankings: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    records = corpus(pack, embedder, narrator)
    for systems in ranked(records, samples, embedder, narrator):
        for system, ranking in systems.items():
            rankings[system].append(ranking)
    return Found(samples=samples, rankings=rankings)
