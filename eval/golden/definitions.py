"""What terms mean: `X is a ...`, glossaries and lists of terms, abbreviations with what they stand for."""

import re
from collections.abc import Iterator

from eval.golden.candidates import Candidate, Maker, is_generic, word_set
from eval.golden.clauses import Statement, is_subject, points_outside, statements
from eval.golden.corpus import Page, Part
from eval.golden.headings import VERBS
from eval.golden.words import Span, balanced, content_words, is_name, plain, trimmed

MADE_BY = "definitions/1"
_IS = re.compile(r"^(?P<article>The |An? )?(?P<term>.+?) (?:is|are) (?P<what>(?:an?|the|our|one of) .+)$")
_MEANS = re.compile(r"^(?P<term>.+?),? (?:stands for|is short for|means|refers to|denotes|is defined as) (?P<what>.+)$")
_SHORT = re.compile(r"\(([A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]{0,6}?)s?\)")
_ITEM = re.compile(
    r"^(?P<term>(?:\*\*|``?|_)[^*`\n]{2,50}(?:\*\*|``?|_)|--[\w-]+)\s*(?:[:–—]|- |\s-\s|=>|->)\s*(?P<what>\S.*)$", re.S
)
_RST_TERM = re.compile(
    r"^(?P<term>``[^`\n]{2,50}``|[A-Z][\w -]{2,40})\n[ \t]+(?P<what>\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.M
)
# Nouns that name nothing by themselves.
EMPTY = word_set(
    """goal problem idea solution reason result results following first second next way issue case purpose default
    point thing question answer example option plan same other only most main best key important original approach
    method step update note downside advantage benefit drawback rest difference alternative choice value name
    aim objective intent challenge trick catch part number list total file output input team model system code
    proposal document section change rule test user type function class feature version process command"""
)


def generate(maker: Maker) -> Iterator[Candidate]:
    for page in maker.corpus.prose:
        for said in statements(page):
            yield from _stated(maker, said)
        for part in page.parts:
            yield from _listed(maker, page, part)
            yield from _abbreviated(maker, page, part)


def _candidate(page: Page, span: Span, question: str, answer: str) -> Candidate:
    return Candidate(
        kind="definition", question=question, answer=trimmed(answer), page=page, spans=(span,), made_by=MADE_BY
    )


def _stated(maker: Maker, said: Statement) -> Iterator[Candidate]:
    found = _MEANS.match(said.text) or _IS.match(said.text)
    if not found or not is_subject(found["term"]):
        return
    term, what = found["term"], trimmed(found["what"])
    article = found.groupdict().get("article") or ""
    if not is_term(maker, term) or not 4 <= len(what.split()) <= 40 or points_outside(what):
        return
    if article == "The " and not is_name(term):
        question = f"What is the {term}?"
    elif found.re is _MEANS:
        question = maker.choose(("What is meant by {0}?", "What does {0} stand for?"), term).format(maker.lowered(term))
    else:
        question = _what_is(
            maker, maker.lowered(term) if not article else term, plural=" are " in said.text[: len(term) + 6]
        )
    yield _candidate(said.page, said.span, maker.placed(question, said.page, said.part), what)


def _with_article(maker: Maker, term: str, article: str) -> str:
    """`The TLSConfiguration object`, `a launcher`; a name alone needs none."""
    return f"{article.casefold()}{term}" if article else maker.lowered(term)


def is_term(maker: Maker, term: str) -> bool:
    words = [word.casefold() for word in term.split()]
    if (
        len(words) > 5
        or words[-1] in EMPTY
        or set(words) & VAGUE
        or (len(words) == 1 and not is_name(term) and words[0] in _COMMON)
    ):
        return False
    return len(content_words(term)) > 0 and (is_name(term) or maker.corpus.distinctive(content_words(term)))


