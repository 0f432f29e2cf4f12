"""Whether a text has a key: the same amount, the same day, the same name however its parts are joined."""

import re
from collections.abc import Sequence
from functools import lru_cache

from eval.metrics.keys import MONTHS, Key, parts, same_amount

_NEGATED = re.compile(r"\b(?:not|never|nor|cannot|\w+n't|no longer|instead of|rather than)\s(?:\S+\s)?$", re.I)


def denied(text: str, start: int) -> bool:
    """Whether the word that begins there is said to be not so."""
    return bool(_NEGATED.search(text[:start]))


def places(text: str, present: Sequence[Key], wanted: Key) -> list[int]:
    """Where the text has it; `present`: the keys of that text."""
    if wanted.kind in {"number", "date"}:
        return [key.start for key in present if equal(key, wanted)]
    return [match.start() for match in pattern(wanted.text).finditer(text)]


def equal(a: Key, b: Key) -> bool:
    """`a` says what `b` wants; a date also says its day and its year."""
    if a.kind == "date" and b.kind == "number":
        return b.value in parts(a)
    if a.kind != b.kind:
        return False
    return a.value == b.value if a.kind == "date" else same_amount(a, b)


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    """The parts of a name in order, whatever joins them; a `v` in front of a version and a plural may come or go."""
    if text.lower() in MONTHS:
        return re.compile(rf"\b{text[:3]}[a-z]*\b", re.I)
    singular = text[:-1] if text.endswith("s") and text[:-1].isupper() else text
    words = re.findall(r"[^\W_]+", re.sub(r"^v(?=\d)", "", singular, flags=re.I))
    joined = r"[\W_]*".join(re.escape(word) for word in words) or re.escape(text)
    return re.compile(rf"(?<![^\W_])v?{joined}s?(?![^\W_])", re.I)
