"""How likely a sentence is to be part of the answer: what it says of the question, and where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.domain.header import header_end
from rag.domain.sentences import Span, sentences
from rag.domain.types import DocumentText, Passage
from rag.index.analysis import terms
from rag.retrieval.analysis import Analysis

LONGEST = 900  # characters of a sentence worth quoting
LEAD_IN = 4  # words that end with a colon and say something by themselves
_HEADING = re.compile(r"#{1,6}\s|={3,}$|-{3,}$|\*\*[^*]+\*\*:?$")

# Fitted with `python -m eval.fitting.evidence_fit` on packs whose licence is free, then rounded.
WEIGHTS: Mapping[str, float] = {
    "coverage": 1.0,  # the sentence's share of the question's idf mass
    "context": 0.8,  # the same with title, headings and the sentence before
    "passage": 1.0,  # the passage's score over the best one's
    "best_chunk": 0.1,  # of the chunk that was found, not of what was put beside it
    "sign": 0.3,  # the outward sign of what is asked for: a date, a number, a reason
    "asks": -0.4,  # ends with a question mark
    "cosine": 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """An exact slice of a passage's document. `n` numbers the evidence from 1, as a model is shown it."""

    n: int
    passage: int  # position in Found.passages
    order: int  # in the passage: neighbours differ by one
    start: int
    end: int
    text: str
    cosine: float = 0.0
    score: float = 0.0
    traits: Mapping[str, float] = field(default_factory=dict)
    header: Span | None = None  # of a table's row: where its header row stands in the document


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question, and how much each of its terms tells."""

    analysis: Analysis
    idf: Mapping[str, float]

    def share(self, held: set[str]) -> float:
        """Of the question's idf mass, in [0, 1]."""
        total = sum(self.idf.values())
        return sum(weight for word, weight in self.idf.items() if word in held) / total if total else 0.0


def weighed(traits: Mapping[str, float]) -> float:
    return sum(weight * traits.get(name, 0.0) for name, weight in WEIGHTS.items())


def quotable(
    asked: Asked, passage: Passage, document: DocumentText, *, position: int, relative: float
) -> list[Sentence]:
    """Of a passage, all but its header, headings, what is too long, and what says nothing that the question did not.

    `relative`: its score over the best passage's, in [0, 1].
    """
    around = set(terms(" ".join([document.info.title, *passage.section])))
    names = {passage.document.title.casefold(), *(heading.casefold() for heading in passage.section)}
    body = header_end(document.text, document.syntax) - passage.start
    said = set(asked.analysis.terms)
    before: set[str] = set()
    found = []
    for order, (start, end) in enumerate(sentences(passage.text, document.syntax)):
        text = passage.text[start:end]
        own = set(terms(text[:LONGEST]))
        context, before = own | around | before, own
        if start < body or len(text) > LONGEST or own <= said or _is_heading(passage.text, (start, end), names):
            continue
        at = passage.start + start
        traits = {
            "coverage": asked.share(own),
            "context": asked.share(context),
            "passage": relative,
            "best_chunk": float(passage.best.start <= at < passage.best.end),
            "sign": float(asked.analysis.shows(text)),
            "asks": float(text.rstrip().endswith("?")),
            "chat": float(document.syntax == "chat"),
        }
        sentence = Sentence(
            n=0, passage=position, order=order, start=at, end=passage.start + end, text=text,
            score=weighed(traits), traits=traits,
        )  # fmt: skip
        found.append(sentence)
    return found


def _is_heading(passage: str, span: Span, names: set[str]) -> bool:
    """Headings and the title say what a passage is about, not what the question asks."""
    start, end = span
    text = passage[start:end]
    line = passage.rfind("\n", 0, start) + 1
    marked = passage[line:start].lstrip().startswith("#") or bool(_HEADING.match(text))
    plain = text.strip("*_#:= ").casefold()
    announcing = text.rstrip().endswith(":") and len(text.split()) < LEAD_IN
    return announcing or marked or plain in names or plain.removeprefix("title:").strip(" \"'") in names
