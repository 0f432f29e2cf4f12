"""The plain references: exact search in numpy, bm25s, the bare ONNX session, an empty Python process."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.runs.baselines import BM25, tokens, top
from rag.domain.ports import Catalog
from rag.domain.types import Access, Matrix

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Of every current chunk of a home."""

    ids: Sequence[str]
    vectors: Matrix
    lexical: BM25

    def nearest(self, vector: Matrix, k: int) -> list[str]:
        """Ids by cosine, best first: what any dense index has to find."""
        scores = self.vectors @ vector
        best = np.argpartition(-scores, min(k, len(scores) - 1))[:k]
        return [self.ids[place] for place in best[np.argsort(-scores[best], kind="stable")]]

    def matching(self, query: Sequence[str], k: int) -> list[str]:
        return [self.ids[place] for place in top(self.lexical.scores(query), k)]


def exact(catalog: Catalog, model: str) -> Exact:
    """Read all of it: for homes that fit in memory."""
    ids = catalog.allowed_ids(Access(everything=True), filters=None, as_of=None, limit=10_000_000) or []
    found, vectors = catalog.vectors(ids, model)
    texts = [text for start in range(0, len(found), PAGE) for text in _texts(catalog, found[start : start + PAGE])]
    return Exact(ids=found, vectors=vectors, lexical=BM25(tokens(texts)))


def _texts(catalog: Catalog, ids: Sequence[str]) -> list[str]:
    held = catalog.chunks(ids, Access(everything=True))
    return [held[id].text if id in held else "" for id in ids]


def read_all(folder: Path) -> int:
    """Bytes of every file below it, read one after the other."""
    return sum(len(path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


def run_python(*arguments: str) -> None:
    """A fresh process to its end; its output is not kept. Raises CalledProcessError."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
