"""JSON as people can read and quote it: decoded strings, one line a leaf, records apart."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ingest.text.decode import clean
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.types import Mark, Section

LONG_LINE = 2000  # characters: a file with such a line was written by a machine for a machine
ONE_LINE = 200  # the same for a file of one line
ESCAPE = re.compile(r"\\.")
INLINE_ITEM = 60  # characters of a string that stands in one line with its neighbours
LABELS = ("title", "name")
LONGEST_LABEL = 80


class Number(str):
    """A number as the file writes it: 1e-3 stays 1e-3, and a million digits are never computed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    marks: tuple[Mark, ...]


def load_json(text: str, name: str) -> object:
    """Numbers come as `Number`. Raises UnreadableSource naming line and column, LimitExceeded when too deep."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except json.JSONDecodeError as error:
        raise UnreadableSource(
            f"{name} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}.", fix="Correct it."
        ) from error
    except RecursionError as error:
        raise LimitExceeded(f"{name} is nested too deeply.", fix="Flatten it.") from error


def wants_rendering(text: str) -> bool:
    """True where the file's own characters hide its words: escapes in its strings, or everything in one line."""
    if ESCAPE.search(text):
        return True
    longest = max(map(len, text.split("\n")))
    return longest > LONG_LINE or (longest > ONE_LINE and "\n" not in text.strip())


def render(value: object, most: int) -> Rendered:
    """Lines `path: value`; a section for each key or record at the top, and for each record in a list below a key.

    It ends with the line that goes beyond `most` characters, so that a huge file is never rendered whole.
    """
    page = _Page(most)
    with suppress(_Full):
        _render(value, page)
    text = "".join(page.pieces).rstrip("\n") + "\n"
    return Rendered(text, tuple(mark for mark in page.marks if mark.at < len(text)))


def _render(value: object, page: "_Page") -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            page.section(clean(str(key)), item)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for n, item in enumerate(value):
            page.record((label(item, f"[{n}]"),), item)
    else:
        page.leaf("", value)


def label(value: object, place: str) -> str:
    """What a record is called: its title or name, else its place."""
    if isinstance(value, dict):
        for key in LABELS:
            named = value.get(key)
            if isinstance(named, str) and 0 < len(named) <= LONGEST_LABEL and "\n" not in named:
                return clean(named)
    return place


def scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value))


class _Full(Exception):
    """The page holds as much as it may."""


@dataclass(slots=True)
class _Page:
    most: int
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[Mark] = field(default_factory=list)

    def section(self, key: str, item: object) -> None:
        self.mark((key,))
        if isinstance(item, list) and item and all(isinstance(record, dict) for record in item):
            self.line(f"{key}:")
            for n, record in enumerate(item):
                self.record((key, label(record, f"[{n}]")), record)
        else:
            self.leaves(key, item)
            if isinstance(item, dict | list):
                self.line("")

    def record(self, path: tuple[str, ...], value: object) -> None:
        self.mark(path)
        self.leaves("", value)
        self.line("")

    def mark(self, path: tuple[str, ...]) -> None:
        self.marks.append(Mark(at=self.length, locator=Section(path)))

    def leaves(self, path: str, value: object) -> None:
        for inner, item in leaves(path, value):
            self.leaf(inner, item)

    def leaf(self, path: str, value: object) -> None:
        self.line(f"{path}: {_inline(value)}" if path else _inline(value))

    def line(self, text: str) -> None:
        self.pieces += [text, "\n"]
        self.length += len(text) + 1
        if self.length > self.most:
            raise _Full


def leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    """(`a.b[2].c`, scalar or list of short scalars), in order. Depth is bounded by what `json.loads` accepts."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(f"{path}.{clean(str(key))}" if path else clean(str(key)), item)
    elif isinstance(value, list) and value and not _short(value):
        for n, item in enumerate(value):
            yield from leaves(f"{path}[{n}]", item)
    else:
        yield path, value


def _short(items: list[Any]) -> bool:
    return all(
        not isinstance(item, dict | list)
        and (not isinstance(item, str) or (len(item) <= INLINE_ITEM and "\n" not in item))
        for item in items
    )


def _inline(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(scalar, value)) or "[]"
    return "{}" if isinstance(value, dict) else scalar(value)
