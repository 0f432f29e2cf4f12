"""What one reader said of real statements and sentences, against what the checks and metrics say of them."""

from pathlib import Path

from eval.judges.checkers import JUDGES
from eval.judges.judged import load_judged
from eval.statistics.stats import estimate

LABELS = Path(__file__).parents[2] / "data" / "labels"


def test_no_statement_that_its_sentences_carry_is_refused() -> None:
    items = [item for item in load_judged(LABELS / "statements.jsonl").items if item.label == "support"]
    refused = [item.text for item in items if JUDGES["product"].judge(item).label != "support"]
    assert len(items) == 27
    assert refused == []


def test_the_metric_of_correctness_agrees_with_the_reader_on_most_sentences() -> None:
    items = load_judged(LABELS / "sentences.jsonl").items
    agreed = [float(JUDGES["answer_correct"].judge(item).label == item.label) for item in items]
    share = estimate(agreed, [item.cluster for item in items])
    assert share.low is not None
    assert share.low > 0.75, share
