"""A row of a Markdown table, told with the names of its columns."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.weighing import Sentence
from rag.domain.sentences import Span
from rag.retrieval.searcher import Found

TALLEST = 200  # rows above one that are looked through
_RULE = re.compile(r"[|\s:-]*-[|\s:-]*")
_CELL = re.compile(r"(?<!\\)\|")


def with_headers(found: Found, ranked: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """The same, numbered from 1, with their `header` where they are rows; behind them these header rows."""
    numbered = [replace(sentence, n=n) for n, sentence in enumerate(ranked, 1)]
    headers: dict[tuple[int, Span], Sentence] = {}
    for place, sentence in enumerate(numbered):
        text = found.text_of(found.passages[sentence.passage]).text
        span = header_of(text, sentence.start) if sentence.text.startswith("|") else None
        if span is None:
            continue
        key = sentence.passage, span
        if key not in headers:
            n = len(numbered) + len(headers) + 1
            headers[key] = replace(
                sentence, n=n, order=-1, start=span[0], end=span[1], text=text[slice(*span)], cosine=0.0, score=0.0
            )
        numbered[place] = replace(sentence, header=span)
    return (*numbered, *headers.values())


def header_of(text: str, start: int) -> Span | None:
    """Of the row that begins at `start`; None for the header itself, and for a table without one."""
    end = text.rfind("\n", 0, start)
    ruled = False
    for _ in range(TALLEST):
        if end < 0:
            return None
        first = text.rfind("\n", 0, end) + 1
        line = text[first:end].strip()
        if not line.startswith("|"):
            return None
        if ruled:
            at = text.index(line, first)
            return at, at + len(line)
        ruled = bool(_RULE.fullmatch(line))
        end = first - 1
    return None


def told(row: str, header: str) -> str:
    """`| bf16 | 0.2 |` under `| dtype | loss |`: "dtype: bf16; loss: 0.2". The row itself where they do not match."""
    values, names = _cells(row), _cells(header)
    if len(values) != len(names):
        return " ".join(row.split())
    pairs = zip(names, values, strict=True)
    return "; ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


def _cells(row: str) -> list[str]:
    return [" ".join(cell.split()) for cell in _CELL.split(row.strip().removeprefix("|").removesuffix("|"))]
