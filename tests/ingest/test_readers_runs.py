"""Readers of experiment runs: what the trackers wrote, value for value, and where each value stands."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers import find_reader
from ingest.readers._curves import Curve
from ingest.readers._runs import LONGEST_LOG, LONGEST_VALUE, Beside, parsed_run
from ingest.readers.base import look_at
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Metric, RunRecord, finite
from tests.ingest.runs_made import SCHEMA, database, experiment, lines, meta, read, run_of, runs, store, write

DATA = Path(__file__).parents[1] / "data" / "runs"
FIRST, SECOND = "a" * 32, "b" * 32


# --- a run as a document ----------------------------------------------------------------------------------------


def test_every_value_stands_on_a_line_that_its_mark_names() -> None:
    record = RunRecord(
        tool="mlflow",
        id="r1",
        status="failed",
        params=(("lr", "0.0050"), ("layers", "[1,\n 2]")),
        metrics=(Metric(key="auc", last="1e-1", step=3),),
        tags=(("owner", "field"), ("v2", "")),
    )
    shown = lines(parsed_run(record))
    assert shown["params.lr"] == "lr = 0.0050"
    assert shown["params.layers"] == "layers = [1, 2]"
    assert shown["metrics.auc"] == "auc = 1e-1 (last, step 3)"
    assert shown["tags.owner"] == "owner = field"
    assert shown["tags.v2"] == "v2"
    assert shown["attributes.status"] == "status = failed"


def test_a_very_long_value_or_console_output_is_shown_in_part_and_says_so() -> None:
    record = RunRecord(tool="wandb", id="r1", params=(("prompt", "x" * (LONGEST_VALUE + 1)),))
    log = "begin\n" + "y" * 2 * LONGEST_LOG + "\nRuntimeError: end"
    parsed = parsed_run(record, Beside(texts=(("output", "Console output", log),)))
    assert "params.prompt" in parsed.notes[0]
    assert len(parsed.text) < LONGEST_LOG + LONGEST_VALUE + 500
    assert "begin" in parsed.text
    assert "RuntimeError: end" in parsed.text
    assert "left out" in parsed.text
    assert len(run_of(parsed).params[0][1]) == LONGEST_VALUE + 1


POINTS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.floats(width=32).map(repr)), min_size=1, max_size=300
)


@given(points=POINTS, most=st.integers(5, 40))
def test_a_curve_keeps_last_and_extremes_exact_however_few_points_it_keeps(
    points: list[tuple[int, int, str]], most: int
) -> None:
    curve = Curve("loss", most)
    for point in points:
        curve.add(*point)
    metric = curve.metric()
    values = [value for _, _, text in points if (value := finite(text)) is not None]
    latest = max((step, time) for step, time, _ in points)
    assert metric.step == latest[0]
    assert metric.last in {text for step, time, text in points if (step, time) == latest}
    assert metric.lowest == (min(values) if values else None)
    assert metric.highest == (max(values) if values else None)
    assert [step for step, _ in metric.history] == sorted(step for step, _ in metric.history)
    kept = {value for _, value in metric.history}
    assert not values or {metric.lowest, metric.highest} <= kept
    assert len(metric.history) == len(points) if len(points) <= most else len(metric.history) <= most
    assert metric.history[-1][0] == latest[0]


# --- MLflow -----------------------------------------------------------------------------------------------------


def test_a_file_store_gives_each_run_and_its_values_as_they_are_written(tmp_path: Path) -> None:
    parts = read(store(tmp_path / "mlruns"), "mlflow")
    found = runs(parts)
    first, second = found[FIRST], found[SECOND]
    assert dict(first.params) == {"learning_rate": "0.0050", "optimizer/name": "AdamW  (fused)"}
    metrics = {metric.key: metric for metric in first.metrics}
    loss = metrics["val_loss"]
    assert (loss.last, loss.step, loss.lowest, loss.lowest_step) == ("0.0107", 20, 0.0101, 10)
    assert loss.history == ((0, 0.5), (10, 0.0101), (20, 0.0107))
    assert (metrics["train/loss"].last, metrics["train/loss"].number) == ("nan", None)
    assert (first.name, first.experiment, first.status, first.user) == ("dawn-1", "night birds", "finished", "jonas")
    assert (first.started, first.ended) == ("2026-02-02T02:40:00.000Z", "2026-02-02T02:41:30.500Z")
    assert first.note == "Diverged after warm-up,\nsee the retro."
    assert first.datasets == ("clips (digest 9f3a, training)",)
    assert first.artifacts == ("model/weights.pt", "report.md")
    assert (second.parent, second.status, second.user) == (FIRST, "failed", "ana")


def test_a_run_of_a_file_store_says_where_each_value_stands(tmp_path: Path) -> None:
    folder = store(tmp_path / "mlruns")
    parsed = next(part for part in read(folder, "mlflow") if part.run and part.run.id == FIRST)
    shown = lines(parsed)
    assert shown["params.optimizer/name"] == "optimizer/name = AdamW  (fused)"
    assert shown["metrics.val_loss"] == (
        "val_loss = 0.0107 (last, step 20; lowest 0.0101 at step 10; highest 0.50 at step 0; 3 points)"
    )
    assert shown["metrics.train/loss"].endswith("2 points; 1 not finite)")
    assert shown["tags.mlflow.note.content"] == "Diverged after warm-up,"
    assert parsed.title == 'Run aaaaaaaa "dawn-1" of night birds'
    assert (parsed.kind, parsed.date, parsed.authors) == ("run", "2026-02-02T02:40:00.000Z", ("jonas",))
    assert parsed.people == (Identity(system="mlflow", id="jonas", name="jonas"),)
    assert f"7/{FIRST}/params/optimizer/name" in parsed.files
    assert all((folder / file).is_file() for file in parsed.files)
    assert any("no points" in note for note in parsed.notes)


def test_what_people_wrote_beside_the_runs_is_read_too(tmp_path: Path) -> None:
    others = {part.part: part.text for part in read(store(tmp_path / "mlruns"), "mlflow") if part.run is None}
    assert others["README.md"] == "Runs of the night.\n"
    assert "warm-up was too short" in others[f"7/{FIRST}/artifacts/report.md"]
    assert not any("params" in part or part.endswith(".pt") for part in others)


def test_a_deleted_or_broken_run_costs_that_run_only(tmp_path: Path) -> None:
    folder = store(tmp_path / "mlruns")
    write(
        folder,
        {
            f"7/{'d' * 32}/meta.yaml": meta("d" * 32, stage="deleted"),
            f"7/{'e' * 32}/meta.yaml": "a: [unclosed",
            f"7/{'f' * 32}/params/lr": "1",
            ".trash/1/meta.yaml": meta("9" * 32),
            "8/meta.yaml": experiment("gone", stage="deleted"),
            f"8/{'1' * 32}/meta.yaml": meta("1" * 32),
        },
    )
    parts = read(folder, "mlflow")
    notes = " ".join(note for part in parts for note in part.notes)
    assert set(runs(parts)) == {FIRST, SECOND}
    assert "2 deleted runs" in notes
    assert ".trash" in notes
    assert f"{'e' * 32}: its meta.yaml is no YAML" in notes
    assert "f" * 32 in notes


@pytest.mark.slow
def test_long_histories_are_thinned_and_that_is_said_once(tmp_path: Path) -> None:
    folder = store(tmp_path / "mlruns")
    long = "".join(f"{n} {(n * 7919) % 20011} {n}\n" for n in range(20_011))
    write(folder, {f"7/{run}/metrics/{key}": long for run in (FIRST, SECOND) for key in ("a", "b")})
    parts = read(folder, "mlflow")
    metric = next(metric for metric in runs(parts)[SECOND].metrics if metric.key == "a")
    assert (metric.lowest, metric.highest, metric.step) == (0.0, 20010.0, 20010)
    assert len(metric.history) <= 10_000
    assert {0.0, 20010.0} <= {value for _, value in metric.history}
    assert sum("long metric histories" in note for part in parts for note in part.notes) == 1
    assert "20,011 points, 10,000 kept" in "".join(part.text for part in parts)


def test_a_folder_of_one_experiment_or_one_run_is_read_as_well(tmp_path: Path) -> None:
    folder = store(tmp_path / "mlruns")
    whole = runs(read(folder, "mlflow"))
    assert runs(read(folder / "7", "mlflow")) == whole
    assert runs(read(folder / "7" / FIRST, "mlflow")) == {FIRST: whole[FIRST]}


def test_a_link_in_a_store_is_not_followed(tmp_path: Path) -> None:
    folder = store(tmp_path / "mlruns")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    (folder / "7" / FIRST / "params" / "stolen").symlink_to(secret)
    assert "hunter2" not in "".join(part.text for part in read(folder, "mlflow"))


@pytest.mark.parametrize(
    "files", [{"0/notes.md": "x"}, {"meta.yaml": "name: a\n"}, {"0/meta.yaml": "title: post\n"}, {}]
)
def test_an_ordinary_folder_is_no_store(tmp_path: Path, files: dict[str, str]) -> None:
    assert find_reader(look_at(write(tmp_path / "posts", files) if files else tmp_path, "posts")) is None


def test_a_database_gives_what_a_store_would(tmp_path: Path) -> None:
    (parsed,) = read(database(tmp_path / "tracking.sqlite"), "mlflow-db")
    run = run_of(parsed)
    metrics = {metric.key: metric for metric in run.metrics}
    assert (run.experiment, run.status, run.params, run.note) == (
        "night birds",
        "finished",
        (("learning_rate", "0.0050"),),
        "Good.",
    )
    assert (metrics["val_loss"].last, metrics["val_loss"].step, metrics["val_loss"].lowest) == ("NaN", 5, 0.25)
    assert metrics["top"].last == "Infinity"
    assert parsed.notes == ("1 deleted runs were left out.",)


def test_a_database_of_an_older_version_is_read(tmp_path: Path) -> None:
    older = SCHEMA.replace(", step BIGINT, is_nan BOOLEAN", "")
    (parsed,) = read(database(tmp_path / "mlflow.db", schema=older), "mlflow-db")
    assert {metric.key: metric.last for metric in run_of(parsed).metrics} == {"val_loss": "0.0", "top": "Infinity"}


def test_what_stands_in_the_log_beside_a_database_counts_and_nothing_is_written_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(scratch)
    folder = tmp_path / "live"
    folder.mkdir()
    path = database(folder / "mlflow.db")
    with closing(sqlite3.connect(path)) as live:
        live.execute("PRAGMA journal_mode = WAL")
        live.execute("PRAGMA wal_autocheckpoint = 0")
        live.execute("INSERT INTO params VALUES ('late', 'yes', ?)", (FIRST,))
        live.commit()
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        (parsed,) = read(path, "mlflow-db")
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert ("late", "yes") in run_of(parsed).params
    assert not list(scratch.iterdir())


def test_a_database_of_something_else_is_not_taken_for_mlflows(tmp_path: Path) -> None:
    for name in ("users.db", "mlflow.db"):
        with closing(sqlite3.connect(tmp_path / name)) as made, made:
            made.execute("CREATE TABLE users (name TEXT)")
    assert find_reader(look_at(tmp_path / "users.db", "users.db")) is None
    with pytest.raises(UnreadableSource, match=r"not MLflow's.*users"):
        read(tmp_path / "mlflow.db", "mlflow-db")


def test_a_damaged_database_is_said_to_be_one(tmp_path: Path) -> None:
    path = database(tmp_path / "mlflow.db")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UnreadableSource, match="cannot be read as a database"):
        read(path, "mlflow-db")


# --- real runs --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_real_runs_are_all_there(pack: Callable[[str], Path]) -> None:
    folder = pack("team-runs")
    mlflow = runs(read(folder / "mlflow" / "mlruns", "mlflow"))
    files = [file.relative_to(folder).as_posix() for file in (folder / "mlflow").rglob("*") if file.is_file()]
    points = sum(len((folder / file).read_text().splitlines()) for file in files if "/metrics/" in file)
    assert len(mlflow) == sum(file.endswith("meta.yaml") for file in files) - 2 == 8
    assert sum(len(run.params) for run in mlflow.values()) == sum("/params/" in file for file in files)
    assert sum(len(run.metrics) for run in mlflow.values()) == sum("/metrics/" in file for file in files)
    assert sum(len(metric.history) for run in mlflow.values() for metric in run.metrics) == points
    wandb = runs(read(folder / "wandb-export" / "wandb", "wandb"))
    summaries = [json.loads(file.read_text()) for file in (folder / "wandb-export").rglob("wandb-summary.json")]
    values = sum(not key.startswith("_") for summary in summaries for key in summary)
    assert len(wandb) == len(summaries) == 10
    assert sum(len(run.metrics) for run in wandb.values()) == values
