"""Questions that could mean several things: each reading with its own words, or a question back. Conservative."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.answering.compose import Draft, one_line
from rag.answering.evidence import Evidence
from rag.answering.leaning import leaning
from rag.answering.naming import names_of
from rag.answering.refusal import refusal
from rag.answering.weighing import Sentence
from rag.domain.types import Citation, Passage, Query, Refusal, Statement
from rag.index.analysis import terms
from rag.retrieval.searcher import Found

FEW = 4  # content words of a question that says too little
NEAR = 0.07  # of the best sentence's score may be missing
MOST = 4
LONGEST_NAME = 48  # characters of a title that can stand for "it"
_VALUE = re.compile(r"\d[\d.,]*(?:e-?\d+)?%?", re.I)
_ASKS_VALUE = re.compile(r"\s*(?:what|how (?:much|many|long|large|big|fast|high|low)|when)\b", re.I)
UNCLEAR = "The question points back to something that was not said here."


def unclear(question: str, found: Found) -> tuple[Refusal, tuple[str, ...]] | None:
    """Of a question that leans on what nobody said, and says next to nothing itself: what may be asked instead."""
    back = leaning(question)
    if back is None or names_of(question) or len(terms(question)) > 2:
        return None
    if back.kind in ("fragment", "bare", "matter"):
        return _asking(found, "Say what you mean in full."), ()
    named = dict.fromkeys(passage.document.title for passage in found.passages)
    titles = [title for title in named if title and len(title) <= LONGEST_NAME and title[-1].isalnum()]
    meant = [f"{title}'s" if back.possessive else title for title in titles[:MOST]]
    suggestions = tuple(f"{question[: back.start]}{name}{question[back.end :]}" for name in meant)
    return _asking(found, f"What is meant by “{question[back.start : back.end]}”?"), suggestions


def _asking(found: Found, back: str) -> Refusal:
    return replace(refusal(found, f"{UNCLEAR} {back}"), kind="unclear", people=())


def readings(query: Query, evidence: Evidence, passages: Sequence[Passage]) -> list[tuple[Draft, str]]:
    """(statement, what it is about) of each thing that answers about as well; empty where the question is clear.

    Only a short question for a value that names nothing, answered by documents of one kind with different values.
    """
    analysis = evidence.analysis
    if not _ASKS_VALUE.match(analysis.text) or names_of(analysis.text) or len(set(analysis.terms)) > FEW:
        return []
    if query.filters.any or analysis.operators.written() or analysis.parts or analysis.period or not evidence.sentences:
        return []
    near = _one_each(evidence.sentences, passages, set(analysis.terms))
    kinds = {passages[sentence.passage].document.kind for sentence in near}
    values = [tuple(_VALUE.findall(sentence.text)) for sentence in near]
    titles = [passages[sentence.passage].document.title for sentence in near]
    if len(near) < 2 or len(kinds) > 1 or not all(values) or len(set(values)) < len(values):
        return []
    if len(set(titles)) < len(titles):
        return []
    return [(Draft(text=one_line(s.text), pointers=(s.n,)), title) for s, title in zip(near, titles, strict=True)]


def headed(
    told: tuple[Statement, Sequence[Citation]], titles: Mapping[str, str]
) -> tuple[Statement, Sequence[Citation]]:
    """A reading says first what it is about."""
    statement, fresh = told
    title = titles.get(statement.text, "")
    return (replace(statement, note=statement.note or f"{title}:"), fresh) if title else told


def _one_each(ranked: Sequence[Sentence], passages: Sequence[Passage], asked: set[str]) -> list[Sentence]:
    """The best sentence of each document that comes near the best of all."""
    best = ranked[0]
    held = set(terms(best.text)) & asked
    found: dict[str, Sentence] = {}
    for sentence in ranked:
        if best.score - sentence.score <= NEAR * abs(best.score) and held <= set(terms(sentence.text)):
            found.setdefault(passages[sentence.passage].document.id, sentence)
    return list(found.values())[:MOST]
