"""Words of questions: marks of layout taken off, terms, and what makes a phrase a name. Pure."""

import re
from functools import lru_cache

from rag.index.analysis import terms

Span = tuple[int, int]
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
NUMBER = re.compile(r"(?<![\w.])[~≈<>$€]?\d[\d,._]*(?:e[+-]?\d+)?\+?(?:\s?[%a-zA-Zµ°]{1,7}\b(?:/\w+)?|%)?")

_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_REFERENCE = re.compile(r"\[([^\]\n]+)\]\[[^\]\n]*\]|\[\^?[\w-]{1,12}\]_?")
_ROLE = re.compile(r":(\w+)(?::\w+)?:`([^`<>]+?)(?:\s*<[^>]*>)?`")
_RST_LINK = re.compile(r"`([^`<>]+?)\s*<[^>]*>`_{1,2}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_MARKS = re.compile(r"(\*\*|__(?=\w)|(?<=\w)__(?!\w)|``|`|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*]))")
_EMPHASIS = re.compile(r"(?<![\w-])_([^\s_][^_\n]{0,60})_(?!\w)")
_BULLET = re.compile(r"^\s*(?:[-*+•‣◦]\s+|\d{1,3}[.)]\s+|#{1,6}\s+|>\s+|\[[ xX]\]\s+)+")


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """On one line, without bullets, emphasis and addresses of links: as somebody would say it."""
    text = _BULLET.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _ROLE.sub(lambda found: f"PEP {found[2]}" if found[1] == "pep" else found[2], text)
    text = _RST_LINK.sub(r"\1", text)
    text = _REFERENCE.sub(lambda found: found[1] or "", text)
    text = _EMPHASIS.sub(r"\1", _MARKS.sub("", _TAG.sub("", text)))
    return " ".join(text.replace("\\_", "_").split())


@lru_cache(maxsize=50_000)
def content_words(text: str) -> tuple[str, ...]:
    """Index terms in order: stems, no stop words."""
    return tuple(terms(text))


def is_name(phrase: str) -> bool:
    """Code, an identifier, an abbreviation, a version: what means the same wherever it stands."""
    return bool(re.search(r"[_/\d.=]|--|[a-z][A-Z]|\b[A-Z]{2,}", phrase))


def balanced(text: str) -> bool:
    pairs = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"))
    return text.count('"') % 2 == 0 and all(text.count(left) == text.count(right) for left, right in pairs)


def trimmed(text: str) -> str:
    """Without the signs that end a clause."""
    return text.strip(" \t\n,;:–—-").rstrip(" .!")
