"""`teamlore runs`, on an MLflow folder written here."""

from pathlib import Path

import pytest

from rag.cli.runs import varying
from tests.cli.parts import called


def write_run(folder: Path, run: str, *, loss: str, optimizer: str) -> None:
    values = {
        "meta.yaml": f"run_id: {run}\nrun_uuid: {run}\nexperiment_id: '0'\nuser_id: mira\nstatus: 3\n"
        "start_time: 1656487677104\nend_time: 1656487685363\nlifecycle_stage: active\nartifact_uri: ./a\n",
        "params/optimizer": optimizer,
        "params/seed": "1",
        "metrics/val_loss": f"1656487685000 {loss} 0\n",
    }
    for name, text in values.items():
        (folder / "0" / run / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "0" / run / name).write_text(text)
    meta = "experiment_id: '0'\nartifact_location: ./a\nname: crop\nlifecycle_stage: active\n"
    (folder / "0" / "meta.yaml").write_text(meta)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tracked") / "mlruns"
    write_run(folder, "a" * 31 + "1", loss="0.5", optimizer="Adam")
    write_run(folder, "b" * 31 + "2", loss="0.25", optimizer="SGD")
    made = tmp_path_factory.mktemp("home")
    ended = called("--home", made, "ingest", folder.parent)
    assert ended.code == 0, ended.err
    return made


@pytest.mark.slow
def test_runs_are_listed_in_order_with_what_varies(home: Path) -> None:
    ended = called("--home", home, "runs", "--sort", "metrics.val_loss ASC")
    rows = [line.split("\t") for line in ended.out.splitlines() if line.startswith(("id\t", "aaaa", "bbbb"))]
    assert [row[0] for row in rows] == ["id", "bbbbbbbb", "aaaaaaaa"]
    assert {"metrics.val_loss", "params.optimizer"} <= set(rows[0])
    assert "params.seed" not in rows[0]


@pytest.mark.slow
def test_the_best_run_is_one_row(home: Path) -> None:
    assert "0.25" in called("--home", home, "runs", "--best", "val_loss").out
    assert "0.25" not in called("--home", home, "runs", "--best", "val_loss", "--max").out


@pytest.mark.slow
def test_two_runs_are_set_side_by_side(home: Path) -> None:
    ended = called("--home", home, "runs", "--compare", "aaaa", "bbbb")
    assert "params.optimizer\tAdam\tSGD" in ended.out


@pytest.mark.slow
def test_a_wrong_filter_says_where(home: Path) -> None:
    ended = called("--home", home, "runs", "--filter", "metrics.val_loss <")
    assert ended.code != 0
    assert "at its end" in ended.err


@pytest.mark.slow
def test_a_metric_whose_name_does_not_tell_needs_a_direction(home: Path) -> None:
    ended = called("--home", home, "runs", "--best", "temperature")
    assert ended.code != 0
    assert "--min or --max" in ended.err


def test_columns_are_those_that_differ() -> None:
    rows = [{"params.a": "1", "params.b": "1", "metrics.c": "1"}, {"params.a": "1", "params.b": "2"}]
    assert varying(rows) == ["params.b", "metrics.c"]
