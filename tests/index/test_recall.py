import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from rag.domain.errors import ModelMissing
from rag.domain.types import Matrix
from rag.index.dense import ChromaIndex
from rag.models.embedder import load_embedder
from tests.index.memory import entry, random_entries

pytestmark = pytest.mark.slow


def recall_at_10(directory: Path, rows: Matrix, questions: Matrix) -> float:
    index = ChromaIndex(directory, "recall", model="m", dimension=rows.shape[1], create=True)
    for at in range(0, len(rows), 1000):
        index.add([entry(str(at + n), row) for n, row in enumerate(rows[at : at + 1000])])
    exact = np.argsort(-(questions @ rows.T), axis=1)[:, :10]
    found = [{int(chunk_id) for chunk_id, _ in hits} for hits in index.search_many(questions, 10)]
    index.close()
    return float(np.mean([len(found[n] & set(row.tolist())) / 10 for n, row in enumerate(exact)]))


def test_clustered_vectors_are_found_as_by_exact_search(tmp_path: Path) -> None:
    rows = np.stack([one.vector for one in random_entries(5000, 384)])
    noise = np.random.default_rng(1).standard_normal((200, 384)).astype(np.float32)
    questions = rows[:: len(rows) // 200][:200] + 0.02 * noise
    assert recall_at_10(tmp_path, rows, questions / np.linalg.norm(questions, axis=1, keepdims=True)) >= 0.99


def read(folder: Path, name: str) -> list[str]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt") as lines:
        return [json.loads(line)["text"][:250] for line in lines]


def test_real_passages_are_found_as_by_exact_search(tmp_path: Path, pack: Callable[[str], Path]) -> None:
    folders = [pack(name) for name in ("ret-medline", "ret-cranfield")]
    try:
        embedder = load_embedder(
            "all-MiniLM-L6-v2", models=platformdirs.user_cache_path("teamlore") / "models", backend="onnx", threads=0
        )
    except ModelMissing as missing:
        pytest.skip(str(missing))
    texts = [text for folder in folders for text in read(folder, "corpus")]
    asked = [text for folder in folders for text in read(folder, "queries")]
    assert len(texts) > 2000
    assert recall_at_10(tmp_path, embedder.embed(texts), embedder.embed(asked)) >= 0.99
