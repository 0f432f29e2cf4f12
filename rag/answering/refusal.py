"""Whether the evidence is enough to answer from. A refusal is an answer."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answering.evidence import Evidence
from rag.domain.people import People
from rag.domain.types import Query, Refusal
from rag.index.analysis import terms
from rag.retrieval.analysis import Analysis
from rag.retrieval.dates import words_of_periods
from rag.retrieval.operators import read_operators
from rag.retrieval.searcher import Found, search_hits

NEAREST = 5
NAMED = 4  # words that are missing
_SOUGHT = {"person": "name", "time": "date", "number": "number", "reason": "reason"}
_WORD = re.compile(r"\w[\w.+'’-]*\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A logistic model of "the evidence answers the question" over Evidence.features; below `least`: refuse."""

    bias: float
    weights: Mapping[str, float]
    least: float = 0.5

    def confidence(self, features: Mapping[str, float]) -> float:
        """In [0, 1]."""
        z = self.bias + sum(weight * features.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-z))


# Fitted by `python -m eval.fitting.refusal_fit` on examples, team-bigscience, team-handbook-sourcegraph,
# team-model-cards-llama, team-peps and qa-clapnq-a, 275 answerable questions and 167 others; docs/measurements.md has
# what each fit reaches on a pack it has not seen.
DEFAULT = Threshold(
    bias=-8.6,
    weights={
        "sentence_cosine": 8.38,
        "terms": 3.90,
        "sentence_lead": 1.09,
        "hit_lead": 0.92,
        "score_lead": 1.64,
        "length": 1.73,
    },
)


def not_yours(query: Query) -> Refusal | None:
    """Of a question narrowed to spaces that are all closed to the asker: said of spaces that do not exist too.

    Nothing else is ever refused for want of rights: that there are hidden documents is itself a secret.
    """
    spaces = query.filters.spaces or read_operators(query.text)[1].filters.spaces
    if not spaces or any(query.access.allows(space) for space in spaces):
        return None
    named = ", ".join(spaces)
    return Refusal(kind="not-allowed", reason=f"You can read nothing in {named}: it is not open to you, or not there.")


def refuse(query: Query, found: Found, evidence: Evidence, threshold: Threshold) -> Refusal | None:
    """None when there is enough to answer from."""
    if not found.passages:
        if closed := not_yours(query):
            return closed
        reason = "Nothing was found: no document that you may read holds words or ideas of the question."
        return Refusal(kind="nothing-found", reason=reason)
    if not evidence.sentences:
        return refusal(found, "What was found holds no sentence that could answer.")
    if threshold.confidence(evidence.features) >= threshold.least:
        return None
    return refusal(
        found,
        f"The documents that you may read come near the question, but none answers it.{_missing(found, evidence)}",
    )


def refusal(found: Found, reason: str) -> Refusal:
    nearest = tuple(hit.citation for hit in search_hits(found)[:NEAREST])
    people = dict.fromkeys(name for citation in nearest for name in citation.document.authors)
    return Refusal(reason=reason, nearest=nearest, people=tuple(people))


def in_person(refused: Refusal, people: People) -> Refusal:
    """Each person once, who left marked so, nobody who opted out.

    They go by the name that stands in the documents: another could come from where the asker may not read.
    """
    documents = [citation.document for citation in refused.nearest]
    authors = people.authors(documents)
    shown: dict[str, str] = {}
    for document in documents:
        for name in document.authors:
            who = authors.get((document.id, document.version, name.casefold()))
            if who is None:
                shown.setdefault(name, name)
            elif who.state != "opted-out":
                left = " (left)" if who.state == "left" else ""
                shown.setdefault(who.person, (who.name or name) + left)
    return replace(refused, people=tuple(dict.fromkeys(shown.values())))


def _missing(found: Found, evidence: Evidence) -> str:
    """As a sentence: what nothing found mentions, else what the passages do not, else the kind of thing sought.

    Only what was found is spoken of: that no document says a word is more than a search knows.
    """
    analysis = evidence.analysis
    passages = " ".join(f"{p.document.title} {' '.join(p.section)} {p.text}" for p in found.passages)
    every = " ".join([passages, *(f"{hit.chunk.context} {hit.chunk.text}" for hit in found.hits)])
    if absent := _absent(analysis, every):
        return f" Nothing that was found mentions {_either(absent)}."
    if absent := _absent(analysis, passages):
        return f" The nearest passages do not mention {_either(absent)}."
    if analysis.wants in _SOUGHT and not any(analysis.shows(s.text) for s in evidence.sentences[:NEAREST]):
        return f" The nearest sentences give no {_SOUGHT[analysis.wants]}."
    return ""


def _absent(analysis: Analysis, text: str) -> list[str]:
    """Names of the question that the text lacks, else words; a period is compared with dates, not looked for."""
    lower, held = text.lower(), set(terms(text))
    dated = set(words_of_periods(analysis.text))
    names = [name for name in analysis.names if name not in lower and name not in dated]
    words = [word.lower() for word in _WORD.findall(analysis.text) if (own := terms(word)) and held.isdisjoint(own)]
    return names or [word for word in dict.fromkeys(words) if word not in dated]


def _either(words: Sequence[str]) -> str:
    *others, last = words[:NAMED]
    return f"{', '.join(others)} or {last}" if others else last
