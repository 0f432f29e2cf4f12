"""Source code: its own characters; classes and functions as marks."""

from collections.abc import Iterator

from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.symbols import DECLARATIONS, symbol_marks
from rag.domain.types import Parsed

SUFFIXES = frozenset(DECLARATIONS)


def claims_code(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_code(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    yield Parsed(
        text=decoded.text,
        syntax="code",
        marks=symbol_marks(decoded.text, candidate.suffix),
        title=candidate.relative,
        kind="code",
        notes=decoded.notes,
    )


READER = Reader(name="code", version=1, claims=claims_code, read=read_code, suffixes=SUFFIXES)
