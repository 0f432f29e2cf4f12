"""Answers from runs, against the same counted by hand in plain Python."""

import json
import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.domain.records import RunRecord
from rag.domain.types import Access, Filters, Query
from tests.knowledge.run_parts import ALL, NOW, Lab, made_up, metric

FIRST = RunRecord(
    tool="mlflow",
    id="42428211ff2b4e50ac4acccc41e1f4fa",
    name="tcn-base",
    experiment="Crop_TCN_experiment",
    status="finished",
    user="mira",
    started="2026-03-02T10:00:00Z",
    ended="2026-03-02T12:03:04Z",
    note="The first that did not diverge.",
    params=(("optimizer", "Adam"), ("learning_rate", "0.0003"), ("seed", "1")),
    metrics=(metric("val_loss", 0.9, 0.2, 0.5), metric("val_acc", 70.0, 80.5)),
    tags=(("team", "crop data"),),
)
SECOND = replace(
    FIRST,
    id="a384553e8cf347dc86450978cf7b589b",
    name="tcn-wide",
    status="failed",
    started="2026-03-05T10:00:00Z",
    ended="2026-03-05T10:00:30Z",
    note="",
    params=(("optimizer", "SGD"), ("learning_rate", "0.0003"), ("depth", "4")),
    metrics=(metric("val_loss", 0.7, 0.4), metric("val_acc", 90.0, float("nan"))),
)


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.holding(FIRST, SECOND)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What learning rate did run 42428211 use?", "0.0003: parameter learning_rate of run 42428211"),
        ('In the MLflow run 42428211 of experiment "Crop_TCN_experiment", what was the parameter optimizer?', "Adam: "),
        ("What is the final val_loss of run tcn-base?", "0.5: the last value of val_loss (step 2) in run 42428211"),
        ("what was the lowest validation loss in run 42428211", "0.2: the lowest value of val_loss (step 1)"),
        ("What was val_loss at step 0 of run 42428211?", "0.9: val_loss at step 0"),
        ("What is the status of run a384553e?", "failed: status"),
        ("Did run a384553e fail?", "failed: status"),
        ("how long did run 42428211 take", "2 h 3 min 4 s: duration"),
        ("When did run 42428211 start?", "2026-03-02T10:00:00+00:00: start time"),
        ("When did run 42428211 end?", ": end time of"),
        ("When did the latest run end?", ": end time of"),
        ("Who ran run 42428211?", "mira: user"),
        ("What is the note of run 42428211?", "The first that did not diverge.: note"),
        ("Did run 42428211 use Adam?", "Adam: parameter optimizer"),
        ("What parameters did run a384553e use?", "depth = 4, learning_rate = 0.0003, optimizer = SGD"),
        ("which run had the lowest val_loss on crop data", 'a384553e ("tcn-wide", experiment Crop_TCN_experiment): '),
        ("Which run has the lowest final val_loss?", "val_loss 0.4 (step 1), the lowest last value of 2 runs."),
        ("Which run had the lowest val_loss at any step?", "val_loss 0.2 (step 1), the lowest value at any step"),
        ("which run had the lowest val_loss", "At any step the lowest is val_loss 0.2 (step 1), in 42428211"),
        ("Which run has the best val_acc?", "val_acc 80.5 (step 1), the highest last value of 1 run."),
        ("What optimizer did the run with the lowest val_loss use?", "SGD: parameter optimizer of run a384553e"),
        ("Which run took the longest?", "42428211"),
        ("What is the latest run?", "a384553e"),
        ("How many runs failed in March?", "1 run (failed, started in March 2026): a384553e."),
        ("how many runs finished in February 2026", "0 runs (finished, started in February 2026); 1 run comes near"),
        ("which runs used Adam", "1 run (Adam): 42428211."),
        ("runs with learning rate above 0.0001", "2 runs (learning rate above 0.0001)"),
        ("How many runs are there in Crop_TCN_experiment?", "2 runs (Crop_TCN_experiment)"),
        (
            "average val_loss of all runs",
            "0.45: the mean last val_loss of 2 runs, from 0.4 (a384553e) to 0.5 (42428211)",
        ),
        ("what changed between run 42428211 and a384553e", "optimizer Adam → SGD; only in the first: seed 1; only in"),
        ("compare the learning rates of runs 42428211 and a384553e", "0.0003: parameter learning_rate of run a384553e"),
        ("What is the parameter dropout of run 42428211?", "[Run 42428211"),
        ("What depth did run 42428211 use?", "has no parameter depth; it has"),
        ("Which run has the best learning_rate?", "[Whether a low or a high learning_rate is better"),
        ("top 2 runs by val_loss", "number 2 by lowest last value of 2 runs"),
    ],
)
def test_a_question_about_runs_is_answered_from_them(lab: Lab, question: str, said: str) -> None:
    assert said in lab.say(question)


