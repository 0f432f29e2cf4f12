import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.judges.judged import is_judged, load_judged
from rag.domain.errors import BadInput

ANSWER = {"question": "Which rate?", "gold_answer": 0.001, "model_answer": "1e-3", "label": "Correct Answer"}
CLAIM = {"id": 7, "claim": "It spikes.", "sentences": ["It did.", "No."], "label": "SUPPORT", "rationale": [0], "x": 1}
SUMMARY = {
    "source": "Six people.",
    "summary": "Seven.",
    "worst_label": "Unwanted",
    "detectors": {"a": 1, "b": None},
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_the_simplest_file_of_labelled_answers_is_read(tmp_path: Path) -> None:
    pack = load_judged(write(tmp_path / "mine.jsonl", ANSWER, {**ANSWER, "label": "wrong", "extra": None}))
    assert (pack.task, [item.label for item in pack.items]) == ("answers", ["correct", "incorrect"])
    assert (pack.items[0].golds, pack.items[0].text, pack.items[0].id) == (("0.001",), "1e-3", "mine.jsonl:1")


def test_claims_keep_their_sentences_and_rationale(tmp_path: Path) -> None:
    (tmp_path / "claims.jsonl.gz").write_bytes(gzip.compress(json.dumps(CLAIM).encode()))
    (item,) = load_judged(tmp_path).items
    assert (item.task, item.label, item.sources, item.rationale) == ("claims", "support", ("It did.", "No."), (0,))


def test_summaries_keep_the_scores_of_others(tmp_path: Path) -> None:
    (item,) = load_judged(write(tmp_path / "s.jsonl", SUMMARY)).items
    assert (item.label, item.sources, dict(item.detectors)) == ("unfaithful", ("Six people.",), {"a": 1})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "no labelled items"),
        (({"question": "q"},), "broken.jsonl:1: no labelled"),
        (({**ANSWER, "label": "perhaps"},), "label 'perhaps' is unknown"),
        (({**ANSWER, "question": None},), "question"),
        ((ANSWER, CLAIM), "mixed"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(rows: tuple[dict[str, Any], ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as raised:
        load_judged(write(tmp_path / "broken.jsonl", *rows))
    assert raised.value.fix


def test_labelled_packs_are_told_from_others(tmp_path: Path) -> None:
    assert is_judged(write(tmp_path / "mine.jsonl", ANSWER))
    assert not is_judged(write(tmp_path / "questions.jsonl", {"id": "1", "question": "q", "answer": "a"}))
    assert not is_judged(write(tmp_path / "text.jsonl") / "absent")


def test_a_question_falls_into_one_half_whoever_answers(tmp_path: Path) -> None:
    rows = [{**ANSWER, "question": f"q{n}", "model_answer": text} for n in range(40) for text in ("a", "b")]
    items = load_judged(write(tmp_path / "mine.jsonl", *rows)).items
    assert all(one.half == other.half for one, other in zip(items[::2], items[1::2], strict=True))
    assert min(Counter(item.half for item in items).values()) > 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("judge-financebench-answers-a", {"correct": 630, "incorrect": 299, "refusal": 415}),
        ("judge-scifact-claims-train", {"support": 370, "contradict": 194, "neutral": 355}),
        ("judge-faithbench-a", {"faithful": 131, "unfaithful": 205, "questionable": 34}),
    ],
)
def test_real_packs_have_the_labels_their_readme_counts(
    name: str, counts: dict[str, int], pack: Callable[[str], Path]
) -> None:
    assert Counter(item.label for item in load_judged(pack(name)).items) == counts
