"""Evidence: the sentences of the passages found, scored for the question."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answering.sufficiency import features
from rag.answering.tables import with_headers
from rag.answering.weighing import Asked, quotable, weighed
from rag.answering.weighing import Sentence as Sentence
from rag.domain.ports import Embedder
from rag.domain.types import Hit
from rag.index.analysis import terms
from rag.retrieval.analysis import Analysis, analyse
from rag.retrieval.searcher import Found

EMBEDDED = 14  # sentences whose vectors are worth their milliseconds
LEADING = 3  # of them, whose followers are worth them too: what happened next is said in other words
FOLLOWERS = 2
FEWEST = 50  # hits that say how common a word is; a question that is not narrowed has as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Sentences best first, and what a refusal is decided on."""

    analysis: Analysis
    sentences: tuple[Sentence, ...]
    features: Mapping[str, float]


def gather(question: str, found: Found, embedder: Embedder) -> Evidence:
    asked = asked_of(question, found)
    rough = worth_embedding(candidates(asked, found))
    ranked = sorted(with_cosines(asked.analysis.text, rough, embedder), key=_best_first)
    told = features(asked, found, ranked)
    return Evidence(analysis=asked.analysis, sentences=with_headers(found, ranked), features=told)


def asked_of(question: str, found: Found) -> Asked:
    analysis = analyse(question)
    return Asked(analysis=analysis, idf=_idf(analysis.terms, found.hits))


def candidates(asked: Asked, found: Found) -> list[Sentence]:
    """Best first, as far as can be told without their vectors."""
    best = max((passage.score for passage in found.passages), default=1.0) or 1.0
    every = [
        sentence
        for position, passage in enumerate(found.passages)
        for sentence in quotable(
            asked, passage, found.text_of(passage), position=position, relative=passage.score / best
        )
    ]
    return sorted(every, key=_best_first)


def worth_embedding(rough: Sequence[Sentence]) -> list[Sentence]:
    leading = {(sentence.passage, sentence.order) for sentence in rough[:LEADING]}
    following = {(passage, order + step) for passage, order in leading for step in range(1, FOLLOWERS + 1)}
    return [s for n, s in enumerate(rough) if n < EMBEDDED or (s.passage, s.order) in following]


def _best_first(sentence: Sentence) -> tuple[float, int, int]:
    return -sentence.score, sentence.passage, sentence.start


def _idf(words: Sequence[str], hits: Sequence[Hit]) -> dict[str, float]:
    """Of each question term over the hits: what tells them apart weighs, what all share does not.

    Three hits of a narrowed question all hold its words because they are few, not because the words are common.
    """
    frequency: Counter[str] = Counter()
    for hit in hits:
        frequency.update(set(terms(f"{hit.chunk.context} {hit.chunk.text}")).intersection(words))
    known = max(len(hits), FEWEST)
    return {word: math.log1p((known - frequency[word] + 0.5) / (frequency[word] + 0.5)) for word in words}


def with_cosines(question: str, rough: Sequence[Sentence], embedder: Embedder) -> list[Sentence]:
    if not rough:
        return []
    vectors = embedder.embed([question, *(sentence.text for sentence in rough)])
    cosines = np.clip(vectors[1:] @ vectors[0], -1, 1).tolist()
    return [_with_cosine(sentence, cosine) for sentence, cosine in zip(rough, cosines, strict=True)]


def _with_cosine(sentence: Sentence, cosine: float) -> Sentence:
    traits = {**sentence.traits, "cosine": cosine}
    return replace(sentence, cosine=cosine, traits=traits, score=weighed(traits))
