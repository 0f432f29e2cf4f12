"""Readers of runs that were exported from MLflow, of W&B and TensorBoard, and of tables of runs."""

import json
import shutil
from pathlib import Path

import pytest

from ingest.readers import find_reader
from ingest.readers._wandb import last_error
from ingest.readers.base import look_at
from rag.domain.records import Identity
from tests.ingest.runs_made import item, lines, proto, read, run_of, runs, wandb_file, write

DATA = Path(__file__).parents[1] / "data" / "runs"

# --- mlflow-export-import ---------------------------------------------------------------------------------------

FIRST, SECOND = "a" * 32, "b" * 32
RUN_JSON = {
    "system": {"export_time": 1},
    "mlflow": {
        "info": {
            "run_id": FIRST,
            "experiment_id": "3",
            "status": "FAILED",
            "start_time": 1_770_000_000_000,
            "run_name": "dawn",
        },
        "params": {"lr": "0.0050"},
        "metrics": {"loss": [{"value": 0.25, "timestamp": 5, "step": 1}, {"value": 1.5, "timestamp": 4, "step": 0}]},
        "tags": {"mlflow.user": "ana"},
    },
}


@pytest.mark.parametrize("shape", ["new", "old"])
def test_a_folder_of_mlflow_export_import_is_read(tmp_path: Path, shape: str) -> None:
    experiment = {"experiment": {"experiment_id": "3", "name": "kestrel"}}
    run = RUN_JSON if shape == "new" else {"export_info": {}, **RUN_JSON["mlflow"]}
    about = (
        {"system": {"export_time": 1}, "mlflow": experiment} if shape == "new" else {"export_info": {}, **experiment}
    )
    folder = write(
        tmp_path / "kestrel",
        {
            "experiment.json": json.dumps(about),
            f"{FIRST}/run.json": json.dumps(run),
            f"{FIRST}/artifacts/notes.md": "Too hot.",
            f"{SECOND}/run.json": "{",
        },
    )
    parts = read(folder, "mlflow-export")
    found = runs(parts)[FIRST]
    assert (found.experiment, found.status, found.params, found.user) == (
        "kestrel",
        "failed",
        (("lr", "0.0050"),),
        "ana",
    )
    assert (found.metrics[0].last, found.metrics[0].highest, found.artifacts) == ("0.25", 1.5, ("notes.md",))
    assert any(SECOND in note for part in parts for note in part.notes)
    assert any(part.text == "Too hot." for part in parts)


# --- W&B --------------------------------------------------------------------------------------------------------

CONFIG = """wandb_version: 1
_wandb:
  value: {python_version: "3.11"}
lr:
  desc: null
  value: 0.0010
model:
  value:
    layers: [64, 128]
    name: "tcn"
"""
SUMMARY = '{"val_loss": 0.310, "best": {"auc": 0.91}, "_step": 9, "_runtime": 60, "img": {"_type": "image-file"}}'
METADATA = (
    '{"startedAt": "2026-01-02T10:00:00.5Z", "username": "ana", "email": "ana@example.org", "git": {"commit": "9b1f"}}'
)
TRACE = (
    'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n    step()\nValueError: loss is NaN\n'
)


def wandb_run(folder: Path, log: str = "epoch 1\n", summary: str = SUMMARY) -> Path:
    files = {"config.yaml": CONFIG, "wandb-summary.json": summary, "wandb-metadata.json": METADATA, "output.log": log}
    return write(folder, {f"files/{name}": text for name, text in files.items()})


def test_a_wandb_run_gives_its_configuration_summary_and_console_output(tmp_path: Path) -> None:
    wandb_run(tmp_path / "wandb" / "run-20260102_100000-x7k2")
    (parsed,) = read(tmp_path / "wandb", "wandb")
    run = run_of(parsed)
    assert run.params == (("lr", "0.0010"), ("model.layers", "[64, 128]"), ("model.name", "tcn"))
    assert {metric.key: (metric.last, metric.step) for metric in run.metrics} == {
        "val_loss": ("0.310", 9),
        "best.auc": ("0.91", 9),
    }
    assert (run.id, run.user, run.started, run.ended) == (
        "x7k2",
        "ana",
        "2026-01-02T10:00:00.500Z",
        "2026-01-02T10:01:00.500Z",
    )
    assert parsed.people == (Identity(system="wandb", id="ana", name="ana", email="ana@example.org"),)
    shown = lines(parsed)
    assert shown["attributes._runtime"] == "_runtime = 60"
    assert shown["attributes.git.commit"] == "git.commit = 9b1f"
    assert shown["output"] == "epoch 1"
    assert "run-20260102_100000-x7k2/files/wandb-summary.json" in parsed.files


