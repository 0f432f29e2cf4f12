"""What every catalog shows, and to whom. Subclass, and give the `catalog` fixture: empty, timed by `Clock`."""

from datetime import date, timedelta

import numpy as np
import pytest

from rag.domain.errors import BadInput, NotFound
from rag.domain.ports import Catalog
from rag.domain.types import Access, Filters
from rag.registry.identity import text_hash
from tests.registry.parts import ALL, MODEL, START, heading, ids, put, source

NOBODY = Access()


class AccessContract:
    def test_nobody_sees_nothing(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "x\n")
        assert catalog.chunks([f"{key}:1:0"], NOBODY) == {}
        assert catalog.allowed_ids(NOBODY, filters=None, as_of=None, limit=10) == []
        assert catalog.documents(NOBODY) == ([], "")
        for read in (catalog.text, catalog.versions):
            with pytest.raises(NotFound):
                read(key, NOBODY)

    def test_absent_and_not_yours_are_the_same_words(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog, "lab"), "a", "x\n")
        with pytest.raises(NotFound) as mine:
            catalog.text(key, Access(spaces=frozenset({"default"})))
        with pytest.raises(NotFound) as absent:
            catalog.text("absent", ALL)
        assert str(mine.value).replace(key, "absent") == str(absent.value)

    def test_several_versions_are_read_at_once_those_that_are_there_and_allowed(self, catalog: Catalog) -> None:
        here, lab = source(catalog), source(catalog, "lab")
        twice = put(catalog, here, "a", "x\n")
        put(catalog, here, "a", "y\n")
        once, hidden = put(catalog, here, "b", "z\n"), put(catalog, lab, "c", "w\n")
        asked = [(once, 1), (twice, 2), (twice, 1), (once, 2), ("absent", 1), (hidden, 1), (once, 1)]
        read = catalog.texts(asked, Access(spaces=frozenset({"default"})))
        assert [(key, text.text) for key, text in read.items()] == [
            ((once, 1), "z\n"), ((twice, 2), "y\n"), ((twice, 1), "x\n")
        ]  # fmt: skip
        assert catalog.texts(asked, NOBODY) == {}

    def test_a_space_shows_its_own_only(self, catalog: Catalog) -> None:
        put(catalog, source(catalog), "a", "x\n")
        key = put(catalog, source(catalog, "lab"), "a", "x\n")
        lab = Access(spaces=frozenset({"lab"}))
        assert ids(catalog, lab) == [f"{key}:1:0"] == list(catalog.chunks(ids(catalog), lab))
        assert [each.id for each in catalog.documents(lab)[0]] == [key]

    def test_the_space_is_the_sources_whatever_a_document_says(self, catalog: Catalog) -> None:
        of = source(catalog, "lab")
        put(catalog, of, "a", "x\n", space="default")
        assert ids(catalog, Access(spaces=frozenset({"default"}))) == []

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (Filters(), "abc"),
            (Filters(kinds=("retro",)), "a"),
            (Filters(kinds=("retro", "card")), "ab"),
            (Filters(authors=("ÉMILIE",)), "a"),
            (Filters(authors=("Émil",)), ""),
            (Filters(authors=("bo", "nobody")), "ab"),
            (Filters(after=date(2025, 3, 1)), "ab"),
            (Filters(after=date(2025, 3, 2)), "b"),
            (Filters(before=date(2025, 3, 1)), ""),
            (Filters(before=date(2025, 3, 2)), "a"),
            (Filters(spaces=("default",)), "abc"),
            (Filters(spaces=("lab",)), ""),
            (Filters(kinds=("retro",), authors=("Bo",), after=date(2025, 1, 1)), "a"),
        ],
    )
    def test_filters_narrow(self, catalog: Catalog, filters: Filters, expected: str) -> None:
        of = source(catalog)
        put(catalog, of, "a", "x\n", kind="retro", authors=("Émilie", "Bo"), date="2025-03-01T23:30:00-08:00")
        put(catalog, of, "b", "x\n", kind="card", authors=("Bo",), date="2025-04")
        put(catalog, of, "c", "x\n")
        listed, _ = catalog.documents(ALL, filters=filters)
        joined = catalog.chunks(ids(catalog), ALL, filters=filters)
        reachable = catalog.allowed_ids(ALL, filters=filters, as_of=None, limit=10)
        assert "".join(each.path for each in listed) == expected
        assert "".join(sorted(chunk.document.path for chunk in joined.values())) == expected
        assert sorted(reachable or ()) == sorted(joined)

    def test_a_filter_is_a_value_and_never_a_piece_of_sql(self, catalog: Catalog) -> None:
        put(catalog, source(catalog), "a", "x\n")
        for payload in ("' OR 1=1 --", '") OR ("1"="1', "%", "\x00", "*"):
            for filters in (Filters(kinds=(payload,)), Filters(authors=(payload,)), Filters(spaces=(payload,))):
                assert catalog.chunks(ids(catalog), ALL, filters=filters) == {}


