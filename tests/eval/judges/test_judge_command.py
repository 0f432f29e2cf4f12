import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.app import app
from eval.judges.checkers import JUDGES, judges
from eval.judges.judged import CLASSES, JudgedItem, Task
from rag.domain.errors import BadInput

ROWS: dict[Task, list[dict[str, Any]]] = {
    "answers": [
        {"question": "Which rate?", "gold_answer": "0.001", "model_answer": "It was 1e-3.", "label": "correct"},
        {"question": "Which step?", "gold_answer": "4200", "model_answer": "At step 4300.", "label": "incorrect"},
        {"question": "Who?", "gold_answer": "Alba Calder", "model_answer": "I cannot find that.", "label": "refusal"},
    ],
    "claims": [
        {"claim": "The loss spiked at 4200.", "sentences": ["The loss spiked at 4200."], "label": "SUPPORT"},
        {"claim": "The loss did not spike.", "sentences": ["The loss spiked."], "label": "CONTRADICT"},
        {"claim": "Somebody paid invoices.", "sentences": ["The loss spiked."], "label": "NEUTRAL"},
    ],
    "summaries": [
        {"source": "Six people work.", "summary": "Six people work.", "worst_label": "Benign", "detectors": {"x": 1}},
        {"source": "It has 6 people.", "summary": "It has 7.", "worst_label": "Unwanted", "detectors": {"x": 0.9}},
        {"source": "Odd.", "summary": "Odd.", "worst_label": "Questionable"},
    ],
}


@pytest.fixture
def packs(tmp_path: Path) -> dict[Task, str]:
    for task, rows in ROWS.items():
        (tmp_path / f"{task}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return {task: str(tmp_path / f"{task}.jsonl") for task in ROWS}


def judged(tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    found = CliRunner().invoke(app, ["judge", *arguments, "--out", str(tmp_path / "out.json")])
    assert found.exit_code == 0, found.output
    return json.loads((tmp_path / "out.json").read_text())["packs"], found.output


def test_every_pack_is_judged_by_all_that_can(packs: dict[Task, str], tmp_path: Path) -> None:
    result, shown = judged(tmp_path, *packs.values())
    assert {name: pack["n"] for name, pack in result.items()} == {
        "answers.jsonl": 3,
        "claims.jsonl": 3,
        "summaries.jsonl": 2,
    }
    claims = result["claims.jsonl"]["judges"]["quote_support"]["by_class"]
    assert claims["figures"]["kappa"]["value"] == 1
    assert result["summaries.jsonl"]["judges"]["x"]["binary"]["table"] == [[1, 0], [1, 0]]
    assert "Not told from guessing here" in shown


def test_one_judge_can_be_named_and_must_fit(packs: dict[Task, str], tmp_path: Path) -> None:
    result, _ = judged(tmp_path, packs["answers"], "--judge", "answer_correct")
    assert list(result["answers.jsonl"]["judges"]) == ["answer_correct"]
    assert [item["judge"] for item in result["answers.jsonl"]["judges"]["answer_correct"]["items"]] == [
        "correct",
        "incorrect",
        "refusal",
    ]
    for name, message in (("nobody", "No judge is called"), ("product", "does not judge answers")):
        found = CliRunner().invoke(app, ["judge", packs["answers"], "--judge", name])
        assert isinstance(found.exception, BadInput)
        assert message in str(found.exception)


def test_a_limit_takes_the_same_items_every_time(packs: dict[Task, str], tmp_path: Path) -> None:
    runs = [judged(tmp_path, packs["claims"], "--limit", "2")[0]["claims.jsonl"] for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0]["n"] == 2


def test_no_judge_reads_a_label() -> None:
    item = JudgedItem(id="1", task="answers", text="Six.", label="", cluster="c", golds=("6",), sources=("Six.",))
    for task in ROWS:
        for judge in judges(task):
            said = {judge.judge(replace(item, label=label, task=task)) for label in CLASSES[task]}
            assert len(said) == 1


def test_without_a_gold_answer_there_is_no_verdict() -> None:
    item = JudgedItem(id="1", task="answers", text="x", label="correct", cluster="q")
    assert JUDGES["answer_correct"].judge(item).label is None
