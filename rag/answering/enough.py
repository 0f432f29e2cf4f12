"""Does the best sentence answer by itself? Then what comes after it only pads."""

import re
from collections.abc import Mapping, Sequence

from rag.answering.weighing import Sentence
from rag.index.analysis import terms
from rag.retrieval.analysis import Analysis

# Fitted with `python -m eval.fitting.enough_fit` on packs whose licence is free, then rounded.
WEIGHTS: Mapping[str, float] = {
    "lead": 1.0,  # of its score over the next one's
    "context": 1.0,  # the share of the question that it holds, with what stands around it
    "number": 0.7,  # one that the question does not name
    "wide": -0.8,  # the question wants steps, a list, a comparison, what happened
    "pronoun": -1.2,  # it leans on what was said before
}
ENOUGH = 1.3  # about two in three such sentences are the answer
PRONOUN = re.compile(r"(this|that|these|those|it|they|he|she|so|such|the (latter|former|same)|then)\b", re.I)
_WIDE = re.compile(
    r"^\W*(how (?!many|much|long|large|big|fast|high|low|far|old|often)"
    r"|what (happen|came|went|changed|problem|did|do|does|should|has|have)\w*\b)"
    r"|\b(how (do|does|did|can|should|to)|describe|explain|summar\w+|overview|role of|tell me|steps|list|differen\w+"
    r"|compare\w*|pros|and (when|why|how|what|who|where|which))\b"
    r"|\bwhat (are|were)\b"
    r"|\b(which|what) (\w+ )?(?!(?:does|has)\b)\w+[^isu\W]s (are|were|do|does|did|have|can|should|may|must|exist)\b",
    re.I,
)
_DIGITS = re.compile(r"\d[\d.,:]*\d|\d")
_NAME = re.compile(r"(?<![.?!:]\s)(?<!^)\b[A-Z][\w.+-]*|\w+[_.]\w[\w.]*")
_COUNTED = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|hundred|half|once|twice|dozen|every|all|"
    r"none|no)\b",
    re.I,
)
_HOW_MANY = re.compile(
    r"\bhow many ((?:[\w-]+ ){0,2}?[\w-]+)(?= (?:is|are|was|were|do|does|did|has|have|can|may|in|of)\b)", re.I
)
_HENCE = re.compile(r"\bso (we|that|it|they|the|you|a)\b", re.I)
_WHAT_IS = re.compile(
    r"\bwhat(?:'s| is| are| does) (?:meant by )?(?:an? |the )?[“\"'`]?(?P<name>[^?”\"'`]{2,50}?)"
    r"[”\"'`]?(?: mean| stand for| short for| for)?\W*$",
    re.I,
)
_DEFINING = re.compile(r"[*_`\"”']*(:| is | are | means? | stands? for | \()")
_MARKS = "*_`\"“'- "
_EDGES = ".,:;?!()\"'"
_POINTER = re.compile(r"\.\. \[|\[[^\]]+\]:|!\[")  # a footnote, a link's target, a picture


def enough(analysis: Analysis, ranked: Sequence[Sentence]) -> bool:
    """Of sentences, best first: whether the first one is all that was asked for."""
    traits = traits_of(analysis, ranked)
    if not traits:
        return False
    weighed = sum(weight * traits[name] for name, weight in WEIGHTS.items())
    return weighed >= ENOUGH or _defines(analysis.text, ranked[0].text)


def traits_of(analysis: Analysis, ranked: Sequence[Sentence]) -> dict[str, float]:
    """Empty where the first sentence cannot be all, whatever else speaks for it."""
    if not ranked or not _can_be_all(analysis, ranked[0]):
        return {}
    best = ranked[0]
    return {
        "lead": best.score - max((sentence.score for sentence in ranked[1:]), default=0.0),
        "context": best.traits.get("context", 0.0),
        "number": float(bool(_new(_DIGITS, best.text, analysis.text))),
        "wide": float(bool(analysis.parts or _WIDE.search(analysis.text))),
        "pronoun": float(bool(PRONOUN.match(best.text))),
    }


def _can_be_all(analysis: Analysis, best: Sentence) -> bool:
    """Not what asks, announces or points elsewhere, nor a chat's first word, nor what lacks the thing asked for."""
    text = best.text.strip()
    head = text.startswith("|") and best.header is None
    if head or text.endswith((":", "?")) or _POINTER.match(text) or best.traits.get("chat"):
        return False
    return _says(analysis, text)


def _says(analysis: Analysis, text: str) -> bool:
    """The number, time, person or reason that is wanted: another one than the question's own."""
    digits, names = _new(_DIGITS, text, analysis.text), _new(_NAME, text, analysis.text)
    match analysis.wants:
        case "number":
            counted = set(terms(" ".join(match[1] for match in _HOW_MANY.finditer(analysis.text))))
            named = not counted or not counted.isdisjoint(terms(text))
            return named and bool(digits or _COUNTED.search(text))
        case "time":
            return analysis.shows(text) and bool(digits or names)
        case "person":
            return analysis.shows(text) and bool(names)
        case "reason":
            return analysis.shows(text) or bool(_HENCE.search(text))
        case _:
            return True


def _defines(question: str, text: str) -> bool:
    """`**Soft label**: the share of ...`, where that is what was asked for."""
    asked, said = _WHAT_IS.search(question), text.lstrip(_MARKS)
    name = asked["name"].casefold() if asked else ""
    return bool(name) and said.casefold().startswith(name) and bool(_DEFINING.match(said, len(name)))


def _new(pattern: re.Pattern[str], text: str, question: str) -> set[str]:
    asked = question.casefold()
    known = {*(word.strip(_EDGES) for word in asked.split()), *pattern.findall(asked)}
    return {found.casefold().rstrip(_EDGES) for found in pattern.findall(text)} - known
