"""Copies of one text leave room for others."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rag.domain.types import DocumentInfo, Hit, StoredChunk
from rag.retrieval.diversity import LOOKED_AT, without_copies

TEXT = "Instructions on how to provide feedback on the model are in its README, beside the list of known limits."


def hit(document: str, text: str, *, context: str = "Model card", n: int = 0, score: float = 1.0) -> Hit:
    info = DocumentInfo(
        id=document, version=1, source="s", path=f"{document}.md", part="", space="default", title=document,
        kind="document", authors=(), date="", url="", files=(), valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_to=None, recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    chunk = StoredChunk(id=f"{document}:1:{n}", document=info, n=n, start=0, end=len(text), text=text, context=context)
    return Hit(chunk=chunk, score=score)


def standing(*hits: Hit) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.hit.chunk.document.id, tuple(c.document.id for c in one.copies)) for one in without_copies(hits)]


def test_the_best_placed_stands_for_its_copies_and_names_them() -> None:
    nearly = TEXT.replace("  ", " ").replace("README,", "README").upper()
    found = standing(hit("a", TEXT), hit("b", "Something else."), hit("c", TEXT), hit("d", nearly))
    assert found == [("a", ("c", "d")), ("b", ())]


def test_a_text_that_differs_in_a_number_is_no_copy() -> None:
    cost = f"{TEXT} Training took 39.3 million hours on the cluster that was built for it."
    assert standing(hit("a", cost), hit("b", cost.replace("39.3", "2.02"))) == [("a", ()), ("b", ())]


def test_versions_that_are_named_apart_are_no_copies_of_each_other() -> None:
    found = standing(hit("a", TEXT, context="llama 3.1 › MODEL CARD"), hit("b", TEXT, context="llama 3.2 › MODEL CARD"))
    assert found == [("a", ()), ("b", ())]


def test_what_one_document_says_twice_is_not_taken_away() -> None:
    assert standing(hit("a", TEXT), hit("a", TEXT, n=1)) == [("a", ()), ("a", ())]


def test_hits_far_down_stay_as_they_are() -> None:
    others = [hit(f"d{n}", f"A text of its own, number {n}.") for n in range(LOOKED_AT - 1)]
    assert len(without_copies([hit("a", TEXT), *others, hit("z", TEXT)])) == LOOKED_AT + 1


@given(st.lists(st.tuples(st.integers(0, 5), st.text(max_size=40)), max_size=30))
def test_nothing_is_lost_and_the_order_stays(texts: list[tuple[int, str]]) -> None:
    hits = [hit(f"d{document}", text, n=n) for n, (document, text) in enumerate(texts)]
    found = without_copies(hits)
    kept = [one.hit.chunk.id for one in found]
    assert kept == [one.chunk.id for one in hits if one.chunk.id in set(kept)]
    assert sorted([*kept, *(copy.id for one in found for copy in one.copies)]) == sorted(h.chunk.id for h in hits)
