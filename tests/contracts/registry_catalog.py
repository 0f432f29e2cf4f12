"""What every catalog keeps. Subclass, and give the `catalog` fixture: empty, telling the time by `Clock`."""

from datetime import date
from itertools import pairwise

import pytest

from rag.domain.errors import NotFound
from rag.domain.ports import Catalog
from rag.domain.types import Access, Fact, Lines, Mark, Message, PathUpdate
from rag.registry.identity import text_hash
from tests.registry.parts import ALL, MODEL, START, document, heading, ids, put, replayed, source, texts, update

NOBODY = Access()


class CommitContract:
    def test_a_source_is_the_same_for_the_same_root_and_space_only(self, catalog: Catalog) -> None:
        first, again = source(catalog), source(catalog)
        other = source(catalog, "lab")
        assert first == again
        assert first.id != other.id
        assert {each.id for each in catalog.sources()} == {first.id, other.id}

    def test_what_was_committed_comes_back_whole(self, catalog: Catalog) -> None:
        of = source(catalog)
        marks = (
            heading(0, "Intro"),
            Mark(at=0, locator=Lines(1, 2)),
            Mark(at=4, locator=Message("1", "Ann", "t", "u")),
        )
        facts = (Fact(key="auc", value=0.91, at=3), Fact(key="owner", value="Ann"))
        meta = {"authors": ("Ann", "Bo"), "date": "2025-02-03", "url": "https://x", "files": ("a.md",)}
        key = put(catalog, of, "a.md", "one\ntwo ☃\n", marks=marks, facts=facts, syntax="markdown", **meta)
        found = catalog.text(key, ALL)
        assert (found.text, found.marks, found.facts, found.syntax) == ("one\ntwo ☃\n", marks, facts, "markdown")
        assert (found.info.authors, found.info.files, found.info.chunks) == (("Ann", "Bo"), ("a.md",), 2)
        chunk = catalog.chunks([f"{key}:1:1"], ALL)[f"{key}:1:1"]
        assert (chunk.text, chunk.start, chunk.end, chunk.locator_section) == ("two ☃\n", 4, 10, ("Intro",))
        assert chunk.document == found.info

    def test_chunks_and_new_vectors_are_counted(self, catalog: Catalog) -> None:
        of = source(catalog)
        first = catalog.commit([update(of, "a", document(of, "a", "x\ny\n", title="t"))], model=MODEL)
        again = catalog.commit([update(of, "b", document(of, "b", "x\nz\n", title="t"))], model=MODEL)
        assert (first, again) == ((2, 2), (2, 1))

    def test_an_unchanged_document_keeps_its_version_and_takes_the_new_fingerprint(self, catalog: Catalog) -> None:
        of = source(catalog)
        key = put(catalog, of, "a", "x\n")
        end = catalog.feed_end()
        assert catalog.commit([update(of, "a", document(of, "a", "x\n", fingerprint="2"))], model=MODEL) == (0, 0)
        assert (catalog.feed_end(), len(catalog.versions(key, ALL))) == (end, 1)
        assert catalog.fingerprints(of.id) == {"a": "2"}

    def test_an_unchanged_document_gets_the_vectors_of_another_model(self, catalog: Catalog) -> None:
        of = source(catalog)
        key = put(catalog, of, "a", "x\n")
        assert catalog.commit([update(of, "a", document(of, "a", "x\n"))], model="other") == (0, 1)
        assert [entry.chunk_id for entry in catalog.entries([f"{key}:1:0"], "other")] == [f"{key}:1:0"]

    @pytest.mark.parametrize("change", [{"title": "T"}, {"authors": ("Bo",)}, {"kind": "retro"}, {"url": "u"}])
    def test_other_metadata_makes_another_version(self, catalog: Catalog, change: dict[str, object]) -> None:
        of = source(catalog)
        put(catalog, of, "a", "x\n")
        key = put(catalog, of, "a", "x\n", **change)
        assert ids(catalog) == [f"{key}:2:0"]

    def test_a_new_version_supersedes_the_old_one(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "old\n")
        key = put(catalog, of, "a", "new\n")
        old, new = catalog.versions(key, ALL)
        assert (old.version, new.version, new.valid_to) == (1, 2, None)
        assert old.valid_to == new.valid_from
        assert catalog.chunks([f"{key}:1:0", f"{key}:2:0"], ALL).keys() == {f"{key}:2:0"}
        assert [(change.add, change.chunk_id) for change in catalog.feed(1, 10)] == [
            (False, f"{key}:1:0"),
            (True, f"{key}:2:0"),
        ]

    def test_parts_not_named_any_more_are_hidden(self, catalog: Catalog) -> None:
        of = source(catalog)
        one, two = document(of, "a", "x\n", part="1"), document(of, "a", "y\n", part="2")
        catalog.commit([update(of, "a", one, two)], model=MODEL)
        catalog.commit([update(of, "a", two)], model=MODEL)
        assert ids(catalog) == [f"{two.id}:1:0"] == replayed(catalog)
        catalog.commit([PathUpdate(source=of.id, path="a", prepared=(), forget=True)], model=MODEL)
        assert (ids(catalog), replayed(catalog), catalog.fingerprints(of.id)) == ([], [], {})

    def test_one_batch_is_written_whole_or_not_at_all(self, catalog: Catalog) -> None:
        of = source(catalog)
        bad = PathUpdate(source="nowhere", path="b", prepared=())
        with pytest.raises(NotFound):
            catalog.commit([update(of, "a", document(of, "a", "x\n")), bad], model=MODEL)
        assert (ids(catalog), catalog.feed_end()) == ([], 0)

    def test_a_path_named_twice_becomes_what_is_named_last(self, catalog: Catalog) -> None:
        of = source(catalog)
        both = [update(of, "a", document(of, "a", text)) for text in ("x\n", "y\n")]
        catalog.commit(both, model=MODEL)
        assert texts(catalog, ids(catalog)) == ["y\n"]

    def test_nothing_to_commit_is_fine(self, catalog: Catalog) -> None:
        assert catalog.commit([], model=MODEL) == (0, 0)

    def test_a_document_without_text_has_no_chunks(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "")
        assert (catalog.text(key, ALL).text, ids(catalog)) == ("", [])

    def test_known_vectors_are_those_of_that_model(self, catalog: Catalog) -> None:
        put(catalog, source(catalog), "a", "x\n", title="t")
        key = text_hash("t\nx\n")
        assert catalog.known_vectors([key, text_hash("other")], MODEL).keys() == {key}
        assert catalog.known_vectors([key], "other") == {}


