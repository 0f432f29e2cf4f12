"""Candidates in order: a weighted sum of signals, whose parts every hit can show. Pure.

The weights are one fit for all questions (eval.fitting.fusion), by the mean nDCG@10 of several corpora, each left out
in turn to see what a fit on the others is worth on it. `kind`, `people` and `period` weigh only in a question that
wishes for them; `fresh` is a weak prior.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rag.domain.types import Hit, Matrix, StoredChunk, Why
from rag.index.analysis import terms
from rag.retrieval.plan import SearchPlan, first_day
from rag.retrieval.signals import Scores, company, covered, scaled, together

WEIGHTS: Mapping[str, float] = {"meaning": 0.38, "words": 0.16, "company": 0.25, "order": 0.09, "coverage": 0.12}
BASE: Mapping[str, float] = {"meaning": 0.7, "words": 0.3}  # of the order in which candidates lead
WISHES: Mapping[str, float] = {"kind": 0.1, "people": 0.1, "period": 0.1}
LEADING = 100  # candidates, by meaning and words, that vouch for others
READ = 60  # of these, whose words are looked at: reading one takes a tenth of a millisecond
HALF_LIFE_DAYS = 365.0

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Row i of every array belongs to `chunks[i]`; one column a text of the plan, the question first."""

    chunks: Sequence[StoredChunk]
    vectors: Matrix  # (n, dim), rows of length 1, or zeros where a chunk has none
    cosines: Scores  # (n, texts)
    bm25: Scores  # (n, texts); 0 where no word is shared
    floors: tuple[Sequence[float], Sequence[float]]  # of cosines and of bm25, by text: the weakest of its pool
    conditions: tuple[str, ...] = ()  # what all of them fulfil, as it may be typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """`freshness`: what a text of today gains over an old one; half of it is lost a year. 0: age does not count."""

    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    freshness: float = 0.0

    def rank(self, plan: SearchPlan, found: Candidates, k: int, *, today: date) -> list[Hit]:
        """The best k, best first; ties by id."""
        if not found.chunks:
            return []
        signals = signals_of(plan, found) | self._fresh(found, today)
        weights = {name: weight for name, weight in self._weights(plan).items() if weight}
        parts = {name: weight * signals[name] for name, weight in weights.items()}
        scores = np.sum(list(parts.values()), axis=0)
        ids = [chunk.id for chunk in found.chunks]
        order = sorted(range(len(ids)), key=lambda row: (-scores[row], ids[row]))[:k]
        return [
            Hit(
                chunk=found.chunks[row],
                score=float(scores[row]),
                why=Why(
                    parts={name: float(part[row]) for name, part in parts.items() if part[row]},
                    weights=weights,
                    raw=_raw(found, row),
                    conditions=found.conditions,
                ),
            )
            for row in order
        ]

    def _weights(self, plan: SearchPlan) -> dict[str, float]:
        wished = {"kind": plan.kinds, "people": plan.people, "period": plan.period}
        wishes = {name: weight for name, weight in WISHES.items() if wished[name]}
        return {**self.weights, **wishes, "fresh": self.freshness}

    def _fresh(self, found: Candidates, today: date) -> dict[str, Scores]:
        return {"fresh": np.array([_fresh(chunk, today) for chunk in found.chunks])} if self.freshness else {}


def signals_of(plan: SearchPlan, found: Candidates) -> dict[str, Scores]:
    """Each in [0, 1], one number a candidate; those of wishes only where the question has some."""
    meaning = _best_of(found.cosines, found.floors[0])
    words = _best_of(found.bm25, found.floors[1])
    base = _base(meaning, words)
    leading = _best_first(base)[:LEADING]
    order = np.zeros(len(base))
    first = leading[:READ]
    read = [_terms(f"{found.chunks[row].document.title}\n{found.chunks[row].text}") for row in first]
    order[first] = np.max([together(terms(text), read) for text in plan.texts], axis=0)
    coverage = np.zeros(len(base))
    coverage[first] = np.max([covered(terms(text), read) for text in plan.texts], axis=0)
    wishes = [plan.prefers(chunk.document) for chunk in found.chunks] if plan.prefers_any else []
    return {
        "meaning": meaning,
        "words": words,
        "company": company(found.vectors, _documents(found.chunks), base, leading),
        "order": order,
        "coverage": coverage,
        **{name: np.array([wish[name] for wish in wishes]) for name in (WISHES if wishes else ())},
    }


def lead(cosines: Scores, bm25: Scores, floors: tuple[Sequence[float], Sequence[float]]) -> Rows:
    """Rows of candidates by meaning and words alone, best first; shapes and floors as in Candidates."""
    return _best_first(_base(_best_of(cosines, floors[0]), _best_of(bm25, floors[1])))


def _base(meaning: Scores, words: Scores) -> Scores:
    return BASE["meaning"] * meaning + BASE["words"] * words


def _best_first(scores: Scores) -> Rows:
    return np.argsort(-scores, kind="stable")


def _documents(chunks: Sequence[StoredChunk]) -> Rows:
    """A number for each chunk, the same for chunks of one document."""
    numbers = {chunk.document.id: n for n, chunk in enumerate(chunks)}
    return np.array([numbers[chunk.document.id] for chunk in chunks], dtype=np.intp)


def _best_of(columns: Scores, floors: Sequence[float]) -> Scores:
    """What a part of the question finds counts as much as what the whole of it finds."""
    best: Scores = np.max([scaled(columns[:, i], floor) for i, floor in enumerate(floors)], axis=0)
    return best


def _raw(found: Candidates, row: int) -> dict[str, float]:
    """The unscaled scores, for what must compare across questions (refusal) and for people who want to know."""
    words = float(found.bm25[row].max())
    return {"cosine": float(found.cosines[row].max())} | ({"bm25": words} if words else {})


def _fresh(chunk: StoredChunk, today: date) -> float:
    document = chunk.document
    try:
        day = date.fromisoformat(document.date[:10])
    except ValueError:
        day = first_day(document.date) or document.valid_from.date()
    return float(0.5 ** (max(0, (today - day).days) / HALF_LIFE_DAYS))


@lru_cache(maxsize=8192)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(terms(text))
