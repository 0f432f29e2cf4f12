from dataclasses import replace

import numpy as np
import pytest

from eval.metrics import METRICS
from eval.metrics.base import Observation
from eval.metrics.keys import keys, plain
from eval.metrics.likely import features, likely, near
from eval.metrics.refusing import reads_as_refusal
from eval.metrics.similarity import match, rouge_l, token_f1
from eval.packs.loading import Sample
from rag.domain.types import Answer, Refusal

SAMPLE = Sample(id="1", question="Which schedule?", answers=("linear warmup", "the cosine decay"))
ANSWER = Answer(id="a", question="q", status="answered", text="A linear, then cosine decay [1].")
NAMES = ("answer_match", "token_f1", "rouge_l", "answer_similarity", "answer_likely")


def test_the_worked_example_comes_out() -> None:
    answer, gold = ANSWER.text, "the cosine decay"
    assert match(answer, gold) == 1
    assert token_f1(answer, gold) == rouge_l(answer, gold) == pytest.approx(2 / 3)


def test_the_best_gold_answer_counts() -> None:
    seen = Observation(sample=SAMPLE, answer=ANSWER, similarity=lambda _, gold: 0.5 if "linear" in gold else 0.25)
    assert METRICS["token_f1"](seen).value == pytest.approx(2 / 3)
    assert METRICS["answer_similarity"](seen).value == 0.5
    assert METRICS["answer_similarity"](replace(seen, similarity=None)).value is None


def test_a_refusal_is_like_no_gold_answer_and_without_gold_nothing_is_scored() -> None:
    refused = replace(ANSWER, status="refused", text="", refusal=Refusal(reason="nothing"))
    seen = Observation(sample=SAMPLE, answer=refused, similarity=lambda _said, _gold: 1.0)
    assert [METRICS[name](seen).value for name in NAMES] == [0] * 5
    unknown = replace(seen, sample=replace(SAMPLE, answers=()), answer=ANSWER)
    assert [METRICS[name](unknown).value for name in NAMES] == [None] * 5


def test_word_order_counts_for_rouge_and_not_for_tokens() -> None:
    assert token_f1("decay cosine", "cosine decay") == 1
    assert rouge_l("decay cosine", "cosine decay") == 0.5
    assert match("decay cosine", "cosine decay") == 0
    assert match("cosined decays", "cosine decay") == 0
    assert (match("", ""), token_f1("", ""), token_f1("a", ""), rouge_l("x", "")) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("gold", "said", "question", "expected"),
    [
        ("8.7", "$8,738 million", "in USD billions", True),
        ("8.7", "$8,838 million", "in USD billions", False),
        ("1577.00", "$1,577 million", "in USD millions", True),
        ("24.5%", "24.53 %", "", True),
        ("24.5%", "24.6 %", "", True),
        ("24.5%", "25.6 %", "", False),
        ("0.002", "0.2 percent", "in percents", True),
        ("7", "8", "", False),
        ("0.01", "0.014", "", False),
        ("-0.02", "0.02", "", True),
    ],
)
def test_rounding_and_the_questions_scale_are_forgiven(gold: str, said: str, question: str, expected: bool) -> None:
    wanted, given = keys(plain(gold))[0], keys(plain(said))[0]
    scales = {"billions": 1e9, "millions": 1e6, "percents": 1e-2}
    assert near(wanted, given, [1.0, *(size for word, size in scales.items() if word in question)]) is expected


def test_an_answer_nearer_to_the_gold_answer_is_likelier() -> None:
    gold, question = "8.7", "What is net PPE in USD billions?"
    assert features("about $8,738 million", gold, question)["numbers"] == 1
    right, wrong = likely("It is $8,738 million.", [gold], question), likely("It is $3 million.", [gold], question)
    refused = likely("I cannot determine net PPE.", [gold], question)
    assert 1 > right > wrong > refused > 0
    assert right >= 0.5 > wrong
    assert likely("anything", [], question) == 0


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("I'm unable to provide that figure.", True),
        ("The filing does not contain it.", True),
        ("There is not enough information.", True),
        ("The rate was 0.1, which they did change later.", False),
        ("Yes. " + "word " * 60 + "I cannot answer", False),
    ],
)
def test_an_answer_that_reads_as_a_refusal_is_told(text: str, refuses: bool) -> None:
    assert reads_as_refusal(text) is refuses


@pytest.mark.slow
def test_rouge_l_equals_the_reference_implementation() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    random, scorer = np.random.default_rng(3), RougeScorer(["rougeL"])
    vocabulary = ["loss", "spike", "warmup", "batch", "4200", "run", "node"]
    for _ in range(200):
        one, other = (" ".join(random.choice(vocabulary, random.integers(1, 15))) for _ in range(2))
        assert rouge_l(one, other) == pytest.approx(scorer.score(other, one)["rougeL"].fmeasure)


@pytest.mark.slow
def test_token_f1_equals_rouge_1_where_no_word_is_an_article() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    random, scorer = np.random.default_rng(4), RougeScorer(["rouge1"])
    vocabulary = ["loss", "spike", "warmup", "batch", "4200", "run", "node"]
    for _ in range(200):
        one, other = (" ".join(random.choice(vocabulary, random.integers(1, 15))) for _ in range(2))
        assert token_f1(one, other) == pytest.approx(scorer.score(other, one)["rouge1"].fmeasure)
