"""What every index keeps, whatever it is built on. Subclass, and give the `index` fixture."""

import pytest

from rag.domain.ports import DenseIndex, LexicalIndex
from rag.domain.types import IndexEntry
from tests.index.memory import entry, random_entries, unit


class DenseIndexContract:
    def test_it_finds_the_nearest_first_with_their_cosine(self, index: DenseIndex) -> None:
        index.add([entry("a:1:0", unit(1, 0, 0)), entry("b:1:0", unit(1, 1, 0)), entry("c:1:0", unit(0, 0, 1))])
        hits = index.search(unit(1, 0, 0), 2)
        assert [chunk_id for chunk_id, _ in hits] == ["a:1:0", "b:1:0"]
        assert [score for _, score in hits] == pytest.approx([1.0, 0.7071], abs=1e-3)

    def test_it_gives_fewer_hits_when_there_are_fewer(self, index: DenseIndex) -> None:
        index.add([entry("a:1:0", unit(1, 0, 0))])
        assert len(index.search(unit(0, 1, 0), 10)) == 1

    def test_an_empty_one_finds_nothing(self, index: DenseIndex) -> None:
        assert (index.search(unit(1, 0, 0), 5), index.count()) == ([], 0)

    def test_no_hits_are_asked_for_and_none_come(self, index: DenseIndex) -> None:
        index.add([entry("a:1:0", unit(1, 0, 0))])
        assert index.search(unit(1, 0, 0), 0) == []

    def test_adding_a_present_id_again_changes_nothing(self, index: DenseIndex) -> None:
        index.add([entry("a:1:0", unit(1, 0, 0)), entry("a:1:0", unit(1, 0, 0))])
        index.add([entry("a:1:0", unit(0, 1, 0)), entry("b:1:0", unit(0, 0, 1))])
        assert index.count() == 2
        assert index.search(unit(1, 0, 0), 1)[0][1] == pytest.approx(1.0, abs=1e-5)

    def test_what_is_removed_is_not_found_and_absent_ids_do_no_harm(self, index: DenseIndex) -> None:
        index.add([entry("a:1:0", unit(1, 0, 0)), entry("b:1:0", unit(0, 1, 0))])
        index.remove(["a:1:0", "never:1:0"])
        assert [chunk_id for chunk_id, _ in index.search(unit(1, 0, 0), 5)] == ["b:1:0"]
        assert index.count() == 1

    def test_nothing_to_add_or_remove_is_fine(self, index: DenseIndex) -> None:
        index.add([])
        index.remove([])
        assert index.count() == 0


def passage(chunk_id: str, text: str, title: str = "", people: str = "") -> IndexEntry:
    return entry(chunk_id, unit(1, 0, 0), text, title, people)


class LexicalIndexContract:
    def test_it_finds_by_stem_and_the_rarer_word_counts_more(self, index: LexicalIndex) -> None:
        texts = ["the trainer trains", "a loss curve", "training of the loss", "loss again"]
        index.apply([passage(f"d{n}:1:0", text) for n, text in enumerate(texts)], [], position=4)
        assert [chunk_id for chunk_id, _ in index.search("Training?", 5)] == ["d0:1:0", "d2:1:0"]
        assert index.search("trained losses", 5)[0][0] == "d2:1:0"

    def test_every_field_is_searched(self, index: LexicalIndex) -> None:
        index.apply([passage("runbook:1:0", "nothing", "Rotating keys", "Ada Lovelace")], [], position=1)
        for question in ("rotate", "lovelace", "runbook", "nothing"):
            assert [chunk_id for chunk_id, _ in index.search(question, 5)] == ["runbook:1:0"], question

    def test_position_and_content_come_together(self, index: LexicalIndex) -> None:
        assert (index.position, index.count()) == (0, 0)
        index.apply([passage("a:1:0", "one"), passage("a:1:1", "two")], [], position=7)
        assert (index.position, index.count()) == (7, 2)
        index.apply([], ["a:1:0"], position=9)
        assert (index.position, index.count()) == (9, 1)
        assert index.search("one", 5) == []

    def test_applying_a_batch_again_changes_nothing(self, index: LexicalIndex) -> None:
        batch = [passage("a:1:0", "one"), passage("a:1:1", "one two")]
        index.apply(batch, ["gone:1:0"], position=3)
        before = index.search("one two", 5)
        index.apply(batch, ["gone:1:0"], position=3)
        assert (index.search("one two", 5), index.count()) == (before, 2)

    def test_an_empty_analysis_finds_nothing(self, index: LexicalIndex) -> None:
        index.apply([passage("a:1:0", "who is it")], [], position=1)
        assert index.search("", 5) == index.search("what is it?", 5) == index.search("...", 5) == []

    def test_a_question_is_text_and_no_query_language(self, index: LexicalIndex) -> None:
        index.apply([passage("a:1:0", "body text")], [], position=1)
        assert index.search('body:"text" AND (NOT +x^2 ~ [a TO b]) \\ *', 5)[0][0] == "a:1:0"

    def test_the_position_is_never_a_hit(self, index: LexicalIndex) -> None:
        index.apply(random_entries(3), [], position=12)
        assert all(not chunk_id.startswith("#") for chunk_id, _ in index.search("#position position 12", 10))
