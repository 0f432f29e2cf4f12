"""Fakes that work: related texts really are near, nothing needs a model."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rag.domain.types import Matrix


class WordEmbedder:
    """Hashes words into a vector, so texts that share words are near. Counts words (and two special ones) as tokens."""

    name = "words"
    fingerprint = "words-64"
    dimension = 64
    window = 256

    def __init__(self) -> None:
        self.embedded: list[str] = []  # everything it was asked for, in order

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.embedded.extend(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                row[digest[0] % self.dimension] += 1 if digest[1] % 2 else -1
            if not row.any():
                row[0] = 1.0
            row /= np.linalg.norm(row)
        return rows


class ScriptedLLM:
    """Says what it was told to say, piece by piece, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.asked: list[tuple[str, str]] = []

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        del max_tokens, schema
        self.asked.append((system, user))
        yield from self.pieces
