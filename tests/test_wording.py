"""What a search says of its hits, in words."""

import re
from pathlib import Path

from rag.retrieval.ranking import WEIGHTS, WISHES
from rag.settings import Settings
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


def test_the_page_about_searching_names_every_signal_with_its_weight() -> None:
    page = (Path(__file__).parents[1] / "docs" / "searching.md").read_text()
    rows = re.findall(r"^\| ([\w ,]+) \| `(\w+)` \| ([\d.]+|all) \|", page, re.MULTILINE)
    assert {name: words for words, name, _ in rows} == SIGNALS
    weights = {**WEIGHTS, **WISHES, "fresh": Settings.model_fields["freshness"].default}
    assert {name: float(weight) for _, name, weight in rows if weight != "all"} == weights
