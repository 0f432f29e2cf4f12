"""Passages to compare two embeddings of one model on: this package's own docstrings, cut to many lengths."""

from pathlib import Path

import rag

LENGTHS = (8, 20, 45, 90, 160)  # words; the last ones fill the window


def passages(count: int = 200) -> list[str]:
    """`count` different texts, the same on every call of one version."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(Path(rag.__path__[0]).rglob("*.py"))).split()
    texts, at = [], 0
    for n in range(count):
        length = LENGTHS[n % len(LENGTHS)]
        texts.append(" ".join(words[at % len(words) :][:length]))
        at += length
    return texts
