"""Without a model: the answer is the evidence's own sentences, chosen and ordered for the question."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answering.enough import PRONOUN, enough
from rag.answering.evidence import Evidence, Sentence
from rag.answering.tables import told
from rag.domain.types import Audience, Check
from rag.index.analysis import terms

MOST_STATEMENTS = 8
MOST_WORDS = 80
WORTH = 0.5  # of the best sentence's score: below it a further sentence distracts more than it helps
FOLLOWING = {1: 1.0, 2: 0.6}  # what a sentence gains one and two places behind a chosen one
MEANT = 2.0  # what one gains that a pronoun refers to
SAME = 0.8  # Jaccard overlap of terms above which two sentences say the same
RUN_ON = 0.7  # of the best sentence's score: what one that follows in its paragraph has, where the best is enough
MOST_RUN_ON = 4
_LABEL = re.compile(r"[^\W\d]+( [^\W\d]+){0,2}")  # a heading, most often: nothing is said
_SETTING = re.compile(r"[\w.-]+ = |[a-z][\w.-]*: ")  # of a record: no line goes on from the one above


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Before it is cited: `pointers` name evidence sentences by their n; `checks`: found when it was read.

    `note`: said in front of it, by us.
    """

    text: str
    pointers: tuple[int, ...]
    checks: tuple[Check, ...] = ()
    note: str = ""


class Writer(Protocol):
    @property
    def name(self) -> str: ...

    def notes(self, evidence: Evidence) -> tuple[str, ...]:
        """What an asker should know of how this evidence is read: sentences that a model's window leaves out."""
        ...

    def write(self, question: str, evidence: Evidence, *, audience: Audience = "") -> Iterator[Draft | None]:
        """Statements as they come, and None now and then while one is being written, so that a caller can leave.

        No statement at all means that the evidence holds no answer.
        Raises BackendFailed. Closing the iterator cancels what is under way.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractiveWriter:
    name: str = "extractive"

    def notes(self, evidence: Evidence) -> tuple[str, ...]:
        del evidence
        return ()

    def write(self, question: str, evidence: Evidence, *, audience: Audience = "") -> Iterator[Draft]:
        del question, audience
        ranked = evidence.sentences
        chosen = by_itself(ranked) if enough(evidence.analysis, ranked) else choose(ranked)
        for sentence in in_reading_order(chosen):
            yield _draft(sentence, evidence)


def _draft(sentence: Sentence, evidence: Evidence) -> Draft:
    place = sentence.passage, sentence.header
    header = next((row for row in evidence.sentences if (row.passage, (row.start, row.end)) == place), None)
    if header is None:
        return Draft(text=one_line(sentence.text), pointers=(sentence.n,))
    return Draft(text=told(sentence.text, header.text), pointers=(sentence.n, header.n))


def by_itself(ranked: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence, what its pronoun refers to, and how its paragraph goes on about the question."""
    best = last = ranked[0]
    places = {(sentence.passage, sentence.order): sentence for sentence in ranked}
    before = places.get((best.passage, best.order - 1)) if PRONOUN.match(best.text) else None
    chosen = [best, before] if before else [best]
    words = sum(len(sentence.text.split()) for sentence in chosen)
    while len(chosen) < MOST_RUN_ON and not last.header:
        after = places.get((best.passage, last.order + 1))
        if after is None or after.start - last.end > 1 or after.score < RUN_ON * best.score:
            break
        words += len(after.text.split())
        if words > MOST_WORDS:
            break
        chosen.append(after)
        last = after
    return chosen


def choose(ranked: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence, then others worth reading that add something, within MOST_WORDS.

    What follows a chosen sentence gains: an answer goes on where it began. So does what stands before one that begins
    with a pronoun, for without it nobody knows what is meant.
    """
    chosen: list[Sentence] = []
    said: list[set[str]] = []
    words, left = 0, [*ranked[:1], *(sentence for sentence in ranked[1:] if not _LABEL.fullmatch(sentence.text))]
    while left and len(chosen) < MOST_STATEMENTS:
        sentence = max(left, key=lambda s: s.score + _beside(s, chosen))
        left.remove(sentence)
        length, own = len(sentence.text.split()), set(terms(sentence.text))
        if chosen and words + length > MOST_WORDS:
            continue
        if chosen and sentence.score + _beside(sentence, chosen) < WORTH * chosen[0].score:
            break
        if any(len(own & other) >= SAME * max(1, len(own | other)) for other in said):
            continue
        chosen.append(sentence)
        said.append(own)
        words += length
    return chosen


def _beside(sentence: Sentence, chosen: Sequence[Sentence]) -> float:
    if _SETTING.match(sentence.text):
        return 0.0
    gains = [_gain(sentence.order - other.order, other) for other in chosen if other.passage == sentence.passage]
    return max(gains, default=0.0)


def _gain(steps: int, other: Sentence) -> float:
    if steps == -1 and PRONOUN.match(other.text):
        return MEANT
    return FOLLOWING.get(steps, 0.0)


def in_reading_order(chosen: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence's passage first and in its own order from there, then the other passages by rank."""
    if not chosen:
        return []
    first = chosen[0].passage
    return [chosen[0], *sorted(chosen[1:], key=lambda s: (s.passage != first, s.passage, s.start))]


def one_line(text: str) -> str:
    return " ".join(text.split())
