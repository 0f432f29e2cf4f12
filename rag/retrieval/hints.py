"""What a question says by its form: quoted words, identifiers, quantities, people. Pure, in linear time."""

import re
from dataclasses import dataclass
from typing import Literal

Sure = Literal["explicit", "mention"]  # said as a condition ("in the retro"), or only named in passing ("the retro")

LONGEST_PHRASE = 300  # characters
LONGEST_TOKEN = 200  # beyond stand blobs, not identifiers
_QUOTED = re.compile(
    r"(?P<ticks>`{1,3})(?P<code>[^`\n]{1,300})(?P=ticks)"
    r"|(?<!\w)\"([^\"]{2,300})\"(?!\w)|[“„]([^“”„\"]{1,300})[”“\"]|«([^«»]{1,300})»"
    r"|(?<!\w)['‘]([^'‘’\n]{2,300})['’](?!\w)"
)
_TOKEN = re.compile(r"[^\s,;()\[\]{}<>|\"'`“”„«»‘’?!]+")
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"[A-Za-z]\w*_\w+|_+[A-Za-z]\w*|[A-Z][A-Z0-9]*_[A-Z0-9_]+",  # snake_case, ERR_NAME
        r"[a-z]+[A-Z]\w*|(?:[A-Z]+[a-z0-9]+){2,}[A-Z]*",  # camelCase, PascalCase, ValueError
        r"\w{2,}(?:\.\w{2,})+|\w+(?:\.\w+)*\.[A-Za-z_]\w{1,}",  # torch.nn.Linear, train.ipynb
        r"(?:\.{0,2}|~|\w+)/(?:[\w.@+-]+/)*[\w.@+-]+\.\w{1,8}|(?:\.{1,2}|~)?/[\w.@+/-]{2,}|[A-Za-z]:\\\S+",  # paths
        r"(?:[\w.@+-]+/){2,}[\w.@+-]+",
        r"--[A-Za-z][\w-]*(?:=\S+)?|@\w+(?:\.\w+)+",  # --flags, @a.decorator
        r"v\d+(?:\.\d+)*(?:[.-]?(?:a|b|rc|dev|post)\d*)?|\d+\.\d+(?:\.\d+)+(?:[.-]?(?:a|b|rc|dev|post)\d*)?|\d+\.\d+rc\d+",
        r"#\d{1,7}|[A-Z][A-Z0-9]{1,9}-\d{1,7}(?:-\d{1,7})?|[\w.-]+/[\w.-]+#\d{1,7}",  # ticket ids
        r"0[xX][0-9a-fA-F]+|[A-Z]{1,3}\d{3,5}",  # error codes
        r"[A-Za-z]+\d+[A-Za-z]*|[A-Za-z]+\d*(?:-\w+)*-\d+\w*",  # bf16, kb-19, resnet-50
        r"(?=[a-z]*\d)(?=\d*[a-z])(?:[a-z]+\d+[a-z0-9]+|\d+[a-z]+\d[a-z0-9]*)",  # x7k2m9qa, 3f2a9bc1
        r"\w+::\w+(?:::\w+)*",
    )
)
_NOT_AN_ID = re.compile(
    r"\d+(?:st|nd|rd|th|s)?|[QH]\d{1,2}|(?:e\.g|i\.e|a\.k\.a|vs)\.?|(?:19|20)\d\d-\d\d(?:-\d\d)?", re.I
)
_SPACED_ID = re.compile(
    r"\b(?:PEP|RFC|ADR|JEP|KEP|MR|PR|GH|HTTP)[ -]#?\d{1,5}\b"
    r"|\b(?:[Ee]xit|[Ee]rror|[Ss]tatus) codes? \d{1,5}\b|\berrno \d{1,4}\b"
)
_UNITS = (
    r"%|percent|per cent|°C|[kKMGTP]i?B(?:/s)?|GFLOPS|TFLOPS|[kKMBT](?![a-z])|ms|µs|ns|[smhd](?!\w)|x(?!\w)|"
    r"seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?|years?|GPUs?|CPUs?|nodes?|tokens?|steps?|iterations?|"
    r"epochs?|samples?|layers?|parameters?|params?|examples?|images?|clips?|pages?|rows?|files?|users?|people|dollars?|"
    r"euros?|USD|EUR|kWh|MWh|Hz|kHz|MHz|GHz|times"
)
_QUANTITY = re.compile(
    r"(?<![\w.,#/:-])(?P<sign>[$€£])?(?P<value>\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?)"
    rf"(?:[ -]?(?P<unit>{_UNITS})\b|(?P<percent>%))?(?![\w/]|[.,-]\d|-[A-Za-z])"
)
_HANDLE = re.compile(r"(?<![\w.@/`+-])@([A-Za-z][\w-]{1,38}+(?:\.[A-Za-z][\w-]{0,38}+)?+)(?![\w(@/])")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BY = frozenset({"by", "from", "ask", "asked", "did"})
_PLACING = frozenset({"the", "a", "an", "this", "that", "our", "at", "in", "near", "into", "on", "across"})
_ASIDE = re.compile(r"\([^()]{0,300}\)")
_OWNER = re.compile(r"['’]s$")
_SAYING_LIST = """say said says write wrote written think thinks thought propose proposed suggest suggested recommend
    recommended decide decided find found report reported notice noticed ask asked mention mentioned explain
    explained post posted argue argued object objected approve approved reject rejected review reviewed claim
    claimed want wanted"""
