"""A shared conversation as a page, and how earlier ones are listed. Without a browser."""

from ui.history import choices, messages
from ui.render import answer_markdown
from ui.shared import shared_page

CITATION = {
    "n": 1, "document_id": "d<1>", "version": 2, "start": 3, "end": 9, "title": "<b>Title</b>", "source": "a.md",
    "quote": "Use <img src=x> bf16.", "kind": "note", "date": "", "authors": [], "locator": {"type": "section"},
}  # fmt: skip
ANSWER = {
    "understood_as": "Why <script>?", "refusal": None, "citations": [CITATION], "warnings": [],
    "statements": [{"text": "Use <i>bf16</i>.", "support": "verified", "citations": [1], "note": ""}],
}  # fmt: skip
TURN = {"question": "<h1>Which?", "answer": ANSWER}


def test_nothing_of_a_shared_conversation_becomes_html() -> None:
    page = shared_page({"title": "<script>", "owner": "<ann>", "turns": [TURN]})
    assert not any(tag in page for tag in ("<script>", "<img", "<i>", "<h1>Which", "<ann>", "<b>"))
    assert 'href="/ui/source/d%3C1%3E/2?start=3&amp;end=9#quote"' in page
    assert "Understood as: Why &lt;script&gt;?" in page


def test_a_reader_to_whom_nothing_is_open_is_told_only_that() -> None:
    page = shared_page({"title": "", "owner": "ann", "turns": []})
    assert "Nothing of it is open to you." in page


def test_earlier_conversations_are_named_by_their_question_and_day() -> None:
    one = {"id": "c1", "title": "x" * 100, "updated_at": "2026-01-31T10:00:00", "turns": 2, "shared": "token"}
    assert choices([one, {**one, "id": "c2", "turns": 0}]) == [(f"{'x' * 69}… · 2026-01-31 · shared", "c1")]


def test_a_conversation_opened_again_reads_as_it_was_said() -> None:
    said = messages([TURN])
    assert [message["role"] for message in said] == ["user", "assistant"]
    assert "Understood as: Why &#60;script&#62;?" in said[1]["content"]


def test_terms_stand_below_an_answer_each_with_its_source() -> None:
    glossary = [{"term": "mAP", "meaning": "mean *average* precision", "citation": CITATION}]
    shown = answer_markdown({**ANSWER, "glossary": glossary})
    assert "**mAP**: mean &#42;average&#42; precision [here](/ui/source/d%3C1%3E/2" in shown
