"""Runs made by hand: every question stands on a document of its own unless said otherwise."""

from copy import deepcopy
from typing import Any

import pytest

from eval.comparing.gate import Rules, judge
from eval.report.against import against
from eval.report.gating import told
from rag.domain.errors import BadInput

Run = dict[str, Any]


def item(n: int, right: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "id": f"q{n}",
        "question": f"What is {n}?",
        "metrics": {"answer_correct": right, "citation_valid": 1.0, "false_refusal": 1.0 - right},
        "cluster": f"d{n}",
        "status": "answered",
        "answer": "right" if right else "wrong",
        **more,
    }


def run(scores: list[float], *, pack: str = "team", command: str = "answers") -> Run:
    items = [item(n, right) for n, right in enumerate(scores)]
    metrics = {name: {} for name in item(0, 1.0)["metrics"]}
    return {"command": command, "packs": {pack: {"n": len(items), "metrics": metrics, "items": items}}}


def broken(run: Run, *places: int) -> Run:
    after = deepcopy(run)
    for place in places:
        found = after["packs"]["team"]["items"][place]
        found["metrics"] = {"answer_correct": 0.0, "citation_valid": 1.0, "false_refusal": 1.0}
        found["answer"] = "wrong"
    return after


GOOD = run([1.0] * 40)


def test_the_same_run_passes_and_says_what_would_go_unnoticed() -> None:
    verdict = judge(GOOD, GOOD)
    assert verdict.passed
    assert [check.p for check in verdict.checks] == [1.0, 1.0]
    assert (verdict.broken, verdict.fixed) == ((), ())
    luck = verdict.checks[0].unnoticed  # five of forty are found; seven fail so that five mostly do
    assert luck == pytest.approx(0.16, abs=0.02)


def test_a_few_broken_questions_are_named_but_do_not_fail_the_gate() -> None:
    verdict = judge(GOOD, broken(GOOD, 3, 4))
    assert verdict.passed
    assert [(one.now["id"], one.worse) for one in verdict.broken] == [
        ("q3", ("answer_correct", "false_refusal")),
        ("q4", ("answer_correct", "false_refusal")),
    ]


def test_ten_broken_questions_of_forty_fail_it() -> None:
    verdict = judge(GOOD, broken(GOOD, *range(10)))
    assert not verdict.passed
    first = verdict.regressions[0]
    assert (first.scores.metric, first.p, first.adjusted) == ("answer_correct", 2**-10, 2**-10)
    assert (first.before, first.now) == (1.0, 0.75)


def test_less_is_better_where_it_is() -> None:
    verdict = judge(broken(GOOD, *range(10)), GOOD, Rules(metrics=("false_refusal",)))
    assert verdict.passed
    assert len(verdict.fixed) == 10
    worse = judge(GOOD, broken(GOOD, *range(10)), Rules(metrics=("false_refusal",)))
    assert [check.scores.metric for check in worse.regressions] == ["false_refusal"]


def test_ten_questions_on_one_passage_are_one_witness_on_ten_of_a_document_ten() -> None:
    before = deepcopy(GOOD)
    for one in before["packs"]["team"]["items"][:10]:
        one |= {"cluster": "d0", "unit": "q0"}
    assert judge(before, broken(before, *range(10))).passed
    for one in before["packs"]["team"]["items"]:
        one["unit"] = one["id"]
    verdict = judge(before, broken(before, *range(10)))
    assert not verdict.passed
    assert (len(set(verdict.checks[0].scores.clusters)), len(set(verdict.checks[0].scores.units))) == (31, 40)


def test_the_packs_together_are_shown_and_not_gated() -> None:
    """They would ask each of the others for more, and say nothing that these do not."""
    packs = {**GOOD["packs"], **run([1.0] * 40, pack="other")["packs"], **run([1.0] * 80, pack="*")["packs"]}
    before: Run = {**GOOD, "packs": packs}
    after = broken(before, *range(7))
    verdict = judge(before, after)
    assert [check.scores.pack for check in verdict.checks] == ["team", "team", "other", "other"]
    assert verdict.checks[0].adjusted == 2**-7
    assert verdict.together
    assert verdict.together.pack == "*"
    assert ("*", "answer_correct") in against(after, before).changes


def test_one_citation_that_is_no_quote_breaks_the_promise() -> None:
    after = deepcopy(GOOD)
    after["packs"]["team"]["items"][7]["metrics"]["citation_valid"] = 0.5
    verdict = judge(GOOD, after)
    assert not verdict.passed
    assert [one["id"] for one in verdict.promises[0].items] == ["q7"]
    assert not judge(after, after).passed  # absolute: it does not matter that it was broken before


