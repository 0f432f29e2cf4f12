"""A text put together block by block, with the marks of where each block stands."""

import re
from collections.abc import Iterable, Sequence

from ingest.readers.base import Limits
from ingest.text.decode import clean
from ingest.text.headings import Heading, Outline
from rag.domain.types import Locator, Mark, Section

# What no reader sees and no quote needs: soft hyphens, zero-width spaces, bidi controls, tag characters.
UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
SPACES = re.compile(r"[ \t\xa0\u2000-\u200a\u202f\u3000\f\v]+")
LONGEST_HEADING = 200


def tidy(text: str) -> str:
    """Newlines as \\n, nothing unseen, no white space at the end of a line."""
    text = UNSEEN.sub("", clean(text))
    return "\n".join(line.rstrip() for line in text.split("\n"))


def one_line(text: str) -> str:
    return " ".join(UNSEEN.sub("", clean(text)).split())


def lines(text: str) -> str:
    """White space folded inside each line; blank lines dropped."""
    folded = (SPACES.sub(" ", line).strip() for line in tidy(text).split("\n"))
    return "\n".join(line for line in folded if line)


class Builder:
    """`full` once a limit is reached: what comes after is dropped, and `notes` says so."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pieces: list[str] = []
        self._outline = Outline()
        self._waiting: list[Locator] = []
        self._blocks = 0
        self.length = 0
        self.full = False
        self.marks: list[Mark] = []
        self.notes: list[str] = []

    def place(self, locator: Locator) -> None:
        """Holds from the next block on."""
        self._waiting.append(locator)

    def block(self, text: str, *, gap: str = "\n\n") -> int:
        """Adds it after `gap`, and tells where it begins; blank text adds nothing."""
        text = text.strip("\n")
        if self.full or not text.strip():
            return self.length
        if self._blocks >= self._limits.elements or self.length + len(text) + 2 > self._limits.text_chars:
            self.full = True
            self.notes.append(f"Only the first {self._blocks:,} blocks ({self.length:,} characters) were kept.")
            return self.length
        if self._pieces:
            self._append(gap)
        at = self.length
        self.marks.extend(Mark(at=at, locator=locator) for locator in self._waiting)
        self._waiting.clear()
        self._append(text)
        self._blocks += 1
        return at

    def heading(self, title: str, level: int) -> None:
        """A block of its own, under which all that follows stands. Very long ones are no headings."""
        title = one_line(title)
        if not title:
            return
        before = self._blocks
        at = self.block(title)
        if self._blocks > before and len(title) <= LONGEST_HEADING:
            self.marks.append(self._outline.mark(Heading(at, level, title)))

    def part(self, title: str) -> None:
        """A heading that the text itself does not show (a sheet's name); it closes all others."""
        self._outline = Outline()
        self.place(Section((one_line(title),)))

    def rows(self, rows: Iterable[Sequence[str]]) -> None:
        """A table, a row a line, its cells between bars; columns that are empty throughout are left out."""
        table = [[one_line(cell).replace("|", "¦") for cell in row] for row in rows]
        used = [any(column) for column in zip(*_even(table), strict=True)]
        kept = [[cell for cell, wanted in zip(row, used, strict=True) if wanted] for row in _even(table)]
        shown = [f"| {' | '.join(row)} |" for row in kept if any(row)]
        for n, row in enumerate(shown):
            self.block(row, gap="\n" if n else "\n\n")

    @property
    def room(self) -> int:
        """How many more blocks would be taken, and one: enough to notice that there are more."""
        return self._limits.elements - self._blocks + 1

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self.length += len(piece)


def _even(table: Sequence[list[str]]) -> list[list[str]]:
    width = max((len(row) for row in table), default=0)
    return [row + [""] * (width - len(row)) for row in table]
