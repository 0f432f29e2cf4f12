"""Passages to calibrate and to check an export on: Python's own help texts, prose and code, cut to many lengths."""

from pydoc_data.topics import topics

LENGTHS = (8, 20, 45, 90, 160)  # words; the last ones nearly fill the window


def passages(count: int) -> list[str]:
    """`count` different texts (up to about 1,000), the same on every call."""
    words = " ".join(topics[name] for name in sorted(topics)).split()
    texts, at = [], 0
    for n in range(count):
        length = LENGTHS[n % len(LENGTHS)]
        texts.append(" ".join(words[at : at + length]))
        at += length
    return texts
