"""Where a text may be cut, and how good a place that is. Every structure of a text is a rank of its beginnings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.domain.sentences import sentences
from rag.domain.types import Cell, Document, Message, Page, Section, Syntax

NEVER = -1  # right under a heading
WORD, LINE, SENTENCE, PART = 0, 1, 2, 3  # inside a block
NESTED, ITEM, LED_IN, BLOCK = 4, 5, 6, 8  # the beginning of one; LED_IN: after a line that ends with a colon
MESSAGE = 9
PAGE = 10
DEEPEST_SECTION, SECTION = 11, 19  # minus its depth

LONGEST_HEAD = 200  # characters of a message's first line
LINEWISE: frozenset[Syntax] = frozenset({"code", "data", "table"})
_FENCE = re.compile(r"`{3,}|~{3,}")
_ITEM = re.compile(r"(?:[-*+•]|\(?\d{1,3}[.)])\s")
_HEADING = re.compile(r"#{1,6}\s")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.])\1{2,}$")

Cut = tuple[int, int]  # where, rank


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of text under one heading path, on one page, in one cell."""

    start: int
    end: int
    path: tuple[str, ...]
    syntax: Syntax
    rank: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that share a header; `header` is empty where there is none."""

    start: int
    end: int
    header: str


def regions(document: Document) -> list[Region]:
    """In order, without a gap; blank ones are part of the one before."""
    starts: list[tuple[int, tuple[str, ...], Syntax, int]] = [(0, (), _prose(document.syntax), SECTION)]
    path: tuple[str, ...] = ()
    syntax = _prose(document.syntax)
    for mark in document.marks:
        match mark.locator:
            case Section(path=path):
                rank = max(DEEPEST_SECTION, SECTION - len(path))
            case Cell(part=part):
                syntax = "markdown" if part == "markdown" else "code"
                rank = PAGE
            case Page():
                rank = PAGE
            case _:
                continue
        if mark.at == starts[-1][0]:
            starts[-1] = (mark.at, path, syntax, max(rank, starts[-1][3]))
        else:
            starts.append((mark.at, path, syntax, rank))
    ends = [*(start[0] for start in starts[1:]), len(document.text)]
    return [
        Region(at, end, path, syntax, rank)
        for (at, path, syntax, rank), end in zip(starts, ends, strict=True)
        if at < end
    ]


def _prose(syntax: Syntax) -> Syntax:
    return "markdown" if syntax == "notebook" else syntax


def blocks(text: str, region: Region) -> tuple[list[Cut], list[Table]]:
    """Beginnings of a region's blocks in order, the first one at its first word; and its tables."""
    if region.syntax == "table":
        return _first_only(_groups(text, region), region.rank), [_table_of(text, region)]
    if region.syntax in LINEWISE:
        return _first_only(_groups(text, region), region.rank), []
    cuts, tables = _Prose(text, region).parse()
    return _first_only(cuts, region.rank), tables


def messages(document: Document) -> list[Cut]:
    """A message of a chat is a better place to cut than any in it, whatever its text looks like."""
    return [(mark.at, MESSAGE) for mark in document.marks if isinstance(mark.locator, Message)]


def by_message(document: Document, region: Region) -> Iterator[Region]:
    """A message is read on its own: code or a table that one does not end is not gone on with in the next."""
    inside = [at for at, _ in messages(document) if region.start < at < region.end] if region.syntax == "chat" else []
    for start, end in pairwise([region.start, *inside, region.end]):
        yield replace(region, start=start, end=end, rank=region.rank if start == region.start else MESSAGE)


def heads(document: Document) -> list[Table]:
    """A message that is cut goes on below its first line, which says who wrote it and when."""
    starts = [at for at, _ in messages(document)] if document.syntax == "chat" else []
    first = (document.text[at : at + LONGEST_HEAD].partition("\n")[0] for at in starts)
    return [Table(*span, head) for span, head in zip(pairwise([*starts, len(document.text)]), first, strict=True)]


def _first_only(cuts: list[Cut], rank: int) -> list[Cut]:
    return [(cuts[0][0], rank), *cuts[1:]] if cuts else []


def _table_of(text: str, region: Region) -> Table:
    first = text[region.start : region.end].lstrip("\n").partition("\n")[0]
    return Table(region.start, region.end, first.strip())