@pytest.mark.parametrize(
    ("log", "summary", "status", "why"),
    [
        (TRACE, SUMMARY, "failed", "ends with ValueError: loss is NaN"),
        (TRACE.replace("ValueError: loss is NaN", "KeyboardInterrupt"), SUMMARY, "killed", "KeyboardInterrupt"),
        (TRACE + "retrying\n" * 10, SUMMARY, "unknown", "no exit code"),
        ("done\n", '{"_wandb": {"runtime": 4}}', "finished", "closed"),
        ("done\n", SUMMARY, "unknown", "no exit code"),
    ],
)
def test_how_a_wandb_run_ended_is_said_with_what_it_was_read_from(
    tmp_path: Path, log: str, summary: str, status: str, why: str
) -> None:
    (parsed,) = read(wandb_run(tmp_path / "run-20260102_100000-x7k2", log, summary), "wandb")
    assert run_of(parsed).status == status
    assert why in lines(parsed)["attributes.status_from"]


def offline(*more: bytes) -> bytes:
    about = proto(1, "x7k2") + proto(3, "crops") + proto(8, "sweet-1") + proto(9, "First try.") + proto(10, "v2")
    config = proto(4, item("lr", 0.005) + item("model", {"layers": 3}))
    history = [proto(2, item("val_loss", 1 / (n + 1)) + proto(2, proto(1, n))) for n in range(2000)]
    return wandb_file([proto(17, about + config), *history, proto(3, item("val_loss", 0.0005)), *more])


def test_an_offline_wandb_run_is_read_from_its_own_log(tmp_path: Path) -> None:
    data = offline(proto(18, proto(1, 1) + proto(2, 7)))
    assert len(data) > 2 * 32768, "it must go over several blocks"
    folder = write(tmp_path / "offline-run-20260102_100000-x7k2", {"run-x7k2.wandb": data})
    (parsed,) = read(folder, "wandb")
    run = run_of(parsed)
    assert (run.name, run.experiment, run.note, run.status) == ("sweet-1", "crops", "First try.", "failed")
    assert run.params == (("lr", "0.005"), ("model.layers", "3"))
    assert (run.metrics[0].last, run.metrics[0].step, len(run.metrics[0].history)) == ("0.0005", 1999, 2000)
    assert run.tags == (("v2", ""),)


def test_a_wandb_log_cut_short_gives_what_came_before_and_a_note(tmp_path: Path) -> None:
    folder = write(tmp_path / "offline-run-20260102_100000-x7k2", {"run-x7k2.wandb": offline()[:40_000]})
    (parsed,) = read(folder, "wandb")
    assert 500 < len(run_of(parsed).metrics[0].history) < 2000
    assert "damaged" in parsed.notes[0]
    assert run_of(parsed).status == "unknown"


def test_a_wandb_folder_with_broken_files_says_which(tmp_path: Path) -> None:
    folder = wandb_run(tmp_path / "run-20260102_100000-x7k2", summary="{broken")
    (parsed,) = read(folder, "wandb")
    assert run_of(parsed).params
    assert not run_of(parsed).metrics
    assert "wandb-summary.json" in parsed.notes[0]


def test_the_last_error_of_a_console_output_may_have_a_progress_line_inside() -> None:
    assert (
        last_error(TRACE.replace("    step()", "    step()\nepoch 3 | loss 0.1\n    inner()"))
        == "ValueError: loss is NaN"
    )
    assert last_error("Traceback (most recent call last):\n  File 'a'") == "a traceback that breaks off"
    assert last_error("all good") == ""


API_RUN = {
    "name": "x1",
    "displayName": "sweet-1",
    "state": "crashed",
    "sweepName": None,
    "createdAt": "2026-01-02T10:00:00",
}


def test_runs_that_the_wandb_api_gave_are_read(tmp_path: Path) -> None:
    inside = {"config": '{"lr": {"value": 0.0010, "desc": null}}', "summaryMetrics": '{"val_loss": 0.310}'}
    page = {"data": {"project": {"runs": {"edges": [{"node": {**API_RUN, **inside}}]}}}}
    plain = [
        {"id": "x2", "name": "sour-2", "state": "finished", "config": {"lr": 1}, "summary": {"val_loss": 2}, "tags": []}
    ]
    write(tmp_path, {"page.json": json.dumps(page), "list.json": json.dumps(plain)})
    first, second = (run_of(read(tmp_path / name, "wandb-export")[0]) for name in ("page.json", "list.json"))
    assert (first.id, first.name, first.status, first.params) == ("x1", "sweet-1", "failed", (("lr", "0.0010"),))
    assert first.metrics[0].last == "0.310"
    assert (second.id, second.name, second.status) == ("x2", "sour-2", "finished")


# --- TensorBoard ------------------------------------------------------------------------------------------------


