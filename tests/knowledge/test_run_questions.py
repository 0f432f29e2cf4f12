"""Questions that only sound like runs, and filters as people write them."""

import pytest

from rag.domain.errors import BadInput
from rag.domain.records import RunRecord
from rag.knowledge.run_filters import parse_filter, parse_order
from rag.knowledge.run_words import atoms, lower_is_better
from tests.knowledge.run_parts import Lab, made_up, metric

PLAIN = RunRecord(  # a run with names that are ordinary words
    tool="table",
    id="3",
    name="baseline",
    experiment="training",
    status="failed",
    user="data",
    started="2026-03-02T10:00:00Z",
    params=(("model", "gpt"), ("optimizer", "adam"), ("epoch", "3"), ("lr", "0.1"), ("note", "first"), ("a", "1")),
    metrics=(metric("loss", 0.5), metric("acc", 0.5)),
)

NOT_ABOUT_RUNS = """
Which runs had an acc above 50%?
Which runs used lr 0,001?
Why did run kb-17 diverge in fp16?
Why did run 3 fail?
Why did the baseline run fail so early?
How do I run the tests?
How do we run the baseline?
How should I choose the learning rate?
What learning rate should I use for BERT?
What learning rate did the paper use?
What is the learning rate of the 176B model?
What is the lr?
What is the loss?
What is the optimizer of the baseline?
Which optimizer is best?
Which model had the lowest loss?
What is the best learning rate?
What is the highest accuracy reported in the paper?
Which experiment did Ann propose after the outage?
What experiments are planned for March?
Who ran the retrospective in March?
Who is running the data team?
When does the training run start?
When did the training run for the large model diverge?
What did we learn from the failed run?
What happened in run 3?
What did Ann say about run 3?
What did Tom say about the optimizer in run 3?
Explain the loss spike of run 3.
Which runs are mentioned in the retro?
Which runs did Ann restart after the node died?
How many runs did we lose in the outage?
How many GPUs did the run use?
How many tokens was the model trained on?
How many parameters does the model have?
How many failed attempts before the fix?
How long did the training run take on 384 GPUs?
How long is the context?
Did the run with fp16 fail because of overflow?
What changed between version 1 and version 2?
What changed between the first and the second draft?
What is the difference between Adam and AdamW?
Compare Adam with SGD.
Compare the baseline with the new model.
What is the difference between loss and accuracy?
Which run had the lowest loss in the table of Smith et al.?
Which run had the lowest loss according to Ann?
Which run had the highest throughput?
Which run is described in the incident report?
Which run should we resume?
What is the average salary?
What is the average number of tokens per document?
average length of a run-on sentence
Is the run still going?
Should we run another experiment?
Where are the logs of run 3?
Where is the config for the baseline run?
Run the experiment with a larger batch size.
Please run the best model on the test set.
Why is the lowest loss run not the best run?
What note did Ann leave on the fridge?
What is the status of the migration?
What is the status of PEP 572?
Who is the author of the run book?
What is in the run book for node failures?
What is the release date of version 3?
In which year was the run of 1998?
What is the latest version?
What is the last experiment Ann described?
What is the run time of the quicksort algorithm?
What metrics do we report to the board?
What tags should I put on a run?
How does early stopping work in experiment tracking?
What is an experiment?
What is MLflow?
How do I log a run to W&B?
""".strip().splitlines()


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab.holding(PLAIN, *made_up(30, seed=2))


@pytest.mark.parametrize("question", NOT_ABOUT_RUNS)
def test_a_question_that_is_not_about_stored_runs_is_left_to_the_passages(lab: Lab, question: str) -> None:
    assert lab.say(question) == ""


def test_there_are_enough_of_them_and_the_same_runs_answer_what_they_can(lab: Lab) -> None:
    assert len(NOT_ABOUT_RUNS) >= 60
    assert lab.say("What lr did run 3 use?").startswith("0.1: parameter lr of run 3")
    assert lab.say("What is the loss of run baseline?").startswith("0.5: the last value of loss")


def test_nothing_is_asked_of_a_registry_without_runs() -> None:
    assert Lab.holding().say("which run had the lowest val_loss") == ""


@pytest.mark.parametrize(
    "text", ["", " ", "?", '"', "run " * 5000, "'" * 3000, "run " + "a" * 8000, "run 1e999 \ud800"]
)
def test_odd_questions_are_left_alone(lab: Lab, text: str) -> None:
    assert lab.say(text) == ""


def test_a_question_is_cut_where_people_mean_it_to_be() -> None:
    assert [atom.text for atom in atoms("What's lr>=0.01 in “Crop exp” (W&B run a-1)?")] == [
        "What", "s", "lr", ">=", "0.01", "in", "Crop exp", "W&B", "run", "a-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "lower"),
    [("val_loss", True), ("valLoss", True), ("test/WER", True), ("eval perplexity", True), ("val_acc", False),
     ("roc_auc", False), ("F1", False), ("lr", None), ("params", None), ("loss_accuracy", None)],
)  # fmt: skip
def test_the_name_of_a_metric_tells_which_way_is_better(key: str, lower: bool | None) -> None:
    assert lower_is_better(key) is lower


# --- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("metrics.val_loss < 0.02 and params.optimizer = 'Adam'", "metrics.val_loss < 0.02|params.optimizer = Adam"),
        ("attributes.status = 'FAILED' AND name LIKE 'a%'", "attributes.status = failed|attributes.run_name LIKE a%"),
        ("metrics.`val loss` >= 1e-3", "metrics.val loss >= 0.001"),
        ("params.lr > '0.1' and params.bs = 64", "params.lr > 0.1|params.bs = 64.0"),
        ("params.bs = '64'", "params.bs = 64"),
        ("tags.mlflow.source.name NOT ILIKE '%x%'", "tags.mlflow.source.name NOT ILIKE %x%"),
        ("start_time >= '2026-03-01'", "attributes.start_time >= 2026-03-01 00:00:00+00:00"),
        ("start_time < 1656487677104", "attributes.start_time < 2022-06-29 07:27:57.104000+00:00"),
        ("run_id in ('a', 'b')", "attributes.run_id IN a,b"),
        ("", ""),
    ],
)
def test_a_filter_is_read(text: str, told: str) -> None:
    conditions = parse_filter(text)
    assert "|".join(f"{c.on.name} {c.is_} {','.join(map(str, c.values))}" for c in conditions) == told


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("metrics.val_loss <", "at its end"),
        ("metrics.val_loss 0.2", "at character 18"),
        ("metrics.a < 1 or metrics.b < 2", "at character 15"),
        ("metrics.a < x", "at character 13"),
        ("params.a = x", "at character 12"),
        ("val_loss < 1", "at character 1"),
        ("status = 'nope'", "at character 10"),
        ("params.a = 'x", "at character 12"),
        ("start_time > 'soon'", "at character 14"),
        ("metrics.a LIKE '1%'", "at character 11"),
        ("metrics. < 1", "at character 1"),
        ("run_id in ('a'", "at its end"),
        ("metrics.a < 1 metrics.b < 2", "at character 15"),
    ],
)
def test_a_wrong_filter_says_where_and_what_to_write(text: str, place: str) -> None:
    with pytest.raises(BadInput) as problem:
        parse_filter(text)
    assert place in problem.value.what
    assert problem.value.fix


def test_an_order_is_read() -> None:
    order = parse_order("min(metrics.val_loss) DESC")
    assert order is not None
    assert (order.by.name, order.by.side, order.descending) == ("metrics.val_loss", "lowest", True)
    assert parse_order("") is None
    with pytest.raises(BadInput):
        parse_order("metrics.a SIDEWAYS")
