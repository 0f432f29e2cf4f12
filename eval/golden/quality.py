"""What makes a candidate not worth a person's time, in words that the summary shows. Pure."""

import re
from collections.abc import Callable, Iterable

from eval.golden.candidates import Candidate
from eval.golden.words import balanced, content_words

SHORTEST, LONGEST = 4, 36  # words of a question
ANSWER = 60  # words
QUOTE = 600  # characters
RUN = 11  # words in a row that question and quote may share
ALIKE = 0.75  # of the terms of two questions
_TWICE = re.compile(r"\b(\w{3,}) \1\b", re.I)
_POINTING = re.compile(r"\b(?:this|these|those|above|below|aforementioned|the following)\b", re.I)
_LEFTOVER = re.compile(r"[|`]|\*\*|https?:|\]\(|<[a-z/]|::|\\|\{|\}|TODO|XXX")
FROM_PEOPLE = frozenset({"feedback", "gap"})


def fault(candidate: Candidate) -> str:
    """Why it is dropped, "" when it may stay."""
    if candidate.kind in FROM_PEOPLE:
        return ""
    return next((why for why, found in CHECKS.items() if found(candidate)), "")


def _length(one: Candidate) -> bool:
    return not SHORTEST <= len(one.question.split()) <= LONGEST


def _pronoun(one: Candidate) -> bool:
    return bool(_POINTING.search(_outside_quotes(one.question)))


def _outside_quotes(text: str) -> str:
    return re.sub(r"“[^”]*”", "", text)


def _layout(one: Candidate) -> bool:
    return bool(_LEFTOVER.search(one.question)) or not balanced(one.question) or bool(_TWICE.search(one.question))


def _thin(one: Candidate) -> bool:
    """Too little to tell what is asked about."""
    return len(set(content_words(one.question))) < 2


def _no_answer(one: Candidate) -> bool:
    if not one.answerable:
        return False
    return not 1 <= len(one.answer.split()) <= ANSWER or not any(sign.isalnum() for sign in one.answer)


def _given_away(one: Candidate) -> bool:
    """The question says its answer."""
    if not one.answerable:
        return False
    answer = set(content_words(one.answer)) or set(one.answer.casefold().split())
    return len(answer - set(content_words(one.question))) * 2 <= len(answer)


def _quote_long(one: Candidate) -> bool:
    return any(len(quote.quote) > QUOTE for quote in one.quotes)


def _verbatim(one: Candidate) -> bool:
    """A plain match of words would find it."""
    quoted = " ".join(" ".join(re.findall(r"\w+", quote.quote.casefold())) for quote in one.quotes)
    words = re.findall(r"\w+", one.question.casefold())
    return any(" ".join(words[at : at + RUN]) in quoted for at in range(len(words) - RUN + 1)) and bool(quoted)


CHECKS: dict[str, Callable[[Candidate], bool]] = {
    "too short or too long": _length,
    "points to something outside": _pronoun,
    "remains of layout": _layout,
    "says too little": _thin,
    "no short answer": _no_answer,
    "the question says the answer": _given_away,
    "quote too long": _quote_long,
    "the quote's own words": _verbatim,
}


def alike(question: str, others: Iterable[frozenset[str]]) -> bool:
    words = frozenset(content_words(question))
    return any(len(words & other) >= ALIKE * len(words | other) for other in others)