def test_an_event_file_of_tensorboards_own_writer_is_read() -> None:
    (parsed,) = read(DATA / "tensorboard", "tensorboard")
    run = run_of(parsed)
    metrics = {metric.key: metric for metric in run.metrics}
    assert (metrics["acc"].last, metrics["acc"].step, len(metrics["acc"].history)) == ("0.9", 9, 10)
    loss = metrics["loss/total"]
    assert (loss.last, loss.number, loss.lowest, loss.highest) == ("nan", None, pytest.approx(0.1), 1.0)
    assert metrics["lr"].last == "0.125"
    assert dict(run.params) == {"peak_lr": "0.0005", "optimizer": "adam", "layers": "3", "use_bn": "true"}
    assert "Night clips only." in parsed.text
    assert "an image (1)" in parsed.notes[0]


def test_an_event_file_cut_short_gives_what_came_before(tmp_path: Path) -> None:
    (source,) = (DATA / "tensorboard").iterdir()
    folder = write(tmp_path / "train", {source.name: source.read_bytes()[:700]})
    (parsed,) = read(folder, "tensorboard")
    assert 0 < len(run_of(parsed).metrics[0].history) < 10
    assert any("damaged or still being written" in note for note in parsed.notes)


def test_event_files_among_other_files_are_read_one_by_one(tmp_path: Path) -> None:
    (source,) = (DATA / "tensorboard").iterdir()
    folder = write(tmp_path / "output", {"config.json": "{}"})
    shutil.copy(source, folder)
    assert find_reader(look_at(folder, "output")) is None
    (parsed,) = read(folder / source.name, "tensorboard")
    assert run_of(parsed).id == source.name


# --- tables -----------------------------------------------------------------------------------------------------


def test_a_table_of_runs_gives_a_run_a_row(tmp_path: Path) -> None:
    table = "run_id,model,lr,val_loss,status,notes\nr1,owl,0.0010,0.310,finished,best so far\nr2,owl,0.01,nan,failed,\n"
    write(tmp_path, {"runs.csv": table})
    found = runs(read(tmp_path / "runs.csv", "runs-table"))
    assert found["r1"].params == (("model", "owl"), ("lr", "0.0010"))
    assert (found["r1"].metrics[0].last, found["r1"].note) == ("0.310", "best so far")
    assert (found["r2"].status, found["r2"].metrics[0].number) == ("failed", None)


def test_rows_of_one_run_at_several_steps_are_its_history(tmp_path: Path) -> None:
    rows = "".join(f"r1,{step},{1 / (step + 1):.3f}\n" for step in range(5))
    write(tmp_path, {"history.csv": f"run,step,loss\n{rows}"})
    (parsed,) = read(tmp_path / "history.csv", "runs-table")
    assert (run_of(parsed).metrics[0].last, run_of(parsed).metrics[0].step) == ("0.200", 4)
    assert len(run_of(parsed).metrics[0].history) == 5


def test_what_mlflow_and_wandb_give_for_download_is_told_apart(tmp_path: Path) -> None:
    mlflow = "run_id,status,start_time,params.lr,metrics.loss,tags.team\nr1,FINISHED,1770000000000,0.1,0.2,field\n"
    header = '"Name","State","User","Created","Runtime","lr","val_acc"'
    wandb = header + '\n"sweet-1","crashed","ana","2026-01-02T10:00:00Z","9","0.1","0.90"\n'
    write(tmp_path, {"mlflow.csv": mlflow, "wandb.csv": wandb})
    first = runs(read(tmp_path / "mlflow.csv", "runs-table"))["r1"]
    second = runs(read(tmp_path / "wandb.csv", "runs-table"))["sweet-1"]
    assert (first.tool, first.params, first.tags, first.started[:10]) == (
        "mlflow",
        (("lr", "0.1"),),
        (("team", "field"),),
        "2026-02-02",
    )
    assert (second.tool, second.status, second.params, second.metrics[0].last) == (
        "wandb",
        "failed",
        (("lr", "0.1"),),
        "0.90",
    )


@pytest.mark.parametrize(
    "table",
    [
        "site,clips,night_share\nAlder,1,0.1\n",
        "player,runs,average,score\nAna,100,50.1,7\n",
        "name,age,score\nAna,3,4\n",
        "run_id,started,by\nr1,2026,ana\n",
        "query-id\tcorpus-id\tscore\n1\t2\t1\n",
    ],
)
def test_an_ordinary_table_stays_a_table(tmp_path: Path, table: str) -> None:
    write(tmp_path, {"table.csv": table})
    assert read(tmp_path / "table.csv", "table")[0].text == table


def test_a_table_that_only_begins_like_one_of_runs_is_read_as_a_table(tmp_path: Path) -> None:
    table = "run,metric,loss\nr1,a,0.1\nr1,b,0.2\n"
    write(tmp_path, {"long.csv": table})
    assert read(tmp_path / "long.csv", "runs-table")[0].text == table
