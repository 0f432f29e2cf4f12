import json
import random
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eval.app import app
from eval.commands.calibrate import write_setting
from eval.fitting.calibrate import NEVER, Target, calibrate, choose, folds, rates
from eval.metrics.risk import Case
from rag.domain.errors import BadInput, BadSetting
from rag.settings import load_settings

WORKED = [0.2, 0.6, 0.7, 0.8, 0.9, 0.9, 0.95, 0.97, 0.99]


def case(confidence: float, *, answerable: bool = True, right: bool | None = None, cluster: str = "") -> Case:
    right = answerable if right is None else right
    return Case(
        confidence=confidence,
        answerable=answerable,
        right=right,
        answered=confidence >= 0.5,
        cluster=cluster or f"{answerable}{confidence}",
    )


def test_the_worked_example() -> None:
    cases = [case(confidence) for confidence in WORKED]
    assert choose(cases, Target(false_refusal=0.2)) == 0.6
    assert sum(one.confidence < 0.6 for one in cases) == 1


def test_too_few_questions_promise_nothing_but_never_to_refuse() -> None:
    assert choose([case(confidence) for confidence in WORKED], Target(false_refusal=0.05)) == 0


def test_what_no_threshold_answers_uses_up_what_may_be_refused() -> None:
    silent = Case(confidence=0.9, answerable=True, right=None, answered=False, can_answer=False)
    assert choose([*(case(c) for c in WORKED), silent], Target(false_refusal=0.2)) == 0.2


def test_a_risk_is_kept_with_the_most_answers_that_keep_it() -> None:
    cases = [case(0.9), case(0.8), case(0.6, answerable=False), case(0.5), case(0.4, answerable=False)]
    assert choose(cases, Target(risk=0.25)) == 0.5
    assert choose(cases, Target(risk=0.1)) == 0.8
    assert choose(cases, Target(risk=0.4)) == 0.4
    assert choose([case(0.9, right=False)], Target(risk=0.4)) == NEVER


def test_equal_confidences_are_kept_or_left_together() -> None:
    assert choose([case(0.9), case(0.5), case(0.5, answerable=False)], Target(risk=0.2)) == 0.9


def test_a_document_stays_in_one_fold_and_unanswerable_ones_are_spread() -> None:
    cases = [case(n / 100, cluster=f"d{n % 30}") for n in range(60)]
    cases += [case(n / 100, answerable=False, cluster=f"u{n}") for n in range(20)]
    found = folds(cases)
    by_cluster: dict[str, set[int]] = {}
    for one, fold in zip(cases, found, strict=True):
        by_cluster.setdefault(one.cluster, set()).add(fold)
    assert all(len(some) == 1 for some in by_cluster.values())
    assert [found[60:].count(n) for n in range(10)] == [2] * 10


def test_the_promised_false_refusals_hold_on_questions_not_seen() -> None:
    """Over many sets the mean of the cross-validated rate keeps the promise; the choice's own rate says nothing."""
    drawn = random.Random(3)
    seen = []
    for _ in range(15):
        cases = [case(drawn.betavariate(5, 2)) for _ in range(60)]
        cases += [case(drawn.betavariate(2, 4), answerable=False) for _ in range(30)]
        seen.append(calibrate(cases, Target(false_refusal=0.1)).expected.false_refusal.value or 0.0)
    assert 0.04 < sum(seen) / len(seen) <= 0.105


def test_what_is_expected_is_not_the_luck_that_was_fitted() -> None:
    """Confidence that knows nothing still has a lucky threshold; on questions not seen half the answers are wrong."""
    drawn, answers, wrong = random.Random(4), 0, 0.0
    for _ in range(20):
        cases = [case(0.5 + drawn.random() / 2, right=drawn.random() < 0.5) for _ in range(60)]
        cases = [*cases, case(0.9999, right=True), case(0.0, answerable=False)]
        found = calibrate(cases, Target(risk=0.3))
        fitted = rates(cases, [one.confidence >= found.threshold for one in cases])
        assert (fitted.risk.value or 0) <= 0.3
        answers += found.expected.risk.n
        wrong += found.expected.risk.n * (found.expected.risk.value or 0)
    assert wrong / answers > 0.35


def test_both_kinds_of_question_are_needed() -> None:
    with pytest.raises(BadInput, match="No unanswerable question"):
        calibrate([case(0.9)], Target())
    with pytest.raises(BadInput, match="No answerable question"):
        calibrate([case(0.9, answerable=False)], Target())


def test_an_impossible_risk_is_said_to_be_so() -> None:
    with pytest.raises(BadInput, match="No threshold brings the risk down to 10%"):
        calibrate([case(0.9, answerable=False), case(0.8, right=False), case(0.7)], Target(risk=0.1))


def test_too_few_unanswerable_questions_are_warned_of_with_the_number_needed() -> None:
    found = calibrate([*(case(c) for c in WORKED), case(0.1, answerable=False)], Target())
    assert any("29 are needed to rule out 10%: add 28" in warning for warning in found.warnings)
    assert any("at least 19 can" in warning for warning in found.warnings)


