import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index import exact as exact_module
from rag.index.exact import ExactIndex
from tests.index.memory import MemoryCatalog, entry, random_entries, unit


@pytest.fixture
def catalog() -> MemoryCatalog:
    return MemoryCatalog()


def index_of(catalog: MemoryCatalog, dimension: int = 3) -> ExactIndex:
    return ExactIndex(catalog, catalog.model, dimension)


def test_it_finds_the_nearest_first_with_their_cosine(catalog: MemoryCatalog) -> None:
    catalog.put([entry("a:1:0", unit(1, 0, 0)), entry("b:1:0", unit(1, 1, 0)), entry("c:1:0", unit(0, 0, 1))])
    hits = index_of(catalog).search(unit(1, 0, 0), 2)
    assert [chunk_id for chunk_id, _ in hits] == ["a:1:0", "b:1:0"]
    assert [score for _, score in hits] == pytest.approx([1.0, 2**-0.5])


def test_an_empty_catalog_finds_nothing(catalog: MemoryCatalog) -> None:
    index = index_of(catalog)
    assert index.search(unit(1, 0, 0), 5) == index.search(unit(1, 0, 0), 5, only=["a:1:0"]) == []
    assert index.search(unit(1, 0, 0), 5, after=0) == []


def test_what_came_and_went_since_the_last_search_counts_at_once(catalog: MemoryCatalog) -> None:
    index = index_of(catalog)
    catalog.put([entry("a:1:0", unit(1, 0, 0))])
    assert index.search(unit(1, 0, 0), 5)[0][0] == "a:1:0"
    catalog.put([entry("a:2:0", unit(1, 0.1, 0))], removed=["a:1:0"])
    assert [chunk_id for chunk_id, _ in index.search(unit(1, 0, 0), 5)] == ["a:2:0"]
    assert (index.count(), index.removed_after(1), index.removed_after(2)) == (1, 1, 0)


def test_the_farthest_of_the_nearest_is_what_one_search_for_each_finds(
    catalog: MemoryCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact_module, "BLOCK", 7)
    entries = random_entries(50)
    catalog.put(entries)
    index = index_of(catalog, 32)
    index.follow()
    catalog.put([], removed=[one.chunk_id for one in entries[:9]])
    index.follow()
    asked = np.stack([one.vector for one in random_entries(6, seed=3)])
    one_by_one = [[index.search(row, k)[-1][1] for row in asked] for k in (1, 10, 100)]
    assert [index.farthest_of(asked, k).tolist() for k in (1, 10, 100)] == [pytest.approx(row) for row in one_by_one]


def test_equal_scores_come_by_id(catalog: MemoryCatalog) -> None:
    catalog.put([entry(f"{name}:1:0", unit(1, 0, 0)) for name in "dbca"])
    assert [chunk_id for chunk_id, _ in index_of(catalog).search(unit(1, 0, 0), 3)] == ["a:1:0", "b:1:0", "c:1:0"]


def test_only_searches_exactly_those_current_or_not(catalog: MemoryCatalog) -> None:
    catalog.put([entry("a:1:0", unit(1, 0, 0)), entry("b:1:0", unit(0, 1, 0)), entry("c:1:0", unit(1, 1, 0))])
    catalog.put([], removed=["a:1:0"])
    found = index_of(catalog).search(unit(1, 0, 0), 5, only=["b:1:0", "a:1:0", "absent:1:0", "b:1:0"])
    assert found == [("a:1:0", pytest.approx(1.0)), ("b:1:0", pytest.approx(0.0))]
    assert index_of(catalog).search(unit(1, 0, 0), 5, only=[]) == []


def test_the_tail_is_what_came_after_a_position(catalog: MemoryCatalog) -> None:
    catalog.put([entry("a:1:0", unit(1, 0, 0))])
    index = index_of(catalog)
    index.follow()
    catalog.put([entry("b:1:0", unit(0, 1, 0))])
    assert (index.base, [chunk_id for chunk_id, _ in index.search(unit(1, 0, 0), 5, after=1)]) == (1, ["b:1:0"])
    assert index.search(unit(1, 0, 0), 5, after=2) == []


def test_a_chunk_without_a_vector_of_this_model_waits_for_it(catalog: MemoryCatalog) -> None:
    catalog.put([entry("a:1:0", unit(1, 0, 0))])
    catalog.model = "another"
    index = ExactIndex(catalog, "words-64", 3)
    assert (index.search(unit(1, 0, 0), 5), index.without_vector()) == ([], 1)
    catalog.model = "words-64"
    time.sleep(0.05)  # the first try may not be followed by the next at once
    assert index.follow(retry=True)
    assert (len(index.search(unit(1, 0, 0), 5)), index.without_vector()) == (1, 0)


def test_what_it_hands_to_an_index_is_current(catalog: MemoryCatalog) -> None:
    catalog.put(random_entries(20, 3))
    catalog.put([], removed=["doc0:1:3"])
    index = index_of(catalog)
    index.follow()
    handed = index.entries(["doc1:1:0", "doc0:1:3", "doc0:1:0"])
    assert [one.chunk_id for one in handed] == ["doc1:1:0", "doc0:1:0"]
    assert np.array_equal(handed[1].vector, catalog.stored["doc0:1:0"].vector)
    assert index.current() == (21, [chunk_id for chunk_id in catalog.live])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60), st.integers(1, 7))
def test_it_equals_a_search_over_all_that_is_current(steps: list[tuple[bool, int]], page: int) -> None:
    catalog, pool = MemoryCatalog(), random_entries(400, 8)
    index, fresh = ExactIndex(catalog, catalog.model, 8), iter(pool)
    exact_module.FEED_PAGE, before = page, exact_module.FEED_PAGE
    try:
        for add, n in steps:
            live = list(catalog.live)
            if add or not live:
                catalog.put([next(fresh) for _ in range(n % 5)])
            else:
                catalog.put([], removed={live[n % len(live)]})
            if n % 3 == 0:
                index.follow()
        vector = pool[0].vector
        naive = sorted(((one, float(catalog.stored[one].vector @ vector)) for one in catalog.live), key=lambda h: -h[1])
        found = index.search(vector, 5)
    finally:
        exact_module.FEED_PAGE = before
    assert [score for _, score in found] == pytest.approx([score for _, score in naive[:5]], abs=1e-6)
    assert {chunk_id for chunk_id, _ in found} <= set(catalog.live)


def test_rows_that_are_gone_are_cleared_away(catalog: MemoryCatalog) -> None:
    entries = random_entries(3000, 3)
    catalog.put(entries)
    index = index_of(catalog)
    index.follow()
    catalog.put([], removed=[one.chunk_id for one in entries[:2500]])
    assert len(index.search(unit(1, 0, 0), 3000)) == 500
    assert index.entries([entries[2600].chunk_id])[0].vector == pytest.approx(entries[2600].vector)


def test_threads_search_while_the_feed_grows(catalog: MemoryCatalog) -> None:
    entries, errors = random_entries(3000, 16), []
    catalog.put(entries[:100])
    index = ExactIndex(catalog, catalog.model, 16)

    def search() -> None:
        try:
            for one in entries[50:100] * 3:
                assert index.search(one.vector, 1)[0][0] == one.chunk_id
        except AssertionError as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for at in range(100, 3000, 50):
        catalog.put(entries[at : at + 50], removed=[entries[at - 60].chunk_id] if at > 200 else [])
    for thread in threads:
        thread.join()
    assert not errors
    assert len(index.search(entries[0].vector, 5000)) == len(catalog.live)
