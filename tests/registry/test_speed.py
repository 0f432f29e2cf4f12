"""What a search asks of the registry must be quick at 57,000 passages. CPU time, for machines are shared."""

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.domain.types import Access, Chunk, Filters, PathUpdate, Prepared
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from tests.registry.parts import ALL, document, source

PASSAGES, BATCH, MODEL = 57_000, 500, "speed"
SPACE = Access(spaces=frozenset({"default"}))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> SqlCatalog:
    folder: Path = tmp_path_factory.mktemp("speed")
    catalog = SqlCatalog(open_database(f"sqlite:///{folder}/registry.sqlite"))
    of, vectors = source(catalog), np.random.default_rng(0).standard_normal((PASSAGES, 384)).astype(np.float32)

    def one(n: int) -> PathUpdate:
        text = f"passage {n} says what {n * 7919} means " * 15
        made = document(of, f"{n % 97}/{n}.md", text, authors=(f"ann {n % 50}",))
        chunk = Chunk(n=0, start=0, end=len(text), text=text)
        prepared = Prepared(document=made, chunks=(chunk,), vectors=vectors[n : n + 1])
        return PathUpdate(source=of.id, path=made.path, prepared=(prepared,))

    for first in range(0, PASSAGES, BATCH):
        catalog.commit([one(n) for n in range(first, first + BATCH)], model=MODEL)
    return catalog


def milliseconds(call: Callable[[], object], times: int) -> float:
    """The median CPU time."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        call()
        spent.append((time.process_time() - start) * 1000)
    return statistics.median(spent)


@pytest.mark.slow
def test_a_search_at_57_000_passages_waits_little_for_the_registry(catalog: SqlCatalog) -> None:
    dice = random.Random(0)
    keys = catalog.allowed_ids(ALL, filters=None, as_of=None, limit=100_000) or []
    assert len(keys) == PASSAGES
    filters = Filters(authors=("ANN 3",))
    limits = {
        "join": (lambda: catalog.chunks(dice.sample(keys, 400), ALL), 20),
        "join in a space": (lambda: catalog.chunks(dice.sample(keys, 400), SPACE), 20),
        "join with a filter": (lambda: catalog.chunks(dice.sample(keys, 400), SPACE, filters=filters), 20),
        "entries": (lambda: catalog.entries(dice.sample(keys, 1000), MODEL), 80),
        "reach": (lambda: catalog.allowed_ids(SPACE, filters=filters, as_of=None, limit=100_000), 500),
        "first page": (lambda: catalog.documents(SPACE), 10),
    }
    taken = {name: milliseconds(call, 9) for name, (call, _) in limits.items()}
    assert {name: took for name, took in taken.items() if took > limits[name][1]} == {}
