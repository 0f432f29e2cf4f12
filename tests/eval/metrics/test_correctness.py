import pytest

from eval.metrics.correctness import correct
from eval.metrics.keys import keys, plain


def numbers(text: str) -> list[float]:
    return [key.value for key in keys(plain(text)) if key.kind == "number"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("87.1 %", [0.871]),
        ("87.1 per cent", [0.871]),
        ("1e-3", [0.001]),
        ("3k", [3000]),
        ("176B", [176e9]),
        ("5M parameters, 5 m long", [5e6, 5]),
        ("$5,931 million", [5_931e6]),
        ("−0.3 to 1,234.5", [-0.3, 1234.5]),
        ("12.5%-15%", [0.125, 0.15]),
        ("a 176B-parameter model", [176e9]),
        ("A100-80GB and v0.7.6", []),
        ("three nodes", [3]),
        ("**39.3**M hours", [39.3e6]),
    ],
)
def test_numbers_are_read_in_every_notation(text: str, expected: list[float]) -> None:
    assert numbers(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("0.871", "accuracy rose to 87.1 %"),
        ("0.001", "the rate was 1e-3"),
        ("3000", "after 3k steps"),
        ("2290 tCO2eq", "Estimated total emissions were 2290 tCO2eq"),
        ("17 June 2005", "it was rejected on 2005-06-17"),
        ("v0.7.6, with REPLICA IDENTITY FULL.", "released in 0.7.6 for *REPLICA IDENTITY FULL* tables"),
        ("A100-80GB", "on A100 80GB cards"),
        ("`enumerate()`", "met by the ``enumerate()`` function"),
        ("Alba Calder", "reported by Alba Calder in #help"),
        ("80 GB", "cards with 80GB"),
        ("June 28 (2022)", "Epoch one finished on June 28, 2022"),
        ("September 7 (2021)", "and on Sep 7th we stopped"),
        ("One GPU failed", "one of the gpus failed"),
        ("Rejected", "This proposal was rejected."),
        ("By rolling back to a known good state.", "First try rolling back to a known good state."),
        ("No.", "No, it did not."),
        ("Both", "Both of them were."),
    ],
)
def test_equal_things_in_other_words_are_correct(gold: str, answer: str) -> None:
    assert correct(answer, [gold]) == 1


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("0.871", "the AUC was 0.817"),
        ("No", "It did, no doubt."),
        ("0.871", "it was not 0.871"),
        ("5 ms", "it took 5 s"),
        ("87.1 %", "it was 87.1"),
        ("A100-80GB", "on V100 cards"),
        ("0.7.6", "released in 0.7.3"),
        ("Alba Calder", "reported by somebody"),
        ("Yes, it converged.", "No, it never converged."),
        ("17 June 2005", "17 July 2005"),
        ("a binary search inside the group", "we restarted the job"),
        ("4200", "x " * 80 + "4200"),
    ],
)
def test_other_things_are_not(gold: str, answer: str) -> None:
    assert correct(answer, [gold]) == 0


def test_what_the_question_names_need_not_be_said_again() -> None:
    gold, question = "Run kxq7 had 0.01", "What was the rate of run kxq7?"
    assert correct("It was 0.01", [gold], question=question) == 1
    assert correct("It was 0.02", [gold], question=question) == 0
    assert correct("the first", ["0.5"], question="Was it 0.5 or 0.6?") == 0


def test_a_number_that_the_gold_answer_denies_may_be_denied() -> None:
    assert correct("bf16, not fp16", ["bf16 rather than fp16"]) == 1


def test_any_of_several_gold_answers_will_do_and_none_cannot_be_scored() -> None:
    assert correct("it is 7", ["8", "7"]) == 1
    assert correct("it is 7", []) is None
