"""Whatever is text and has no reader of its own: notes, logs, configuration, LICENSE, Makefile."""

import re
from collections.abc import Iterator

from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.headings import Heading, section_marks
from ingest.text.sniff import binary_kind
from rag.domain.types import Parsed

SUFFIXES = frozenset({".txt", ".text", ".log", ".org", ".adoc", ".cfg", ".ini", ".conf", ".tex"})
HEADINGS = {  # by suffix: the sign that is repeated for each level, in front of the title
    ".org": re.compile(r"^(\*{1,20})[ \t]{1,20}(\S.{0,300}?)[ \t]*$", re.M),
    ".adoc": re.compile(r"^(={1,6})[ \t]{1,20}(\S.{0,300}?)[ \t]*$", re.M),
    ".cfg": re.compile(r"^(\[)([^\[\]\n]+)\][ \t]*$", re.M),
}
HEADINGS[".ini"] = HEADINGS[".conf"] = HEADINGS[".cfg"]
TITLES = re.compile(r"^(?:#\+title:[ \t]*|=[ \t]+)(\S.*?)[ \t]*$", re.M | re.I)


def claims_plain(candidate: Candidate) -> bool:
    return not candidate.is_dir and (candidate.suffix in SUFFIXES or not binary_kind(candidate.head))


def read_plain(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    pattern = HEADINGS.get(candidate.suffix)
    found = pattern.finditer(decoded.text) if pattern else ()
    title = TITLES.search(decoded.text, 0, 2000) if candidate.suffix in {".org", ".adoc"} else None
    yield Parsed(
        text=decoded.text,
        marks=section_marks(Heading(match.start(), len(match[1]), match[2]) for match in found),
        title=title[1] if title else "",
        notes=decoded.notes,
    )


READER = Reader(name="plain", version=1, claims=claims_plain, read=read_plain, suffixes=SUFFIXES)
