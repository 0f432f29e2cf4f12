"""What the browser is shown: everything that is not ours is text."""

from typing import Any

import pytest

from ui import render

CITATION: dict[str, Any] = {
    "n": 1, "document_id": "abc123", "version": 2, "source": "docs/retro.md", "title": "Retro", "kind": "retro",
    "space": "default", "authors": ["Ada"], "date": "2026-02-01", "url": "javascript:alert(1)", "start": 4, "end": 9,
    "quote": "bf16.", "locator": {"type": "lines", "first": 3, "last": 3}, "section": ["Setup"],
    "link": "javascript:alert(1)",
}  # fmt: skip
HOSTILE = (
    "![x](http://foreign.example/p.png)",
    "![x][r]\n\n[r]: http://foreign.example/p.png",
    '<img src="http://foreign.example/p.png">',
    '<svg><image href="http://foreign.example/p.svg"/></svg>',
    '<div style="background-image:url(http://foreign.example/p)">x</div>',
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "http://foreign.example/auto",
    "<http://foreign.example/auto>",
    "$$\\href{http://foreign.example}{x}$$",
    "```mermaid\ngraph TD; A-->B\n```",
    "<video src=http://foreign.example/v>",
    "a@foreign.example",
)


def answer(text: str, **given: object) -> dict[str, Any]:
    statement = {"text": text, "support": "verified", "citations": [1], "checks": []}
    return {"refusal": None, "statements": [statement], "citations": [CITATION], **given}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_sign_of_a_document_means_anything_in_markdown(hostile: str) -> None:
    shown = render.answer_markdown(answer(hostile))
    body = shown.removesuffix(f" [\\[1\\]]({render.source_link(CITATION)})")
    assert not set(body) & set("<>[]()!`*_$\\/:@\"'")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_cards_and_source_pages_hold_text_only(hostile: str) -> None:
    cards = render.citation_cards([{**CITATION, "quote": hostile, "title": hostile}], heading="Sources")
    document = {**CITATION, "text": hostile}
    page = render.source_page(document, start=0, end=len(hostile), where="line 1")
    for shown in (cards, page):
        assert "<script" not in shown
        assert "<img" not in shown
        assert "<svg" not in shown
        assert 'href="javascript' not in shown


def test_links_are_built_from_ids_whatever_a_citation_claims() -> None:
    assert render.source_link({**CITATION, "document_id": '"/../x'}) == "/ui/source/%22%2F..%2Fx/2?start=4&end=9"


def test_a_marker_links_to_the_words() -> None:
    assert render.answer_markdown(answer("Use bf16")) == "Use bf16 [\\[1\\]](/ui/source/abc123/2?start=4&end=9)"


def test_an_unconfirmed_statement_says_so() -> None:
    statement = {"text": "Use fp8", "support": "unsupported", "citations": [], "checks": []}
    assert "not confirmed" in render.answer_markdown(answer("", statements=[statement]))


def test_the_quote_is_highlighted_where_it_stands() -> None:
    page = render.source_page({**CITATION, "text": "Use bf16. Not <fp16>."}, start=4, end=9, where="line 1")
    assert 'Use <mark id="quote">bf16.</mark> Not &lt;fp16&gt;.' in page
    assert "line 1" in page


def test_offsets_beyond_the_text_do_no_harm() -> None:
    page = render.source_page({**CITATION, "text": "short"}, start=100, end=90, where="")
    assert "<mark" not in page


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        ({"type": "lines", "first": 3, "last": 7}, "lines 3–7"),
        ({"type": "page", "number": 4, "name": ""}, "page 4"),
        ({"type": "cell", "number": 2, "part": "output"}, "cell 2 (output)"),
        ({"type": "message", "id": "1", "author": "Ada", "time": "2026-01-01", "url": ""}, "Ada · 2026-01-01"),
        ({"type": "section", "path": ["A"]}, ""),
    ],
)
def test_a_place_in_words(locator: dict[str, Any], words: str) -> None:
    assert render.place({"locator": locator}) == words
