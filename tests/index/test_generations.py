import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.domain.errors import BackendFailed
from rag.domain.types import IndexEntry, Progress
from rag.index.generations import HomeIndexes
from rag.index.served_dense import ServedDense
from tests.index.memory import MemoryCatalog, MemoryGenerations, random_entries

pytestmark = pytest.mark.slow  # real Chroma and tantivy for each test

DIMENSION = 32
Open = Callable[..., HomeIndexes]


@pytest.fixture
def catalog() -> MemoryCatalog:
    return MemoryCatalog()


@pytest.fixture
def generations() -> MemoryGenerations:
    return MemoryGenerations()


@pytest.fixture
def opened(catalog: MemoryCatalog, generations: MemoryGenerations, tmp_path: Path) -> Iterator[Open]:
    made: list[HomeIndexes] = []

    def open_indexes(model: str = "words-64", **options: bool | str) -> HomeIndexes:
        made.append(HomeIndexes(catalog, generations, directory=tmp_path, model=model, dimension=DIMENSION, **options))
        return made[-1]

    yield open_indexes
    for indexes in made:
        indexes.close()


def best(indexes: HomeIndexes, one: IndexEntry) -> str:
    return indexes.dense.search(one.vector, 1)[0][0]


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_an_empty_home_answers_with_nothing(opened: Open) -> None:
    indexes = opened()
    indexes.catch_up()
    assert indexes.lexical.search("anything", 5) == []
    assert indexes.health()["dense"]["state"] == indexes.health()["lexical"]["state"] == "ready"


def test_what_was_written_is_found_before_any_index_has_applied_it(opened: Open, catalog: MemoryCatalog) -> None:
    indexes, entries = opened(), random_entries(60)
    catalog.put(entries)
    assert best(indexes, entries[7]) == entries[7].chunk_id
    assert indexes.lexical.search("word7", 1)[0][0] == entries[7].chunk_id
    assert indexes.health()["dense"]["state"] == "exact"


def test_the_served_index_and_its_tail_answer_together(opened: Open, catalog: MemoryCatalog) -> None:
    indexes, entries, later = opened(), random_entries(60), random_entries(10, seed=1, prefix="later")
    catalog.put(entries)
    indexes.catch_up()
    assert indexes.health()["dense"] == {"state": "ready", "position": 60, "count": 60, "reason": ""}
    catalog.put(later, removed=[entries[7].chunk_id])
    assert indexes.health()["dense"]["state"] == "behind"
    assert best(indexes, later[3]) == later[3].chunk_id
    assert best(indexes, entries[8]) == entries[8].chunk_id
    assert entries[7].chunk_id not in dict(indexes.dense.search(entries[7].vector, 70))
    assert len(indexes.dense.search(entries[7].vector, 100)) == 69
    indexes.catch_up()
    assert indexes.health()["dense"] == {"state": "ready", "position": 71, "count": 69, "reason": ""}
    assert best(indexes, later[3]) == later[3].chunk_id


def test_the_next_process_goes_on_where_the_last_one_stopped(opened: Open, catalog: MemoryCatalog) -> None:
    first, entries = opened(), random_entries(60)
    catalog.put(entries)
    first.catch_up()
    first.close()
    later = random_entries(10, seed=1, prefix="later")
    catalog.put(later)
    second = opened(background=True)
    assert best(second, later[2]) == later[2].chunk_id
    wait_until(lambda: second.health()["dense"]["state"] == "ready" == second.health()["lexical"]["state"])
    assert best(second, later[2]) == later[2].chunk_id


def test_a_service_follows_what_it_is_woken_for(opened: Open, catalog: MemoryCatalog) -> None:
    indexes, entries = opened(background=True), random_entries(30)
    catalog.put(entries)
    indexes.catch_up()
    wait_until(lambda: indexes.health()["dense"]["position"] == 30 and indexes.health()["dense"]["state"] == "ready")
    wait_until(lambda: indexes.health()["lexical"]["state"] == "ready")


def test_a_rebuild_swaps_the_generation_and_removes_the_old_files(
    opened: Open, catalog: MemoryCatalog, generations: MemoryGenerations, tmp_path: Path
) -> None:
    indexes, entries, seen = opened(), random_entries(60), list[Progress]()
    catalog.put(entries)
    indexes.catch_up()
    before = {path.name for path in tmp_path.iterdir()}
    indexes.rebuild(seen.append)
    after = {path.name for path in tmp_path.iterdir()}
    assert len(after) == 2
    assert not before & after
    assert {row.state for row in generations.rows.values()} == {"current"}
    assert {progress.stage for progress in seen} == {"dense index", "lexical index"}
    assert best(indexes, entries[7]) == entries[7].chunk_id


def test_another_model_gets_an_index_of_its_own(
    opened: Open, catalog: MemoryCatalog, generations: MemoryGenerations
) -> None:
    first, entries = opened(), random_entries(60)
    catalog.put(entries)
    first.catch_up()
    first.close()
    old = generations.current("dense")
    catalog.model = "another"
    second = opened(model="another")
    assert best(second, entries[7]) == entries[7].chunk_id
    second.catch_up()
    new = generations.current("dense")
    assert old is not None
    assert new is not None
    assert (old.fingerprint, new.fingerprint) == ("words-64", "another")


