"""Which sentences make an answer, and in what order."""

from dataclasses import replace

from rag.answering.compose import MOST_WORDS, by_itself, choose, in_reading_order
from rag.answering.weighing import Sentence


def sentence(order: int, text: str, score: float, *, passage: int = 0) -> Sentence:
    return Sentence(
        n=order + 1,
        passage=passage,
        order=order,
        start=100 * order,
        end=100 * order + len(text),
        text=text,
        score=score,
    )


def test_what_follows_a_chosen_sentence_comes_before_a_better_one_elsewhere() -> None:
    asked = sentence(0, "We tried a standard deviation of 0.02.", 3.0)
    result = sentence(1, "It stopped improving and got stuck.", 1.4)
    elsewhere = sentence(7, "Standard deviations are set with a flag.", 2.0)
    assert choose([asked, elsewhere, result])[:2] == [asked, result]


def test_what_a_pronoun_refers_to_is_taken_along_and_read_first() -> None:
    meant = sentence(0, "The buffers are allocated in advance.", 0.4)
    found = sentence(1, "That is why the files were ten times too big.", 3.0)
    chosen = choose([found, meant])
    assert [s.order for s in chosen] == [1, 0]


def test_a_sentence_of_another_passage_is_no_neighbour() -> None:
    found = sentence(0, "The runs diverged.", 3.0)
    weak = sentence(1, "Lunch is at noon.", 1.0, passage=1)
    assert choose([found, weak]) == [found]


def test_the_same_said_twice_is_said_once_and_an_answer_stays_short() -> None:
    said = sentence(0, "The cache is cleared at night by a job.", 3.0)
    again = sentence(5, "The cache is cleared at night by a job", 2.9, passage=1)
    long = sentence(9, "word " * MOST_WORDS, 2.8)
    assert choose([said, again, long]) == [said]


def test_the_best_sentence_is_read_first_then_its_passage_in_order() -> None:
    best, before, other = sentence(4, "b", 3.0), sentence(2, "a", 2.0), sentence(0, "c", 2.5, passage=1)
    assert in_reading_order([best, other, before]) == [best, before, other]


def test_headings_and_the_next_lines_of_a_record_are_not_put_behind_what_was_found() -> None:
    found = sentence(0, "loss = 2.4", 3.0)
    heading, setting = sentence(1, "Nightly maintenance", 2.0), sentence(2, "user = jonas", 1.0)
    assert choose([found, heading, setting]) == [found]


def running(*texts: str, scores: tuple[float, ...]) -> list[Sentence]:
    """Of one paragraph, in their order, with a blank between."""
    found, at = [], 0
    for order, (text, score) in enumerate(zip(texts, scores, strict=True)):
        one = sentence(order, text, score)
        found.append(replace(one, start=at, end=at + len(text)))
        at += len(text) + 1
    return found


def test_what_is_enough_stands_alone() -> None:
    best, after = running("The rate is 3e-4.", "The batch size is 256.", scores=(3.0, 1.8))
    assert by_itself([best, after]) == [best]


def test_its_paragraph_is_read_on_while_it_speaks_of_the_question() -> None:
    best, also, then = running("The rate is 3e-4.", "For small runs it is 1e-3.", "Tea.", scores=(3.0, 2.4, 1.0))
    elsewhere = sentence(9, "A rate of 1e-2 fails.", 2.9)
    assert by_itself([best, elsewhere, also, then]) == [best, also]


def test_what_a_lone_sentence_leans_on_comes_along() -> None:
    meant, best = running("fp16 overflows.", "That is why we train in bf16.", scores=(0.5, 3.0))
    assert in_reading_order(by_itself([best, meant])) == [best, meant]


def test_a_row_of_a_table_is_not_read_on() -> None:
    row, other = running("| a2 | 2.4 |", "| a3 | 2.5 |", scores=(3.0, 2.9))
    assert by_itself([replace(row, header=(0, 9)), other]) == [replace(row, header=(0, 9))]
