"""The library unstructured, made to stay at home: no network, no model, no attachments, no elements without end."""

import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ingest.readers._builder import Builder

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

SILENT = {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true", "UNSTRUCTURED_DISABLE_NOTICE": "1"}
LABEL = re.compile(r"(?:\(?[\w.]{1,6}[.)]|[-*•])\s")
LEFT_OUT = frozenset({"PageBreak", "Image", "PageNumber"})


@cache
def prepare() -> None:
    """Before the first use. Without it unstructured reports each document to its makers, and downloads and installs a
    language model at run time; sentence ends are all that it needs one for here."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)
    with _absent("torch", "tensorflow", "mxnet", "cupy"):  # 1.3 s and 180 MB that a list of sentence ends needs not
        import spacy
    from unstructured.nlp import tokenize

    def blank() -> Any:  # spaCy's own type  # noqa: ANN401
        model = spacy.blank("en")
        model.add_pipe("sentencizer")
        return model

    tokenize._load_spacy_model = blank


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Optional parts that spaCy would load because they are installed; what is loaded already stays."""
    blocked = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]  # None: importing it fails
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]


def write_elements(elements: "Iterable[Element]", builder: Builder, *, is_heading: "Callable[[Element], int]") -> None:
    """`is_heading` gives a level from 1, or 0. A list's items follow each other without a blank line."""
    before = ""
    for element in elements:
        kind = type(element).__name__
        if kind in LEFT_OUT or not element.text.strip():
            continue
        level = is_heading(element)
        if kind == "Table":
            builder.rows(html_rows(element.metadata.text_as_html or "") or [[element.text]])
        elif level:
            builder.heading(element.text, level)
        elif kind == "ListItem":
            indent = "  " * max(element.metadata.category_depth or 0, 0)
            bullet = "" if LABEL.match(element.text.strip()) else "- "
            builder.block(f"{indent}{bullet}{element.text.strip()}", gap="\n" if before == "ListItem" else "\n\n")
        else:
            builder.block(element.text.strip())
        before = kind


def html_rows(table: str) -> list[Sequence[str]]:
    """The cells of a table that unstructured wrote as HTML."""
    if not table:
        return []
    from lxml import html  # type: ignore[import-untyped]

    root = html.fragment_fromstring(table, create_parent=True)
    return [[" ".join(cell.itertext()) for cell in row.iterchildren("td", "th")] for row in root.iter("tr")]


def style_level(element: "Element") -> int:
    """Of a heading in a Word file, from 1."""
    return (element.metadata.category_depth or 0) + 1 if type(element).__name__ == "Title" else 0


def title_first(slide: "Iterable[Element]") -> "list[Element]":
    """unstructured puts a slide's notes in front of its title."""
    elements = list(slide)
    title = next((n for n, element in enumerate(elements) if type(element).__name__ == "Title"), None)
    return elements if title is None else [elements[title], *elements[:title], *elements[title + 1 :]]


def slide_title() -> "Callable[[Element], int]":
    """Only the first element of a slide can be its title, though unstructured calls others so."""
    seen = itertools.count()
    return lambda element: 1 if next(seen) == 0 and type(element).__name__ == "Title" else 0
