from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics import METRICS
from eval.metrics.agreement import AGREEMENT, agreement
from eval.metrics.base import Observation
from eval.metrics.keys import keys, plain, same_amount
from eval.metrics.support import support
from eval.packs.loading import Sample
from rag.domain.types import Answer, Check, Refusal, Statement
from tests.eval.bench import citation, document

SAMPLE = Sample(id="1", question="How good?", answers=("0.871",))


def test_the_worked_example_comes_out() -> None:
    answer, quotes = "87.1 % after 5 ms on the A100", ["accuracy 0.871 in 5 s on A100"]
    found = {name: agreement(name, answer, quotes) for name in AGREEMENT}
    assert found == {"number_agreement": 0.5, "unit_agreement": 0, "date_agreement": None, "entity_agreement": 1}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("5 ms", "0.005 s", True),
        ("5 ms", "5 s", False),
        ("90 min", "1.5 hours", True),
        ("1 GB", "1000 MB", True),
        ("1 GB", "1024 MB", True),
        ("1024 MB", "1 GB", True),
        ("1 TB", "1048576 MB", True),
        ("1 GB", "1000 KB", False),
        ("$5", "5 dollars", True),
        ("$5", "€5", False),
        ("5 GB", "5 hours", False),
        ("12", "12 hours", True),
        ("3k", "3000", True),
        ("0.871", "0.817", False),
    ],
)
def test_amounts_are_compared_with_their_units(one: str, other: str, same: bool) -> None:
    a, b = keys(plain(one))[0], keys(plain(other))[0]
    assert same_amount(a, b) is same_amount(b, a) is same


@pytest.mark.parametrize(
    ("metric", "answer", "quote", "expected"),
    [
        ("number_agreement", "1. It took 12 hours", "took 12 hours", 1),
        ("number_agreement", "It took 1e-3", "rate 0.001", 1),
        ("number_agreement", "one of them failed", "they failed", None),
        ("unit_agreement", "5 ms at p50", "latency in ms: p50 5", 1),
        ("unit_agreement", "5 ms at p50", "p50: 5", 0),
        ("date_agreement", "on 17 June 2005", "rejected 2005-06-17", 1),
        ("date_agreement", "on 17 June 2005", "rejected 2005-07-17", 0),
        ("entity_agreement", "Then Alba asked for A100 80GB and V100", "Alba took A100-80GB", 2 / 3),
        ("entity_agreement", "it was slow", "slow", None),
    ],
)
def test_what_an_answer_says_must_stand_in_what_it_cites(
    metric: str, answer: str, quote: str, expected: float | None
) -> None:
    assert agreement(metric, answer, [quote]) == pytest.approx(expected)


@settings(max_examples=40)
@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=2))
def test_agreement_and_support_stay_in_bounds_for_any_text(answer: str, quotes: Sequence[str]) -> None:
    for name in AGREEMENT:
        value = agreement(name, answer, quotes)
        assert value is None or 0 <= value <= 1
    assert 0 <= support(answer, quotes).score <= 1


@pytest.mark.parametrize(
    ("statement", "quote", "outcome"),
    [
        ("The loss spiked at step 4200.", "At step 4200 the loss spiked.", "supported"),
        ("The loss did not spike at step 4200.", "the loss spiked at step 4200", "contradicted"),
        ("The loss spiked at step 4200.", "the loss never spiked at step 4200", "contradicted"),
        ("The loss spiked at step 4200.", "the loss spiked at step 4300", "unsupported"),
        ("Throughput increased on eight nodes.", "throughput decreased on 8 nodes", "contradicted"),
        ("The run is fast.", "The run is fast, but not cheap.", "supported"),
        ("Somebody paid the invoices late.", "The loss spiked.", "unsupported"),
        ("It took 5 ms.", "it took 5 s", "unsupported"),
        ("It isn't cheap.", "It is not cheap.", "supported"),
    ],
)
def test_a_statement_is_carried_turned_round_or_left_alone_by_its_quote(
    statement: str, quote: str, outcome: str
) -> None:
    assert support(statement, [quote]).outcome == outcome


def test_without_a_quote_nothing_is_supported() -> None:
    assert support("The loss spiked.", []).outcome == support("The loss spiked.", [" "]).outcome == "unsupported"


def served(*statements: Statement) -> Observation:
    text = "The loss spiked at step 4200. It was warmup."
    cites = citation(document("a.md"), text, "The loss spiked at step 4200.")
    said = " ".join(one.text for one in statements)
    answer = Answer(id="a", question="q", status="answered", text=said, statements=statements, citations=(cites,))
    return Observation(sample=SAMPLE, answer=answer)


def test_support_is_a_share_of_the_statements_served() -> None:
    failed = Check(name="numbers", passed=False)
    right = Statement(text="The loss spiked at step 4200.", support="verified", citations=(1,))
    wrong = Statement(text="It spiked at 4300.", support="unsupported", citations=(1,), checks=(failed,))
    bare = Statement(text="The loss spiked at step 4200.", support="verified", citations=())
    seen = served(right, wrong, bare)
    assert METRICS["statement_support"](seen).value == pytest.approx(2 / 3)
    assert METRICS["quote_support"](seen).value == pytest.approx(1 / 3)


def test_a_refusal_states_nothing_to_support_or_agree_with() -> None:
    seen = served()
    assert seen.answer is not None
    refused = replace(seen, answer=replace(seen.answer, status="refused", refusal=Refusal(reason="nothing")))
    for name in (*AGREEMENT, "statement_support", "quote_support"):
        assert METRICS[name](refused).value is None
    assert METRICS["quote_support"](seen).value is None


def test_the_names_beside_a_quote_count_as_cited() -> None:
    cites = citation(document("runs/kb-20", title="kb-20"), "peak_lr = 0.0006", "peak_lr = 0.0006")
    said = "peak_lr of kb-20 is 0.0006, that of kb-19 too."
    answer = Answer(id="a", question="q", status="answered", text=said, citations=(cites,))
    assert METRICS["entity_agreement"](Observation(sample=SAMPLE, answer=answer)).value == pytest.approx(2 / 3)
