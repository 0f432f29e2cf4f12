import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.sentences import sentences
from rag.domain.types import Syntax

SAID = {
    "plain prose": ("We train in bf16. It works.", ["We train in bf16.", "It works."]),
    "decimals and versions": (
        "Loss fell to 0.871 with torch 2.1.0. Then v1.2.3 broke it.",
        ["Loss fell to 0.871 with torch 2.1.0.", "Then v1.2.3 broke it."],
    ),
    "abbreviations": (
        "Use a schedule, e.g. Cosine, cf. Smith et al. (2020) and Fig. 3. Dr. Who agrees.",
        ["Use a schedule, e.g. Cosine, cf. Smith et al. (2020) and Fig. 3.", "Dr. Who agrees."],
    ),
    "etc. may end a sentence": ("Nodes, disks, etc. We moved.", ["Nodes, disks, etc.", "We moved."]),
    "initials": ("J. R. Smith left the U.S. The team stayed.", ["J. R. Smith left the U.S.", "The team stayed."]),
    "addresses": ("See https://a.example/b.html?x=1. Or ask!", ["See https://a.example/b.html?x=1.", "Or ask!"]),
    "code in a sentence": ("Call `a.b. C` first. Then stop.", ["Call `a.b. C` first.", "Then stop."]),
    "closing quotes and emphasis": (
        'She said "stop." **Done.** _Next_ one [1].',
        ['She said "stop."', "**Done.**", "_Next_ one [1]."],
    ),
    "lower case chat": ("that worked. let us ship. ok", ["that worked.", "let us ship.", "ok"]),
    "no space after a Chinese stop": ("我们用了bf16。很好！", ["我们用了bf16。", "很好！"]),
    "soft wrapped lines": (
        "The loss spiked twice during the long run\nand we rolled back. Then all was\nwell again.",
        ["The loss spiked twice during the long run\nand we rolled back.", "Then all was\nwell again."],
    ),
    "lines ended on purpose": (
        "Owner: Ada\nStatus: accepted\nDate: 2024-01-02",
        ["Owner: Ada", "Status: accepted", "Date: 2024-01-02"],
    ),
    "lists": (
        "Steps\n\n- first thing\n- second. It has two\n  lines\n\n1. one\n2. two",
        ["Steps", "first thing", "second.", "It has two\n  lines", "1. one", "2. two"],
    ),
    "headings": ("# Title\nText here\n\nUnder\n=====\nmore", ["Title", "Text here", "Under", "more"]),
    "tables": ("| a | b |\n|---|---|\n| 1. X | 2 |", ["| a | b |", "| 1. X | 2 |"]),
    "fences": ("Run:\n```python\nx = 1. \nprint(x)\n```\nDone.", ["Run:", "x = 1.", "print(x)", "Done."]),
    "front matter": ("---\ntitle: A. B\nkind: retro\n---\nText.", ["title: A. B", "kind: retro", "Text."]),
    "quotes of others": ("> They said so.\n> Really.", ["They said so.", "Really."]),
    "a rule": ("One.\n\n---\n\nTwo.", ["One.", "Two."]),
}


@pytest.mark.parametrize(("text", "said"), SAID.values(), ids=SAID.keys())
def test_sentences_are_what_a_reader_would_quote(text: str, said: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == said


CHAT = """Ada Lovelace · 2026-05-18 09:14 UTC
the loss went to NaN
Any idea?
```
lr = 1. 0

Bob · 2026-05-18 09:15 UTC
Lower the rate. Then try again
- first this

Mel · 2026-05-18 09:16 UTC
We had hoped that the scheduler of the second run would have saved it,
but the job was killed.
"""


def test_in_a_chat_a_line_is_a_unit_and_who_said_it_is_in_none() -> None:
    assert [CHAT[start:end] for start, end in sentences(CHAT, "chat")] == [
        "the loss went to NaN",
        "Any idea?",
        "lr = 1. 0",
        "Lower the rate.",
        "Then try again",
        "first this",
        "We had hoped that the scheduler of the second run would have saved it,\nbut the job was killed.",
    ]


def test_code_and_tables_are_cut_by_line() -> None:
    text = "def f():\n    return 1. \n\n}\n"
    assert [text[s:e] for s, e in sentences(text, "code")] == ["def f():", "return 1."]


PIECES = st.sampled_from(
    [
        "Use it. ",
        "e.g. ",
        "0.5",
        "\n",
        "\n\n",
        "- ",
        "# ",
        "```\n",
        "| a | b |\n",
        "> ",
        "`x. Y`",
        "  ",
        "word",
        "。",
        "…",
        "1) ",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)), st.sampled_from(["markdown", "code", "plain"]))
def test_sentences_keep_the_order_and_every_word_outside_a_fence_line(text: str, syntax: Syntax) -> None:
    spans = sentences(text, syntax)
    assert all(start < end and text[start:end].strip() == text[start:end] for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    if "```" not in text and "~~~" not in text:
        edges = [0, *(at for span in spans for at in span), len(text)]
        left_out = "".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
        assert not any(char.isalnum() for char in left_out)


HOSTILE = {
    "dots": "." * 100_000,
    "dots and brackets": ".)" * 50_000,
    "ticks": "`" * 99_999 + "a. B",
    "tick pairs": "`a" * 50_000,
    "brackets": "[" * 100_000,
    "angles": "<a" * 50_000,
    "rules": "-" * 99_999 + "a",
    "bullets": "- " * 50_000,
    "quotes": "> " * 50_000,
    "footnotes": ".[1]" * 25_000,
    "spaces": "a." + " " * 100_000 + "b",
    "colons": ":a" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_makes_it_slow(text: str) -> None:
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 0.5
