from copy import deepcopy
from typing import Any

import pytest

from eval.report.view import Item, Outcome, read_run
from rag.domain.errors import BadInput

Run = dict[str, Any]


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"status": "answered", "metrics": {"answer_correct": 1}}, "right"),
        ({"status": "answered", "metrics": {"answer_correct": 0}}, "wrong"),
        ({"status": "answered", "metrics": {"answer_correct": None}}, "not scored"),
        ({"status": "answered", "metrics": {"false_answer": 1}}, "false answer"),
        ({"status": "refused", "metrics": {"false_answer": 0, "answer_correct": None}}, "right"),
        ({"status": "refused", "metrics": {"false_refusal": 1, "answer_correct": 0}}, "false refusal"),
        ({"error": "gone", "metrics": {"answer_correct": None}}, "failed"),
        ({"metrics": {"evidence_hit@10": 0, "file_hit@10": 1}}, "wrong"),
        ({"metrics": {"recall@10": 0.5}}, "right"),
    ],
)
def test_what_became_of_a_question_is_one_word(fields: Run, outcome: Outcome) -> None:
    assert Item(id="1", **fields).outcome == outcome


def test_a_run_of_an_older_version_is_read_with_its_blocks_empty() -> None:
    view = read_run({"packs": {"p": {"metrics": {"mrr@10": {"value": 0.5}}, "items": [{"id": "1", "metrics": {}}]}}})
    assert view.packs["p"].refusal is None
    assert view.packs["p"].items[0].passages == ()


def test_what_neither_xml_nor_utf8_can_hold_is_replaced(run: Run) -> None:
    run["packs"]["team"]["items"][0]["question"] = "a\x00b\ud800c\nd"
    assert read_run(run).packs["team"].items[0].question == "a\ufffdb\ufffdc\nd"


def test_a_run_edited_into_something_else_is_named_by_its_field(run: Run) -> None:
    run["packs"]["team"]["items"][2]["latency_ms"] = "soon"
    with pytest.raises(BadInput, match=r"packs\.team\.items\.2\.latency_ms"):
        read_run(run)


def test_the_packs_together_are_shown_where_they_are_several(run: Run) -> None:
    pack = run["packs"]["team"]
    one = {**run, "packs": {"team": pack, "*": pack}}
    both = deepcopy(one)
    both["packs"]["*"]["ingest"]["other"] = {}
    assert list(read_run(one).shown) == ["team"]
    assert list(read_run(both).shown) == ["team", "*"]
    assert list(read_run(both).single) == ["team"]
