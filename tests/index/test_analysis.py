import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.analysis import ANALYSIS_VERSION, LONGEST_TERM, STOP_WORDS, TOKEN, terms

VECTORS = {
    "Trains training trained": ["train", "train", "train"],
    "trainLoop": ["train", "loop", "trainloop"],
    "HTTPServer": ["http", "server", "httpserver"],
    "learning_rate": ["learn", "rate", "learning_rate"],
    "rag.index.analysis": ["rag", "index", "analysi", "rag.index.analysis"],
    "src/train/loop.py": ["src", "train", "loop", "py", "loop.py", "src/train/loop.py"],
    "--lr-decay": ["lr", "decay", "--lr-decay"],
    "fine-tuning": ["fine", "tune", "finetun"],
    "GPT-4 GPT4": ["gpt", "4", "gpt4", "gpt", "4", "gpt4"],
    "v3.7.1": ["3.7.1", "3.7"],
    "1.0.0rc1": ["1.0.0rc1", "1.0.0", "1.0"],
    "0.006": ["0.006"],
    "1e-3": ["1e-3", "0.001"],
    ".75": [".75", "0.75"],
    "1,024": ["1024"],
    "176B": ["176", "176b"],
    "bf16 A100": ["bf16", "a100"],
    "resnet50": ["resnet", "50", "resnet50"],
    "3f2a9bc1de45": ["3f2a9bc1de45"],
    "C++ and C#": ["c", "c++", "c", "c#"],
    "the model's, don't": ["model"],
    "Müller １２": ["muller", "12"],
    "機械学習": ["機械", "械学", "学習"],
    "e-mail user@example.com": ["e", "mail", "email", "user", "exampl", "com", "user@example.com"],
    "": [],
    "what is it, and who?": [],
    "-- ... / $": [],
}


@pytest.mark.parametrize(("text", "expected"), VECTORS.items(), ids=range(len(VECTORS)))
def test_a_text_gives_its_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_change_of_the_analysis_comes_with_a_new_version() -> None:
    # Did this fail? Raise ANALYSIS_VERSION, so that existing indexes are built anew, and write both values here.
    rules = sorted(STOP_WORDS), TOKEN.pattern, LONGEST_TERM
    known = {"code-english-1": "8833572df81f46ce"}
    assert hashlib.sha256(repr(rules).encode()).hexdigest()[:16] == known[ANALYSIS_VERSION]


@given(st.text(max_size=300))
def test_a_term_has_no_white_space_and_is_never_empty_nor_endless(text: str) -> None:
    for term in terms(text):
        assert term
        assert not any(sign.isspace() for sign in term)
        assert len(term) <= LONGEST_TERM


@given(st.text(max_size=200))
def test_the_unicode_form_of_a_text_does_not_matter(text: str) -> None:
    assert terms(unicodedata.normalize("NFC", text)) == terms(unicodedata.normalize("NFD", text))


@given(st.from_regex(r"[a-z]{3,12}(_[a-z]{3,12}){1,3}", fullmatch=True))
def test_a_name_is_found_whole_and_by_each_of_its_words(name: str) -> None:
    found = terms(name)
    assert name in found
    assert all(set(terms(word)) <= set(found) for word in name.split("_"))


@given(st.lists(st.from_regex(r"[A-Za-z0-9_./-]{1,12}", fullmatch=True), max_size=8))
def test_words_apart_give_what_each_gives_alone(words: list[str]) -> None:
    assert terms("  ".join(words)) == [term for word in words for term in terms(word)]


@given(st.text(alphabet=st.one_of(st.sampled_from("a1.,-_/:@+'’# \t\n\x1c\x85\u2028"), st.characters()), max_size=60))
def test_no_token_reaches_across_white_space(text: str) -> None:
    assert TOKEN.findall(text) == [token for piece in text.split() for token in TOKEN.findall(piece)]
