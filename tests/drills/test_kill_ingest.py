"""kill -9 in the middle of ingest, re-ingest and delete: nothing acknowledged is lost, twice, or outlives its end."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest

from rag.domain.ports import Catalog, Dense, Lexical
from rag.domain.types import Access
from rag.index.generations import HomeIndexes
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.registry.generations import SqlGenerations
from tests.drills.ingesting import pipeline_of, state_of
from tests.fakes import WordEmbedder

pytestmark = pytest.mark.slow
ROUNDS = int(os.environ.get("TEAMLORE_DRILL_ROUNDS", "25"))
INDEXED_EVERY = 5  # rounds in which Chroma and tantivy follow and are killed too
ALL = Access(everything=True)
State = dict[str, str]


@dataclass
class Victim:
    """The process that forks what is killed, and what it has said."""

    process: subprocess.Popen[str]
    lines: Queue[str] = field(default_factory=Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def round(self, seed: int, after: int, seconds: float, *, indexed: bool) -> tuple[State | None, State | None]:
        """(last acknowledged state, the one under way) of a child that was killed `seconds` after that many steps."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed} {'yes' if indexed else 'no'}\n")
        self.process.stdin.flush()
        acked: State | None = None
        intent: State | None = None
        child, left = 0, after
        while True:
            name, _, value = self.lines.get(timeout=300).partition(" ")
            if name == "start":
                child = int(value)
            elif name == "intent":
                intent = json.loads(value)
            elif name == "ack":
                acked, intent, left = json.loads(value), None, left - 1
            else:
                return acked, intent
            if name != "intent" and left == 0:
                threading.Timer(seconds, os.kill, (child, signal.SIGKILL)).start()


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    (tmp_path / "home").mkdir()
    (tmp_path / "corpus").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.ingesting", str(tmp_path / "home"), str(tmp_path / "corpus")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    yield Victim(process)
    process.kill()
    process.communicate()


def current(catalog: Catalog) -> State:
    """{path: its word}, once every promise about one version has been checked."""
    found, _ = catalog.documents(ALL, limit=1000)
    assert not [path for path, n in Counter(info.path for info in found).items() if n > 1]
    state = {}
    for info in found:
        stored = catalog.text(info.id, ALL)
        word = stored.text.split(None, 2)[1]
        chunks = catalog.neighbours(info.id, info.version, 0, 1000)
        assert [chunk.n for chunk in chunks] == list(range(len(chunks)))
        assert len(chunks) == info.chunks
        assert all(chunk.text == stored.text[chunk.start : chunk.end] and word in chunk.text for chunk in chunks)
        assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(stored.text.split())
        state[info.path] = word
    return state


def agrees(state: State, acked: State, intent: State | None) -> bool:
    """Every path is as acknowledged, or, when a step was under way, as that step wants it."""
    allowed = [acked] if intent is None else [acked, intent]
    paths = {*state, *acked, *(intent or {})}
    return all(state.get(path) in {version.get(path) for version in allowed} for path in paths)


def found_words(catalog: Catalog, word: str, *, dense: Dense, lexical: Lexical) -> set[str]:
    """The words of the documents that a search for one finds, after the join every hit goes through."""
    vector = WordEmbedder().embed([word])[0]
    ids = [name for name, _ in [*lexical.search(word, 20), *dense.search(vector, 20)]]
    joined = catalog.chunks(ids, ALL)
    return {chunk.text.split(word)[0] + word for chunk in joined.values() if word in chunk.text}


def test_a_kill_loses_nothing_doubles_nothing_and_revives_nothing(victim: Victim, tmp_path: Path) -> None:
    home, corpus = tmp_path / "home", tmp_path / "corpus"
    rng = random.Random(int(os.environ.get("TEAMLORE_DRILL_SEED", "1")))
    engine = open_database(f"sqlite:///{home}/registry.db")
    catalog, generations = SqlCatalog(engine), SqlGenerations(engine)
    acked: State = {}
    seen: set[str] = set()
    steps = 0
    for number in range(ROUNDS):
        indexed = number % INDEXED_EVERY == INDEXED_EVERY - 1
        said, intent = victim.round(number, rng.randrange(3), rng.uniform(0, 2.0 if indexed else 0.4), indexed=indexed)
        acked = said if said is not None else acked
        state = current(catalog)
        assert agrees(state, acked, intent), (number, state, acked, intent)
        seen |= {*acked.values(), *(intent or {}).values(), *state.values()}
        steps += said is not None
        acked = state
    assert steps > ROUNDS // 3  # kills came in the middle of work, and work was done

    pipeline_of(home, indexed=False).ingest([corpus], space="default")
    assert current(catalog) == state_of(corpus)
    embedder = WordEmbedder()
    indexes = HomeIndexes(
        catalog, generations, directory=home / "indexes", model=embedder.fingerprint, dimension=embedder.dimension
    )
    indexes.catch_up()
    health = indexes.health()
    assert {kind: (part["state"], part["count"]) for kind, part in health.items()} == {
        kind: ("ready", catalog.counts()["chunks"]) for kind in ("dense", "lexical")
    }
    alive = set(current(catalog).values())
    for word in seen | alive:
        hits = found_words(catalog, word, dense=indexes.dense, lexical=indexes.lexical)
        assert bool(hits) == (word in alive), word
    indexes.close()
    engine.dispose()