class LifeContract:
    def test_what_is_hidden_is_not_found_and_can_still_be_read(self, catalog: Catalog) -> None:
        key = put(catalog, source(catalog), "a", "x\n")
        catalog.hide(key)
        catalog.hide(key)
        assert (ids(catalog), replayed(catalog), catalog.documents(ALL)) == ([], [], ([], ""))
        assert catalog.text(key, ALL).text == "x\n"

    def test_what_was_hidden_comes_back_as_the_next_version(self, catalog: Catalog) -> None:
        of = source(catalog)
        key = put(catalog, of, "a", "x\n")
        catalog.hide(key)
        put(catalog, of, "a", "x\n")
        assert ids(catalog) == [f"{key}:2:0"] == replayed(catalog)

    def test_nothing_of_what_is_purged_stays(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "old\nshared\n", title="t")
        key = put(catalog, of, "a", "new\nshared\n", title="t")
        other = put(catalog, of, "b", "shared\n", title="t")
        catalog.purge(key)
        counts = catalog.counts()
        assert (counts["documents"], counts["versions"], counts["chunks"], counts["vectors"]) == (1, 1, 1, 1)
        assert ids(catalog) == [f"{other}:1:0"] == replayed(catalog)
        with pytest.raises(NotFound):
            catalog.text(key, ALL)

    def test_chunk_ids_are_never_used_again_even_after_a_purge(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "x\n")
        key = put(catalog, of, "a", "y\n")
        for version in (3, 4):
            catalog.purge(key)
            put(catalog, of, "a", "z\n")
            assert ids(catalog) == [f"{key}:{version}:0"] == replayed(catalog)

    def test_what_is_absent_can_be_neither_hidden_nor_purged(self, catalog: Catalog) -> None:
        for action in (catalog.hide, catalog.purge):
            with pytest.raises(NotFound):
                action("nothing")

    def test_as_of_finds_what_was_valid_then(self, catalog: Catalog) -> None:
        of = source(catalog)
        put(catalog, of, "a", "old\n", date="2024-01-01")
        key = put(catalog, of, "a", "new\n", date="2025-01-01")
        both = [f"{key}:1:0", f"{key}:2:0"]
        for day, expected in ((date(2023, 6, 1), []), (date(2024, 6, 1), both[:1]), (date(2025, 6, 1), both[1:])):
            at = START.replace(year=day.year, month=day.month)
            assert list(catalog.chunks(both, ALL, as_of=at)) == expected
            assert catalog.allowed_ids(ALL, filters=None, as_of=at, limit=10) == expected

    def test_versions_never_overlap_whatever_their_dates_say(self, catalog: Catalog) -> None:
        of = source(catalog)
        for n, day in enumerate(
            ["2025-01-01", "2024-01-01", "2199-01-01", "", "not a date", "2025-06-01T10:00:00+02:00"]
        ):
            key = put(catalog, of, "a", f"{n}\n", date=day)
        found = catalog.versions(key, ALL)
        for before, after in pairwise(found):
            assert before.valid_from < after.valid_from
            assert before.valid_to == after.valid_from
        assert all(version.valid_from <= version.recorded_at for version in found)

    def test_a_date_inside_the_time_it_was_hidden_or_before_counts_from_now(self, catalog: Catalog) -> None:
        of = source(catalog)
        key = put(catalog, of, "a", "x\n", date="2024-01-01")
        catalog.hide(key)
        put(catalog, of, "a", "y\n", date="2024-06-01")
        first, second = catalog.versions(key, ALL)
        assert first.valid_to is not None
        assert first.valid_to <= second.valid_from
