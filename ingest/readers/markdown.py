"""Markdown: its own characters; headings as marks, front matter as facts; links and tags of a vault's notes too."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.dates import iso_date
from ingest.text.frontmatter import about, facts, front_matter
from ingest.text.headers import header_facts, values_of, written_facts
from ingest.text.headings import first_title, markdown_headings, section_marks
from ingest.text.notes import note_facts, tag_facts
from rag.domain.types import Parsed

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".rmd", ".qmd"})


def claims_markdown(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_markdown(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    text = decoded.text
    front = front_matter(text)
    headings = list(markdown_headings(text, front.end))
    said = about(front.values)
    vault = _in_vault(candidate)
    linked = note_facts(text, front.end, vault=vault)
    title = said.title or first_title(headings)
    if not title and (vault or linked):
        title = PurePosixPath(candidate.relative).stem  # by which the other notes link to it
    in_front = facts(front.values, text, front.end)
    own = (*in_front, *written_facts(text, front.end, headings))
    known = header_facts(own, text, path=candidate.relative, title=title)
    yield Parsed(
        text=text,
        syntax="markdown",
        marks=section_marks(headings),
        facts=(*known, *tag_facts(in_front), *linked),
        title=title,
        kind=said.kind,
        authors=said.authors or values_of(known, "authors"),
        date=said.date or next((iso for value in values_of(known, "date", "created") if (iso := iso_date(value))), ""),
        notes=decoded.notes + front.notes,
    )


def _in_vault(candidate: Candidate) -> bool:
    """Whether a folder above it, inside the source, is an Obsidian vault."""
    above = candidate.path.parents[: len(PurePosixPath(candidate.relative).parts)]
    return any((folder / ".obsidian").is_dir() for folder in above)


READER = Reader(name="markdown", version=3, claims=claims_markdown, read=read_markdown, suffixes=SUFFIXES)
