import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eval.runs.folder import (
    accept,
    accept_in,
    accepted_run,
    evaluations,
    finish,
    list_runs,
    load_acceptance,
    load_run,
    new_folder,
    write_atomically,
)
from rag.domain.errors import BadInput

MOMENT = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)


def run(command: str = "answers", packs: tuple[str, ...] = ("team",)) -> dict[str, Any]:
    pack = {"n": 1, "metrics": {"answer_correct": {"value": 1.0}}, "items": [{"id": "1", "metrics": {}}]}
    return {"id": "r", "command": command, "packs": {name: pack for name in (*packs, "*")}}


def stored(home: Path, name: str, **more: Any) -> Path:  # noqa: ANN401
    folder = evaluations(home) / name
    folder.mkdir(parents=True)
    finish(folder, run(**more))
    return folder


def test_a_new_folder_is_named_by_time_and_command(tmp_path: Path) -> None:
    path = new_folder(tmp_path, "answers", MOMENT)
    assert path.parent == tmp_path / "evaluations"
    assert path.name.startswith("2026-11-21T1130-answers-")


def test_the_run_accepted_last_counts_for_its_command_and_packs(tmp_path: Path) -> None:
    old, new, other = stored(tmp_path, "1"), stored(tmp_path, "2"), stored(tmp_path, "3", packs=("team", "more"))
    accept(new, at=datetime(2026, 1, 1, tzinfo=UTC))
    accept(old, by="ana", note="after the fix", at=datetime(2026, 1, 2, tzinfo=UTC))
    accept(other, at=datetime(2026, 1, 3, tzinfo=UTC))
    assert accepted_run(tmp_path, "answers", ["team", "*"]) == old
    assert accepted_run(tmp_path, "answers", ["more", "team"]) == other
    assert accepted_run(tmp_path, "retrieval", ["team"]) is None
    told = json.loads((old / "accepted.json").read_text())
    assert (told["by"], told["note"]) == ("ana", "after the fix")


def test_a_run_accepted_outside_the_home_is_found_there_once(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", stored(tmp_path / "repository", "first")
    (outside / "report.html").write_text("<p>of the first</p>")
    place, accepted = accept_in(home, outside, by="ana")
    assert accepted_run(home, "answers", ["team"]) == place
    assert accept_in(home, outside, by="ben")[0] == place
    assert [(one.id, one.accepted and one.accepted.by) for one in list_runs(home)] == [(place.name, "ben")]
    assert (outside / "accepted.json").exists()
    assert accept_in(home, place) == (place, load_acceptance(place))
    assert accepted.by == "ana"
    assert (place / "report.html").read_text() == "<p>of the first</p>"


def test_runs_are_listed_newest_first_and_unfinished_ones_too(tmp_path: Path) -> None:
    stored(tmp_path, "2026-01-01T0000-answers-aaaa")
    unfinished = evaluations(tmp_path) / "2026-01-02T0000-answers-bbbb"
    unfinished.mkdir()
    (unfinished / "partial.jsonl").write_text("{}\n")
    (evaluations(tmp_path) / "notes").mkdir()
    found = list_runs(tmp_path)
    assert [(one.path.name[:10], one.run is None) for one in found] == [("2026-01-02", True), ("2026-01-01", False)]
    assert list_runs(tmp_path / "nowhere") == []


def test_a_broken_run_hides_no_other(tmp_path: Path) -> None:
    good = stored(tmp_path, "2026-01-01T0000-answers-aaaa")
    accept(good)
    (stored(tmp_path, "2026-01-02T0000-answers-bbbb") / "run.json").write_text('{"packs": 3}')
    (stored(tmp_path, "2026-01-03T0000-answers-cccc") / "accepted.json").write_text("[]")
    found = list_runs(tmp_path)
    assert [(one.path.name[:10], bool(one.broken)) for one in found] == [
        ("2026-01-03", True),
        ("2026-01-02", True),
        ("2026-01-01", False),
    ]
    assert "not a run" in found[1].broken
    assert accepted_run(tmp_path, "answers", ["team"]) == good


def test_a_folder_and_a_file_are_both_runs(tmp_path: Path) -> None:
    folder = stored(tmp_path, "1")
    assert load_run(folder) == load_run(folder / "run.json")


def test_a_run_that_was_cut_off_is_told_from_a_file_that_is_none(tmp_path: Path) -> None:
    folder = stored(tmp_path, "1")
    (folder / "run.json").write_text((folder / "run.json").read_text()[:40])
    with pytest.raises(BadInput, match=r"run\.json: not a run, it is cut off") as told:
        load_run(folder)
    assert "repeat the run" in told.value.fix
    (tmp_path / "notes.json").write_text("[]")
    with pytest.raises(BadInput, match=r"notes\.json: not a run\."):
        load_run(tmp_path / "notes.json")


def test_what_is_no_run_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run is here"):
        load_run(tmp_path)
    (tmp_path / "partial.jsonl").write_text("{}\n")
    with pytest.raises(BadInput, match="Go on with the command that began it"):
        load_run(tmp_path)
    with pytest.raises(BadInput, match="cannot be read"):
        load_run(tmp_path / "nowhere.json")
    with pytest.raises(BadInput, match="not a run's folder"):
        accept(tmp_path / "nowhere")


def test_half_of_a_surrogate_pair_does_not_lose_a_run(tmp_path: Path) -> None:
    write_atomically(tmp_path / "run.json", {"text": "half \ud800 of one"})
    assert json.loads((tmp_path / "run.json").read_text()) == {"text": "half \ud800 of one"}
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("item", [{}, {"id": "1", "metrics": None}, {"id": "1", "metrics": {"mrr@10": "high"}}, None])
def test_a_run_whose_questions_were_edited_away_is_refused_with_advice(tmp_path: Path, item: object) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"packs": {"p": {"metrics": {}, "items": [item]}}}))
    with pytest.raises(BadInput):
        load_run(tmp_path)
