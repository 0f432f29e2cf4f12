"""A corpus out of nothing: the same text for the same seed, with words as often as in a language (Zipf's law)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

VOCABULARY = 20_000
ZIPF = 1.07  # exponent of English text
PASSAGE_WORDS = 100
PASSAGES_PER_FILE = 10
_SYLLABLES = [first + vowel for first in "bdfgklmnprstvz" for vowel in ("a", "e", "i", "o", "u", "ai", "ou")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """`questions` are words of one passage each."""

    passages: tuple[str, ...]
    questions: tuple[str, ...]


def generate(passages: int, *, seed: int = 0, questions: int = 50) -> Generated:
    random = np.random.default_rng(seed)
    words = np.array([_word(n) for n in range(VOCABULARY)])
    weights = 1 / np.arange(1, VOCABULARY + 1) ** ZIPF
    drawn = words[random.choice(VOCABULARY, size=(passages, PASSAGE_WORDS), p=weights / weights.sum())]
    texts = tuple(_sentences(row.tolist()) for row in drawn)
    rows = random.integers(0, passages, size=questions)
    asked = tuple(" ".join(random.choice(drawn[row], size=8, replace=False).tolist()) + "?" for row in rows)
    return Generated(passages=texts, questions=asked)


def _word(n: int) -> str:
    """Another one for each n; common words are short."""
    found, n = "", n + 1
    while n:
        n, syllable = divmod(n, len(_SYLLABLES))
        found += _SYLLABLES[syllable]
    return found


def _sentences(words: list[str]) -> str:
    return " ".join(" ".join(words[at : at + 14]).capitalize() + "." for at in range(0, len(words), 14))


def write(generated: Generated, folder: Path) -> int:
    """Markdown files below `folder`, a heading over each passage; returns how many bytes that are."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for start in range(0, len(generated.passages), PASSAGES_PER_FILE):
        some = generated.passages[start : start + PASSAGES_PER_FILE]
        text = "".join(f"## Part {start + n}\n\n{passage}\n\n" for n, passage in enumerate(some))
        size += (folder / f"notes-{start // PASSAGES_PER_FILE:05d}.md").write_bytes(text.encode())
    return size
