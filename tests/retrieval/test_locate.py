"""Where a quote stands, as its kind of source says it; the files are read by the real readers."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.base import look_at
from rag.domain.types import Cell, DocumentText, Lines, Locator, Mark, Page, Parsed, Section
from rag.retrieval.locate import cite, locate
from tests.ingest.documents import pdf
from tests.ingest.inline import InlinePool
from tests.registry.parts import citation

EXAMPLES = Path(__file__).parents[2] / "examples" / "knowledge"
CELLS = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Sweep\n\nWhy thresholds matter."},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "print(best)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "best 0.41\n"}],
        },
    ],
}
FILES = {
    "deck.pdf": pdf([(12, 700, "The first page speaks of owls.")], [(12, 700, "The second page speaks of bats.")]),
    "sweep.ipynb": json.dumps(CELLS).encode(),
    "guide.md": b"# Guide\n\nRead this.\n\n## Queues\n\nUse the long queue.\nIt ends after 48 hours.\n",
    "loop.py": b'"""Trains."""\n\n\nclass Loop:\n    def step(self):\n        return 3e-4\n',
    "plain.txt": b"one\ntwo\nthree\n",
    "windows.txt": b"one\r\ntwo\r\nthree\r\n",
}


def stored(parsed: Parsed) -> DocumentText:
    info = citation("d1", 1, "words").document
    return DocumentText(info=info, text=parsed.text, syntax=parsed.syntax, marks=parsed.marks, facts=())


def read(path: Path) -> DocumentText:
    ((_, outcome),) = InlinePool().map([look_at(path, path.name)])
    assert isinstance(outcome, tuple), outcome
    return stored(outcome[0])


@pytest.mark.parametrize(
    ("file", "quote", "place", "section"),
    [
        ("deck.pdf", "The first page speaks of owls.", Page(1), None),
        ("deck.pdf", "The second page", Page(2), None),
        ("sweep.ipynb", "Why thresholds matter.", Cell(1, "markdown"), ("Sweep",)),
        ("sweep.ipynb", "print(best)", Cell(2, "code"), ("Sweep",)),
        ("sweep.ipynb", "best 0.41", Cell(2, "output"), ("Sweep",)),
        ("guide.md", "Read this.", Lines(3, 3), ("Guide",)),
        ("guide.md", "Use the long queue.\nIt ends after 48 hours.", Lines(7, 8), ("Guide", "Queues")),
        ("loop.py", "return 3e-4", Lines(6, 6), ("Loop", "step")),
        ("plain.txt", "two\n", Lines(2, 2), ()),
        ("windows.txt", "three", Lines(3, 3), ()),
    ],
)
def test_a_quote_is_located_as_its_source_counts(
    tmp_path: Path, file: str, quote: str, place: Locator, section: tuple[str, ...] | None
) -> None:
    (tmp_path / file).write_bytes(FILES[file])
    text = read(tmp_path / file)
    start = text.text.index(quote)
    found, above = locate(text, start, start + len(quote))
    assert found == place
    assert section is None or tuple(above)[: len(section)] == section


@pytest.mark.parametrize("name", ["docs/training-guide.md", "docs/cluster.rst", "code/augment.py"])
def test_every_line_of_the_examples_is_located_at_its_own_number(name: str) -> None:
    text = read(EXAMPLES / name)
    at = 0
    for number, line in enumerate(text.text.splitlines(keepends=True), 1):
        assert locate(text, at, at + len(line))[0] == Lines(number, number)
        at += len(line)


def test_a_citation_is_a_slice_wherever_it_is_cut() -> None:
    text = read(EXAMPLES / "notebooks" / "threshold_sweep.ipynb")
    for start, end in itertools.pairwise(range(0, len(text.text), 37)):
        cited = cite(text, start, end, n=1)
        assert cited.quote == text.text[start:end]
        assert isinstance(cited.locator, Cell)


@given(
    text=st.text("ab\n", min_size=1, max_size=60),
    places=st.lists(st.tuples(st.integers(0, 59), st.booleans()), max_size=8),
    span=st.tuples(st.integers(0, 59), st.integers(1, 60)),
)
def test_the_last_mark_of_its_kind_before_a_quote_tells_its_place(
    text: str, places: list[tuple[int, bool]], span: tuple[int, int]
) -> None:
    """Against a plain walk over all marks."""
    marks = tuple(
        Mark(at=at, locator=Page(n) if page else Section((str(n),)))
        for n, (at, page) in enumerate(sorted(places, key=lambda place: place[0]))
    )
    start = min(span[0], len(text) - 1)
    end = min(len(text), max(start + 1, span[1]))
    document = stored(Parsed(text=text, marks=marks))
    pages = [mark.locator for mark in marks if isinstance(mark.locator, Page) and mark.at <= start]
    headings = [mark.locator for mark in marks if isinstance(mark.locator, Section) and mark.at <= start]
    found, section = locate(document, start, end)
    assert section == (headings[-1].path if headings else ())
    if pages:
        assert found == pages[-1]
    else:
        first = len(text[:start].split("\n"))
        assert found == Lines(first, first + text[start : end - 1].count("\n"))