_SAYING = frozenset(_SAYING_LIST.split())
_SAID_LIST = """remark remarks advice comment comments message messages opinion proposal proposals suggestion
    suggestions view notes note reply question questions post posts mail idea talk"""
_SAID = frozenset(_SAID_LIST.split())
_NOBODY_LIST = """I The A An This That These Those What Which Who When Where Why How Is Are Was Were Do Does Did Can
    Could Should In On At Of For From By After Before January February March April May June July August September
    October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday Council Committee Team Group
    Project Cloud Face University Institute Lab Labs Learning Network Networks Card Data Machine Model Models
    Language Notebook Hub Studio Server Api Database Index Python Java Docker Google Amazon Microsoft Windows Linux
    Github Slack Jupyter Spark Kafka Steering Statistics Module Library Standard Release Schedule Protocol System
    Process Engine Service Services Community Code Deep Neural Natural Artificial Intelligence Random Forest
    Decision Tree Table Figure Section Part Week Homework"""
_NOBODY = frozenset(_NOBODY_LIST.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """`unit` as written, "" for a bare number."""

    value: float
    unit: str = ""


def phrases_of(text: str) -> tuple[str, ...]:
    """What stands in quotation marks or backticks, meant word for word; each once."""
    found = (next(filter(None, match.groups()[1:]), "").strip() for match in _QUOTED.finditer(text))
    return tuple(dict.fromkeys(filter(None, found)))


def masked(text: str) -> str:
    """The same length, all that is quoted as one word of x, so that rules for the rest keep out of it."""
    return _QUOTED.sub(lambda match: "x" * len(match[0]), text)


def identifiers_of(text: str) -> tuple[str, ...]:
    """Names of code, files, paths, flags, versions, tickets, runs, error codes, as written; in order, each once."""
    found = [(match.start(), match[0]) for match in _SPACED_ID.finditer(text)]
    for match in _TOKEN.finditer(text):
        token = match[0].rstrip(".:'’*")
        if 2 <= len(token) <= LONGEST_TOKEN and _is_identifier(token):
            found.append((match.start(), token))
    return tuple(dict.fromkeys(token for _, token in sorted(found)))


def _is_identifier(token: str) -> bool:
    return not _NOT_AN_ID.fullmatch(token) and any(form.fullmatch(token) for form in _FORMS)


def quantities_of(text: str) -> tuple[Quantity, ...]:
    """Numbers with their units, each once; the 484 of PEP 484 is none."""
    found = (
        Quantity(
            value=float(match["value"].replace(",", "")),
            unit=match["unit"] or match["percent"] or match["sign"] or "",
        )
        for match in _QUANTITY.finditer(_SPACED_ID.sub(" ", text))
    )
    return tuple(dict.fromkeys(found))


def people_of(text: str) -> tuple[str, ...]:
    """Names that may be a person's: @handles, "Anna Smith", "by Anna", "did Anna say", "Anna's remark".

    Candidates only: whoever uses them compares them with the authors of what was found.
    """
    found = [(match.start(), match[1]) for match in _HANDLE.finditer(text)]
    words = _words_outside_brackets(text)
    n = 0
    while n < len(words):
        length = _name_length(words, n)
        if length:
            found.append((words[n].start, " ".join(word.bare for word in words[n : n + length])))
        n += max(1, length)
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    bare: str  # without 's
    owner: bool  # it had 's
    joined: bool  # one space stands between it and the word before
    first: bool  # of a sentence

    @property
    def capital(self) -> bool:
        return self.bare[0].isupper()

    @property
    def like_a_name(self) -> bool:
        return len(self.bare) > 1 and self.capital and self.bare[1:].islower() and self.bare not in _NOBODY


def _words_outside_brackets(text: str) -> list[_Word]:
    words: list[_Word] = []
    end = 0
    for match in _WORD.finditer(_ASIDE.sub(lambda aside: "(" + "." * (len(aside[0]) - 2) + ")", text)):
        between = text[end : match.start()]
        bare = _OWNER.sub("", match[0])
        first = end == 0 or any(sign in ".?!:\n" for sign in between)
        words.append(_Word(match.start(), bare, bare != match[0], between == " ", first))
        end = match.end()
    return words


def _name_length(words: list[_Word], n: int) -> int:
    """Words of the name that starts here, 0 where none does."""
    if not words[n].like_a_name:
        return 0
    end = n + 1
    while end < min(n + 3, len(words)) and words[end].joined and words[end].like_a_name and not words[end - 1].owner:
        end += 1
    before = words[n - 1] if n and words[n].joined else None
    after = words[end] if end < len(words) and words[end].joined else None
    cue = before.bare.casefold() if before else ""
    said = after is not None and after.bare.casefold() in (_SAID if words[end - 1].owner else _SAYING)
    in_a_title = (before is not None and before.capital and not before.first) or (after is not None and after.capital)
    if said:
        return end - n if end - n > 1 or not words[n].first else 0
    if in_a_title or words[n].first or cue in _PLACING:
        return 0
    return end - n if end - n > 1 or cue in _BY else 0