def test_chunks_that_another_model_embedded_are_named_and_not_searched(opened: Open, catalog: MemoryCatalog) -> None:
    catalog.put(random_entries(20))
    indexes = opened(model="another")
    indexes.catch_up()
    assert indexes.dense.search(random_entries(1)[0].vector, 5) == []
    assert "20 chunks have no vector of this model" in indexes.health()["dense"]["reason"]


def test_vectors_that_come_late_are_indexed_too(opened: Open, catalog: MemoryCatalog) -> None:
    entries = random_entries(20)
    catalog.put(entries)
    catalog.model = "another"
    indexes = opened()
    indexes.catch_up()
    catalog.model = "words-64"
    time.sleep(0.05)
    indexes.catch_up()
    assert best(indexes, entries[3]) == entries[3].chunk_id
    assert indexes.health()["dense"]["reason"] == ""


def test_a_reader_beside_the_owner_writes_nothing_and_finds_all(
    opened: Open, catalog: MemoryCatalog, tmp_path: Path
) -> None:
    owner, entries = opened(), random_entries(60)
    catalog.put(entries[:40])
    owner.catch_up()
    catalog.put(entries[40:])
    before = sorted(path for path in tmp_path.rglob("*"))
    reader = opened(read_only=True)
    reader.catch_up()
    assert best(reader, entries[50]) == entries[50].chunk_id
    for n in (7, 50):
        assert reader.lexical.search(f"word{n}", 1)[0][0] == entries[n].chunk_id
    assert sorted(path for path in tmp_path.rglob("*")) == before
    owner.rebuild()
    assert reader.lexical.search("word7", 1)[0][0] == entries[7].chunk_id
    assert reader.health()["lexical"]["position"] == 60


def test_a_reader_of_a_home_without_indexes_answers(opened: Open, catalog: MemoryCatalog) -> None:
    entries = random_entries(30)
    catalog.put(entries)
    reader = opened(read_only=True)
    assert best(reader, entries[5]) == entries[5].chunk_id
    assert reader.lexical.search("word5", 1)[0][0] == entries[5].chunk_id


def test_a_lexical_index_that_is_gone_or_damaged_is_built_anew(
    opened: Open, catalog: MemoryCatalog, tmp_path: Path
) -> None:
    entries = random_entries(30)
    catalog.put(entries)
    first = opened()
    first.catch_up()
    first.close()
    [meta] = tmp_path.glob("lexical-*/meta.json")
    meta.write_bytes(b"{")
    second = opened()
    assert second.lexical.search("word5", 1)[0][0] == entries[5].chunk_id
    second.close()
    for path in tmp_path.glob("lexical-*"):
        shutil.rmtree(path)
    assert opened().lexical.search("word5", 1)[0][0] == entries[5].chunk_id


def test_a_narrowed_search_never_asks_chroma(opened: Open, catalog: MemoryCatalog) -> None:
    entries = random_entries(60, DIMENSION)
    catalog.put(entries)
    indexes = opened()
    indexes.catch_up()
    assert isinstance(indexes.dense, ServedDense)
    assert indexes.dense._served is not None
    indexes.dense._served.index.close()  # from here on Chroma fails whatever it is asked
    only = [one.chunk_id for one in entries[:7]]
    assert {key for key, _ in indexes.dense.search(entries[0].vector, 60, only=only)} == set(only)
    assert indexes.health()["dense"]["state"] == "ready"
    assert best(indexes, entries[0]) == entries[0].chunk_id
    assert indexes.health()["dense"]["state"] == "exact"


def test_questions_are_answered_all_the_while_an_index_is_rebuilt(opened: Open, catalog: MemoryCatalog) -> None:
    entries = random_entries(6000, DIMENSION)
    catalog.put(entries)
    indexes = opened()
    indexes.catch_up()
    rebuild = threading.Thread(target=indexes.rebuild)
    rebuild.start()
    answered, slowest, started = 0, 0.0, time.monotonic()
    while rebuild.is_alive():
        asked, began = entries[answered % len(entries)], time.monotonic()
        assert best(indexes, asked) == asked.chunk_id
        assert indexes.lexical.search(asked.text, 1)[0][0] == asked.chunk_id
        slowest = max(slowest, time.monotonic() - began)
        answered += 1
    assert answered > 10
    assert slowest < (time.monotonic() - started) / 2  # none waited for the rebuild to end
    assert indexes.health()["dense"]["state"] == indexes.health()["lexical"]["state"] == "ready"


def test_narrow_searches_are_exact_and_may_name_what_is_no_longer_current(opened: Open, catalog: MemoryCatalog) -> None:
    indexes, entries = opened(), random_entries(60)
    catalog.put(entries)
    indexes.catch_up()
    catalog.put([], removed=[entries[0].chunk_id])
    only = [entries[0].chunk_id, entries[1].chunk_id]
    assert {chunk_id for chunk_id, _ in indexes.dense.search(entries[0].vector, 5, only=only)} == set(only)


def test_a_server_that_is_down_delays_nothing(opened: Open, catalog: MemoryCatalog) -> None:
    indexes, entries = opened(chroma_url="http://127.0.0.1:9"), random_entries(30)
    catalog.put(entries)
    indexes.catch_up()
    assert best(indexes, entries[5]) == entries[5].chunk_id
    dense = indexes.health()["dense"]
    assert (dense["state"], "outcome unknown" in dense["reason"]) == ("exact", True)
    with pytest.raises(BackendFailed):
        indexes.rebuild()
