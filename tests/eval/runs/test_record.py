import json
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from eval.packs.loading import load_pack
from eval.runs.record import (
    code_digest,
    code_revision,
    corpus_digest,
    differs,
    identity,
    plain_settings,
    questions_digest,
    record,
)
from rag.settings import Settings


def test_digests_follow_what_is_asked_and_read_not_how_it_is_written(tree: Path, beir: Path) -> None:
    pack = load_pack(tree)
    rows = (tree / "questions.jsonl").read_text()
    questions, corpus = questions_digest(pack.samples), corpus_digest(pack)
    (tree / "questions.jsonl").write_text(rows.replace('": ', '":   '))
    assert questions_digest(load_pack(tree).samples) == questions
    (tree / "questions.jsonl").write_text(rows.replace("4200", "4300"))
    assert questions_digest(load_pack(tree).samples) != questions
    assert corpus_digest(load_pack(tree)) == corpus
    (tree / "docs" / "retro.md").write_text("another")
    assert corpus_digest(load_pack(tree)) != corpus
    assert len(corpus_digest(load_pack(beir))) == 64


def test_settings_are_told_without_keys_places_and_servers() -> None:
    settings = Settings(
        llm="openai:tiny",
        llm_base_url="http://me:secret-word@inner-host:8080/v1",
        llm_api_key=SecretStr("key-word"),
        embedder="/secret-place/my-model",
        allowed_hosts="inner-host",
    )
    told = plain_settings(settings)
    assert not [word for word in ("secret-", "inner-host", "key-word") if word in json.dumps(told)]
    assert (told["embedder"], told["llm"]) == ("my-model", "openai:tiny")
    other = plain_settings(settings.model_copy(update={"llm_base_url": "http://other-host/v1"}))
    assert differs({"settings": told}, {"settings": other})[0].startswith("settings.llm_server")


def test_code_that_nobody_committed_is_other_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = code_digest(tmp_path)
    (tmp_path / "a.py").write_text("x = 2\n")
    changed = code_digest(tmp_path)
    assert changed != before
    (tmp_path / "weights.json").write_text('{"BIAS": 1.5}\n')
    assert code_digest(tmp_path) != changed


def test_code_outside_a_repository_has_no_revision(tmp_path: Path) -> None:
    assert code_revision(tmp_path) == (None, None)


def test_a_record_differs_from_another_by_name() -> None:
    data = {"tiny-team": {"questions": "q1", "corpus": "c1"}}
    one = record(Settings(), data, {"limit": None}, {"llm": "extractive", "counts": {"chunks": 1}})
    assert differs(one, one) == []
    assert one["packages"]["numpy"]
    other = {
        **one,
        "data": {"tiny-team": {"questions": "q1", "corpus": "c2"}},
        "code": {**one["code"], "ingest": "another"},
        "packages": {**one["packages"], "numpy": "0.1"},
        "fingerprints": {"llm": "openai:x", "counts": {"chunks": 2}},
        "options": {"limit": 5},
    }
    lines = differs(one, other)
    assert "data: other corpus of tiny-team" in lines
    assert "code: the package ingest is another" in lines
    assert "fingerprints.llm: extractive → openai:x" in lines
    assert "options.limit: none → 5" in lines
    assert [line for line in lines if "numpy" in line]
    assert len(lines) == 5


def test_an_old_run_says_less_and_that_is_no_difference() -> None:
    assert differs({}, {"revision": "abc"}) == []


def test_a_sample_with_another_gold_is_another_question(tree: Path) -> None:
    samples = load_pack(tree).samples
    assert questions_digest(samples) != questions_digest((replace(samples[0], answers=("x",)), *samples[1:]))


def test_a_run_is_not_gone_on_with_by_another_python_and_may_be_with_more_memory() -> None:
    here = {"machine": {"system": "Linux", "processor": "x86_64", "python": "3.11.9", "memory_gib": 8}}
    more = {"machine": {**here["machine"], "memory_gib": 16}}
    other = {"machine": {**here["machine"], "python": "3.12.1"}}
    assert identity("answers", here) == identity("answers", more) != identity("answers", other)
