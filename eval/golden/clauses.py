"""Statements of prose, and how one becomes a question without a model: only forms that need no other verb form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eval.golden.candidates import Maker, word_set
from eval.golden.corpus import Page, Part
from eval.golden.words import Span, balanced, content_words, is_name, plain

SHORTEST, LONGEST = 6, 48  # words of a statement
_LEAD = re.compile(
    r"^(?:however|also|so|but|and|then|thus|therefore|note that|please note that|note|unfortunately|finally|again|"
    r"additionally|moreover|furthermore|hence|similarly|in fact|of course|in addition|first|second|third|next|"
    r"basically|actually|currently|apparently|obviously|in particular|update|edit)\b[,:]?\s+",
    re.I,
)
# What points outside the sentence.
POINTING = word_set(
    """it its this that these those they them their he she him his her such former latter above below here there
    both either neither one ones another same other others i my me you your yours"""
)
_ANYWHERE = re.compile(
    r"\b(?:this|these|those|above|below|former|latter|following|previous(?:ly)? (?:section|mentioned))\b",
    re.I,
)
_AUX = "is|are|was|were|can|cannot|could|should|must|will|would|has to be|has been|have been|may|might"
_WITH_AUX = re.compile(rf"^(?P<who>.+?) (?P<aux>{_AUX})(?P<no> not|n't)? (?P<rest>.+)$")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|can|cannot|could|should|must|will|would|has|have|had|do|does|did|don't|doesn't|didn't|may|"
    r"might|need|needs|makes?|made|gets?|got|uses?|used|takes?|took|gives?|gave|\w{3,}ed)\b"
)
_BREAKS = re.compile(
    r"\b(?:if|when|while|although|though|which|who|where|unless|whereas|because|since|as|that)\b|[,;:()]"
)
_URL = re.compile(r"https?://|www\.|<[^>]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence or list item: `text` as it would be said, `span` where it stands."""

    page: Page
    part: Part
    span: Span
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def statements(page: Page) -> Iterator[Statement]:
    """Whole sentences of the page's sections, code and rows of tables left out."""
    for part in page.parts:
        for start, end in page.said(part):
            raw = page.text[start:end]
            text = plain(raw)
            if raw.lstrip().startswith("|") or _URL.search(text) or not SHORTEST <= len(text.split()) <= LONGEST:
                continue
            if balanced(text) and not text.endswith((":", "?", "…")) and text[:1].isalnum():
                yield Statement(page=page, part=part, span=(start, end), text=without_lead(text))


def without_lead(text: str) -> str:
    before = ""
    while before != text:
        before, text = text, _LEAD.sub("", text)
    return text[:1].upper() + text[1:] if text[:1].islower() and not is_name(text.split(" ", 1)[0]) else text


def points_outside(clause: str) -> bool:
    """Whether a reader would ask: which one? `It`, `this run`, `above`."""
    first = clause.split(" ", 1)[0].casefold().strip(",")
    return first.split("'")[0] in POINTING - {"there"} or bool(_ANYWHERE.search(clause))


def is_subject(phrase: str) -> bool:
    """A noun phrase that can be asked about: short, of one piece, not pointing elsewhere."""
    words = phrase.split()
    if not 1 <= len(words) <= 9 or _BREAKS.search(phrase) or points_outside(phrase) or _FINITE.search(phrase):
        return False
    if words[0].casefold() in _NO_SUBJECT or words[-1].casefold() in _NO_END:
        return False
    if {word.casefold() for word in words} & _SPEAKERS or (words[0].endswith("ly") and len(words) > 1):
        return False
    return len(content_words(phrase)) >= 1


_NO_SUBJECT = word_set(
    """what why how when where who if in on at by for with to from of as there let not no yes ok maybe perhaps we us
    nothing everything something anything someone everyone all some many most each several few none much more until
    after before during once without using given see even only just still since because while although and or but so"""
)
_SPEAKERS = word_set("you we i he she they it us them think know mean means")
_NO_END = word_set("of to in on at by for with from and or but the a an that which not also then only just still never")


def clause_fits(clause: str) -> bool:
    """A main clause that stands alone."""
    words = clause.split()
    if not 4 <= len(words) <= 24 or points_outside(clause) or not balanced(clause) or words[-1] in ("it", "them", "so"):
        return False
    first = words[0].casefold().strip(",")
    if first in _NO_SUBJECT - {"there", "we", "no", "all", "some", "many", "most", "each", "every"} or first.endswith(
        "ed"
    ):
        return False
    if first in {
        "if",
        "sometimes",
        "tried",
        "maybe",
        "perhaps",
        "possibly",
        "often",
        "then",
        "and",
        "also",
        "had",
        "when",
        "while",
        "although",
        "though",
        "as",
        "or",
        "because",
        "to",
        "not",
        "i",
        "i'm",
        "only",
    }:
        return False
    pronouns = sum(word.casefold().strip(",.") in {"it", "they", "them", "its", "their", "he", "she"} for word in words)
    return bool(_FINITE.search(clause)) and pronouns <= 1 and not re.search(r"[;:]|\bhttps?\b", clause)


def why(maker: Maker, clause: str) -> str:
    """A question for the reason of that clause; inverted where an auxiliary allows it without another verb form."""
    found = _WITH_AUX.match(clause)
    small = maker.lowered(clause)
    if found and (is_subject(found["who"]) or found["who"] in ("We", "There")):
        subject, aux, no = maker.lowered(found["who"]), found["aux"], found["no"]
        subject = subject.casefold() if found["who"] in ("We", "There") else subject
        if aux == "cannot":
            aux, no = "can", " not"
        first, _, more = aux.partition(" ")
        rest = " ".join(part for part in (more, found["rest"]) if part)
        return f"Why {first} {subject}{' not' if no else ''} {rest}?"
    forms = ("Why is it that {0}?", "What is the reason that {0}?", "How come {0}?", "What explains that {0}?")
    if clause.startswith("We "):
        small = "we" + clause[2:]
    return maker.choose(forms, clause).format(small)
