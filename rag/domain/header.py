"""Where the text proper begins: what stands before it in a header is looked up as facts, not quoted as a sentence."""

import re

from rag.domain.types import Syntax

LONGEST = 64 * 2**10  # characters of a header
_FENCES = {"---\n": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.M), "+++\n": re.compile(r"^\+\+\+[ \t]*$", re.M)}
_FIELD = re.compile(r":?[A-Za-z][\w -]{0,40}:(?:[ \t]|$)")


def header_end(text: str, syntax: Syntax) -> int:
    """Of the front matter of Markdown, or the header fields of reStructuredText; 0 when there is neither."""
    if syntax == "markdown" and text[:4] in _FENCES:
        close = _FENCES[text[:4]].search(text, 4, LONGEST)
        return close.end() if close else 0
    return _fields_end(text) if syntax == "rst" else 0


def _fields_end(text: str) -> int:
    """One line with a colon is a sentence; two fields are a header."""
    at = len(text) - len(text.lstrip("\n"))
    fields = 0
    for line in text[at:LONGEST].split("\n"):
        if _FIELD.match(line):
            fields += 1
        elif not (fields and line[:1] in " \t" and line.strip()):
            break
        at += len(line) + 1
    enough = 1 if text.lstrip("\n").startswith(":") else 2
    return min(at, len(text)) if fields >= enough else 0
