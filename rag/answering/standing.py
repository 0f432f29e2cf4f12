"""What an answer is written from once it is known what still holds, and how what no longer does is named. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rag.answering.compose import Draft, one_line
from rag.answering.conflicts import Claim
from rag.answering.evidence import Evidence, Sentence
from rag.domain.types import Citation, DocumentInfo, DocumentText, Passage, Query, Statement, StoredChunk
from rag.index.analysis import terms
from rag.knowledge.succession import Place, Replacement, day_of
from rag.knowledge.values import words
from rag.retrieval.analysis import analyse
from rag.retrieval.searcher import Found

Told = tuple[Statement, list[Citation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """What was said before `heir` (a document's id) said otherwise."""

    sentence: Sentence
    note: str
    heir: str


@dataclass(slots=True, kw_only=True)
class Settled:
    """What an answer is written from, and what is said around it. `sentences` are numbered as the writer sees them."""

    found: Found
    evidence: Evidence  # for the writer
    sentences: list[Sentence]  # all that may be cited: the evidence's, then what was replaced
    older: list["Older"] = field(default_factory=list)  # said after the answer
    replaced: dict[Place, Replacement] = field(default_factory=dict)  # cited although something newer replaces it
    stale: set[Place] = field(default_factory=set)
    disagreeing: list[tuple[int, int]] = field(default_factory=list)  # sentences by n

    @property
    def citable(self) -> Evidence:
        return replace(self.evidence, sentences=tuple(self.sentences))

    def document(self, sentence: Sentence) -> DocumentInfo:
        return self.found.passages[sentence.passage].document

    def add(self, text: DocumentText, start: int, end: int) -> Sentence:
        """A span that no search brought, to be cited."""
        chunk = StoredChunk(id="", document=text.info, n=0, start=start, end=end, text=text.text[start:end], context="")
        passage = Passage(document=text.info, start=start, end=end, text=chunk.text, section=(), score=0.0, best=chunk)
        self.found = replace(
            self.found,
            passages=(*self.found.passages, passage),
            texts=self.found.texts | {(text.info.id, text.info.version): text},
        )
        made = replace(
            self.sentences[0],
            n=len(self.sentences) + 1,
            passage=len(self.found.passages) - 1,
            start=start,
            end=end,
            text=chunk.text,
            score=0.0,
        )
        self.sentences.append(made)
        return made

    def reorder(self, order: Sequence[Sentence]) -> None:
        """The evidence in that order, numbered from 1, with what is said after it behind."""
        numbered = [replace(sentence, n=n) for n, sentence in enumerate(order, 1)]
        by_span = {(s.passage, s.start, s.end): s.n for s in numbered}
        first = len(numbered) + 1
        behind = [replace(old, sentence=replace(old.sentence, n=n)) for n, old in enumerate(self.older, first)]
        before = {s.n: (s.passage, s.start, s.end) for s in self.sentences}
        pairs = [(by_span.get(before[one], 0), by_span.get(before[other], 0)) for one, other in self.disagreeing]
        self.disagreeing = [pair for pair in pairs if all(pair)]
        self.older = behind
        self.evidence = replace(self.evidence, sentences=tuple(numbered))
        self.sentences = [*numbered, *(old.sentence for old in behind)]


def disagreement(settled: Settled, citations: Sequence[Citation]) -> list[str]:
    """Warnings, a pair of citations each."""
    spans = {(place_of(c.document), c.start, c.end): c for c in citations}
    warnings = []
    for pair in settled.disagreeing:
        sentences = [settled.sentences[n - 1] for n in pair]
        both = [spans.get((place_of(settled.document(s)), s.start, s.end)) for s in sentences]
        if both[0] and both[1]:
            told = " and ".join(f"[{c.n}] “{c.document.title}”{_dated(c.document)}" for c in both if c)
            warnings.append(f"Two sources disagree: {told}. Nothing says that one of them replaces the other.")
    return warnings


def place_of(document: DocumentInfo) -> Place:
    return document.id, document.version


def alike(one: Sentence, other: Sentence) -> float:
    """Jaccard overlap of their words beside values."""
    own, theirs = words(one.text), words(other.text)
    return len(own & theirs) / max(1, len(own | theirs))


def draft_of(sentence: Sentence) -> Draft:
    return Draft(text=one_line(sentence.text), pointers=(sentence.n,))


def noted(told: Told, note: str, stale: set[Place]) -> Told:
    statement, fresh = told
    marked = [replace(c, current=place_of(c.document) not in stale) for c in fresh]
    return (replace(statement, note=note) if note else statement), marked


def until(replacement: Replacement) -> str:
    until = f"Until {replacement.since}, says" if replacement.since else "Before, said"
    return f"{until} {_named(replacement)}:"


def says(replacement: Replacement) -> str:
    return f"Says {_named(replacement)}"


def _named(replacement: Replacement) -> str:
    sort = "superseded" if replacement.said else "older"
    return f"the {sort} {replacement.old_label}{_dated(replacement.old)}"


def _dated(document: DocumentInfo) -> str:
    day = day_of(document)
    return f" of {day}" if day else ""


def is_meant(query: Query, replacement: Replacement) -> bool:
    """Whether the question names the old one, or its time."""
    return replacement.is_asked_for(query.text) or named_alone(replacement.old, replacement.new, query)


def named_alone(old: DocumentInfo, new: DocumentInfo, query: Query) -> bool:
    """By a time that holds its date and not that of the new one, or by a number of its title that the other has not."""
    today = query.as_of.date() if query.as_of else date.today()
    period = analyse(query.text, today=today).period
    days = [day_of(document) for document in (old, new)]
    dated = period is not None and period.sure == "explicit" and all(len(day) == 10 for day in days)
    if period and dated and [period.holds(date.fromisoformat(day)) for day in days] == [True, False]:
        return True
    numbers = [{t for t in terms(document.title) if t[:1].isdigit()} for document in (old, new)]
    return bool((numbers[0] - numbers[1]).intersection(terms(query.text)))


def claim_of(settled: Settled, sentence: Sentence) -> Claim:
    passage = settled.found.passages[sentence.passage]
    syntax = settled.found.text_of(passage).syntax
    return Claim(text=one_line(sentence.text), document=passage.document, section=passage.section, syntax=syntax)
