"""What every check reads: text without markup, its sentences and clauses, and their content words."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.index.analysis import terms

_MARKUP = re.compile(r"\*\*|__|`|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])")
# With a blank between: so answers show it, and none is a link there.
_LINK = re.compile(r"!?\[([^\[\]]+)\] ?\([^()\s]*[/.#:][^()\s]*\)")
_CITED = re.compile(r"\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_MARKER = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[-*•+>])\s+", re.M)
_SENTENCE = re.compile(r"(?<=[.!?;…])[\"'”’)\]]*\s+(?=\S)|\n+|\s\|\s")
TOKEN = re.compile(r"-{0,2}\w+(?:[._\-/:\\@+'’#]+\w+)*(?:\+\+|\(\))?|[.,;:!?()\[\]|]")
_SIGNS = str.maketrans({"−": "-", "‐": "-", "‑": "-", "’": "'", "ʼ": "'", "\u00a0": " ", "\u202f": " "})
_POSSESSIVE = re.compile(r"'s?$")


def plain(text: str) -> str:
    """Without emphasis, code marks, links' addresses, markers of lists and of citations; one kind of dash and blank."""
    text = _MARKER.sub("", text.translate(_SIGNS))
    text = _CITED.sub("", _LINK.sub(r"\1", text))
    text = re.sub(r"(?<=\d)\s*[–—]\s*(?=[\d$€£])", "-", text)
    text = re.sub(r"\s*[–—]\s*", " ; ", text)
    return re.sub(r"[^\S\n]+", " ", _MARKUP.sub("", text)).strip()


def sentences(text: str) -> list[str]:
    """Of plain text; rows of a table give a sentence a cell."""
    return [piece.strip() for piece in _SENTENCE.split(text) if piece and piece.strip()]


def tokens(text: str) -> list[str]:
    """Words, and the signs that end a clause."""
    return TOKEN.findall(text)


@lru_cache(maxsize=50_000)
def stems(token: str) -> tuple[str, ...]:
    """The index terms of one word; none for a stop word."""
    return tuple(terms(_POSSESSIVE.sub("", token)))


def content(text: str) -> Iterator[str]:
    """Stems of the content words in order; a compound gives its parts and itself."""
    for token in tokens(text):
        if token[-1].isalnum() or token[0].isalnum():
            yield from stems(token)
