from copy import deepcopy
from typing import Any

import pytest

from eval.judges.judged import Task
from eval.judges.judging import Verdict
from eval.judges.people import people_of
from eval.judges.runs import Judgements, judged_run, pieces, questions

TASKS: tuple[Task, ...] = ("answers", "claims")


def question(n: int, **changed: object) -> dict[str, Any]:
    return {
        "id": f"q{n}",
        "kind": "fact",
        "question": "How fast?",
        "metrics": {"answer_correct": 1.0},
        "cluster": f"file{n}",
        "answers": ["3e-4"],
        "answerable": True,
        "status": "answered",
        "answer": "It was 3e-4. [1]",
        "statements": [{"text": "It was 3e-4. [1]", "citations": [1]}, {"text": "Fast.", "citations": []}],
        "citations": [{"source": "a.md", "quote": "lr 3e-4", "n": 1}, {"source": "b.md", "quote": "other", "n": 2}],
        **changed,
    }


def run_of(*items: dict[str, Any]) -> dict[str, Any]:
    pack = {
        "n": len(items),
        "metrics": {"answer_correct": {"value": 1.0, "ci95": [1.0, 1.0], "n": len(items)}},
        "by_kind": {"fact": {"n": len(items), "metrics": {}}},
        "items": list(items),
    }
    return {"id": "r", "packs": {"team": pack, "*": deepcopy(pack)}, "system": {}}


def judged(run: dict[str, Any], labels: dict[str, str | None]) -> dict[str, Any]:
    """`labels`: of the item of each id; what is not among them is not asked."""
    found = [piece for place in questions(run) for piece in pieces(*place, TASKS) if piece.item.id in labels]
    verdicts = [Verdict(label=labels[piece.item.id], why="so") for piece in found]
    people = {"answers": "kappa with people .3", "claims": "not measured"}
    return judged_run(run, Judgements(name="J", pieces=found, verdicts=verdicts, people=people), TASKS)


def test_a_judge_is_shown_the_gold_answer_or_the_words_cited_and_no_markers() -> None:
    answer, claim = (piece.item for piece in pieces("team", question(1), TASKS))
    assert (answer.text, answer.golds, answer.sources) == ("It was 3e-4.", ("3e-4",), ())
    assert (claim.text, claim.golds, claim.sources) == ("It was 3e-4.", (), ("lr 3e-4",))


@pytest.mark.parametrize("changed", [{"status": "refused"}, {"error": "broke"}, {"answer": ""}])
def test_what_says_nothing_is_not_judged(changed: dict[str, Any]) -> None:
    assert not list(pieces("team", question(1, **changed), TASKS))


def test_an_unanswerable_question_has_no_right_answer_but_statements() -> None:
    assert [piece.item.task for piece in pieces("team", question(1, answerable=False), TASKS)] == ["claims"]


def test_figures_stand_in_a_copy_with_how_far_people_agree() -> None:
    run = run_of(question(1), question(2, status="refused"), question(3), question(4), question(5, answers=[]))
    before = deepcopy(run)
    labels: dict[str, str | None] = {
        "team/q1": "correct",
        "team/q1#0": "support",
        "team/q3": None,
        "team/q3#0": "neutral",
        "team/q5#0": None,
    }
    result = judged(run, labels)
    assert run == before
    values = {item["id"]: item["metrics"] for item in result["packs"]["team"]["items"]}
    assert {name: found["judge_correct@J"] for name, found in values.items()} == {
        "q1": 1.0,
        "q2": 0.0,  # refused
        "q3": None,  # no verdict
        "q4": None,  # not reached
        "q5": None,  # no gold answer
    }
    assert {name: found["judge_support@J"] for name, found in values.items()} == {
        "q1": 0.5,  # of two statements, one cites nothing
        "q2": None,
        "q3": 0.0,
        "q4": None,
        "q5": None,
    }
    figure = result["packs"]["team"]["metrics"]["judge_correct@J"]
    assert (figure["value"], figure["n"], figure["people"]) == (0.5, 2, "kappa with people .3")
    assert result["packs"]["*"]["metrics"]["judge_correct@J"] == figure
    assert result["packs"]["team"]["by_kind"]["fact"]["metrics"]["judge_correct@J"] == figure
    assert people_of(result)["judge_support@J"] == "not measured"
    assert people_of(run) == {}
    assert result["packs"]["team"]["items"][0]["judged"]["J"][0]["why"] == "so"


def test_several_packs_together_find_their_questions_by_pack() -> None:
    run = run_of(question(1))
    run["packs"]["other"] = deepcopy(run["packs"]["team"])
    run["packs"]["*"]["items"] = [{**question(1), "id": f"{pack}/q1"} for pack in ("team", "other")]
    result = judged(run, {"team/q1": "correct", "other/q1": "incorrect"})
    assert [item["metrics"]["judge_correct@J"] for item in result["packs"]["*"]["items"]] == [1.0, 0.0]
