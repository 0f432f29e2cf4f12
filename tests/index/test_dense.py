import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.domain.errors import BackendFailed, IndexMismatch
from rag.domain.ports import DenseIndex
from rag.index import dense
from rag.index.dense import ChromaIndex, collection_name
from tests.contracts.index import DenseIndexContract
from tests.index.memory import entry, random_entries, unit

pytestmark = pytest.mark.slow  # a real Chroma for each test
NAME = collection_name("words", 1)


class TestChromaIndex(DenseIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[DenseIndex]:
        index = ChromaIndex(tmp_path / "dense", NAME, model="words", dimension=3, create=True)
        yield index
        index.close()


def test_what_was_added_is_there_after_reopening(tmp_path: Path) -> None:
    entries = random_entries(120)
    index = ChromaIndex(tmp_path, NAME, model="words", dimension=32, create=True)
    index.add(entries)
    index.close()
    again = ChromaIndex(tmp_path, NAME, model="words", dimension=32)
    assert again.ids() == {one.chunk_id for one in entries}
    assert again.search(entries[7].vector, 1)[0][0] == entries[7].chunk_id
    again.close()


def test_another_model_or_dimension_is_refused(tmp_path: Path) -> None:
    ChromaIndex(tmp_path, NAME, model="words", dimension=3, create=True).close()
    with pytest.raises(IndexMismatch):
        ChromaIndex(tmp_path, NAME, model="other", dimension=3)
    with pytest.raises(IndexMismatch):
        ChromaIndex(tmp_path, NAME, model="words", dimension=4, create=True)


def test_every_failure_is_ours_and_says_that_the_outcome_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed, match="outcome unknown"):
        ChromaIndex(tmp_path, NAME, model="words", dimension=3)
    index = ChromaIndex(tmp_path, NAME, model="words", dimension=3, create=True)
    index.add([entry("a:1:0", unit(1, 0, 0))])
    with pytest.raises(BackendFailed, match="outcome unknown"):
        index.search(unit(1, 0), 1)
    with pytest.raises(IndexMismatch):
        index.add([entry("a:1:0", unit(1, 0))])
    index.close()
    with pytest.raises(BackendFailed, match="outcome unknown"):
        index.count()


def test_no_embedding_function_of_chroma_can_be_named_by_a_collection(tmp_path: Path) -> None:
    from chromadb.utils.embedding_functions import known_embedding_functions

    ChromaIndex(tmp_path, NAME, model="words", dimension=3, create=True).close()
    assert not known_embedding_functions


def test_a_server_that_does_not_answer_is_left_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "DEADLINE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(BackendFailed, match="answer within 0 s"):
        ChromaIndex(f"http://127.0.0.1:{silent.getsockname()[1]}", NAME, model="words", dimension=3)


def test_a_server_that_is_not_there_is_a_backend_that_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(BackendFailed):
        ChromaIndex(f"http://127.0.0.1:{port}", NAME, model="words", dimension=3)


def test_threads_search_while_others_add(tmp_path: Path) -> None:
    entries, errors = random_entries(400), []
    index = ChromaIndex(tmp_path, NAME, model="words", dimension=32, create=True)
    index.add(entries[:100])

    def search() -> None:
        try:
            for one in entries[:100]:
                assert index.search(one.vector, 3)[0][0] == one.chunk_id
        except (BackendFailed, AssertionError) as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for at in range(100, 400, 100):
        index.add(entries[at : at + 100])
    for thread in threads:
        thread.join()
    index.close()
    assert not errors
