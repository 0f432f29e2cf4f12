"""Golden sets as files."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.domain.errors import BadInput, Conflict, NotFound, StorageFailed
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden import Edit, change_golden, decide, load_golden, merge, put, save_golden
from rag.knowledge.golden_rows import etag, item_line, read_item

QUOTE = GoldenEvidence(file="docs/guide.md", quote="We train in bf16.", source="docs")
ITEM = GoldenItem(id="a", kind="definition", question="Which dtype?", answer="bf16", evidence=(QUOTE,), made_by="x/1")
OTHER = GoldenItem(id="b", kind="unanswerable", question="Who fired Bob?", answerable=False, why="nobody is named Bob")

words = st.text(max_size=30)
names = st.text(min_size=1, max_size=10)
quotes = st.builds(GoldenEvidence, file=names, quote=names, source=words)
items = st.builds(
    GoldenItem,
    id=names,
    kind=words,
    question=names,
    answer=words,
    answerable=st.booleans(),
    evidence=st.lists(quotes, max_size=2).map(tuple),
    made_by=words,
    why=words,
    review=st.sampled_from(["candidate", "accepted", "rejected"]),
    note=words,
    rest=st.dictionaries(st.sampled_from(["turns", "absent", "x"]), st.lists(words, max_size=2), max_size=2),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set" / "golden.jsonl"


@settings(max_examples=30)
@given(items)
def test_what_is_written_is_what_is_read(item: GoldenItem) -> None:
    line = item_line(item)
    assert "\n" not in line
    assert read_item(line, "here") == item


def test_a_row_is_a_question_of_a_pack_too(path: Path) -> None:
    save_golden(path, [ITEM])
    row = json.loads(path.read_text())
    assert row["schema"] == 1
    assert row["gold_files"] == ["docs/guide.md"]
    assert row["evidence"] == [{"file": "docs/guide.md", "quote": "We train in bf16.", "source": "docs"}]


def test_only_the_line_of_what_changed_is_another(path: Path) -> None:
    """The first row is written by hand: other spacing, keys nobody here knows, one left out."""
    hand = '{"id":"hand",  "question": "Q?", "answer": "x", "owner": "Ada", "gold_files": ["b.md"]}'
    path.parent.mkdir()
    path.write_text(f"{hand}\n\n{item_line(ITEM)}\n{item_line(OTHER)}\n")
    put(path, decide(ITEM, "accepted", by="ada", at="2026-01-31T10:00:00+00:00"))
    first, second, third = path.read_text().splitlines()
    assert (first, third) == (hand, item_line(OTHER))
    assert json.loads(second)["reviewed_by"] == "ada"
    put(path, decide(load_golden(path)[0], "rejected", by="ada", at=""))
    row = json.loads(path.read_text().splitlines()[0])
    assert (row["owner"], row["gold_files"], row["review"]) == ("Ada", ["b.md"], "rejected")


def test_a_row_without_review_was_written_by_hand_and_counts_as_accepted() -> None:
    assert read_item('{"id": "q", "question": "Q?", "answer": null}', "here").review == "accepted"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2: no JSON"),
        ("[]", "line 2"),
        ('{"question": "Q?"}', "line 2: id: Field required"),
        ('{"id": "x", "question": "Q?", "review": "maybe"}', "line 2: review"),
        ('{"id": "x", "question": "Q?", "evidence": [{"file": "a.md"}]}', "line 2: evidence.0.quote: Field required"),
        ('{"id": "x", "question": "Q?", "schema": 9}', "newer teamlore"),
        ('{"id": "b", "question": "Q?"}', "two rows have the id b"),
    ],
)
def test_a_broken_row_is_named_with_its_line_and_what_to_do(path: Path, line: str, told: str) -> None:
    path.parent.mkdir()
    path.write_text(f"{item_line(OTHER)}\n{line}\n")
    with pytest.raises(BadInput) as error:
        load_golden(path)
    assert told in error.value.what
    assert error.value.fix


def test_a_file_that_is_not_there_says_how_it_is_made(path: Path) -> None:
    with pytest.raises(NotFound) as error:
        load_golden(path)
    assert "golden make" in error.value.fix


def test_no_lock_or_half_a_file_stays_behind(path: Path) -> None:
    change_golden(path, lambda _: [ITEM])
    assert [file.name for file in path.parent.iterdir()] == ["golden.jsonl"]


def test_a_link_stays_a_link_and_a_mode_stays_a_mode(path: Path, tmp_path: Path) -> None:
    save_golden(path, [ITEM])
    path.chmod(0o640)
    link = tmp_path / "here.jsonl"
    link.symlink_to(path)
    save_golden(link, [ITEM, OTHER])
    assert link.is_symlink()
    assert len(load_golden(path)) == 2
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed) as error:
        save_golden(tmp_path / "file" / "golden.jsonl", [ITEM])
    assert "TEAMLORE_GOLDEN" in error.value.fix


def test_of_many_writers_at_once_none_is_lost(path: Path) -> None:
    def add(n: int) -> None:
        change_golden(path, lambda before: [*before, replace(ITEM, id=str(n))])

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {item.id for item in load_golden(path)} == {str(n) for n in range(8)}


def test_reviewed_items_stay_candidates_are_renewed_and_a_known_question_is_not_asked_again() -> None:
    rejected = decide(ITEM, "rejected", by="ada", at="now")
    renewed = replace(OTHER, why="still nobody")
    same = replace(ITEM, id="c", question="which  DTYPE")
    new = replace(ITEM, id="d", question="Which optimizer?")
    assert merge([rejected, OTHER], [new, replace(ITEM, answer="other"), renewed, same]) == (rejected, renewed, new)


@settings(max_examples=12)
@given(st.lists(items, max_size=4, unique_by=lambda item: item.id), st.lists(items, max_size=4))
def test_merging_keeps_everything_reviewed_and_doubles_no_id(before: list[GoldenItem], fresh: list[GoldenItem]) -> None:
    after = merge(before, fresh)
    assert [n for n, item in enumerate(before) if item.review != "candidate" and after[n] != item] == []
    assert [item.id for item in after[: len(before)]] == [item.id for item in before]
    assert len({item.id for item in after}) == len(after)


def test_a_judgement_carries_who_when_and_what_was_edited() -> None:
    edit = Edit(question=" Which dtype now? ", note="was vague")
    done = decide(ITEM, "accepted", by="ada", at="2026-01-31", edit=edit)
    assert done == replace(
        ITEM,
        question="Which dtype now?",
        review="accepted",
        reviewed_by="ada",
        reviewed_at="2026-01-31",
        note="was vague",
    )
    assert decide(done, "candidate", by="ada", at="x").reviewed_by == ""
    assert decide(ITEM, "accepted", by="ada", at="", edit=Edit(answerable=False)).answer == ""


@pytest.mark.parametrize("edit", [Edit(question="  "), Edit(answer="")])
def test_nothing_empty_is_accepted(edit: Edit) -> None:
    with pytest.raises(BadInput):
        decide(ITEM, "accepted", by="ada", at="", edit=edit)
    assert decide(ITEM, "rejected", by="ada", at="", edit=Edit(answer="")).review == "rejected"


def test_a_judgement_of_what_was_changed_since_is_a_conflict(path: Path) -> None:
    save_golden(path, [ITEM])
    put(path, decide(ITEM, "accepted", by="ada", at="now"), seen=etag(ITEM))
    with pytest.raises(Conflict, match="changed by ada"):
        put(path, decide(ITEM, "rejected", by="bob", at="now"), seen=etag(ITEM))
    assert load_golden(path)[0].review == "accepted"
    with pytest.raises(NotFound):
        put(path, OTHER)
