"""Jupyter notebooks (nbformat 3 and 4): cells and what they put out, one text, a mark for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ingest.readers.base import Candidate, Limits, Reader, read_whole
from ingest.text.frontmatter import people
from ingest.text.headings import LONGEST, Heading, Outline, first_title, markdown_headings, plain_title
from ingest.text.outputs import joined, output_text
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.types import Cell, Fact, Mark, Parsed

SUFFIXES = frozenset({".ipynb"})
Part = Literal["markdown", "code", "output", "raw"]
CELL_PARTS: dict[str, Part] = {"markdown": "markdown", "code": "code", "raw": "raw", "heading": "markdown"}


def claims_notebook(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_notebook(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    notebook = load_json(read_whole(candidate, limits).text, candidate.relative)
    cells = _cells(notebook)
    if cells is None:
        raise UnreadableSource(f"{candidate.relative} is no Jupyter notebook: it has no cells.", fix="Save it again.")
    page = _Page(room=limits.output_chars)
    for number, cell in enumerate(cells, 1):
        _add_cell(page, number, cell)
    if not page.pieces:
        raise UnreadableSource(f"{candidate.relative} is empty: none of its cells holds text.", fix="Leave it out.")
    metadata = _mapping(_mapping(notebook).get("metadata"))
    title = metadata.get("title") or metadata.get("name")  # `name` is nbformat 3's
    yield Parsed(
        text="".join(page.pieces),
        syntax="notebook",
        marks=tuple(page.marks),
        facts=_facts(metadata),
        title=title if isinstance(title, str) and title else first_title(page.headings),
        kind="notebook",
        authors=_authors(metadata),
        notes=_note(page, limits),
    )


@dataclass(slots=True)
class _Page:
    """The text so far. `room`: characters that outputs may still take."""

    room: int
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[Mark] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    outline: Outline = field(default_factory=Outline)
    cut: int = 0  # cells with less output than they had

    def add(self, text: str, number: int, part: Part) -> None:
        if not text.strip():
            return
        between = "\n\n" if self.pieces else ""
        start = self.length + len(between)
        self.marks.append(Mark(at=start, locator=Cell(number, part)))
        if part == "markdown":
            for heading in markdown_headings(text):
                moved = Heading(start + heading.at, heading.level, heading.title)
                self.headings.append(moved)
                self.marks.append(self.outline.mark(moved))
        self.pieces += [between, text]
        self.length = start + len(text)


def _add_cell(page: _Page, number: int, cell: Mapping[str, Any]) -> None:
    kind = str(cell.get("cell_type", ""))
    part = CELL_PARTS.get(kind, "raw")
    source = joined(cell.get("source") if "source" in cell else cell.get("input")).strip("\n")
    if kind == "heading":
        level = str(cell.get("level", 1))
        source = f"{'#' * (int(level) if level in set('123456') else 1)} {plain_title(source[:LONGEST])}"
    page.add(source, number, part)
    outputs = cell.get("outputs")
    texts = [output_text(output) for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    output = "\n".join(text for text in texts if text)
    page.cut += len(output) > page.room
    page.add(output[: page.room], number, "output")
    page.room -= min(len(output), page.room)


def _cells(notebook: object) -> list[Mapping[str, Any]] | None:
    top = _mapping(notebook)
    found = top.get("cells")
    if found is None and isinstance(top.get("worksheets"), list):  # nbformat 3
        found = [cell for sheet in top["worksheets"] for cell in _mapping(sheet).get("cells") or []]
    return [cell for cell in found if isinstance(cell, dict)] if isinstance(found, list) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _facts(metadata: Mapping[str, Any]) -> tuple[Fact, ...]:
    kernel, language = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    said = {
        "language": language.get("name") or kernel.get("language"),
        "language_version": language.get("version"),
        "kernel": kernel.get("display_name") or kernel.get("name"),
    }
    return tuple(Fact(key=key, value=value) for key, value in said.items() if isinstance(value, str) and value)


def _authors(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    found = metadata.get("authors")
    names = [_mapping(one).get("name", one) for one in found] if isinstance(found, list) else []
    return tuple(name for text in names if isinstance(text, str) for name in people(text))


def _note(page: _Page, limits: Limits) -> tuple[str, ...]:
    if not page.cut:
        return ()
    return (f"Of the outputs of {page.cut} cells only {limits.output_chars:,} characters in all were kept.",)


READER = Reader(name="notebook", version=1, claims=claims_notebook, read=read_notebook, suffixes=SUFFIXES)
