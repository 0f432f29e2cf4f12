"""reStructuredText: its own characters; section titles as marks, the header fields at its top as facts."""

import re
from collections.abc import Iterator, Mapping

from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.frontmatter import about, facts
from ingest.text.headers import header_facts
from ingest.text.headings import LONGEST, Heading, section_marks
from rag.domain.types import Parsed

SUFFIXES = frozenset({".rst", ".rest"})
RULE = re.compile(r"^([!-/:-@\[-`{-~])\1+[ \t]*$", re.M)
NO_TITLE = re.compile(r"(?:[-*+]|\.\.)\s")  # an item of a list, a directive
FIELD = re.compile(r":?([A-Za-z][\w -]{0,40}):(?:[ \t]+(\S.*)|[ \t]*)")
ROLE = re.compile(r":[\w:+.-]+:`([^`<]*?)(?:\s*<[^`]*>)?`|`{1,2}([^`<]+?)(?:\s*<[^`]*>)?`{1,2}_{0,2}")


def claims_rst(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_rst(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    text = decoded.text
    fields, end = header_fields(text)
    headings = list(rst_headings(text))
    said = about(fields)
    title = _title(fields, said.title, headings)
    yield Parsed(
        text=text,
        syntax="rst",
        marks=section_marks(headings),
        facts=header_facts(facts(fields, text, end), text, path=candidate.relative, title=title),
        title=title,
        authors=said.authors,
        date=said.date,
        notes=decoded.notes,
    )


def header_fields(text: str) -> tuple[Mapping[str, str], int]:
    """`Field: value` or `:Field: value` lines with which the text begins, continuation lines joined; where they end."""
    fields: dict[str, str] = {}
    at, name = len(text) - len(text.lstrip("\n")), ""
    for line in text[at:].split("\n"):
        found = FIELD.fullmatch(line)
        if found:
            name = found[1]
            fields[name] = (found[2] or "").strip()
        elif name and line[:1] in " \t" and line.strip():
            fields[name] = f"{fields[name]} {line.strip()}".strip()
        else:
            break
        at += len(line) + 1
    fields = {name: value for name, value in fields.items() if value}
    if len(fields) < 2 and not text.lstrip("\n").startswith(":"):  # one line with a colon is a sentence
        return {}, 0
    return fields, at


def rst_headings(text: str) -> Iterator[Heading]:
    """Underlined titles, with or without an overline; levels in the order in which their styles first appear."""
    styles: list[tuple[str, bool]] = []
    for found in RULE.finditer(text):
        rule = found[0].rstrip()
        at, title = _line_before(text, found.start())
        above_at, above = _line_before(text, at)
        over = above.rstrip() == rule
        starts_block = over or (not above.strip() and not title[:1].isspace())
        if not starts_block or not _is_title(title.strip(), rule):
            continue
        style = (rule[0], over)
        if style not in styles:
            styles.append(style)
        yield Heading(above_at if over else at, styles.index(style) + 1, plain_rst(title))


def _line_before(text: str, at: int) -> tuple[int, str]:
    """Where the line above the one at `at` begins, and the line; (0, "") above the first."""
    if at == 0:
        return 0, ""
    start = text.rfind("\n", 0, at - 1) + 1
    return start, text[start : at - 1]


def _is_title(title: str, rule: str) -> bool:
    return (
        0 < len(title) <= LONGEST
        and not RULE.fullmatch(title)
        and not NO_TITLE.match(title)
        and len(rule) >= min(len(title), 4)
    )


def plain_rst(title: str) -> str:
    """Without roles, literals and links."""
    return " ".join(ROLE.sub(lambda found: found[1] or found[2] or "", title).split())


def _title(fields: Mapping[str, str], said: str, headings: list[Heading]) -> str:
    """A PEP goes by its number as much as by its title."""
    if said and fields.get("PEP", "").isdigit():
        return f"PEP {fields['PEP']}: {said}"
    return said or next((heading.title for heading in headings), "")


READER = Reader(name="rst", version=3, claims=claims_rst, read=read_rst, suffixes=SUFFIXES)