def test_a_value_is_quoted_from_its_own_line(lab: Lab) -> None:
    assert lab.quotes("What learning rate did run 42428211 use?") == ["learning_rate = 0.0003"]
    assert lab.quotes("which runs failed?") == ["status = failed"]
    changed = lab.quotes("what changed between run 42428211 and a384553e")
    assert {"optimizer = Adam", "optimizer = SGD", "seed = 1", "depth = 4"} <= set(changed)


def test_a_tie_is_said() -> None:
    lab = Lab.holding(*(replace(FIRST, id=name, name="", metrics=(metric("f1", 0.5),)) for name in ("ab12", "cd34")))
    assert "ab12 (experiment Crop_TCN_experiment) and cd34" in lab.say("which run has the best f1")
    assert "(a tie)" in lab.say("which run has the best f1")


def test_of_runs_of_one_name_the_newest_is_told_first_and_the_earlier_with_its_day() -> None:
    runs = [
        replace(
            FIRST,
            id=f"{day:02d}ab",
            name="nightly",
            started=f"2026-03-{day:02d}T10:00:00Z",
            metrics=(metric("f1", f1),),
        )
        for day, f1 in ((9, 0.5), (21, 0.7), (2, 0.6))
    ]
    finding = Lab.holding(*runs).ask("What is the f1 of run nightly?")
    assert finding is not None
    assert [(statement.note, statement.text[:4]) for statement in finding.statements] == [
        ("", "0.7:"),
        ("In the earlier run of 2026-03-09:", "0.5:"),
        ("In the earlier run of 2026-03-02:", "0.6:"),
    ]


def test_a_name_that_many_runs_have_is_not_guessed() -> None:
    lab = Lab.holding(*(replace(FIRST, id=f"{n:032x}", name="sweep") for n in range(5)))
    assert "may be any of 5 runs" in lab.say("what optimizer did run sweep use?")


def test_a_run_named_with_an_experiment_that_is_not_its_own_is_said() -> None:
    lab = Lab.holding(FIRST, replace(FIRST, id="ff00", name="", experiment="other-exp"))
    assert "is stored, but not as other-exp" in lab.say("what is the optimizer of run 42428211 of experiment other-exp")


def test_only_runs_of_spaces_that_may_be_read_are_known() -> None:
    lab = Lab.holding(FIRST, space="secret")
    lab.add(SECOND, space="open", root="/open")
    only = Access(spaces=frozenset({"open"}))
    assert lab.ask("What optimizer did run 42428211 use?", only) is None
    assert lab.ask("What optimizer did run 42428211 use?", Access()) is None
    found = lab.ask("how many runs are there?", only)
    assert found is not None
    assert found.statements[0].text.startswith("1 run")


def test_filters_and_time_narrow_what_is_looked_up(lab: Lab) -> None:
    text = "how many runs are there?"
    other = Query(text=text, access=ALL, filters=Filters(spaces=("elsewhere",)))
    assert lab.lookup().look_up(other) is None
    assert lab.lookup().look_up(Query(text=text, access=ALL, as_of=NOW.replace(year=2020))) is None


def test_a_run_that_two_sources_hold_is_one() -> None:
    lab = Lab.holding(FIRST)
    lab.add(FIRST, root="/copy")
    assert lab.say("how many runs are there?").startswith("1 run")
    assert lab.say("which run has the lowest val_loss").startswith("42428211")


# --- 50 questions over 200 runs -----------------------------------------------------------------------------------

Ask = tuple[str, str]
BEST = [
    ("Which {x} run has the lowest last value of val_loss, and what is it?", "val_loss", min),
    ("which run had the smallest final val_loss on {x}", "val_loss", min),
    ("What run of experiment {x} reached the best val_acc?", "val_acc", max),
    ("in experiment {x}, which run had the highest val acc", "val_acc", max),
    ("worst run by validation loss in {x}", "val_loss", max),
]
WHERE: list[tuple[str, Callable[[RunRecord], bool]]] = [
    ("how many runs failed", lambda run: run.status == "failed"),
    ("How many runs were killed in March 2026?", lambda run: run.status == "killed" and run.started[:7] == "2026-03"),
    ("how many runs used SGD", lambda run: dict(run.params)["optimizer"] == "SGD"),
    ("number of runs with batch size 64", lambda run: dict(run.params)["batch_size"] == "64"),
    ("runs with learning_rate above 0.05", lambda run: float(dict(run.params)["learning_rate"]) > 0.05),
    ("which runs have lr less than 0.01", lambda run: float(dict(run.params)["learning_rate"]) < 0.01),
    ("how many runs did mira start since 2026-04-01", lambda run: run.user == "mira" and run.started >= "2026-04-01"),
    ("list failed runs of speech-wer", lambda run: run.status == "failed" and run.experiment == "speech-wer"),
    ("how many W&B runs finished in May", lambda r: (r.tool, r.status, r.started[5:7]) == ("wandb", "finished", "05")),
    ("which runs had val_acc at least 90", lambda run: (_last(run, "val_acc") or 0) >= 90),
    (
        "how many runs with team heat used Adam?",
        lambda r: dict(r.tags)["team"] + dict(r.params)["optimizer"] == "heatAdam",
    ),
    ("which runs started before February 2026?", lambda run: run.started < "2026-02"),
]


