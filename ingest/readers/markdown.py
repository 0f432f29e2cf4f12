"""Markdown: its own characters; headings as marks, front matter as facts."""

from collections.abc import Iterator

from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.dates import iso_date
from ingest.text.frontmatter import about, facts, front_matter
from ingest.text.headers import header_facts, values_of, written_facts
from ingest.text.headings import first_title, markdown_headings, section_marks
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
    title = said.title or first_title(headings)
    own = (*facts(front.values, text, front.end), *written_facts(text, front.end, headings))
    known = header_facts(own, text, path=candidate.relative, title=title)
    yield Parsed(
        text=text,
        syntax="markdown",
        marks=section_marks(headings),
        facts=known,
        title=title,
        kind=said.kind,
        authors=said.authors or values_of(known, "authors"),
        date=said.date or next((iso for value in values_of(known, "date", "created") if (iso := iso_date(value))), ""),
        notes=decoded.notes + front.notes,
    )


READER = Reader(name="markdown", version=2, claims=claims_markdown, read=read_markdown, suffixes=SUFFIXES)
