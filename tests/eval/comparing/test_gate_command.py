"""The gate as it is called: exit codes, what it says, where reports and baselines go."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eval.app import app
from eval.comparing.kept import kept
from rag.domain.errors import BadInput
from tests.eval.comparing.test_gate import GOOD, broken


def written(folder: Path, run: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    whole = {"id": folder.name, "seconds": 1.0, "system": {"settings": {"llm": folder.name}}, **run}
    for pack in whole["packs"].values():
        pack |= {"by_kind": {}, "latency_ms": {"p50": 1.0, "p95": 2.0}, "errors": 0, "ingest": {}}
        pack["metrics"] = {name: {"value": 1.0, "ci95": [0.9, 1.0], "n": pack["n"]} for name in pack["metrics"]}
    (folder / "run.json").write_text(json.dumps(whole))
    return folder


def gate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["gate", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path / "home" / "evaluations" / "good", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return written(tmp_path / "home" / "evaluations" / "bad", broken(GOOD, *range(12)))


def test_without_anything_to_hold_it_against_it_says_what_to_do(good: Path, tmp_path: Path) -> None:
    refused = gate(good, "--home", tmp_path / "home")
    assert isinstance(refused.exception, BadInput)  # exit 2
    assert "--accept" in refused.exception.fix


def test_the_run_accepted_last_is_the_reference(good: Path, bad: Path, tmp_path: Path) -> None:
    assert gate(good, "--home", tmp_path / "home", "--accept").exit_code == 0
    assert gate(good, "--home", tmp_path / "home").exit_code == 0
    assert gate(bad, "--home", tmp_path / "home").exit_code == 4


def test_a_closed_gate_names_the_questions_and_what_was_said(good: Path, bad: Path) -> None:
    said = gate(bad, "--baseline", good)
    assert said.exit_code == 4
    assert "Regression: team, answer_correct: 1.000 before, 0.700 now" in said.output
    assert "  team/q0: What is 0?\n    fell: answer_correct, false_refusal\n" in said.output
    assert "    before: right\n    now:    wrong\n" in said.output
    assert "settings.llm: good → bad" in said.output
    assert "The gate is closed: 2 of 2 checks fell. If that is meant, the same command with --accept" in said.output


def test_an_open_gate_is_calm(good: Path) -> None:
    said = gate(good, "--baseline", good)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == (
        "The gate is open: 40 questions asked twice, no regression that chance does not explain."
    )
    assert len(said.stdout.splitlines()) == 2


def test_an_open_gate_says_how_few_witnesses_say_what_got_worse_and_how_near_it_was(good: Path, tmp_path: Path) -> None:
    some = written(tmp_path / "some", broken(GOOD, 0, 1))
    said = gate(some, "--baseline", good)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1].startswith("The gate is open: 40 questions asked twice")
    assert (
        "What got worse rests on 2 passages, each one witness; nearest to closing it: answer_correct, p = "
        in said.output
    )
    better = gate(good, "--baseline", some).output
    assert "2 questions got better:\n  team/q0: What is 0?\n" in better
    assert "What got worse" not in better


def test_what_a_person_accepts_becomes_the_baseline_in_a_repository(good: Path, bad: Path, tmp_path: Path) -> None:
    place = tmp_path / "repository" / "baseline"
    assert gate(good, "--baseline", place, "--accept").exit_code == 0
    assert gate(bad, "--baseline", place).exit_code == 4
    assert gate(bad, "--baseline", place, "--accept").exit_code == 0
    assert gate(bad, "--baseline", place).exit_code == 0


def test_a_broken_promise_is_never_accepted(good: Path, tmp_path: Path) -> None:
    run = json.loads((good / "run.json").read_text())
    run["packs"]["team"]["items"][0]["metrics"]["citation_valid"] = 0.5
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.json").write_text(json.dumps(run))
    said = gate(other, "--baseline", good, "--accept")
    assert said.exit_code == 4
    assert "Broken promise, team: not true that every citation is an exact quote:\n  q0: What is 0?" in said.output
    assert "--accept" not in said.output
    assert gate(other, "--baseline", tmp_path / "fresh", "--accept").exit_code == 4
    assert not (tmp_path / "fresh").exists()


def test_json_is_one_document(good: Path, bad: Path) -> None:
    found = json.loads(gate(bad, "--baseline", good, "--json").stdout)
    assert (found["passed"], len(found["broken"])) == (False, 12)
    assert {check["metric"]: check["regressed"] for check in found["checks"]}["answer_correct"] is True
    assert found["differs"] == ["settings.llm: good → bad"]


def test_the_reports_are_written_whether_it_passes_or_not(good: Path, bad: Path, tmp_path: Path) -> None:
    junit, markdown = tmp_path / "junit.xml", tmp_path / "gate.md"
    assert gate(bad, "--baseline", good, "--junit", junit, "--markdown", markdown).exit_code == 4
    assert int(ElementTree.parse(junit).getroot().get("failures", "0")) > 0
    assert "`q0`" in markdown.read_text()


def test_what_is_kept_gates_as_the_whole_run_does(good: Path, bad: Path) -> None:
    before, now = (json.loads((folder / "run.json").read_text()) for folder in (good, bad))
    before["packs"]["team"]["items"][0] |= {"passages": [{"text": "long"}], "timings_ms": {"all": 1}}
    small = kept(before)
    assert "passages" not in json.dumps(small)
    (good / "run.json").write_text(json.dumps(small))
    assert gate(bad, "--baseline", good).exit_code == 4
    assert set(now["packs"]) == set(small["packs"])


def test_other_questions_can_be_accepted_in_place_of_the_old_ones(good: Path, tmp_path: Path) -> None:
    """As the advice of the refusal says."""
    baseline = tmp_path / "repository" / "baseline"
    gate(good, "--baseline", baseline, "--accept")
    other = json.loads((good / "run.json").read_text())
    for item in other["packs"]["team"]["items"]:
        item["id"] = f"new-{item['id']}"
    later = written(tmp_path / "later", other)
    refused = gate(later, "--baseline", baseline)
    assert isinstance(refused.exception, BadInput)
    assert "--accept" in refused.exception.fix
    assert gate(later, "--baseline", baseline, "--accept").exit_code == 0
    assert gate(later, "--baseline", baseline).exit_code == 0


def test_a_run_without_a_gated_figure_is_no_open_gate(good: Path) -> None:
    run = json.loads((good / "run.json").read_text())
    for item in run["packs"]["team"]["items"]:
        item["metrics"] = dict.fromkeys(item["metrics"])
    (good / "run.json").write_text(json.dumps(run))
    refused = gate(good, "--baseline", good)
    assert isinstance(refused.exception, BadInput)
    assert "No gated figure" in refused.exception.what


def test_a_run_that_is_the_reference_itself_is_told_so(good: Path) -> None:
    assert "is the reference itself" in gate(good, "--baseline", good).output


def test_what_is_no_number_is_no_score(good: Path, bad: Path) -> None:
    (bad / "run.json").write_text(
        (good / "run.json").read_text().replace('"answer_correct": 1.0', '"answer_correct": NaN')
    )
    assert isinstance(gate(bad, "--baseline", good).exception, BadInput)
