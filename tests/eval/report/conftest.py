from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

Run = dict[str, Any]
ANSWER = "Use AdamW with a peak learning rate of 3e-4. [1]"


def item(n: int, *, kind: str = "factoid") -> Run:
    known = kind != "unanswerable"
    return {
        "id": f"q{n}",
        "kind": kind,
        "question": f"Which learning rate is used in run {n}?",
        "metrics": {
            "answer_correct": 1.0 if known else None,
            "evidence_hit@5": 1.0 if known else None,
            "citation_valid": 1.0,
            "false_answer": None if known else 0.0,
            "false_refusal": 0.0 if known else None,
            "answer_words": 9.0 if known else None,
        },
        "cluster": f"docs/{n}.md",
        "latency_ms": 10.0 + n,
        "answers": ["3e-4"] if known else [],
        "evidence": [{"file": f"docs/{n}.md", "quote": "a peak\nlearning rate of 3e-4"}] if known else [],
        "answerable": known,
        "passages": [{"source": f"docs/{n}.md", "text": "We use a peak learning rate of 3e-4.", "score": 0.9}],
        **({"ranks": [1 + n % 3], "relevant": 1} if known else {}),
        "status": "answered" if known else "refused",
        "answer": ANSWER if known else "None answers it.",
        "citations": [{"source": f"docs/{n}.md", "quote": ANSWER[:-4]}] if known else [],
        "confidence": 0.9 if known else 0.2,
    }


def figures(items: list[Run]) -> Run:
    found = {}
    for metric in items[0]["metrics"]:
        values = [one["metrics"][metric] for one in items if one["metrics"][metric] is not None]
        mean = sum(values) / len(values) if values else None
        found[metric] = {"value": mean, "ci95": [mean, mean], "n": len(values)}
    return found


def run_of(items: list[Run]) -> Run:
    kinds = dict.fromkeys(one["kind"] for one in items)
    by_kind = {kind: [one for one in items if one["kind"] == kind] for kind in kinds}
    pack = {
        "n": len(items),
        "metrics": figures(items),
        "by_kind": {kind: {"n": len(some), "metrics": figures(some)} for kind, some in by_kind.items()},
        "latency_ms": {"p50": 20.0, "p95": 30.0},
        "errors": 0,
        "ingest": {"team": {"files": 3, "documents": 3, "chunks": 9, "skipped": [], "failed": []}},
        "items": items,
    }
    system = {"version": "1.0", "revision": "abc", "settings": {"embedder": "small"}, "machine": {"cores": 2}}
    return {"id": "now", "command": "answers", "packs": {"team": pack}, "system": system, "seconds": 3.0}


@pytest.fixture
def run() -> Run:
    """Twenty-four questions of one pack that all went right; every fourth has no answer, and was refused."""
    return run_of([item(n, kind="unanswerable" if n % 4 == 3 else "factoid") for n in range(24)])


@pytest.fixture
def worse(run: Run) -> Run:
    """The same questions; the first twelve that have an answer are answered wrongly."""
    changed = deepcopy(run)
    known = [one for one in changed["packs"]["team"]["items"] if one["answerable"]]
    for one in known[:12]:
        one["metrics"]["answer_correct"] = 0.0
        one["answer"] = "Use 1e-5. [1]"
    return {**run_of(changed["packs"]["team"]["items"]), "id": "later"}


@pytest.fixture
def many() -> Callable[[int], Run]:
    return lambda n: run_of([item(one) for one in range(n)])
