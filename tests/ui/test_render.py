"""What the browser is shown: everything that is not ours is text."""

import html
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ui import pages, render, suggestions, tables

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


def answer(text: str, **more: object) -> dict[str, Any]:
    statement = {"text": text, "support": "verified", "citations": [1], "checks": []}
    return {"refusal": None, "statements": [statement], "citations": [CITATION], "warnings": [], **more}


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


INERT = ("class", "id", "lang", "charset", "name", "content", "http-equiv", "target", "rel", "tabindex", "autofocus")


class Loads(HTMLParser):
    """What a browser would make of it: elements and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses |= {
            value or "" for name, value in attrs if name in ("href", "src", "srcset", "style", "onerror")
        }


def read(text: str) -> Loads:
    loads = Loads()
    loads.feed(text)
    return loads


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_sign_of_a_document_means_anything_in_markdown(hostile: str) -> None:
    shown = render.escape_markdown(hostile)
    assert read(MARKDOWN.render(shown)).elements == {"p"}
    assert html.unescape(shown) == " ".join(hostile.split())
    assert not any(address in shown for address in ("://", "www.", "@", "javascript:"))


@given(st.text(alphabet="ab1._-*+#>~`:/@<>[]()!|\\&;$= \n\t\"'", max_size=40))
def test_any_text_is_one_paragraph_of_itself(text: str) -> None:
    shown = MARKDOWN.render(render.escape_markdown(text)).removesuffix("\n")
    words = " ".join(text.split())
    assert html.unescape(shown) == (f"<p>{words}</p>" if words else "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_cards_and_source_pages_hold_text_only(hostile: str) -> None:
    cards = read(render.citation_cards([{**CITATION, "quote": hostile, "title": hostile}], heading="Sources"))
    assert cards.elements == {"h2", "ol", "li", "a", "span", "q"}
    assert cards.addresses == {render.source_link(CITATION)}
    document = {**CITATION, "text": hostile, "title": hostile, "source": hostile, "marks": []}
    page = read(pages.source_page(document, start=0, end=len(hostile)))
    assert page.elements <= {
        "html", "head", "meta", "title", "link", "style", "body", "header", "div", "a", "h1", "p", "main", "pre", "mark"
    }  # fmt: skip
    assert {address for address in page.addresses if not address.startswith("data:")} == {"/ui/", "#quote"}


def test_links_are_built_from_ids_whatever_a_citation_claims() -> None:
    assert render.source_link({**CITATION, "document_id": '"/../x'}) == "/ui/source/%22%2F..%2Fx/2?start=4&end=9#quote"


def test_a_marker_links_to_the_words() -> None:
    assert render.answer_markdown(answer("Use bf16")) == "Use bf16 [\\[1\\]](/ui/source/abc123/2?start=4&end=9#quote)"


def test_an_unconfirmed_statement_says_so() -> None:
    statement = {"text": "Use fp8", "support": "unsupported", "citations": [], "checks": []}
    assert "not confirmed" in render.answer_markdown(answer("", statements=[statement]))


DOCUMENT: dict[str, Any] = {**CITATION, "text": "Use bf16. Not <fp16>.", "marks": []}


def test_the_quote_is_highlighted_where_it_stands() -> None:
    page = pages.source_page(DOCUMENT, start=4, end=9)
    assert 'Use <mark id="quote" tabindex="-1" autofocus>bf16.</mark> Not &lt;fp16&gt;.' in page
    assert "line 1" in page


def test_offsets_beyond_the_text_do_no_harm() -> None:
    assert "<mark" not in pages.source_page(DOCUMENT, start=100, end=90)


def test_a_source_names_the_page_its_quote_stands_on() -> None:
    marks = [{"at": at, "locator": {"type": "page", "number": n, "name": ""}} for n, at in ((1, 0), (2, 10))]
    marks.insert(1, {"at": 5, "locator": {"type": "section", "path": ["A"]}})
    document = {**DOCUMENT, "marks": marks}
    assert [pages.where(document, start, start + 2) for start in (4, 10, 12)] == ["page 1", "page 2", "page 2"]
    page = pages.source_page(document, start=8, end=12)
    assert '<mark id="quote" tabindex="-1" autofocus>. <span class="at" data-at="page 2"></span>No</mark>' in page


def test_a_source_without_marks_names_lines() -> None:
    document = {**DOCUMENT, "text": "one\ntwo\nthree\n"}
    assert pages.where(document, 4, 8) == "line 2"
    assert pages.where(document, 4, 13) == "lines 2–3"
    assert pages.where(document, 0, 0) == ""


def message(at: int, url: str) -> dict[str, Any]:
    return {"at": at, "locator": {"type": "message", "id": "1", "author": "Ada", "time": "", "url": url}}


THREAD: dict[str, Any] = {**DOCUMENT, "url": "", "text": "Ada · 10:30\nUse bf16.\n\nBob · 10:31\nWhy?"}


def test_who_wrote_a_message_stands_out_and_the_message_can_be_opened_where_it_was_written() -> None:
    marks = [message(0, "https://chat.example/1"), message(23, "https://chat.example/2?a=1&b=2")]
    page = pages.source_page({**THREAD, "marks": marks}, start=35, end=39)
    assert '<span class="who">Ada · 10:30</span>\nUse bf16.' in page
    assert '<span class="who">Bob · 10:31</span>\n<mark' in page
    assert '<a href="https://chat.example/2?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">' in page
    assert "Open at chat.example</a>" in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https:", "http://[::1", "/ui/x", '"><script>', "data:text/html,x"]
)
def test_only_an_address_of_the_web_is_a_link_out(url: str) -> None:
    page = read(pages.source_page({**THREAD, "marks": [message(0, url)]}, start=0, end=3))
    assert page.addresses == {"/ui/", "#quote"}


def test_a_long_list_of_authors_is_counted() -> None:
    assert render.some(["Ada", "Bob", "Cyd", "Dan"]) == "Ada, Bob, Cyd and 1 more"
    assert render.some(["Ada"]) == "Ada"


def test_sources_are_listed_with_when_they_were_looked_at() -> None:
    source = {
        "name": "<i>notes</i>", "files": {"indexed": 1200, "skipped": 0, "failed": 1, "parked": 1},
        "problem": "empty now", "synced_at": "2026-05-01T10:00:00+00:00", "every": 900,
    }  # fmt: skip
    shown = tables.source_rows([source, {**source, "every": 0}])
    assert "when asked" not in tables.source_rows([{**source, "every": 0, "synced_at": None}])
    assert "<i>" not in shown
    for words in ("1,200", ">2<", "2026-05-01 10:00", "every 15 min", "empty now", "when asked"):
        assert words in shown


def run(name: str, **values: object) -> dict[str, Any]:
    return {
        "run_id": "af5f35ce23d64362a9c067bf6c24e4d2", "name": name, "experiment": "", "status": "failed",
        "start_time": "2026-05-01T10:00:00+00:00", "document_id": "abc", "version": 1, "metrics": {}, "params": {},
        **values,
    }  # fmt: skip


def test_runs_show_what_tells_them_apart_and_lead_to_their_documents() -> None:
    runs = [
        run("<b>a</b>", params={"lr": "1e-4", "seed": "1"}, metrics={"val_loss": {"last": "0.00430255721"}}),
        run("", params={"lr": "2e-4", "seed": "1"}),
    ]
    assert tables.telling_keys(runs) == [("metrics", "val_loss"), ("params", "lr")]
    shown = tables.run_rows({"runs": runs, "total": 30})
    for words in ("2 of 30 runs", ">0.0043026<", ">af5f35ce<", "/ui/source/abc/1", "&lt;b&gt;a"):
        assert words in shown
    assert "No run fits" in tables.run_rows({"runs": [], "total": 0})


def test_an_old_version_says_so() -> None:
    assert "no longer the current version" in pages.source_page({**DOCUMENT, "current": False}, start=0, end=0)


def test_a_refusal_for_want_of_rights_speaks_of_the_asker_and_not_of_documents() -> None:
    refusal = {"reason": "You can read nothing in labs.", "kind": "not-allowed", "nearest": [], "people": []}
    assert render.refusal_markdown(refusal) == "**I may not look there for you.** You can read nothing in labs."


def test_a_refusal_names_who_may_know() -> None:
    refusal = {"reason": "None says so.", "nearest": [CITATION], "people": ["Ada *Lovelace*"]}
    shown = render.answer_markdown(answer("", refusal=refusal, warnings=["The index is rebuilding."]))
    assert "Ada &#42;Lovelace&#42;" in shown
    assert "Nearest passages" in shown
    assert shown.endswith("*The index is rebuilding.*")


def test_a_card_leaves_front_matter_out() -> None:
    quote = "---\ntitle: x\n---\n# Heading"
    assert "… # Heading" in render.citation_cards([{**CITATION, "quote": quote}], heading="Nearest")


def test_a_day_that_is_none_is_told_in_words() -> None:
    assert render.date_trouble("After", "2026-01-31") == render.date_trouble("After", "") == ""
    assert render.date_trouble("After", "31 Jan") == "“After” must be a day such as 2026-01-31, not “31 Jan”."


def test_questions_are_offered_about_the_newest_document_of_a_kind() -> None:
    documents = [
        {"kind": kind, "title": title, "date": date}
        for kind, title, date in (
            ("decision", "0002: Train in fp16", "2025-11-18"),
            ("decision", "0004: Train in bf16", "2026-03-17"),
            ("postmortem", "Post-mortem: NaN loss", "2026-03-14"),
            ("data", "train.yaml", "2026-03-14"),
            ("retro", "", "2026-03-14"),
        )
    ]
    assert suggestions.questions(documents) == ["What caused “NaN loss”?", "Why train in bf16?"]
    assert suggestions.questions([]) == []


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        ({"type": "lines", "first": 3, "last": 7}, "lines 3–7"),
        ({"type": "page", "number": 4, "name": ""}, "page 4"),
        ({"type": "cell", "number": 2, "part": "output"}, "cell 2 (output)"),
        (
            {"type": "message", "id": "1", "author": "Ada", "time": "2026-01-01T10:30:00+00:00", "url": ""},
            "Ada · 2026-01-01 10:30",
        ),
        ({"type": "section", "path": ["A"]}, ""),
    ],
)
def test_a_place_in_words(locator: dict[str, Any], words: str) -> None:
    assert render.place(locator) == words


def test_the_ledger_shows_each_file_with_its_reason_as_text() -> None:
    file = {
        "file": "<b>bad.pdf</b>", "source": "docs", "state": "failed", "reader": "pdf", "chunks": 0,
        "reason": "<b>bad.pdf</b>: <script>alert(1)</script>", "next_try": "2026-05-01T10:00:00+00:00",
    }  # fmt: skip
    shown = tables.file_rows({"files": [file], "counts": {"failed": 1, "indexed": 1200}})
    assert "<script>" not in shown
    assert "<b>bad" not in shown
    assert "1 failed · 1,200 indexed" in shown
    assert "Tried again from 2026-05-01 10:00 UTC on." in shown
    assert "No such file" in tables.file_rows({"files": [], "counts": {}})
