"""Deterministic checks of a statement against the words it cites."""

import re
from collections.abc import Sequence

from rag.domain.types import Check
from rag.index.analysis import terms

ENOUGH_WORDS = 0.5  # share of a statement's content words that its citations must hold
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?\s*(%|per ?cent\b|[kKMBGT]\b)?", re.I)
_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}


def numbers(text: str) -> list[float]:
    """Every number of the text as a value: 87.1 % is .871, 1e-3 is .001, 3k is 3000, 1,200 is 1200."""
    found = []
    for match in _NUMBER.finditer(text):
        unit = (match.group(1) or "").lower()
        digits = match.group(0)[: match.start(1) - match.start()] if match.group(1) else match.group(0)
        value = float(digits.strip().replace(",", ""))
        found.append(value / 100 if unit.startswith(("%", "per")) else value * _SCALE.get(unit, 1.0))
    return found


def check_statement(text: str, quotes: Sequence[str]) -> tuple[Check, ...]:
    """`numbers`: each stands in a quote. `words`: enough of the content words do."""
    quoted = " \n ".join(quotes)
    known = numbers(quoted)
    strange = [value for value in numbers(text) if not any(_equal(value, other) for other in known)]
    own, cited = set(terms(text)), set(terms(quoted))
    share = len(own & cited) / len(own) if own else 1.0
    return (
        Check(
            name="numbers",
            passed=not strange,
            detail="" if not strange else "not in the source: " + ", ".join(f"{value:g}" for value in strange),
        ),
        Check(name="words", passed=share >= ENOUGH_WORDS, detail=f"{share:.0%} of the words stand in the source"),
    )


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