# What begins so tells what to do or when, not what something is.
_NO_MEANING = word_set(
    "if in on at ask when to for only you we this these it they do don't please see as with from use"
)
# Words that make a phrase mean something only where it stands.
VAGUE = word_set(
    """possibly last less more fewer next first second other top only even good bad better worse best worst new old big
    small
    current previous original initial final typical usual same main current my our your ideal simplest easiest"""
)
_COMMON = word_set("people users contributors data training python everyone work time teams engineers customers")


def _what_is(maker: Maker, term: str, *, plural: bool = False) -> str:
    forms = (
        ("What are {0}?", "What is meant by {0}?", "How would you describe {0}?")
        if plural
        else ("What is {0}?", "What do we call {0}?", "What is meant by {0}?")
    )
    chosen = maker.choose((forms[0], forms[2]), term)
    return chosen.format(term)


def _listed(maker: Maker, page: Page, part: Part) -> Iterator[Candidate]:
    """Rows such as `**term**: what it is`; their label is no name by itself, so the place is told."""
    for start, end in page.said(part):
        raw = (
            page.text[start:end].lstrip("-*+• ")
            if page.text[start:end][:2] in ("- ", "* ", "+ ")
            else page.text[start:end]
        )
        found = _ITEM.match(raw)
        if not found:
            continue
        term, what = plain(found["term"]).rstrip(": "), re.sub(r"^(?:is|are) ", "", trimmed(plain(found["what"])))
        if not _fits_a_list(term, what):
            continue
        yield _candidate(page, (start, end), _asked(maker, page, part, term), what)


def _fits_a_list(term: str, what: str) -> bool:
    opening = what.split(" ", 1)[0].casefold()
    if not is_name(term) and (opening in _NO_MEANING or opening.rstrip("s") in VERBS):
        return False
    if is_generic(term) or not 5 <= len(what.split()) <= 40 or not 1 <= len(term.split()) <= 5 or not balanced(what):
        return False
    words = [word.casefold() for word in term.split()]
    return not points_outside(term) and words[-1] not in EMPTY and "?" not in term and len(content_words(term)) > 0


def _asked(maker: Maker, page: Page, part: Part, term: str) -> str:
    if term.startswith("--"):
        forms = ("What does the {0} option do?", "What is the flag {0} for?", "When would you pass {0}?")
        return maker.choose(forms[:2], term).format(term)
    if "/" in term and " " not in term:
        return maker.placed(f"What is kept in {term}?" if term[:1] in "/$~." else f"What is {term}?", page, part)
    if term.startswith("-"):
        return maker.placed(f"What do you get with {term}?", page, part)
    if is_name(term) and " " not in term:
        return maker.placed(maker.choose(("What is {0} for?", "What is {0}?"), term).format(term), page, part)
    return maker.placed(f"What is meant by “{term}”?", page, part)


def _abbreviated(maker: Maker, page: Page, part: Part) -> Iterator[Candidate]:
    for start, end in page.said(part):
        text = plain(page.text[start:end])
        for found in _SHORT.finditer(text):
            long = long_form(text[: found.start()].rstrip(), found[1])
            if long and len(long.split()) >= 2:
                question = maker.choose(("What does {0} stand for?", "What is {0} short for?"), found[1]).format(
                    found[1]
                )
                yield _candidate(page, (start, end), question, long)


def long_form(before: str, short: str) -> str:
    """The words in front of an abbreviation in parentheses that spell it, "" when none do.

    Its letters are found from the right, the first one at the head of a word. Source: Schwartz & Hearst, PSB 2003.
    """
    words = before.split()[-(min(len(short) + 5, len(short) * 2)) :]
    text = " ".join(words)
    at = len(text)
    for place, sign in reversed(list(enumerate(short.casefold()))):
        at -= 1
        while at >= 0 and (text[at].casefold() != sign or (place == 0 and at > 0 and text[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    found = text[at:]
    if re.search(r"[^\w\s/&-]|\d{2,}|\s-\s", found) or len(found.split()) > len(short) + 2:
        return ""
    return found if short.casefold() not in found.casefold().split() and balanced(found) else ""
