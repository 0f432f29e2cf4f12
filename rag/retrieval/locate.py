"""Where a span stands in its source, in the words of that kind of source."""

from bisect import bisect_right
from collections.abc import Sequence

from rag.domain.types import Citation, DocumentText, Lines, Locator, Mark, Section


def locate(text: DocumentText, start: int, end: int) -> tuple[Locator, tuple[str, ...]]:
    """The innermost mark at `start` (page, cell, message, run), else its lines; and the headings above it."""
    places = [mark for mark in text.marks if not isinstance(mark.locator, Section)]
    place = _last_before(places, start)
    heading = _last_before([mark for mark in text.marks if isinstance(mark.locator, Section)], start)
    section = heading.locator.path if heading and isinstance(heading.locator, Section) else ()
    if place is not None:
        return place.locator, section
    first = text.text.count("\n", 0, start) + 1
    return Lines(first, first + text.text.count("\n", start, max(start, end - 1))), section


def cite(text: DocumentText, start: int, end: int, *, n: int) -> Citation:
    """A citation whose quote is sliced here and nowhere else, so that offsets and words cannot part."""
    locator, section = locate(text, start, end)
    return Citation(
        n=n,
        document=text.info,
        start=start,
        end=end,
        quote=text.text[start:end],
        locator=locator,
        section=section,
    )


def _last_before(marks: Sequence[Mark], at: int) -> Mark | None:
    position = bisect_right(marks, at, key=lambda mark: mark.at)
    return marks[position - 1] if position else None
