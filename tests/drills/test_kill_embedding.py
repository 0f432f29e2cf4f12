"""kill -9 of the process that embeds, in the middle of an ingest: every chunk is there, with its one right vector."""

import logging
import os
import random
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from sqlalchemy import create_engine, text

from rag.domain.types import Access
from rag.models.beside import BesideEmbedder
from rag.models.embedder import OnnxEmbedder, load_embedder
from tests.drills.ingesting import FILES, pipeline_of, text_of

pytestmark = pytest.mark.slow
EXPORTS = Path(os.environ.get("TEAMLORE_TEST_MODELS", Path.home() / ".cache" / "teamlore-test-models"))
ALL = Access(everything=True)


def kill_embedding(stop: threading.Event, killed: list[int]) -> None:
    """Each one half a second after it was seen, until there were two."""
    while not stop.is_set() and len(killed) < 2:
        for one in psutil.Process().children():
            if one.pid not in killed and "rag.models.embed_child" in one.cmdline():
                stop.wait(0.5)
                one.kill()
                killed.append(one.pid)
        stop.wait(0.05)


def test_an_ingest_outlives_the_process_that_embeds_for_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = load_embedder("all-MiniLM-L6-v2", models=EXPORTS, backend="onnx", threads=1)
    assert isinstance(model, OnnxEmbedder)
    home, corpus, rng = tmp_path / "home", tmp_path / "corpus", random.Random(1)
    home.mkdir()
    corpus.mkdir()
    for n in range(4 * FILES):
        (corpus / f"{n:02}.md").write_text(text_of(f"canary{n}", rng))
    beside, stop, killed = BesideEmbedder(model), threading.Event(), list[int]()
    killer = threading.Thread(target=kill_embedding, args=(stop, killed))
    killer.start()
    pipeline = replace(pipeline_of(home, indexed=False), embedder=beside)
    with caplog.at_level(logging.WARNING):
        report = pipeline.ingest([corpus], space="default")
    stop.set()
    killer.join()
    beside.close()

    assert killed
    assert any("ended by SIGKILL" in record.getMessage() for record in caplog.records)
    assert not report.failed
    ids = pipeline.catalog.allowed_ids(ALL, filters=None, as_of=None, limit=10_000) or []
    chunks = pipeline.catalog.chunks(ids, ALL)
    found, vectors = pipeline.catalog.vectors(ids, model.fingerprint)
    assert len(ids) == report.chunks > 4 * FILES
    assert sorted(found) == sorted(ids)
    expected = model.embed([embedded(chunks[one].context, chunks[one].text) for one in found])
    assert np.array_equal(vectors, expected)
    with create_engine(f"sqlite:///{home}/registry.db").connect() as connection:
        stored, distinct = connection.execute(text("SELECT count(*), count(DISTINCT hash) FROM vectors")).one()
    assert stored == distinct == report.embedded


def embedded(context: str, words: str) -> str:
    return f"{context}\n{words}" if context else words