def lines(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(where a line starts, its indentation, its length without white space)."""
    position = start
    for line in text[start:end].split("\n"):
        bare = line.strip()
        yield position, len(line) - len(line.lstrip()), len(bare)
        position += len(line) + 1


def _groups(text: str, region: Region) -> list[Cut]:
    """Lines between blank lines; where the margin is empty is the better place."""
    cuts: list[Cut] = []
    blank = True
    for at, indent, length in lines(text, region.start, region.end):
        if length and blank:
            cuts.append((at, BLOCK if indent == 0 else NESTED))
        blank = not length
    return cuts


class _Prose:
    """One pass over the lines of a region of Markdown, reStructuredText or plain text."""

    def __init__(self, text: str, region: Region) -> None:
        self.text, self.region = text, region
        self.chat = region.syntax == "chat"
        self.cuts: list[Cut] = []
        self.tables: list[Table] = []
        self.fence = "---" if region.start == 0 and text.startswith("---\n") else ""
        self.kind = "blank"  # of the line before
        self.colon = False  # the last line of words ended with one
        self.under_heading = False
        self.table_from = -1

    def parse(self) -> tuple[list[Cut], list[Table]]:
        position = self.region.start
        for line in self.text[position : self.region.end].split("\n"):
            bare = line.strip()
            self._line(position, line, bare)
            position += len(line) + 1
        self._end_table(self.region.end)
        return self.cuts, self.tables

    def _line(self, at: int, line: str, bare: str) -> None:
        if self.fence:
            if not self.cuts:
                self._begin(at, 0, "fence")
            elif bare.startswith(self.fence):
                self.fence, self.kind = "", "blank"
            return
        kind = _kind(bare)
        if kind == "underline" and self.kind != "text":
            kind = "rule"
        if kind != "row":
            self._end_table(at)
        if kind == "blank":
            self.kind = kind
            return
        if kind == "underline":
            self.under_heading = True
            return
        if kind == "fence":
            fence = _FENCE.match(bare)
            self.fence = fence.group() if fence else ""
        if self.kind == "blank" or kind == "item" or kind not in ("text", self.kind):
            self._begin(at, len(line) - len(line.lstrip()), kind)
        else:
            self.under_heading &= not self.chat  # what stands below the message's head line has begun
        self.kind = "text" if kind in ("item", "rule") else kind
        self.colon = bare.endswith(":")

    def _begin(self, at: int, indent: int, kind: str) -> None:
        if kind == "row" and self.table_from < 0:
            self.table_from = at
        if self.under_heading:
            rank = NEVER
        elif indent > 1:
            rank = NESTED
        elif kind == "item" and self.kind != "blank":
            rank = NESTED if self.colon else ITEM
        else:
            rank = LED_IN if self.colon else BLOCK
        self.under_heading = kind == "heading" or (not self.cuts and (bool(self.region.path) or self.chat))
        self.cuts.append((at, rank))

    def _end_table(self, at: int) -> None:
        if self.table_from >= 0:
            header = self.text[self.table_from : at].partition("\n")[0].strip()
            self.tables.append(Table(self.table_from, at, header))
            self.table_from = -1


def _kind(bare: str) -> str:
    if not bare:
        return "blank"
    first = bare[0]
    if first.isalpha():
        return "text"
    if first == "|":
        return "row"
    if first in "`~" and _FENCE.match(bare):
        return "fence"
    if first == "#" and _HEADING.match(bare):
        return "heading"
    if _ITEM.match(bare):
        return "item"
    return "underline" if _UNDERLINE.match(bare) else "text"


def parts(text: str, start: int, end: int, syntax: Syntax) -> list[Cut]:
    """Where a block may be cut when it must: before a line of code, a table's row, a sentence. The first is `start`."""
    inside: list[Cut] = []
    head = text[start : start + 80].lstrip()
    if syntax in LINEWISE or head.startswith("|") or _FENCE.match(head):
        blank = False
        for at, indent, length in lines(text, start, end):
            if length:
                inside.append((at, PART if blank else SENTENCE if indent == 0 else LINE))
            blank = not length
    else:
        inside = [(start + at, SENTENCE) for at, _ in sentences(text[start:end], syntax)]
    return [(start, BLOCK), *(cut for cut in inside if cut[0] > start)]
