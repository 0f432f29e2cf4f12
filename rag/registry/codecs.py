"""How texts, marks and facts are stored."""

import bisect
import dataclasses
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import zstandard

from rag.domain.types import Cell, Chunk, Document, Fact, Lines, Locator, Mark, Matrix, Message, Page, Run, Section

LOCATORS: dict[str, type[Locator]] = {kind.type: kind for kind in (Lines, Page, Cell, Message, Run, Section)}


def pack_text(text: str) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(text.encode())


def unpack_text(blob: bytes) -> str:
    return zstandard.ZstdDecompressor().decompress(blob).decode()


def _plain_marks(marks: Sequence[Mark]) -> list[list[Any]]:
    return [[mark.at, mark.locator.type, *dataclasses.astuple(mark.locator)] for mark in marks]


def pack_marks(marks: Sequence[Mark]) -> bytes:
    return pack_text(json.dumps(_plain_marks(marks), ensure_ascii=False, separators=(",", ":")))


def unpack_marks(blob: bytes) -> tuple[Mark, ...]:
    return tuple(Mark(at=at, locator=_locator(kind, values)) for at, kind, *values in json.loads(unpack_text(blob)))


def _locator(kind: str, values: list[Any]) -> Locator:
    return Section(tuple(values[0])) if kind == Section.type else LOCATORS[kind](*values)


def pack_list(items: Sequence[str]) -> str:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=10_000)
def unpack_list(packed: str) -> tuple[str, ...]:
    return tuple(json.loads(packed))


def plain_facts(facts: Sequence[Fact]) -> list[list[Any]]:
    return [[fact.key, fact.value, fact.at] for fact in facts]


def read_facts(plain: Sequence[Sequence[Any]]) -> tuple[Fact, ...]:
    return tuple(Fact(key=key, value=value, at=at) for key, value, at in plain)


def pack_vector(vector: Matrix) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def unpack_vector(blob: bytes) -> Matrix:
    """Read-only, shape (dim,)."""
    return np.frombuffer(blob, dtype="<f4")


def read_history(blob: bytes | None) -> tuple[tuple[int, float | None], ...]:
    """A metric's (step, value) pairs."""
    return tuple((step, value) for step, value in json.loads(unpack_text(blob))) if blob else ()


def digest(document: Document, chunks: Sequence[Chunk]) -> str:
    """The same exactly when text, metadata and chunks are the same; not of the raw bytes."""
    meta = (document.title, document.kind, document.authors, document.date, document.url, document.files)
    cut = [(chunk.n, chunk.start, chunk.end, chunk.context) for chunk in chunks]
    content = (meta, document.syntax, document.text, _plain_marks(document.marks), plain_facts(document.facts), cut)
    people = tuple(dataclasses.replace(one, active=None) for one in document.people)  # who leaves changes no document
    beside = tuple(dataclasses.asdict(record) for record in (document.run, *people) if record is not None)
    return hashlib.sha256(json.dumps((*content, beside) if beside else content).encode()).hexdigest()


def sections(marks: Sequence[Mark], starts: Sequence[int]) -> list[tuple[str, ...]]:
    """The headings above each start; empty before the first heading."""
    found = [(mark.at, mark.locator.path) for mark in marks if isinstance(mark.locator, Section)]
    places = [at for at, _ in found]
    indices = (bisect.bisect_right(places, start) - 1 for start in starts)
    return [found[i][1] if i >= 0 else () for i in indices]
