"""CSV and TSV: the file's own characters; the names of its columns as facts."""

import csv
from collections.abc import Iterator

from ingest.readers.base import Candidate, Limits, Reader, read_text
from rag.domain.types import Fact, Parsed

SUFFIXES = frozenset({".csv", ".tsv"})
DELIMITERS = ",;\t|"
MOST_COLUMNS = 200


def claims_table(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_table(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    yield Parsed(
        text=decoded.text,
        syntax="table",
        facts=tuple(Fact(key="column", value=name, at=0) for name in header(decoded.text)),
        notes=decoded.notes,
    )


def header(text: str) -> tuple[str, ...]:
    """The first row, when every cell of it is a name (no number, not empty)."""
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error:  # a quoted cell that goes on in the next line, or a very long one
        return ()
    named = all(cell and not _is_number(cell) for cell in cells)
    return tuple(cells[:MOST_COLUMNS]) if named else ()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


READER = Reader(name="table", version=1, claims=claims_table, read=read_table, suffixes=SUFFIXES)
