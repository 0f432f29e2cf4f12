"""What speaks for a candidate of one search: each signal a number in [0, 1] for each candidate. Pure."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rag.domain.types import Matrix

Scores = npt.NDArray[np.float64]  # one a candidate

NEAREST = 5  # candidates whose scores speak for one that is like them


def scaled(scores: Scores, floor: float) -> Scores:
    """The best gets 1, `floor` and what is below it 0; when nothing is above the floor, what reaches it gets 1."""
    best = scores.max(initial=floor)
    if best <= floor:
        return (scores >= floor).astype(np.float64)
    share: Scores = np.clip((scores - floor) / (best - floor), 0.0, 1.0)
    return share


def company(vectors: Matrix, documents: npt.NDArray[np.intp], scores: Scores, leading: npt.NDArray[np.intp]) -> Scores:
    """For each candidate the mean score of the NEAREST of the `leading` ones of other documents, by squared cosine.

    `vectors`: (n, dim), rows of length 1; `documents`: the number of each one's document. Like passages answer like
    questions: what stands among good candidates is probably one. A document does not vouch for itself, or whatever it
    repeats in every section would. Source: Diaz, "Regularizing ad hoc retrieval scores", CIKM 2005.
    """
    if not len(leading):
        return np.zeros(len(scores))
    near = vectors @ vectors[leading].T
    near[documents[:, None] == documents[leading][None, :]] = -1.0
    kept = min(NEAREST, len(leading))
    best = np.argpartition(-near, kept - 1, axis=1)[:, :kept]
    weights = np.clip(np.take_along_axis(near, best, axis=1), 0.0, 1.0).astype(np.float64) ** 2
    total = weights.sum(axis=1)
    means: Scores = (weights * scores[leading][best]).sum(axis=1) / np.where(total > 0, total, 1.0)
    return means


def covered(question: Sequence[str], texts: Sequence[Sequence[str]]) -> Scores:
    """For each text the share of the question's idf mass in it, idf as it is among the texts."""
    asked = set(question)
    held = [asked.intersection(text) for text in texts]
    counts = {term: sum(term in one for one in held) for term in asked}
    idf = {term: float(np.log1p((len(texts) - n + 0.5) / (n + 0.5))) for term, n in counts.items()}
    total = sum(idf.values()) or 1.0
    return np.array([sum(idf[term] for term in one) / total for one in held])


def together(question: Sequence[str], texts: Sequence[Sequence[str]]) -> Scores:
    """For each text the share of the question's pairs of neighbouring terms that are neighbours in it, in this order.

    Source: the ordered-window feature of Metzler & Croft, "A Markov random field model for term dependencies",
    SIGIR 2005.
    """
    asked = set(pairwise(question))
    if not asked:
        return np.zeros(len(texts))
    return np.array([len(asked.intersection(pairwise(text))) / len(asked) for text in texts])
