"""Does a question lean on what was said before it, and by which word? Pure.

In doubt it stands alone: a question that is changed without need costs more than one that is not understood.
"""

import re
from dataclasses import dataclass
from typing import Literal

from rag.answering.naming import AUXILIARY, WH, names_of, nouns_of

Kind = Literal["thing", "things", "person", "place", "matter", "one", "fragment", "bare"]

OPENING = r"(?:(?:and|but|so|or|also|then|ok(?:ay)?|well|hm+)\b[, ]*)"
_BARE = re.compile(
    rf"{OPENING}?(?P<wh>why|when|where|how|who|how come|why not|since when|by whom|how much|how many|how long|"
    r"which one|who else|what else|what for)(?:,? (?:exactly|then|though|so))?[?. ]*",
    re.I,
)
_VERB_ONLY = re.compile(
    rf"{OPENING}?(?:who|when|why|how) (?:did|does|do|was|were|is|are)? ?\w+(?:ed|es|de|te)[?. ]*", re.I
)
_ABOUT = re.compile(rf"{OPENING}?(?:what|how) about (?P<rest>.+?)[?. ]*", re.I)
_AND = re.compile(r"(?:and|but|or|also)\b[, ]+(?P<rest>.+?)[?. ]*", re.I)
_SENTENCE = re.compile(rf"\b(?:{WH}|{AUXILIARY})\b", re.I)
TYPES = (
    r"runs?|experiments?|jobs?|models?|decisions?|proposals?|papers?|documents?|pages?|guides?|notes?|retros?|threads?|"
    r"meetings?|issues?|bugs?|errors?|failures?|problems?|changes?|versions?|releases?|datasets?|data sets?|"
    r"checkpoints?|sites?|queues?|nodes?|alerts?|settings?|values?|figures?|numbers?|results?|teams?|persons?|people|"
    r"peps?|evaluations?|configurations?|configs?|files?|choice|approach|idea|option|method"
)
_THAT_NOUN = re.compile(rf"\b(?P<word>(?:that|this|those|these) (?:same )?(?P<noun>{TYPES}))\b", re.I)
_THAT = re.compile(
    rf"^{OPENING}?(?:(?:(?:at|in|on|by|from|with|for) )?(?:{WH})(?: \w+){{0,3}}? )?(?:{AUXILIARY})"
    rf" (?P<first>that|this|those|these)\b"
    r"|\b(?P<last>that|this|these|those)[?. ]*$",
    re.I,
)
_ONE = re.compile(
    r"\b(?P<word>the (?:other|former|latter|first|second|last|\w+er|\w+est) ones?|the (?:former|latter))\b", re.I
)
_PRONOUN = re.compile(
    r"(?<![\w-])(?P<word>it|its|itself|they|them|their|theirs|he|him|his|she|her|hers)(?![\w-]|['’](?!s\b))", re.I
)
_THERE = re.compile(
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )\bthere(?! (?:is|are|was|were|be|been|an?|any|no)\b)", re.I
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|be|would|will|does|did|makes?|made|do) it(?: not)? (?:be |still |really |ever |always |even )*"
    r"(?:\w+ly )?(?:possible|impossible|necessary|needed|recommended|better|best|safe|unsafe|worth|true|ok|okay|"
    r"allowed|easy|easier|hard|harder|difficult|important|better|common|useful|legal|valid|acceptable|sensible|"
    r"known|clear|said|planned|expected|intended|make sense|matter|take to|to\b|not to\b|"
    r"mean to|mean that|mean for|mean when|cost to|that\b)|\b(?:take|takes|took|cost|costs) it\b|"
    r"how (?:long|much|many)[\w ]{0,30} (?:does|did|will) it (?:take|cost) (?:to|for)|"
    r"\bit (?:is|was|be|seems?|turns?|makes?) (?:\w+ )?(?:possible|impossible|that|to|sense|necessary|worth|out)\b|"
    r"what is it like|why is it that|is it that",
    re.I,
)
_BOUNDARY = re.compile(
    r",|;|:|\b(?:and|or|but|when|while|because|since|if|unless|until|before|after|so|although|though|that|which|"
    r"who|whose|whether|how|why|where|what|to|than|as|without|by|instead)\b|\w\. ",
    re.I,
)
_JOINING = frozenset({"to", "by", "without"})  # "what happens to it": no clause begins
_OWN_NOUN = re.compile(r"\b(?:the|an?|our|each|every|all|some|any|no|two|three|most|both) \w", re.I)
_SOME_WORD = re.compile(r"\b[a-z][a-z-]{2,}s?\b")
_POSSESSIVE = frozenset({"its", "their", "his", "her", "theirs", "hers", "itself"})
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("he", "him", "his", "she", "her", "hers"), "person"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "things"),
}
SHORT = 8  # words of a question that leaves its verb out


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """`start` and `end` of the word that points back; of a fragment, of what it brings. `noun`: its kind."""

    kind: Kind
    start: int
    end: int
    noun: str = ""
    possessive: bool = False


