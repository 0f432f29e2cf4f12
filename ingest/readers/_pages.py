"""What exports of wikis share: pages that stand under others, and what they say of themselves. Pure."""

import dataclasses
from collections.abc import Iterable, Sequence

from ingest.readers._builder import one_line
from ingest.text.frontmatter import MOST_FACTS
from rag.domain.types import Fact, Mark, Parsed, Section, Value

MOST_NOTES = 20
DEEPEST = 20  # pages above a page
TAGS = frozenset({"tag", "tags", "label", "labels", "keyword", "keywords"})


def under(parsed: Parsed, above: Sequence[str]) -> Parsed:
    """Its sections below the titles of the pages above it, outermost first; the last of them is a fact as well."""
    above = tuple(filter(None, map(one_line, above)))[-DEEPEST:]
    if not above:
        return parsed
    marks = [
        Mark(at=mark.at, locator=Section((*above, *mark.locator.path))) if isinstance(mark.locator, Section) else mark
        for mark in parsed.marks
    ]
    first = next((mark.at for mark in marks if isinstance(mark.locator, Section)), None)
    if first != 0 and parsed.text:
        marks.insert(0, Mark(at=0, locator=Section(above)))
    facts = with_facts(parsed.facts, [Fact(key="parent", value=above[-1])])
    return dataclasses.replace(parsed, marks=tuple(marks), facts=facts)


def with_facts(known: Iterable[Fact], more: Iterable[Fact]) -> tuple[Fact, ...]:
    """Each (key, value) once, keys compared without case; at most MOST_FACTS beside those that were known."""
    found: dict[tuple[str, Value], Fact] = {}
    known = tuple(known)
    for fact in (*known, *more):
        found.setdefault((fact.key.casefold(), fact.value), fact)
        if len(found) >= len(known) + MOST_FACTS:
            break
    return tuple(found.values())


def property_facts(key: str, value: str, at: int | None = None) -> list[Fact]:
    """A property as it is written; of a list of tags, each tag as well."""
    key, value = one_line(key), one_line(value)
    if not key or not value:
        return []
    tags = [tag.strip() for tag in value.split(",")] if key.casefold() in TAGS else []
    return [Fact(key=key, value=value, at=at), *(Fact(key="tag", value=tag, at=at) for tag in tags if tag)]


def capped(notes: Sequence[str]) -> tuple[str, ...]:
    """An export may hold thousands of pictures."""
    more = (f"{len(notes) - MOST_NOTES:,} more files could not be read.",) if len(notes) > MOST_NOTES else ()
    return (*notes[:MOST_NOTES], *more)
