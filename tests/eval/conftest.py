"""Tiny packs of both layouts."""

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Rows = Iterable[dict[str, Any]]


def write_rows(path: Path, rows: Rows) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """Passages p1 and p2 of document d1, p3 that stands alone."""
    root = tmp_path / "packs" / "tiny-beir"
    root.mkdir(parents=True)
    write_rows(
        root / "corpus.jsonl.gz",
        [
            {"_id": "p1", "title": "Warmup", "text": "warmup steps for stable training", "metadata": {"doc": "d1"}},
            {"_id": "p2", "title": "Decay", "text": "cosine decay of the rate", "metadata": {"doc": "d1"}},
            {"_id": 3, "title": None, "text": "loss spikes after bad batches", "metadata": None, "unknown": 1},
        ],
    )
    write_rows(
        root / "queries.jsonl",
        [
            {"_id": "q1", "text": "stable training warmup", "answerable": True, "answers": ["warmup steps"]},
            {"_id": "q2", "text": "why loss spikes", "turns": [{"role": "user", "text": "loss curves"}]},
            {"_id": "q3", "text": "nobody judged this", "answerable": False},
        ],
    )
    (root / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\t3\t2\nq2\td1\t0\n")
    (root / "README.md").write_text("about the pack")
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files under docs/, a README of the pack and one of the corpus."""
    root = tmp_path / "packs" / "tiny-team"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "retro.md").write_text("The run diverged at step 4200 because\nwarmup was too short.\n")
    (root / "docs" / "README.md").write_text("Cluster notes: the on-call rota has six people.\n")
    (root / "docs" / ".hidden").write_text("secret")
    (root / "README.md").write_text("about the pack: the run diverged at step 4200")
    rows = [
        {
            "id": "why-1",
            "kind": "why-failed",
            "question": "Why did the run diverge, was the warmup short?",
            "answer": "At step 4200 the warmup was too short.",
            "answerable": True,
            "gold_files": ["docs/retro.md"],
            "evidence": [{"file": "docs/retro.md", "quote": "because warmup was too short"}],
        },
        {"id": "un-1", "kind": "unanswerable", "question": "Who paid?", "answer": None, "answerable": False},
    ]
    write_rows(root / "questions.jsonl", rows)
    write_rows(root / "questions_more.jsonl", [{"id": "m1", "question": "How many people has the on-call rota?"}])
    return root


@pytest.fixture
def rows() -> Callable[[Path, Rows], None]:
    return write_rows
