"""What the dense index must survive: each kind of damage to each of its files, and a kill at any moment."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.domain.types import Matrix
from rag.index.generations import HomeIndexes
from tests.index.memory import MemoryCatalog, MemoryGenerations, random_entries

pytestmark = pytest.mark.slow
DIMENSION = 64
ENTRIES = random_entries(1600, DIMENSION)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 7, len(data), max(1, len(data) // 40)):
        data[at] ^= 0xFF
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


FILES = ("chroma.sqlite3", "data_level0.bin", "header.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")
DAMAGES: dict[str, Callable[[Path], None]] = {
    f"{damage.__name__} {name}": lambda home, name=name, damage=damage: damage(next(home.rglob(name)))
    for name in FILES
    for damage in (truncate, zero, flip, empty, Path.unlink)
} | {
    "the segment's folder is gone": lambda home: shutil.rmtree(next(home.rglob("header.bin")).parent),
    "all is gone": lambda home: shutil.rmtree(home),
}


class Home:
    """A home whose registry never fails, and the directory of its indexes."""

    def __init__(self, directory: Path) -> None:
        self.catalog, self.generations, self.directory = MemoryCatalog(), MemoryGenerations(), directory

    def open(self, *, background: bool = False) -> HomeIndexes:
        return HomeIndexes(
            self.catalog,
            self.generations,
            directory=self.directory,
            model="words-64",
            dimension=DIMENSION,
            background=background,
        )

    def exact(self, vector: Matrix) -> set[str]:
        live = list(self.catalog.live)
        return set(sorted(live, key=lambda one: -float(self.catalog.stored[one].vector @ vector))[:10])

    def agreement(self, indexes: HomeIndexes, probes: int = 60) -> float:
        vectors = [one.vector for one in random.Random(1).sample(ENTRIES[:1000], probes)]
        found = [len(self.exact(v) & {hit for hit, _ in indexes.dense.search(v, 10)}) for v in vectors]
        return sum(found) / (10 * probes)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """1,500 chunks, flushed to Chroma's files, and some that are not."""
    from rag.index import dense

    home, before = Home(tmp_path_factory.mktemp("built")), dense.HNSW["sync_threshold"]
    dense.HNSW["sync_threshold"] = 500
    try:
        home.catalog.put(ENTRIES[:1400])
        indexes = home.open()
        indexes.catch_up()
        home.catalog.put(ENTRIES[1400:1500], removed=[ENTRIES[1399].chunk_id])
        indexes.catch_up()
        assert home.agreement(indexes) >= 0.99
        indexes.close()
    finally:
        dense.HNSW["sync_threshold"] = before
    return home


def settled(indexes: HomeIndexes) -> bool:
    return all(state["state"] == "ready" for state in indexes.health().values())


# Each file and each kind of damage once; DRILLS=all runs every pair of them.
SOME = [
    *(f"{kind} {name}" for kind, name in zip(("truncate", "zero", "flip", "empty", "unlink"), FILES, strict=False)),
    "flip index_metadata.pickle",
    "unlink chroma.sqlite3",
    "the segment's folder is gone",
]


@pytest.mark.parametrize("damage", DAMAGES if os.environ.get("DRILLS") == "all" else SOME)
def test_a_damaged_dense_index_answers_from_exact_search_and_heals(built: Home, tmp_path: Path, damage: str) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(built.directory, home.directory)
    home.catalog.put([])
    home.catalog.__dict__.update(built.catalog.__dict__)
    home.generations.rows, home.generations.last = dict(built.generations.rows), built.generations.last
    DAMAGES[damage](home.directory / f"dense-{home.generations.current('dense').id}")

    indexes = home.open(background=True)
    assert home.agreement(indexes, 20) == 1.0  # at once, before anything was probed
    end = time.monotonic() + 30
    while not settled(indexes) and time.monotonic() < end:
        assert home.agreement(indexes, 2) >= 0.9
        time.sleep(0.05)
    health = indexes.health()["dense"]
    assert (health["state"], health["count"]) == ("ready", 1499), health
    assert home.agreement(indexes) >= 0.99
    indexes.close()


FOLLOW_FOR_EVER = """
import sys
from pathlib import Path
from tests.index.test_drills import Home, ENTRIES
from rag.index import dense
dense.HNSW["sync_threshold"] = 150  # writes its files all the time
home = Home(Path(sys.argv[1]))
done, seed = int(sys.argv[2]), int(sys.argv[3])
home.catalog.put(ENTRIES[:done])
for row in sys.argv[4:]:
    kind, fingerprint, position = row.split("=")
    generation = home.generations.begin(kind, fingerprint)
    home.generations.advance(generation.id, int(position))
    home.generations.promote(generation.id)
indexes = home.open()
indexes.catch_up()
while True:
    for at in range(done, len(ENTRIES), 40):
        home.catalog.put(ENTRIES[at : at + 40])
        indexes.catch_up()
        print(at + 40, *(f"{g.id}:{g.kind}:{g.position}" for g in home.generations.rows.values()), flush=True)
    sys.exit()
"""


def test_a_kill_at_any_moment_heals_and_nothing_is_lost(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for seed in range(3):
        directory = tmp_path / str(seed)
        child = subprocess.Popen(
            [sys.executable, "-c", FOLLOW_FOR_EVER, str(directory), "200", str(seed)],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        assert child.stdout is not None
        with child, child.stdout:
            lines = [child.stdout.readline() for _ in range(4 + 8 * seed)]
            time.sleep(0.01 * seed)
            child.kill()
            lines += child.stdout.readlines()
        done, *rows = [line for line in lines if line.endswith("\n")][-1].split()
        home = Home(directory)
        home.catalog.put(ENTRIES[: int(done)])
        for number, kind, position in sorted(row.split(":") for row in rows):
            fingerprint = "words-64" if kind == "dense" else "code-english-1"
            home.generations.last = int(number) - 1
            generation = home.generations.begin(kind, fingerprint)
            home.generations.advance(generation.id, int(position))
            home.generations.promote(generation.id)
        indexes = home.open(background=True)
        assert home.agreement(indexes, 20) == 1.0
        end = time.monotonic() + 30
        while not settled(indexes) and time.monotonic() < end:
            time.sleep(0.05)
        assert indexes.health()["dense"]["state"] == "ready", indexes.health()
        assert home.agreement(indexes) >= 0.99
        assert indexes.lexical.search("word100", 1)[0][0] == ENTRIES[100].chunk_id
        indexes.close()
