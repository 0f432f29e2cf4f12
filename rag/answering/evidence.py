"""Evidence: the sentences of the passages found, scored for the question."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.domain.header import header_end
from rag.domain.ports import Embedder
from rag.domain.sentences import sentences
from rag.domain.types import Hit, Passage
from rag.index.analysis import terms
from rag.retrieval.analysis import Analysis, analyse
from rag.retrieval.searcher import Found

EMBEDDED = 16  # sentences whose vectors are worth their milliseconds
FEWEST = 50  # hits that say how common a word is; a question that is not narrowed has as many
LONGEST = 900  # characters of a sentence worth quoting
_HEADING = re.compile(r"#{1,6}\s|={3,}$|-{3,}$|\*\*[^*]+\*\*:?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """An exact slice of a passage's document. `n` numbers the evidence from 1, as a model is shown it."""

    n: int
    passage: int  # position in Found.passages
    start: int
    end: int
    text: str
    coverage: float  # share of the question's idf mass in it, with less weight for what stands around it
    cosine: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Sentences best first, and what a refusal is decided on."""

    analysis: Analysis
    sentences: tuple[Sentence, ...]
    features: Mapping[str, float]


def gather(question: str, found: Found, embedder: Embedder) -> Evidence:
    analysis = analyse(question)
    idf = _idf(analysis.terms, found.hits)
    rough = sorted(_candidates(analysis, idf, found), key=_best_first)[:EMBEDDED]
    ranked = sorted(_with_cosines(analysis.text, rough, embedder), key=_best_first)
    numbered = tuple(replace(sentence, n=n) for n, sentence in enumerate(ranked, 1))
    return Evidence(analysis=analysis, sentences=numbered, features=_features(analysis, idf, found, numbered))


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


def _share(idf: Mapping[str, float], held: set[str]) -> float:
    total = sum(idf.values())
    return sum(weight for word, weight in idf.items() if word in held) / total if total else 0.0


def _candidates(analysis: Analysis, idf: Mapping[str, float], found: Found) -> list[Sentence]:
    best = max((passage.score for passage in found.passages), default=1.0) or 1.0
    asked = set(analysis.terms)
    result = []
    for position, passage in enumerate(found.passages):
        document = found.text_of(passage)
        around = set(terms(" ".join([document.info.title, *passage.section])))
        body = header_end(document.text, document.syntax) - passage.start
        before: set[str] = set()
        for start, end in sentences(passage.text, document.syntax):
            text = passage.text[start:end]
            own = set(terms(text[:LONGEST]))
            context, before = own | around | before, own
            if start < body or len(text) > LONGEST or own <= asked or _is_heading(passage, start, text):
                continue  # of the header, nothing that the question did not say, or nothing that can be quoted
            coverage = 0.8 * _share(idf, own) + 0.3 * _share(idf, context)
            in_best = passage.best.start <= passage.start + start < passage.best.end
            score = (
                coverage
                + passage.score / best
                + 0.3 * analysis.shows(text)
                + 0.2 * in_best
                - 0.4 * text.rstrip().endswith("?")
            )
            result.append(
                Sentence(
                    n=0, passage=position, start=passage.start + start, end=passage.start + end, text=text,
                    coverage=coverage, cosine=0.0, score=score,
                )
            )  # fmt: skip
    return result


def _is_heading(passage: Passage, start: int, text: str) -> bool:
    """Headings and the title say what a passage is about, not what the question asks."""
    line = passage.text.rfind("\n", 0, start) + 1
    marked = passage.text[line:start].lstrip().startswith("#") or bool(_HEADING.match(text))
    plain = text.strip("*_#:= ").casefold()
    names = {passage.document.title.casefold(), *(heading.casefold() for heading in passage.section)}
    return marked or plain in names or plain.removeprefix("title:").strip(" \"'") in names


def _with_cosines(question: str, rough: Sequence[Sentence], embedder: Embedder) -> list[Sentence]:
    if not rough:
        return []
    vectors = embedder.embed([question, *(sentence.text for sentence in rough)])
    cosines = np.clip(vectors[1:] @ vectors[0], -1, 1).tolist()
    return [replace(s, cosine=cosine, score=s.score + cosine) for s, cosine in zip(rough, cosines, strict=True)]


def _features(
    analysis: Analysis, idf: Mapping[str, float], found: Found, ranked: Sequence[Sentence]
) -> dict[str, float]:
    """Each in [0, 1], larger where an answer is likelier. They compare across questions."""
    held = [set(terms(" ".join([found.text_of(p).info.title, *p.section, p.text]))) for p in found.passages[:3]]
    together = set().union(*held) if held else set()
    texts = " ".join(f"{p.document.title} {' '.join(p.section)} {p.text}" for p in found.passages[:3]).lower()
    named = [name in texts for name in analysis.names]
    return {
        "cosine": max((hit.why.raw.get("cosine", 0.0) for hit in found.hits), default=0.0),
        "sentence_cosine": max((s.cosine for s in ranked), default=0.0),
        "sentence_coverage": max((s.coverage for s in ranked), default=0.0),
        "passage_coverage": max((_share(idf, words) for words in held), default=0.0),
        "coverage": _share(idf, together),
        "names": sum(named) / len(named) if named else 1.0,
    }
