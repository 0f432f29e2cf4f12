"""An HTML tree made text: headings, lists, tables and paragraphs as a reader of the page sees them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ingest.readers._builder import Builder, lines, one_line, tidy
from ingest.readers._hidden import Hidden

Node = Any  # lxml ships no types

DROPPED = frozenset(
    re.findall(
        r"\w+",
        "script style template noscript head iframe object embed applet svg canvas audio video map area select "
        "datalist button input textarea progress meter",
    )
)
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "html body p div section article main aside nav header footer address blockquote center details summary dialog "
        "fieldset form legend figure figcaption hgroup hr ul ol menu dir dl dt dd li table caption thead tbody tfoot "
        "tr td th pre listing xmp h1 h2 h3 h4 h5 h6 title",
    )
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset({"ul", "ol", "menu", "dir"})
PREFORMATTED = frozenset({"pre", "listing", "xmp"})
CELLS = frozenset({"td", "th"})
LAYOUT = frozenset({"table", "h1", "h2", "h3", "pre", "ul", "ol", "form", "hr"})  # in a cell: not a table of data
LONGEST_CELL = 1_000
DEEPEST = 150
FOLDED = re.compile(r"[ \t\r\n\f\v]+")


def write_markup(root: Node, builder: Builder, hidden: Hidden) -> None:
    """Adds what is shown under `root` to `builder`."""
    _Writer(builder, hidden).walk(root)


def shown_text(node: Node, hidden: Hidden) -> str:
    """The text in it, white space folded to single spaces; a break is one too."""
    return one_line("".join(_pieces(node, hidden)))


def _preformatted_text(node: Node, hidden: Hidden) -> str:
    """The text in it with its own spaces and lines; a break, and a block inside it, end a line."""
    return "".join(_pieces(node, hidden, apart=_line_end, root=node))


def _line_end(tag: str) -> tuple[str, str]:
    if tag == "br":
        return "", "\n"
    return ("", "\n") if tag in BLOCKS and tag not in CELLS else _space(tag)


def _space(tag: str) -> tuple[str, str]:
    return (" ", " ") if tag in BLOCKS or tag == "br" else ("", "")


def _pieces(
    node: Node, hidden: Hidden, *, apart: Callable[[str], tuple[str, str]] = _space, root: Node = None
) -> Iterator[str]:
    """Its text, with what `apart` says before and after each element but `root`.

    Without recursion: a page may be nested deeper than Python is.
    """
    stack: list[Node | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        if not isinstance(item.tag, str) or item.tag in DROPPED or hidden(item):
            continue
        before, after = ("", "") if item is root else apart(item.tag)
        following: list[Node | str] = [before, item.text or ""]
        for child in item:
            following += [child, child.tail or ""]
        following.append(after)
        stack.extend(reversed(following))


class _Writer:
    """One walk over a tree. Inline text gathers in `line` until a block begins or ends."""

    def __init__(self, builder: Builder, hidden: Hidden) -> None:
        self.builder, self.hidden = builder, hidden
        self.line: list[str] = []
        self.prefix = ""  # of the item of a list that begins
        self.lists: list[int] = []  # the number of the next item; 0 for bullets
        self.gap = "\n\n"

    def walk(self, node: Node, depth: int = 0) -> None:
        if self.builder.full or not isinstance(node.tag, str) or node.tag in DROPPED or self.hidden(node):
            return
        tag: str = node.tag
        if depth > DEEPEST:
            self.line.append(shown_text(node, self.hidden))
        elif tag in HEADINGS:
            self._heading(node)
        elif tag in PREFORMATTED:
            self._preformatted(node)
        elif tag == "table" and (rows := self._data(node)):
            self._table(node, rows)
        elif tag == "tr" and (cells := self._cells(node)):
            self._table(node, [cells])
        elif tag == "br":
            self.line.append("\n")
        elif tag in LISTS:
            self._list(node, depth)
        elif tag in BLOCKS:
            self._block(node, depth)
        else:
            self._children(node, depth)

    def flush(self) -> None:
        text = lines("".join(self.line))
        self.line.clear()
        if not text:
            return
        if self.lists:
            indent = "  " * (len(self.lists) - 1)
            first, rest = (self.prefix or "  "), "\n" + indent + "  "
            text = indent + first + text.replace("\n", rest)
        self.builder.block(text, gap=self.gap)
        self.prefix = ""
        self.gap = "\n" if self.lists else "\n\n"

    def _children(self, node: Node, depth: int) -> None:
        self._say(node.text)
        for child in node:
            self.walk(child, depth + 1)
            self._say(child.tail)

    def _say(self, text: str | None) -> None:
        if text:
            self.line.append(FOLDED.sub(" ", text))

    def _block(self, node: Node, depth: int) -> None:
        self.flush()
        if node.tag == "li" and self.lists:
            number = self.lists[-1]
            self.prefix = f"{number}. " if number else "- "
            self.lists[-1] += bool(number)
        self._children(node, depth)
        self.flush()

    def _heading(self, node: Node) -> None:
        self.flush()
        self.builder.heading(shown_text(node, self.hidden), HEADINGS[node.tag])

    def _preformatted(self, node: Node) -> None:
        self.flush()
        self.builder.block(tidy(_preformatted_text(node, self.hidden)))

    def _list(self, node: Node, depth: int) -> None:
        self.flush()
        start = str(node.get("start", "1"))
        self.lists.append((int(start) if start.isdecimal() and len(start) < 7 else 1) if node.tag == "ol" else 0)
        self._children(node, depth)
        self.flush()
        self.lists.pop()
        self.prefix = ""
        self.gap = "\n" if self.lists else "\n\n"

    def _table(self, node: Node, rows: list[list[str]]) -> None:
        self.flush()
        for caption in node.iter("caption"):
            self.builder.block(shown_text(caption, self.hidden))
        self.builder.rows(rows)

    def _data(self, table: Node) -> list[list[str]]:
        """Its rows; empty when the table only arranges the page."""
        if table.get("role") in ("presentation", "none") or _arranges(table):
            return []
        rows = [
            [shown_text(cell, self.hidden) for cell in row.iterchildren("td", "th")]
            for row in table.iter("tr")
            if not self.hidden(row)
        ]
        longest = max((len(cell) for row in rows for cell in row), default=0)
        wide = sum(sum(map(bool, row)) > 1 for row in rows)
        return rows if wide and longest <= LONGEST_CELL else []

    def _cells(self, row: Node) -> list[str]:
        """A row of a table that arranges the page, when the row itself is plain: a name and its value."""
        if _arranges(row):
            return []
        cells = [shown_text(cell, self.hidden) for cell in row.iterchildren("td", "th")]
        return cells if sum(map(bool, cells)) > 1 and sum(map(len, cells)) <= LONGEST_CELL else []


def _arranges(node: Node) -> bool:
    return any(inner is not node and inner.tag in LAYOUT for inner in node.iter())
