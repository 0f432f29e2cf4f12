"""A real MLflow server on loopback: runs that its own client logged, read over REST, and asked about."""

import hashlib
import json
import math
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest

from ingest.pipeline import Pipeline
from ingest.readers._curves import Curve
from ingest.redaction import Redactor
from ingest.tracking import open_mlflow
from rag.domain.records import RunRecord, finite
from rag.domain.types import Access, IngestReport, Query
from rag.knowledge.experiments import ExperimentLookup
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.runs import SqlRuns
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder
from tests.ingest.inline import InlinePool, NoIndexes
from tests.ingest.runs_made import run_of

pytestmark = pytest.mark.slow

WANTED = Path(__file__).parents[1] / "mlflow_server.txt"
SCRIPT = Path(__file__).with_name("log_mlflow_runs.py")
STARTS_IN = 90  # seconds
EVERYTHING = Access(everything=True)
Logged = dict[str, Any]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """In which this Python finds mlflow: installed once a user, beside the packages of the project."""
    wanted = WANTED.read_bytes()
    folder = platformdirs.user_cache_path("teamlore-tests") / f"mlflow-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if not (folder / ".complete").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--no-deps", "--target", str(folder)]
        done = subprocess.run([*command, "-r", str(WANTED)], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            pytest.skip(f"mlflow cannot be installed here: {done.stderr.strip()[-300:]}")
        (folder / ".complete").touch()
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {**os.environ, **quiet, "PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def url(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "files")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 9)
        server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_IN
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            assert server.poll() is None, "the server has ended"
            time.sleep(0.2)
    raise AssertionError("the server does not start")


@pytest.fixture(scope="module")
def log_runs(
    url: str, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int, int], list[Logged]]:
    folder = tmp_path_factory.mktemp("logged")

    def log(count: int, seed: int) -> list[Logged]:
        out = folder / str(seed)
        command = [sys.executable, str(SCRIPT), url, str(count), str(seed), str(out)]
        subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)
        return [json.loads(line) for line in out.read_text().splitlines()]

    return log


class Home:
    """A registry that follows the server, and what it can be asked."""

    def __init__(self, url: str) -> None:
        engine = open_database("sqlite://")
        self.catalog = SqlCatalog(engine)
        self.lookup = ExperimentLookup(runs=SqlRuns(engine), catalog=self.catalog)
        self.url = url
        self.pipeline = Pipeline(
            catalog=self.catalog,
            ledger=SqlLedger(engine),
            chats=SqlChats(engine),
            sources=SqlSources(engine),
            embedder=WordEmbedder(),
            pool=InlinePool(),
            redactor=Redactor(),
            indexes=NoIndexes(),
            remotes={"mlflow": open_mlflow},
        )

    def sync(self) -> IngestReport:
        return self.pipeline.ingest([f"mlflow:{self.url}"], space="default")

    def say(self, question: str) -> str:
        found = self.lookup.look_up(Query(text=question, access=EVERYTHING))
        if found is None:
            return ""
        return " ".join(each.text for each in found.statements) or f"[{found.reason}]"


def test_a_real_server_is_read_as_logged_followed_run_by_run_and_answers_fifty_questions(
    url: str, log_runs: Callable[[int, int], list[Logged]]
) -> None:
    logged = log_runs(200, 1)
    server = open_mlflow(f"mlflow:{url}")
    found = {run.id: run for run in (run_of(server.read(path)) for path in server.listing())}
    assert len(found) == 200
    assert [wrong for run in logged if (wrong := differences(found[run["id"]], run))] == []

    home = Home(url)
    first = home.sync()
    assert (first.runs, first.unchanged, first.failed) == (200, 0, ())
    asked = list(questions(logged))
    assert len(asked) >= 50
    assert [(question, home.say(question), want) for question, want in asked if want not in home.say(question)] == []

    log_runs(10, 2)
    second = home.sync()
    assert (second.runs, second.unchanged, second.failed) == (10, 200, ())
    assert home.sync().unchanged == 210


# --- questions, and what is expected by plain Python ----------------------------------------------------------------