class ReadingContract:
    def test_documents_come_by_path_a_page_at_a_time(self, catalog: Catalog) -> None:
        of = source(catalog)
        for path in ("c", "a", "e", "b", "d"):
            put(catalog, of, path, "x\n")
        seen, cursor = [], ""
        while True:
            page, cursor = catalog.documents(ALL, limit=2, cursor=cursor)
            seen.append("".join(each.path for each in page))
            if not cursor:
                break
        assert seen == ["ab", "cd", "e"]

    @pytest.mark.parametrize("cursor", ["nonsense", "e30", "WzEsMiwzXQ", "\ud800", "é"])
    def test_a_cursor_that_was_not_given_out_is_bad_input(self, catalog: Catalog, cursor: str) -> None:
        with pytest.raises(BadInput):
            catalog.documents(ALL, cursor=cursor)

    def test_chunks_come_in_the_order_asked_and_unknown_ids_do_no_harm(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "x\ny\nz\n")
        asked = [f"{key}:1:2", "what", f"{key}:1:0", f"{key}:9:9", ""]
        assert list(catalog.chunks(asked, ALL)) == [f"{key}:1:2", f"{key}:1:0"]

    def test_neighbours_are_those_that_exist_in_order(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "x\ny\nz\n")
        assert [chunk.n for chunk in catalog.neighbours(key, 1, -1, 1)] == [0, 1]
        assert [chunk.n for chunk in catalog.neighbours(key, 1, 2, 9)] == [2]
        assert catalog.neighbours(key, 2, 0, 9) == []

    def test_entries_are_what_an_index_stores_of_current_chunks(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "old\n")
        marks = (heading(0, "Intro", "Why"),)
        key = put(catalog, of, "a", "x y\n", title="T", authors=("Ann", "Bo"), marks=marks)
        entry, *others = catalog.entries([f"{key}:2:0", f"{key}:1:0", "what"], MODEL)
        assert others == []
        assert (entry.text, entry.title, entry.headings, entry.path) == ("x y\n", "T", "Intro › Why", "a")
        assert entry.people == "Ann, Bo"
        assert (entry.vector.dtype, entry.vector.shape) == (np.dtype("float32"), (64,))
        assert catalog.entries([f"{key}:2:0"], "")[0].vector.shape == (0,)
        assert catalog.entries([f"{key}:2:0"], "other") == []

    def test_vectors_come_for_all_versions_in_the_order_asked(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "old\n", title="t")
        key = put(catalog, of, "a", "new\n", title="t")
        found, matrix = catalog.vectors([f"{key}:2:0", "what", f"{key}:1:0"], MODEL)
        assert (found, matrix.shape) == ([f"{key}:2:0", f"{key}:1:0"], (2, 64))
        old = catalog.known_vectors([text_hash("t\nold\n")], MODEL)[text_hash("t\nold\n")]
        assert np.array_equal(matrix[1], old)
        assert catalog.vectors(["what"], MODEL)[1].shape == (0, 0)

    def test_reach_beyond_the_limit_is_told_and_not_listed(self, catalog: Catalog) -> None:
        put(catalog, source(catalog), "a", "x\ny\nz\n")
        assert catalog.allowed_ids(ALL, filters=None, as_of=None, limit=2) is None
        assert len(catalog.allowed_ids(ALL, filters=None, as_of=None, limit=3) or ()) == 3

    def test_the_feed_comes_in_pieces_and_ends(self, catalog: Catalog) -> None:
        assert (catalog.feed(0, 10), catalog.feed_end()) == ([], 0)
        put(catalog, source(catalog), "a", "x\ny\nz\n")
        first = catalog.feed(0, 2)
        rest = catalog.feed(first[-1].seq, 10)
        assert (len(first), len(rest), rest[-1].seq) == (2, 1, catalog.feed_end())

    def test_recorded_at_is_the_time_of_the_commit(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "x\n")
        recorded = catalog.text(key, ALL).info.recorded_at
        assert timedelta(0) < recorded - START < timedelta(minutes=1)
