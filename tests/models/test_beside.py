"""Bulk embedding in a process of its own: the same vectors, nothing lost when it dies, nobody left behind."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ingest.pipeline import Pipeline
from rag.domain.ports import Embedder
from rag.main import build
from rag.models.beside import BesideEmbedder
from rag.models.embed_child import NICE
from rag.models.embedder import OnnxEmbedder, load_embedder
from rag.settings import Settings
from tests.contracts.models import ODD, TEXTS, EmbedderContract

pytestmark = pytest.mark.slow
NAME = "all-MiniLM-L6-v2"
EXPORTS = Path(os.environ.get("TEAMLORE_TEST_MODELS", Path.home() / ".cache" / "teamlore-test-models"))
MANY = [f"run {n} used a learning rate of {n}e-4 " * 30 for n in range(60)]
EMBEDS_FOREVER = """
import sys
from pathlib import Path
from rag.models.beside import BesideEmbedder
from rag.models.embedder import OnnxEmbedder, load_embedder
model = load_embedder(sys.argv[1], models=Path(sys.argv[2]), backend="onnx", threads=1)
beside = BesideEmbedder(model)
beside.embed(["a first one"])
print(beside._process.pid, flush=True)
while True:
    beside.embed(["learning rate " * 200] * 500)
"""
NO_NEW_PROCESS = """
import os, resource, sys
from pathlib import Path
import numpy as np
from rag.models.beside import BesideEmbedder
from rag.models.embedder import load_embedder
model = load_embedder(sys.argv[1], models=Path(sys.argv[2]), backend="onnx", threads=1)
model.embed(["a first one"])
if os.geteuid() == 0:
    os.setuid(65534)  # root may always fork
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
sys.exit(0 if np.array_equal(BesideEmbedder(model).embed(["a text"]), model.embed(["a text"])) else 3)
"""


@pytest.fixture(scope="module")
def model() -> OnnxEmbedder:
    """On one thread: what happens in the middle of MANY must find it at work on a large machine too."""
    embedder = load_embedder(NAME, models=EXPORTS, backend="onnx", threads=1)
    assert isinstance(embedder, OnnxEmbedder)
    return embedder


@pytest.fixture
def beside(model: OnnxEmbedder) -> Iterator[BesideEmbedder]:
    embedder = BesideEmbedder(model)
    yield embedder
    embedder.close()


def process_of(beside: BesideEmbedder) -> psutil.Process:
    assert beside._process is not None
    return psutil.Process(beside._process.pid)


def until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


@pytest.fixture(scope="module")
def kept(model: OnnxEmbedder) -> Iterator[Embedder]:
    """One for all of the contract."""
    embedder = BesideEmbedder(model)
    yield embedder
    embedder.close()


class TestBesideEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, kept: Embedder) -> Embedder:
        return kept


def test_its_vectors_are_the_model_s_own_to_the_last_bit(beside: BesideEmbedder, model: OnnxEmbedder) -> None:
    texts = [*TEXTS, *ODD, *MANY[:40]]
    assert np.array_equal(beside.embed(texts), model.embed(texts))
    assert process_of(beside).nice() == min(19, psutil.Process().nice() + NICE)


def test_one_that_dies_in_the_middle_is_started_again(
    beside: BesideEmbedder, model: OnnxEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    beside.embed(["a first one"])
    first = process_of(beside)
    killer = threading.Timer(0.3, first.kill)
    killer.start()
    rows = beside.embed(MANY)
    killer.join()
    assert np.array_equal(rows, model.embed(MANY))
    assert process_of(beside).pid != first.pid
    assert [record.getMessage() for record in caplog.records] == [
        "The process that embeds what is ingested failed: it was ended by SIGKILL."
    ]


def test_one_that_never_works_costs_time_and_nothing_else(
    model: OnnxEmbedder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unloadable = load_embedder(NAME, models=EXPORTS, backend="onnx", threads=1)
    assert isinstance(unloadable, OnnxEmbedder)
    unloadable.folder = tmp_path  # nothing lies there
    beside = BesideEmbedder(unloadable)
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(beside.embed(TEXTS), model.embed(TEXTS))
        assert np.array_equal(beside.embed(TEXTS), model.embed(TEXTS))
    told = [record.getMessage() for record in caplog.records]
    assert [message.rpartition(": ")[2] for message in told[:2]] == ["it ended with exit code 1."] * 2
    assert told[2:] == ["For 10 minutes what is ingested is embedded in the service's own process."]  # tried once


def test_where_no_process_may_be_started_it_embeds_here() -> None:
    done = subprocess.run([sys.executable, "-c", NO_NEW_PROCESS, NAME, str(EXPORTS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("could not be started") == 2


def test_it_goes_when_it_is_idle_and_comes_back(model: OnnxEmbedder, caplog: pytest.LogCaptureFixture) -> None:
    beside = BesideEmbedder(model, idle=0.2)
    try:
        beside.embed(TEXTS[:1])
        process = beside._process
        assert process is not None
        assert until(lambda: not process.runs)
        assert np.array_equal(beside.embed(TEXTS[:1]), model.embed(TEXTS[:1]))
        assert not caplog.records
    finally:
        beside.close()


def test_closing_ends_it_in_the_middle_and_what_is_left_is_embedded_here(
    beside: BesideEmbedder, model: OnnxEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    beside.embed(["a first one"])
    process = process_of(beside)
    closer = threading.Timer(0.2, beside.close)
    closer.start()
    rows = beside.embed(MANY)
    closer.join()
    assert np.array_equal(rows, model.embed(MANY))
    assert not process.is_running()
    assert not caplog.records


def test_a_few_texts_start_no_process(model: OnnxEmbedder) -> None:
    beside = BesideEmbedder(model, few=2)
    assert np.array_equal(beside.embed(TEXTS[:2]), model.embed(TEXTS[:2]))
    assert beside._process is None
    beside.embed(MANY[:3])
    assert process_of(beside).is_running()
    beside.close()


@pytest.mark.parametrize("asked", [True, False])
def test_a_service_has_it_unless_that_is_switched_off(model: OnnxEmbedder, tmp_path: Path, asked: bool) -> None:
    services = build(Settings(home=tmp_path, embed_beside=asked), mode="serve", embedder=model)
    assert isinstance(services.ingestor, Pipeline)
    assert isinstance(services.ingestor.embedder, BesideEmbedder) == asked
    services.close()


def test_it_ends_with_who_started_it_also_when_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", EMBEDS_FOREVER, NAME, str(EXPORTS)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.5)  # in the middle of work
        assert child.is_running()
        parent.kill()
    assert until(lambda: not child.is_running(), 5.0)