def last(run: Logged, key: str) -> float:
    return float(run["metrics"][key][-1])


def questions(logged: Sequence[Logged]) -> Iterator[tuple[str, str]]:
    yield from best_questions(logged)
    yield from counting_questions(logged)
    yield from value_questions(logged, random.Random(3))


def best_questions(logged: Sequence[Logged]) -> Iterator[tuple[str, str]]:
    for experiment in ("crop/yield", "night birds", "kestrel"):
        for key, phrase, best in (
            ("val_loss", "Which run of experiment {x} has the lowest last value of val_loss?", min),
            ("val_loss", "which run had the highest final val_loss in {x}", max),
            ("eval/auc.roc", "What run of experiment {x} has the best eval/auc.roc?", max),
            ("train/loss", "Which run in {x} has the smallest last train/loss?", min),
        ):
            own = [run for run in logged if run["experiment"] == experiment and math.isfinite(last(run, key))]
            leader = best(own, key=lambda run: last(run, key))
            asked = phrase.format(x=f'"{experiment}"')
            yield (
                asked,
                f'{leader["id"][:8]} ("{leader["name"]}", experiment {experiment}): {key} {last(leader, key)!r}',
            )


def counting_questions(logged: Sequence[Logged]) -> Iterator[tuple[str, str]]:
    for question, fits in (
        ("how many runs failed", lambda run: run["status"] == "FAILED"),
        ("How many runs were killed?", lambda run: run["status"] == "KILLED"),
        ("how many runs of kestrel finished", lambda r: (r["experiment"], r["status"]) == ("kestrel", "FINISHED")),
        ("number of runs with val_loss below 0.1", lambda run: last(run, "val_loss") < 0.1),
        ("how many runs had eval/auc.roc above 0.9", lambda run: last(run, "eval/auc.roc") > 0.9),
        ("how many runs with learning_rate above 0.005", lambda r: float(r["params"]["learning_rate"]) > 0.005),
        ("how many runs did ana start", lambda run: run["tags"]["mlflow.user"] == "ana"),
    ):
        count = sum(map(fits, logged))
        yield question, f"{count} run{'s' * (count != 1)} ("


def value_questions(logged: Sequence[Logged], rng: random.Random) -> Iterator[tuple[str, str]]:
    for run in rng.sample(list(logged), 9):
        yield f"What learning rate did run {run['id'][:8]} use?", f"{run['params']['learning_rate']}: parameter"
        yield f"what is the final val_loss of run {run['name']}", repr(last(run, "val_loss"))
        yield f"Did run {run['id'][:10]} finish?", run["status"].lower()
    for _ in range(8):
        one, other = rng.sample(list(logged), 2)
        changed = f"learning_rate {one['params']['learning_rate']} → {other['params']['learning_rate']}"
        yield f"what changed between run {one['id'][:8]} and {other['id'][:8]}", changed


# --- run for run ------------------------------------------------------------------------------------------------------


def differences(run: RunRecord, logged: Mapping[str, Any]) -> list[str]:
    metrics = {metric.key: metric for metric in run.metrics}
    wrong = [] if (run.name, run.experiment) == (logged["name"], logged["experiment"]) else ["name"]
    wrong += [] if run.status == logged["status"].lower() else ["status"]
    wrong += [] if dict(run.params) == logged["params"] else ["params"]
    wrong += [key for key, value in logged["tags"].items() if dict(run.tags).get(key) != value]
    wrong += [] if run.parent == logged["tags"].get("mlflow.parentRunId", "") else ["parent"]
    for key, values in logged["metrics"].items():
        curve = Curve(key)
        for n, value in enumerate(values):
            curve.add(n * 10, n, value)
        want, got = curve.metric(), metrics[key]
        same = (got.step, got.history, got.lowest, got.highest) == (want.step, want.history, want.lowest, want.highest)
        wrong += [] if same and same_number(got.last, want.last) else [key]
    return wrong


def same_number(left: str, right: str) -> bool:
    a, b = float(left), float(right)
    return a == b or (math.isnan(a) and math.isnan(b)) or (finite(left) is not None and left == right)