def leaning(question: str) -> Leaning | None:
    """None: it stands alone."""
    if bare := _BARE.fullmatch(question):
        return Leaning(kind="bare", start=bare.start("wh"), end=bare.end("wh"))
    if _VERB_ONLY.fullmatch(question):
        return Leaning(kind="matter", start=len(question.rstrip("?. ")), end=len(question))
    return _fragment(question) or _pointing(question)


def _fragment(question: str) -> Leaning | None:
    match = _ABOUT.fullmatch(question) or _AND.fullmatch(question)
    if match is None or len(match["rest"].split()) > SHORT:
        return None
    if _SENTENCE.search(match["rest"]):
        return None
    return Leaning(kind="fragment", start=match.start("rest"), end=match.end("rest"))


def _pointing(question: str) -> Leaning | None:
    named = _THAT_NOUN.search(question)
    if named and not _said_before(question[: named.start()], named["noun"]):
        return Leaning(kind="thing", start=named.start(), end=named.end(), noun=named["noun"].lower())
    if that := _THAT.search(question):
        group = "first" if that["first"] else "last"
        if group == "first" or not _antecedent(question[: that.start(group)], possessive=False):
            return Leaning(kind="matter", start=that.start(group), end=that.end(group))
    pronoun = next((match for match in _PRONOUN.finditer(question) if not _is_empty(question, match)), None)
    if pronoun:
        return _pronoun(question, pronoun)
    if (there := _THERE.search(question)) and not names_of(question[: there.start()]):
        return Leaning(kind="place", start=there.start(), end=there.end())
    if (one := _ONE.search(question)) and not _OWN_NOUN.search(question[: one.start()]):
        return Leaning(kind="one", start=one.start(), end=one.end())
    return None


def _is_empty(question: str, match: re.Match[str]) -> bool:
    """The "it" of "is it possible", and of "for it to count" behind a name."""
    if match["word"].lower() != "it":
        return False
    if question[: match.end() + 4].lower().endswith("for it to ") and names_of(question[: match.start()]):
        return True
    return any(empty.start() <= match.start() < empty.end() for empty in _EMPTY_IT.finditer(question))


def _pronoun(question: str, match: re.Match[str]) -> Leaning | None:
    word = match["word"].lower()
    possessive = word in _POSSESSIVE
    if _antecedent(question[: match.start()], possessive=possessive):
        return None
    return Leaning(kind=_KINDS.get(word, "thing"), start=match.start(), end=match.end(), possessive=possessive)


def _said_before(before: str, noun: str) -> bool:
    """Of "that run": by its kind, or by a name in the clause before."""
    return noun.lower().rstrip("s") in before.lower() or bool(names_of(before.rpartition(",")[0]))


def _antecedent(before: str, *, possessive: bool) -> bool:
    """Whether the same question names what the pronoun stands for.

    An object is never its own clause's subject: "What did the team say about it?" means something else by "it".
    """
    if not possessive:
        boundaries = list(_BOUNDARY.finditer(before))
        inner = [
            found
            for found in boundaries
            if before[: found.start()].strip()
            and not (found[0].lower() in _JOINING and not before[found.end() :].strip())
        ]
        if not inner:
            return False
        before = before[: inner[-1].start()]
    inside = re.sub(rf"^(?:{OPENING}|(?:{WH}|{AUXILIARY})\b\s*)+", "", before, flags=re.I)
    return bool(names_of(f"x {inside}") or nouns_of(inside) or _OWN_NOUN.search(inside) or _has_noun(inside))


def _has_noun(text: str) -> bool:
    """A word that is no verb's form alone: two content words make a subject and a verb."""
    words = [
        word for word in _SOME_WORD.findall(text) if not re.fullmatch(rf"{WH}|{AUXILIARY}|long|much|many|you|she", word)
    ]
    return len(words) >= 2
