"""The outline of a Markdown text: which headings stand above a place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rag.domain.types import Mark, Section

ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*")
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
NO_PARAGRAPH = re.compile(r"[ \t]*(?:[#>|<]|[-*+][ \t]|\d+[.)][ \t]|={3,}|-{3,})|\t| {4}")
INLINE = (
    (re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), ""),
    (re.compile(r"[ \t]*\{#[^{}]*\}[ \t]*$"), ""),
    (re.compile(r"(\*\*|__|`)(.+?)\1"), r"\2"),
    (re.compile(r"(?<!\w)[*_](\S(?:.*?\S)?)[*_](?!\w)"), r"\1"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)
LONGEST = 300  # characters of a line that can be a heading


@dataclass(frozen=True, slots=True)
class Heading:
    at: int
    level: int  # from 1
    title: str


@dataclass(slots=True)
class Outline:
    """The headings above, as they come: a heading closes those of its level and below."""

    open: list[Heading] = field(default_factory=list)

    def mark(self, heading: Heading) -> Mark:
        while self.open and self.open[-1].level >= heading.level:
            self.open.pop()
        self.open.append(heading)
        return Mark(at=heading.at, locator=Section(tuple(above.title for above in self.open)))


def section_marks(headings: Iterable[Heading]) -> tuple[Mark, ...]:
    outline = Outline()
    return tuple(outline.mark(heading) for heading in headings)


def first_title(headings: Iterable[Heading]) -> str:
    """The first heading of level 1; empty when there is none."""
    return next((heading.title for heading in headings if heading.level == 1), "")


def markdown_headings(text: str, start: int = 0) -> Iterator[Heading]:
    """ATX and setext headings outside fences and comments, from `start` on, in the order of the text."""
    scanner, at, before, lines, previous = _Scanner(), start, start, 0, ""
    for line in text[start:].split("\n"):
        inside = scanner.passes(line)
        found = None if inside else _atx(line) or _setext(line, previous if lines == 1 else "")
        if found:
            level, title, underlined = found
            yield Heading(before if underlined else at, level, plain_title(title))
        lines = 0 if inside or found or not line.strip() else lines + 1
        previous, before, at = line, at, at + len(line) + 1


def plain_title(title: str) -> str:
    """Without links, emphasis, tags and anchors."""
    for pattern, replacement in INLINE:
        title = pattern.sub(replacement, title)
    return " ".join(title.split())


@dataclass(slots=True)
class _Scanner:
    """Knows whether a line belongs to a fenced block or a comment."""

    fence: str = ""
    comment: bool = False

    def passes(self, line: str) -> bool:
        """True for a line that cannot hold a heading."""
        if self.comment:
            self.comment = "-->" not in line
            return True
        if self.fence:
            found = FENCE.fullmatch(line)
            if found and found[1].startswith(self.fence) and not found[2].strip():
                self.fence = ""
            return True
        if "<!--" in line and "-->" not in line.partition("<!--")[2]:
            self.comment = line.lstrip(" ").startswith("<!--")
            return self.comment
        found = FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if found and not (found[1][0] == "`" and "`" in found[2]):
            self.fence = found[1]
            return True
        return False


def _atx(line: str) -> tuple[int, str, bool] | None:
    if "#" not in line[:4] or len(line) > LONGEST:
        return None
    found = ATX.fullmatch(line)
    return (len(found[1]), found[2], False) if found and found[2] else None


def _setext(line: str, above: str) -> tuple[int, str, bool] | None:
    """`above` is the one line of the paragraph before, which an underline makes a heading."""
    if not above or len(above) > LONGEST or NO_PARAGRAPH.match(above):
        return None
    found = SETEXT.fullmatch(line)
    return (1 if found[1][0] == "=" else 2, above.strip(), True) if found else None
