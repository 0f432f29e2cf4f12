from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.packs.corpus import stage
from eval.packs.loading import load_pack, load_packs
from rag.domain.errors import BadInput

WriteRows = Callable[[Path, list[dict[str, Any]]], None]


def test_a_beir_pack_joins_queries_with_their_judgements(beir: Path) -> None:
    pack = load_pack(beir)
    assert (pack.name, pack.layout) == ("tiny-beir", "beir")
    assert [dict(sample.judgements) for sample in pack.samples] == [{"d1": 1}, {"3": 2}, {}]
    assert [sample.answerable for sample in pack.samples] == [True, None, False]
    assert pack.samples[0].answers == ("warmup steps",)


def test_metadata_doc_groups_passages_and_ids_become_text(beir: Path) -> None:
    assert [(record.id, record.group, record.title) for record in load_pack(beir).records()] == [
        ("p1", "d1", "Warmup"),
        ("p2", "d1", "Decay"),
        ("3", "3", ""),
    ]


def test_earlier_turns_are_what_the_asker_said(tmp_path: Path, rows: WriteRows) -> None:
    rows(tmp_path / "corpus.jsonl", [{"_id": "1", "text": "x"}])
    turns = [{"role": "user", "text": "first"}, {"role": "assistant", "text": "an answer"}, "second"]
    rows(tmp_path / "queries.jsonl", [{"_id": "1", "text": "third", "turns": turns}])
    assert load_pack(tmp_path).samples[0].turns == ("first", "second")


def test_question_files_and_the_packs_own_readme_are_no_corpus(tree: Path) -> None:
    assert list(load_pack(tree).files()) == ["docs/README.md", "docs/retro.md"]


def test_a_glob_selects_question_files_and_the_others_stay_out_of_the_corpus(tree: Path) -> None:
    pack = load_pack(tree, questions="questions_*.jsonl")
    assert [sample.id for sample in pack.samples] == ["m1"]
    assert list(pack.files()) == ["docs/README.md", "docs/retro.md"]


def test_qa_jsonl_beside_files_is_a_pack(tmp_path: Path, rows: WriteRows) -> None:
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "a.pdf").write_bytes(b"%PDF")
    rows(tmp_path / "qa.jsonl", [{"id": "1", "question": "What?", "answer": 8.7, "gold_files": ["pdf/a.pdf"]}])
    pack = load_pack(tmp_path)
    assert (list(pack.files()), pack.samples[0].answers) == (["pdf/a.pdf"], ("8.7",))


def test_links_are_not_followed_into_the_corpus(tree: Path) -> None:
    (tree / "docs" / "link.md").symlink_to(tree / "docs" / "retro.md")
    assert "docs/link.md" not in list(load_pack(tree).files())


def test_a_folder_without_questions_is_a_corpus_but_not_alone(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.md").write_text("more")
    assert [pack.name for pack in load_packs([tree, tmp_path / "more"])] == ["tiny-team", "more"]
    with pytest.raises(BadInput, match="No questions in more"):
        load_packs([tmp_path / "more"])


def test_a_glob_that_matches_nothing_says_so(tree: Path) -> None:
    with pytest.raises(BadInput, match=r"No questions match 'nope\*'"):
        load_packs([tree], questions="nope*")


def test_a_broken_row_is_named_with_its_line(tree: Path) -> None:
    (tree / "questions.jsonl").write_text('{"id": "1", "question": "What?"}\n{"id": "2"}\n')
    with pytest.raises(BadInput, match=r"questions\.jsonl:2: question"):
        load_pack(tree)


def test_two_packs_of_one_name_are_refused(tree: Path) -> None:
    with pytest.raises(BadInput, match="Two packs are called tiny-team"):
        load_packs([tree, tree])


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        load_pack(tmp_path / "nowhere")


def test_a_file_without_a_row_is_not_said_to_hold_candidates(tmp_path: Path) -> None:
    (tmp_path / "golden.jsonl").write_text("\n")
    with pytest.raises(BadInput, match="no row is in it"):
        load_pack(tmp_path / "golden.jsonl")


def test_records_are_staged_in_files_of_500(tmp_path: Path, rows: WriteRows) -> None:
    root = tmp_path / "pack"
    root.mkdir()
    rows(root / "corpus.jsonl", [{"_id": str(n), "text": f"text {n}"} for n in range(1001)])
    rows(root / "queries.jsonl", [{"_id": "1", "text": "text"}])
    assert stage(load_pack(root), tmp_path / "staged") == 3
    lines = [len(path.read_text().splitlines()) for path in sorted((tmp_path / "staged").iterdir())]
    assert lines == [500, 500, 1]


def test_staging_again_leaves_nothing_of_the_time_before(tree: Path, tmp_path: Path) -> None:
    stage(load_pack(tree), tmp_path / "staged")
    (tree / "docs" / "retro.md").rename(tree / "docs" / "post.md")
    stage(load_pack(tree), tmp_path / "staged")
    staged = sorted(path.relative_to(tmp_path / "staged").as_posix() for path in (tmp_path / "staged").rglob("*.md"))
    assert staged == ["docs/README.md", "docs/post.md"]
