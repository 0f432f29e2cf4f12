import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.judges.corruptions import SHORTEST, Truth, cases
from eval.judges.truths import truths
from eval.metrics.support import support

AUC = Truth(statement="In the end the AUC was 0.871 [2].", quotes=("In the end the AUC was 0.871.",), cluster="a")


def changed(statement: str, *others: str) -> dict[str, str]:
    made = [Truth(statement=text, quotes=(text,), cluster="a") for text in (statement, *others)]
    return {case.kind: case.statement for case in cases(made) if case.truth.quotes == (statement,)}


def test_the_worked_example_comes_out() -> None:
    found = {case.kind: case.statement for case in cases([AUC])}
    assert found["number"] == "In the end the AUC was 0.817."
    assert found["negation"] == "In the end the AUC was not 0.871."
    assert found["as it is"] == "In the end the AUC was 0.871."


@pytest.mark.parametrize(
    ("kind", "statement", "expected"),
    [
        ("unit", "The job took 5 ms on one node", "The job took 5 s on one node"),
        ("unit", "It reached 87.1% on the dev set", "It reached 87.1 on the dev set"),
        ("negation", "The run did not diverge at all", "The run did diverge at all"),
        ("notation", "It reached 87.1% on the dev set", "It reached 0.871 on the dev set"),
        ("notation", "We trained on 1,200 nodes of it", "We trained on 1200 nodes of it"),
        ("notation", "It was decided on 2026-03-01 by us", "It was decided on 1 March 2026 by us"),
        ("contraction", "The run is not done at all", "The run isn't done at all"),
        ("shortened", "The run (the third one) did not diverge", "The run did not diverge"),
        ("framed", "The run did not diverge at all", "The notes say that The run did not diverge at all"),
    ],
)
def test_a_statement_is_changed_in_one_place(kind: str, statement: str, expected: str) -> None:
    assert changed(statement)[kind] == expected


def test_a_date_gets_another_year_and_a_name_another_of_the_corpus() -> None:
    found = changed("It was decided on 2026-03-01 by Alba", "Later the job of Bruno was stopped")
    assert found["date"] in {"It was decided on 2025-03-01 by Alba", "It was decided on 2027-03-01 by Alba"}
    assert found["entity"] == "It was decided on 2026-03-01 by Bruno"


def test_the_same_seed_makes_the_same_cases_and_short_statements_none() -> None:
    assert list(cases([AUC], seed=3)) == list(cases([AUC], seed=3))
    short = Truth(statement=" ".join(["word"] * (SHORTEST - 1)), quotes=("word",), cluster="a")
    assert list(cases([short])) == []


def test_every_spoiled_example_is_caught_and_every_true_one_passes() -> None:
    for case in cases([AUC]):
        assert (support(case.statement, case.truth.quotes).outcome == "supported") is not case.spoiled, case


def test_evidence_and_text_files_of_a_pack_are_true(tree: Path) -> None:
    assert [truth.statement for truth in truths(tree)] == ["because warmup was too short"]
    beside = truths(tree, sentences=5)
    assert "Cluster notes: the on-call rota has six people." in [truth.statement for truth in beside]
    assert all(" ".join(t.statement.split()) in " ".join(" ".join(t.quotes).split()) for t in beside)


def test_verified_statements_of_a_run_are_held_against_what_they_cite_and_what_stands_beside_it(tmp_path: Path) -> None:
    item = {
        "id": "q1", "question": "How fast?", "status": "answered", "metrics": {},
        "answer": "It was 3e-4 in the end. [2]",
        "statements": [
            {"text": "It was 3e-4 in the end. [2]", "support": "verified", "citations": [2]},
            {"text": "It was slow in the end. [1]", "support": "unsupported", "citations": [1]},
            {"text": "Fast.", "support": "unsupported", "citations": []},
        ],
        "citations": [
            {"source": "b.md", "quote": "other", "n": 1, "beside": "Notes"},
            {"source": "a.md", "quote": "lr 3e-4", "n": 2, "beside": "Guide"},
        ],
    }  # fmt: skip
    run = tmp_path / "run.json"
    run.write_text(json.dumps({"id": "r", "packs": {"team": {"n": 1, "metrics": {}, "items": [item]}}, "system": {}}))
    truth = Truth(
        statement="It was 3e-4 in the end.", quotes=("lr 3e-4",), cluster="team/q1", beside="Guide", asked="How fast?"
    )
    assert truths(run) == [truth]


@pytest.mark.slow
def test_on_real_sentences_most_spoiled_ones_are_caught_at_few_false_alarms(pack: Callable[[str], Path]) -> None:
    made = list(cases(truths(pack("team-bigscience"), sentences=100)))
    refused = {
        wrong: [support(c.statement, c.truth.quotes).outcome != "supported" for c in made if c.spoiled is wrong]
        for wrong in (True, False)
    }
    assert sum(refused[True]) / len(refused[True]) > 0.88
    assert sum(refused[False]) / len(refused[False]) < 0.03
