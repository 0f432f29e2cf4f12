"""The dense index on a real Chroma server on loopback."""

import gc
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from rag.domain.ports import DenseIndex
from rag.index.dense import ChromaIndex
from rag.index.generations import HomeIndexes
from tests.contracts.index import DenseIndexContract
from tests.index.memory import MemoryCatalog, MemoryGenerations, random_entries

pytestmark = pytest.mark.slow
NUMBERS = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = Path(sys.executable).parent / "chroma"
    if not command.exists():
        pytest.skip("the chroma command is not beside this Python")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    process = subprocess.Popen(
        [command, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 300
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()
    gc.collect()  # here, so that what a client left open fails this module, not another


class TestChromaServer(DenseIndexContract):
    @pytest.fixture
    def index(self, server: str) -> Iterator[DenseIndex]:
        index = ChromaIndex(server, f"contract-{next(NUMBERS)}", model="words", dimension=3, create=True)
        yield index
        index.close()


def test_a_home_on_a_server_is_served_rebuilt_and_swapped(server: str, tmp_path: Path) -> None:
    catalog, generations, entries = MemoryCatalog(), MemoryGenerations(), random_entries(300)
    catalog.put(entries)
    indexes = HomeIndexes(catalog, generations, directory=tmp_path, model="words-64", dimension=32, chroma_url=server)
    indexes.catch_up()
    assert indexes.health()["dense"]["state"] == "ready", indexes.health()
    indexes.rebuild()
    assert len([row for row in generations.rows.values() if row.kind == "dense"]) == 1
    catalog.put([], removed=[entries[5].chunk_id])
    indexes.catch_up()
    assert indexes.health()["dense"] == {"state": "ready", "position": 301, "count": 299, "reason": ""}
    assert indexes.dense.search(entries[6].vector, 1)[0][0] == entries[6].chunk_id
    indexes.close()
