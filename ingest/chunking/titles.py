"""What a document is called in front of its chunks: enough to tell it from others whose words are alike. Pure."""

import re
from itertools import islice
from pathlib import PurePosixPath

from rag.domain.types import Document, Message

_CONTAINERS = """docs doc documentation src source sources pages content contents files data notes wiki text texts
    md markdown handbook main master"""
CONTAINERS = frozenset(_CONTAINERS.split())  # folders whose names say nothing of what is in them
OPENING_CHARS = 300  # of a thread's first message
_WORD = re.compile(r"[^\W\d_]+|\d+")
_VERSION = re.compile(r"(?<=\d)_(?=\d)")
_EDGE = re.compile(r"(?<=[a-z])(?=\d)")
_GAP = re.compile(r"[_-]+")


def titles_of(document: Document) -> tuple[str, ...]:
    """Title, or file name; before it the folder's name where that says more. None where there is only a borrowed name.

    Cards of six versions are all `MODEL_CARD.md`, and each has a folder of its own. One of many records in a file is
    not told apart by the file's name, and `corpus-00007.jsonl` says nothing.
    """
    path = PurePosixPath(document.path)
    borrowed = document.title == path.name
    if document.part:
        return () if borrowed else (document.title,)
    title = path.stem.replace("_", " ") if borrowed and document.syntax != "code" else document.title
    folder = next((name for name in reversed(path.parts[:-1]) if name.casefold() not in CONTAINERS), "")
    return (title,) if _words(folder) <= _words(title) else (_readable(folder), title)


def opening_of(document: Document) -> tuple[str, ...]:
    """What a thread's replies carry: its title with more of the first message, where that is what it is called by.

    Else the title as it is: a topic, a day.
    """
    room, colon, called = document.title.partition(": ")
    starts = list(islice((mark.at for mark in document.marks if isinstance(mark.locator, Message)), 2))
    if document.syntax != "chat" or not colon or len(starts) < 2:
        return titles_of(document)
    first = " ".join(document.text[starts[0] : starts[1]].partition("\n")[2][: 2 * OPENING_CHARS].split())
    told = called.rstrip("…").strip()
    return (f"{room}: {first[:OPENING_CHARS]}",) if told and first.startswith(told) else titles_of(document)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _readable(folder: str) -> str:
    """As people write it: `llama3_1` is llama 3.1."""
    return _GAP.sub(" ", _EDGE.sub(" ", _VERSION.sub(".", folder)))
