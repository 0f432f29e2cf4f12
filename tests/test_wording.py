"""What a search says of its hits, in words."""

from rag.retrieval.ranking import WEIGHTS, WISHES
from rag.wording import SIGNALS, Part, measured, parts_of

WHY = {
    "parts": {"words": 0.1, "meaning": 0.25, "moonlight": 0.01},
    "weights": {"words": 0.2, "meaning": 0.25, "order": 0.1, "moonlight": 0.05},
    "raw": {"cosine": 0.2234, "bm25": 6.4621},
    "conditions": [],
}


def test_every_signal_that_counts_is_named_what_adds_nothing_too_and_new_ones_by_their_own_name() -> None:
    assert parts_of(WHY) == [
        Part(words="near in meaning", got=0.25, most=0.25),
        Part(words="has the words", got=0.1, most=0.2),
        Part(words="words side by side", got=0.0, most=0.1),
        Part(words="moonlight", got=0.01, most=0.05),
    ]


def test_a_part_without_a_weight_is_all_that_it_could_be() -> None:
    assert parts_of({**WHY, "weights": {}, "parts": {"facts": 1.0}}) == [Part(words="looked up", got=1.0, most=1.0)]


def test_the_measures_keep_their_names() -> None:
    assert measured(WHY) == "cosine 0.223 · BM25 6.462"
    assert measured({**WHY, "raw": {}}) == ""


def test_the_ranker_has_no_signal_without_words() -> None:
    assert {*WEIGHTS, *WISHES, "fresh", "facts"} == set(SIGNALS)