def test_rates_are_shares_of_their_own_questions() -> None:
    cases = [case(0.9), case(0.8, right=False), case(0.7, answerable=False), case(0.2)]
    found = rates(cases, [True, True, True, False])
    assert found.false_answer.value == 1
    assert found.false_refusal.value == pytest.approx(1 / 3)
    assert found.risk.value == pytest.approx(2 / 3)
    assert found.coverage.value == 0.75


def test_writing_a_setting_keeps_the_rest_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAMLORE_REFUSE_BELOW", raising=False)
    path = tmp_path / "home" / "teamlore.toml"
    write_setting(path, "refuse_below", 0.25)
    path.write_text("# ours\nport = 8001  # since May\n" + path.read_text())
    write_setting(path, "refuse_below", 0.4)
    assert path.read_text() == "# ours\nport = 8001  # since May\nrefuse_below = 0.4\n"
    assert load_settings(path.parent).refuse_below == 0.4


def test_a_broken_settings_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "teamlore.toml"
    path.write_text("port = = 1")
    with pytest.raises(BadSetting, match="no TOML"):
        write_setting(path, "refuse_below", 0.4)
    assert path.read_text() == "port = = 1"


def run_file(folder: Path, confidences: dict[float, bool]) -> Path:
    """A run as `--out` writes it: {confidence: answerable}, every answer to an answerable one correct."""
    items = [
        {
            "id": f"q{n}",
            "cluster": f"d{n}",
            "status": "answered" if confidence >= 0.5 else "refused",
            "confidence": confidence,
            "withheld": None if confidence >= 0.5 else {"answer": "x", "correct": 1.0 if answerable else None},
            "metrics": {
                "false_answer": None if answerable else float(confidence >= 0.5),
                "false_refusal": float(confidence < 0.5) if answerable else None,
                "answer_correct": float(confidence >= 0.5) if answerable else None,
            },
        }
        for n, (confidence, answerable) in enumerate(confidences.items())
    ]
    path = folder / "run.json"
    pack = {"n": len(items), "metrics": {}, "items": items}
    settings = {"refuse_below": 0.5}
    path.write_text(json.dumps({"command": "answers", "packs": {"p": pack}, "system": {"settings": settings}}))
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TEAMLORE_REFUSE_BELOW", raising=False)
    sure = {(300 + 10 * n) / 1000: True for n in range(40)}
    return run_file(tmp_path, {**sure, **{(55 + 10 * n) / 1000: False for n in range(30)}})


def teamlore_eval(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_run_gives_a_threshold_that_is_written_into_the_home(run: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    seen = teamlore_eval("calibrate", run, "--home", home)
    assert (seen.exit_code, home.exists()) == (0, False)
    assert "40 answerable and 30 unanswerable" in seen.stdout
    assert "refuse_below = 0.31" in seen.stdout
    told = teamlore_eval("calibrate", run, "--home", home, "--write", "--json")
    assert json.loads(told.stdout)["threshold"] == 0.31
    assert load_settings(home).refuse_below == 0.31


def test_the_command_tells_what_it_was_run_with_beside_what_to_expect(run: Path, tmp_path: Path) -> None:
    told = json.loads(teamlore_eval("calibrate", run, "--home", tmp_path / "home", "--json").stdout)
    assert told["today"]["thresholds"] == [0.5]
    assert told["today"]["false_refusal"]["value"] == 0.5
    assert told["expected"]["false_refusal"]["value"] < 0.05
    assert told["folds"] == [0.3, 0.31]


def test_an_environment_that_wins_over_the_file_is_told(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMLORE_REFUSE_BELOW", "0.7")
    told = teamlore_eval("calibrate", run, "--home", tmp_path / "home", "--write")
    assert isinstance(told.exception, BadSetting)
    assert "TEAMLORE_REFUSE_BELOW in the environment wins" in str(told.exception)


def test_a_threshold_of_nought_is_not_written(tmp_path: Path) -> None:
    few = run_file(tmp_path, {0.9: True, 0.8: True, 0.1: False})
    told = teamlore_eval("calibrate", few, "--home", tmp_path / "home", "--write")
    assert isinstance(told.exception, BadInput)
    assert not (tmp_path / "home").exists()


def test_runs_and_packs_are_not_mixed(run: Path, tmp_path: Path) -> None:
    assert isinstance(teamlore_eval("calibrate", run, tmp_path / "pack").exception, BadInput)


def test_a_threshold_that_rests_on_too_few_questions_is_not_written(tmp_path: Path) -> None:
    few = run_file(tmp_path, {**{(300 + 10 * n) / 1000: True for n in range(40)}, 0.1: False, 0.2: False})
    told = teamlore_eval("calibrate", few, "--home", tmp_path / "home", "--write")
    assert isinstance(told.exception, BadInput)
    assert "unanswerable" in str(told.exception)
    assert not (tmp_path / "home").exists()
