"""What is copied passes whatever it is; what is turned round fails, and says where."""

from hypothesis import given
from hypothesis import strategies as st

from rag.answering.checks.statement import DEFAULT, check_statement, judge

SAID = """The run did not converge at step 4,200 after 3 March 2024 because loss rose from 0.871 to 87.1 % in 5 ms ; no
    node of A100-80GB was better than the old one, never lower. Alba's `train_loop` failed: 3k tokens (v1.2.3) | | 03:00
    - ! unstable cannot without isn't higher * [3] > 10-20 "Bruno" fewer instead"""
WORDS = st.sampled_from(SAID.split())


def failed(text: str, *quotes: str, beside: str = "") -> list[str]:
    return [check.name for check in check_statement(text, quotes, beside=beside) if not check.passed]


def test_the_checks_come_in_one_order() -> None:
    names = [check.name for check in check_statement("AUC reached 0.817 on crops.", ["On crops AUC reached 0.871."])]
    assert names == ["numbers", "units", "dates", "names", "negation", "comparisons", "words"]


def test_a_swapped_digit_is_caught_and_told() -> None:
    checks = check_statement("AUC reached 0.817 on crops.", ["On crops AUC reached 0.871."])
    assert [check.detail for check in checks if not check.passed] == ["0.817 is not in the source, which says 0.871"]


def test_words_the_source_does_not_hold_are_noticed() -> None:
    assert failed("The cluster burned down in a flood.", "The learning rate was halved.") == ["words"]


def test_nothing_is_supported_by_nothing() -> None:
    verdict = judge("The run converged.", [])
    assert not verdict.supported
    assert verdict.probability == 0.0


def test_a_contradicted_statement_has_no_chance_left() -> None:
    assert judge("AUC reached 0.817.", ["AUC reached 0.871."]).probability == 0.0
    assert judge("AUC reached 0.871 then.", ["AUC reached 0.871."]).probability >= DEFAULT.least


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_a_copied_sentence_is_always_verified(words: list[str]) -> None:
    text = " ".join(words)
    assert judge(text, [text]).supported
    assert judge(" ".join(text.split()), [text.replace(" ", "\n  ")]).supported


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_a_sentence_copied_from_the_midst_of_a_quote_is_contradicted_by_nothing(words: list[str]) -> None:
    text = " ".join(words)
    assert set(failed(text, f"{text} .")) <= {"words"}


def test_what_stands_beside_the_quote_is_known() -> None:
    assert failed("Kestrel was trained in bf16.", "It was trained in bf16.", beside="Kestrel card") == []
    assert failed("Kestrel was trained in bf16 and Kestrel won.", "It was trained in bf16 and won.") == ["names"]