def _last(run: RunRecord, key: str) -> float | None:
    found = next((each.last for each in run.metrics if each.key == key), "nan")
    return None if math.isnan(float(found)) else float(found)


def _best_questions(runs: Sequence[RunRecord]) -> Iterator[Ask]:
    for experiment in ("crop_yield", "speech-wer", "Vision Base"):
        for phrase, key, best in BEST:
            own = [run for run in runs if run.experiment == experiment and _last(run, key) is not None]
            leader = best(own, key=lambda run: _last(run, key))
            shown = f"{key} {next(each.last for each in leader.metrics if each.key == key)} "
            named = f'"{experiment}"' if " " in experiment else experiment
            yield phrase.format(x=named), f'{leader.id[:8]} ("{leader.name}", experiment {experiment}): {shown}'
    for phrase, key in (
        ("average val_loss of all runs", "val_loss"),
        ("What is the mean val_acc of the runs?", "val_acc"),
    ):
        values = [value for run in runs if (value := _last(run, key)) is not None]
        yield phrase, f"{statistics.fmean(values):.6g}: the mean last {key} of {len(values)} runs"
    extremes = [(metric_.lowest, run) for run in runs for metric_ in run.metrics if metric_.key == "val_loss"]
    lowest = min(value for value, _ in extremes if value is not None)
    assert sum(value == lowest for value, _ in extremes) > 1, "what is NaN at its end was 0.01 before"
    yield "which run has the lowest val_loss ever?", "(a tie): val_loss 0.01 (step 0)"
    yield "lowest val_loss at any step of all runs", f"val_loss {lowest}"


def _value_questions(runs: Sequence[RunRecord], rng: random.Random) -> Iterator[Ask]:
    for run in rng.sample(list(runs), 6):
        params = dict(run.params)
        yield f"What learning rate did run {run.id[:8]} use?", f"{params['learning_rate']}: parameter learning_rate"
        yield f"what is the batch size of run {run.name}", f"{params['batch_size']}: parameter batch_size"
    for run in rng.sample(list(runs), 4):
        yield f"Did run {run.id[:10]} finish?", f"{run.status}: status of run {run.id[:10]}"


def _pairs(runs: Sequence[RunRecord], rng: random.Random) -> Iterator[Ask]:
    for _ in range(4):
        one, other = rng.sample(list(runs), 2)
        changed = [key for key, text in sorted(one.params) if dict(other.params)[key] != text]
        told = ", ".join(f"{key} {dict(one.params)[key]} → {dict(other.params)[key]}" for key in changed)
        yield f"what changed between run {one.id[:8]} and {other.id[:8]}", told
        yield f"How do the params of run {one.name} and run {other.name} differ?", told


def generated() -> list[Ask]:
    rng, runs = random.Random(5), made_up(200, seed=3)
    counted = [(question, f"{(count := sum(map(fits, runs)))} run{'s' * (count != 1)} (") for question, fits in WHERE]
    return [*_best_questions(runs), *_value_questions(runs, rng), *counted, *_pairs(runs, rng)]


@pytest.fixture(scope="module")
def many() -> Lab:
    return Lab.holding(*made_up(200, seed=3))


@pytest.mark.slow
def test_fifty_generated_questions_are_answered_as_counted_by_hand(many: Lab) -> None:
    asked = generated()
    assert len(asked) >= 50
    assert [
        (question, said, expected) for question, expected in asked if expected not in (said := many.say(question))
    ] == []


@pytest.mark.slow
def test_questions_of_other_corpora_are_left_to_their_passages(pack: Callable[[str], Path]) -> None:
    lab = Lab.holding(*made_up(50, seed=1), FIRST, SECOND)
    files = [
        file for file in pack("team-runs").parent.glob("team-*/questions*.jsonl") if file.parent.name != "team-runs"
    ]
    asked = [json.loads(line)["question"] for file in files for line in file.read_text().splitlines()]
    assert len(asked) > 50
    assert [text for text in asked if lab.ask(text) is not None] == []
