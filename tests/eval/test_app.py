import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.__main__ import exit_code
from eval.app import app
from rag.domain.errors import BackendFailed, BadInput, StorageFailed

RUN = {
    "packs": {
        "p": {
            "metrics": {"ndcg@10": {"value": 0.5}},
            "items": [{"id": str(n), "metrics": {"ndcg@10": 0.5}} for n in range(3)],
        }
    }
}


def test_compare_prints_the_paired_differences(tmp_path: Path) -> None:
    better = json.loads(json.dumps(RUN))
    for item in better["packs"]["p"]["items"]:
        item["metrics"]["ndcg@10"] = 0.75
    for name, run in (("a.json", RUN), ("b.json", better)):
        (tmp_path / name).write_text(json.dumps(run))
    result = CliRunner().invoke(app, ["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert result.exit_code == 0
    assert "+0.250" in result.output


def test_a_pack_that_is_not_there_ends_before_anything_is_opened(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["retrieval", str(tmp_path / "nowhere")])
    assert isinstance(result.exception, BadInput)


def test_a_run_is_not_begun_when_its_file_could_not_be_written(tree: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["answers", str(tree), "--out", str(tmp_path / "no" / "run.json")])
    assert isinstance(result.exception, BadInput)
    assert "mkdir -p" in result.exception.fix


@pytest.mark.parametrize(("error", "code"), [(BadInput("x"), 2), (BackendFailed("x"), 3), (StorageFailed("x"), 1)])
def test_exit_codes_are_those_of_the_command_line(error: Exception, code: int) -> None:
    assert exit_code(error) == code  # type: ignore[arg-type]


def test_the_list_of_runs_says_what_is_the_matter_with_one_that_is_broken_or_not_finished(tmp_path: Path) -> None:
    broken, begun = tmp_path / "evaluations" / "broken", tmp_path / "evaluations" / "begun"
    broken.mkdir(parents=True)
    begun.mkdir()
    (broken / "run.json").write_text(json.dumps(RUN)[:30])
    (begun / "partial.jsonl").write_text("{}\n")
    found = json.loads(CliRunner().invoke(app, ["runs", "--home", str(tmp_path), "--json"]).stdout)
    assert {one["id"]: one["command"] for one in found} == {"broken": "broken", "begun": "not finished"}
    assert f"--run {begun}" in next(one["trouble"] for one in found if one["id"] == "begun")
    assert "cut off" in CliRunner().invoke(app, ["runs", "--home", str(tmp_path)]).stdout
