"""The files are written by what writes them, so that another shape of theirs is noticed here."""

import json
from pathlib import Path

import pytest

from eval.golden.export import _line, _query_json
from eval.packs.samples import Sample
from eval.report.html import html_report
from eval.report.markdown import markdown_report
from eval.runs.folder import finish
from eval.runs.partial import Begun, open_partial
from ingest.measuring import evaluation_file
from ingest.readers.base import look_at
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden_rows import item_line

ROOT = Path(__file__).parents[2]
BEGUN = Begun(id="r", started="2026-01-01T00:00:00+00:00", identity={"command": "answers"})
RUN = {"packs": {"p": {"metrics": {"mrr@10": {"value": 0.5}}, "items": [{"id": "1", "metrics": {"mrr@10": 0.5}}]}}}


def taken(path: Path) -> bool:
    return evaluation_file(look_at(path, path.name))


def test_what_an_evaluation_writes_is_known(tmp_path: Path) -> None:
    evidence = (GoldenEvidence(file="guide.md", quote="We train in bf16."),)
    item = GoldenItem(id="1", kind="fact", question="Which dtype?", answer="bf16", evidence=evidence)
    (tmp_path / "golden.jsonl").write_text(item_line(item))
    with open_partial(tmp_path / "run", BEGUN):
        assert taken(tmp_path / "run" / "partial.jsonl")
    (tmp_path / "report.html").write_text(html_report(RUN))
    (tmp_path / "gate.md").write_text(markdown_report(RUN))
    (tmp_path / "queries.jsonl").write_text(
        _line(_query_json(Sample(id="1", question="Which dtype?", answers=("bf16",))))
    )
    for name in ("gate.md", "queries.jsonl"):
        assert taken(tmp_path / name), name
    for path in (tmp_path / "golden.jsonl", tmp_path / "report.html", ROOT / "tests/baselines/examples/run.json"):
        assert taken(path), path


@pytest.mark.parametrize(
    "row",
    [
        {"question": "What is 2 + 2?", "answer": "4"},
        {"question": "Who?", "evidence": ["a sentence"], "answer": "She"},
        {"text": "a question and its evidence"},
        {"_id": "1", "text": "a passage of a corpus"},
        ["question", "gold_files"],
    ],
)
def test_what_a_team_trains_on_is_read(tmp_path: Path, row: object) -> None:
    (tmp_path / "data.jsonl").write_text(json.dumps(row) + "\n")
    assert not taken(tmp_path / "data.jsonl")


def test_a_run_of_something_else_is_read(tmp_path: Path) -> None:
    finish(tmp_path, {"id": "7", "started": "2026-01-01", "loss": 0.3})
    assert not taken(tmp_path / "run.json")
