"""Which questions are one witness: by the words they rest on, by what they are judged on, else by the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.comparing.pairs import pair_runs
from eval.packs.loading import load_pack
from eval.packs.samples import Evidence, Sample
from eval.runs.units import Place, located, units, units_of_pack
from rag.main import build
from rag.settings import load_settings
from tests.eval.conftest import write_rows
from tests.fakes import WordEmbedder


def asked(id: str, *quotes: str, file: str = "a.md", **more: Any) -> Sample:  # noqa: ANN401
    evidence = tuple(Evidence(file=file, quote=quote) for quote in quotes)
    return Sample(id=id, question=f"{id}?", gold_files=(file,), evidence=evidence, **more)


def at(evidence: Evidence) -> Place | None:
    """Quotes of these tests say where they stand: `first-last`; of others nothing is known."""
    first, dash, last = evidence.quote.partition("-")
    return Place(text=evidence.file, first=int(first), last=int(last)) if dash else None


def together(*samples: Sample) -> list[set[str]]:
    found = units(samples, at)
    return [{one for one, unit in found.items() if unit == name} for name in dict.fromkeys(found.values())]


def test_questions_whose_words_a_passage_could_hold_at_once_are_one_witness() -> None:
    """A passage has 200 words: of 10 to 19 and 219 to 230 it touches the last and the first, of 220 on it does not."""
    assert together(asked("q1", "10-19"), asked("q2", "219-230")) == [{"q1", "q2"}]
    assert together(asked("q1", "10-19"), asked("q2", "220-230")) == [{"q1"}, {"q2"}]
    assert together(asked("q1", "10-400"), asked("q2", "20-30"), asked("q3", "590-600")) == [{"q1", "q2", "q3"}]


def test_the_same_words_of_another_file_are_others() -> None:
    assert together(asked("q1", "0-9"), asked("q2", "0-9", file="b.md")) == [{"q1"}, {"q2"}]


def test_it_goes_on_from_one_to_the_next_and_a_question_with_two_quotes_joins_what_it_rests_on() -> None:
    assert together(asked("q1", "0-9"), asked("q2", "150-159"), asked("q3", "300-309")) == [{"q1", "q2", "q3"}]
    far = asked("q1", "0-9"), asked("q2", "1000-1009"), asked("q3", "5000-5009")
    assert together(*far) == [{"q1"}, {"q2"}, {"q3"}]
    assert together(*far, asked("q4", "5-6", "1010-1020")) == [{"q1", "q2", "q4"}, {"q3"}]


def test_the_file_stands_in_for_quotes_that_are_not_found() -> None:
    lost = asked("q1", "gone"), asked("q2", "gone too"), asked("q3", "gone", file="b.md"), asked("q4", "0-9", "gone")
    assert together(*lost) == [{"q1", "q2"}, {"q3"}, {"q4"}]


def test_what_has_no_answer_and_what_nothing_is_known_of_stands_for_itself() -> None:
    near_miss = asked("u1", "0-9", answerable=False), asked("u2", "0-9", answerable=False)
    unknown = Sample(id="n1", question="?"), Sample(id="n2", question="?")
    assert together(asked("q1", "0-9"), *near_miss, *unknown) == [{"q1"}, {"u1"}, {"u2"}, {"n1"}, {"n2"}]


def test_judged_questions_are_one_witness_only_on_exactly_the_same_documents() -> None:
    judged = {"q1": {"d1": 1}, "q2": {"d1": 2}, "q3": {"d1": 1, "d2": 1}, "q4": {"d2": 1}}
    samples = [Sample(id=id, question="?", judgements=grades) for id, grades in judged.items()]
    assert together(*samples) == [{"q1", "q2"}, {"q3"}, {"q4"}]


def rows(*quotes: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": f"q{n}", "question": "?", "answerable": True, "evidence": [{"file": file, "quote": quote}]}
        for n, (file, quote) in enumerate(quotes)
    ]


LONG = "\n".join(f"line {n} of many" for n in range(200))  # 4 words a line


def test_quotes_are_found_in_the_files_of_a_pack_white_space_folded_json_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(LONG)
    (tmp_path / "b.json").write_text(json.dumps({"text": "caf\u00e9 <b>bold</b>"}))
    quotes = ("a.md", "line 1 of\n many"), ("a.md", "line 50 of"), ("a.md", "line 150 of"), ("b.json", "café bold")
    write_rows(tmp_path / "questions.jsonl", rows(*quotes, ("../out.md", "outside"), ("b.json", "text")))
    assert units_of_pack(load_pack(tmp_path)) == dict(q0="q0", q1="q0", q2="q2", q3="q3", q4="q4", q5="q3")


@pytest.mark.slow
def test_quotes_are_found_in_the_texts_of_a_home(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(LONG)
    write_rows(
        tmp_path / "docs" / "records.jsonl", [{"id": n, "text": f"Record {n} is a text of its own"} for n in "xy"]
    )
    quotes = ("a.md", "line 1 of many"), ("a.md", "line 50 of"), ("a.md", "line 150 of"), ("a.md", "gone")
    quotes = (*quotes, ("records.jsonl", "Record x is"), ("records.jsonl", "Record y is"))
    write_rows(tmp_path / "golden.jsonl", rows(*quotes))
    services = build(load_settings(tmp_path / "home"), embedder=WordEmbedder())
    services.ingestor.ingest([tmp_path / "docs"], space="team")
    found = located(load_pack(tmp_path / "golden.jsonl"), services.catalog)
    services.close()
    assert found.lost == ("q3",)
    assert found.units == dict(q0="q0", q1="q0", q2="q2", q3="q3", q4="q4", q5="q5")
    clusters = [sample.cluster for sample in found.pack.samples]
    assert clusters[:4] == ["a.md"] * 4
    assert len(set(clusters)) == 3  # each record is a document


def run(**more: str) -> dict[str, Any]:
    item = {"id": "q", "metrics": {"mrr@10": 1.0}, **more}
    return {"packs": {"team": {"metrics": {"mrr@10": {}}, "items": [item]}}}


@pytest.mark.parametrize(
    ("before", "now", "unit"),
    [
        (run(cluster="d", unit="u"), run(cluster="d", unit="other"), "u"),
        (run(cluster="d"), run(cluster="d", unit="u"), "u"),  # the baseline is from before there were units
        (run(cluster="d"), run(cluster="d"), "d"),
        (run(), run(), "q"),
    ],
)
def test_runs_without_units_fall_back_on_documents(before: dict[str, Any], now: dict[str, Any], unit: str) -> None:
    (pair,) = pair_runs(before, now)
    assert pair.scores("mrr@10").units == (unit,)