def test_a_question_that_fails_breaks_the_promise_unless_it_failed_before() -> None:
    after = deepcopy(GOOD)
    after["packs"]["team"]["items"][7].update(error="The backend is gone.", metrics={"answer_correct": None})
    verdict = judge(GOOD, after)
    assert [promise.text for promise in verdict.promises] == ["no question met an error that met none before"]
    assert judge(after, after).passed
    assert verdict.checks[0].scores.lost == ("q7",)


def test_questions_that_were_not_asked_again_are_said_and_many_of_them_refuse() -> None:
    after = deepcopy(GOOD)
    after["packs"]["team"]["items"][0]["question"] = "Something else?"
    del after["packs"]["team"]["items"][1]
    pairs = judge(GOOD, after).pairs[0]
    assert (pairs.changed, pairs.only_a, pairs.share) == (("q0",), ("q1",), 0.95)
    del after["packs"]["team"]["items"][1:9]
    with pytest.raises(BadInput, match="75% were asked again"):
        judge(GOOD, after)


def test_new_questions_do_not_stop_the_gate() -> None:
    assert judge(run([1.0] * 10), GOOD).pairs[0].share == 1.0


def test_a_pack_that_was_not_measured_again_refuses() -> None:
    with pytest.raises(BadInput, match="other, 0%"):
        judge({**GOOD, "packs": {**GOOD["packs"], **run([1.0], pack="other")["packs"]}}, GOOD)


def test_other_commands_are_not_held_against_each_other() -> None:
    with pytest.raises(BadInput, match="measured retrieval"):
        judge(run([1.0], command="retrieval"), GOOD)


def test_a_metric_that_neither_run_has_is_wrong_use() -> None:
    with pytest.raises(BadInput, match="speed: not in both"):
        judge(GOOD, GOOD, Rules(metrics=("speed",)))


def unscored(run: Run, places: int, **more: Any) -> Run:  # noqa: ANN401
    after = deepcopy(run)
    for found in after["packs"]["team"]["items"][:places]:
        found["metrics"] |= {"answer_correct": None}
        found |= more
    return after


def test_a_figure_that_is_no_longer_scored_is_no_open_gate() -> None:
    with pytest.raises(BadInput, match="answer_correct: of 40 questions that the baseline scored, 31 can be now"):
        judge(GOOD, unscored(GOOD, 9))
    renamed = deepcopy(GOOD)
    del renamed["packs"]["team"]["metrics"]["answer_correct"]
    for found in renamed["packs"]["team"]["items"]:
        del found["metrics"]["answer_correct"]
    with pytest.raises(BadInput, match="0 can be now"):
        judge(GOOD, renamed)


def test_a_promise_that_is_no_longer_looked_at_is_not_kept() -> None:
    silent = deepcopy(GOOD)
    for found in silent["packs"]["team"]["items"]:
        del found["metrics"]["citation_valid"]
    with pytest.raises(BadInput, match="exact quotes"):
        judge(GOOD, silent)


def test_a_few_questions_without_a_score_are_left_out_and_those_that_failed_are_a_broken_promise() -> None:
    assert judge(GOOD, unscored(GOOD, 8)).passed
    assert not judge(GOOD, unscored(GOOD, 30, error="the model is gone")).passed


def test_runs_without_a_question_in_common_are_not_held_against_each_other() -> None:
    with pytest.raises(BadInput, match="no question in common"):
        judge(run([]), GOOD)


def test_a_pack_that_is_only_a_corpus_does_not_stop_the_gate_and_a_new_one_is_told() -> None:
    corpus = {"corpus": {"n": 0, "metrics": {}, "items": []}}
    both = {**GOOD, "packs": {**GOOD["packs"], **corpus}}
    assert judge(both, both).passed
    assert judge(GOOD, both).new_packs == ("corpus",)


def test_a_fall_on_one_document_of_a_figure_without_bounds_has_no_made_up_interval() -> None:
    before = run([1.0] * 10)
    for n, one in enumerate(before["packs"]["team"]["items"]):
        one |= {"cluster": "d", "unit": f"u{n}", "metrics": {"words": 40.0}}
    before["packs"]["team"]["metrics"] = {"words": {}}
    after = deepcopy(before)
    for one in after["packs"]["team"]["items"]:
        one["metrics"] = {"words": 10.0}
    verdict = judge(before, after, Rules(metrics=("words",)))
    assert any("now (how sure is not known), p = 0.0010 corrected" in line for line in told(verdict))
