"""The golden set on the page: what a card says, and judging by hand and by keyboard in a real browser."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden import change_golden, decide, load_golden, save_golden
from tests.ui.conftest import COMMAND, EXAMPLES, OpenPage, serving, settings
from tests.ui.test_browser import picture
from tests.ui.test_render import CITATION, HOSTILE, read
from ui import golden_cards as cards

ITEM = {
    "id": "q1", "kind": "fact", "question": "Which dtype?", "answer": "bf16", "answerable": True,
    "made_by": "headings/1", "why": "", "review": "candidate", "reviewed_by": "",
    "reviewed_at": "", "note": "", "etag": "x",
    "evidence": [
        {"file": "a.md", "quote": CITATION["quote"], "source": "", "standing": "stands", "before": "b ", "after": " c",
         "citation": CITATION},
    ],
}  # fmt: skip


def hostile_item(text: str) -> dict[str, Any]:
    evidence = {**ITEM["evidence"][0], "file": text, "quote": text, "before": text, "after": text}  # type: ignore[index]
    lost = {**evidence, "standing": "gone", "citation": None}
    return {**ITEM, "id": text, "kind": text, "why": text, "made_by": text, "evidence": [evidence, lost]}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_an_item_means_anything_to_the_browser(hostile: str) -> None:
    shown = read(cards.item_card(hostile_item(hostile)))
    assert shown.elements <= {"article", "p", "span", "b", "figure", "figcaption", "a", "blockquote", "mark"}
    assert len(shown.addresses) == 1
    assert next(iter(shown.addresses)).startswith("/ui/source/")


def test_a_card_says_what_people_said_and_what_was_lost() -> None:
    told = cards.item_card({**ITEM, "made_by": "feedback", "why": "wrong queue", "evidence": []})
    assert "What people said" in told
    assert "wrong queue" in told
    lost = {**ITEM["evidence"][0], "standing": "gone", "citation": None}  # type: ignore[index]
    assert "no longer there" in cards.item_card({**ITEM, "evidence": [lost]})


@pytest.mark.slow
def test_counts_follow_a_judgement_and_the_next_item_is_up() -> None:
    from ui.tabs.golden import Desk, view  # imports Gradio

    desk = Desk(items=(ITEM, {**ITEM, "id": "q2"}), total=2, counts={"candidate": 2, "accepted": 0, "rejected": 0})
    after = desk.judged({**ITEM, "review": "accepted"})
    assert after.counts == {"candidate": 1, "accepted": 1, "rejected": 0}
    assert after.item is not None
    assert after.item["id"] == "q2"
    assert "2 of 2 shown · 1 accepted" in view(after, "")[1]


@pytest.mark.slow
def test_trouble_is_said_where_the_card_would_be() -> None:
    from ui.tabs.golden import Desk, view

    assert "there is no golden set" in view(Desk(trouble="golden.jsonl: there is no golden set."), "")[2]


QUOTE = GoldenEvidence(file="docs/training-guide.md", quote="a peak learning rate of 3e-4")
SET = [
    GoldenItem(id=f"q{n}", kind=kind, question=question, answer=answer, evidence=(QUOTE,), made_by="headings/1")
    for n, (kind, question, answer) in enumerate(
        [
            ("fact", "What peak learning rate does the training guide recommend?", "3e-4"),
            ("fact", "How high does the learning rate go?", "3e-4"),
            ("definition", "What is a peak learning rate?", "the highest one"),
        ]
    )
]
GAP = GoldenItem(
    id="gap", kind="gap", question="Who maintains the iPhone app?", made_by="gap", why="Asked twice, refused twice."
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A service over two documents, and its golden set."""
    home = tmp_path_factory.mktemp("golden-home")
    golden = home / "golden.jsonl"
    save_golden(golden, [*SET, GAP])
    environment = settings(home)
    subprocess.run([*COMMAND, "ingest", str(EXAMPLES / "docs")], env=environment, check=True, capture_output=True)
    items = [replace(item, evidence=(replace(QUOTE, file="training-guide.md"),)) for item in SET]
    save_golden(golden, [*items, GAP])
    with serving(environment) as url:
        yield url, golden


@pytest.fixture
def fresh(desk: tuple[str, Path]) -> Path:
    """Nothing is judged yet."""
    change_golden(
        desk[1],
        lambda items: [
            replace(decide(item, "candidate", by="", at=""), question=asked.question, answer=asked.answer,
                    answerable=True, note="")
            for item, asked in zip(items, [*SET, GAP], strict=True)
        ],
    )  # fmt: skip
    return desk[1]


def opened(page: Page) -> Page:
    page.get_by_role("tab", name="Golden set").click()
    expect(page.locator(".tl-golden")).to_have_attribute("data-item", "q0")
    return page


def up(page: Page, item: str) -> None:
    expect(page.locator(".tl-golden")).to_have_attribute("data-item", item)


@pytest.mark.slow
def test_candidates_are_judged_with_the_mouse(desk: tuple[str, Path], fresh: Path, open_page: OpenPage) -> None:
    page = opened(open_page(desk[0]))
    expect(page.locator(".tl-golden mark")).to_have_text(QUOTE.quote)
    with page.context.expect_page() as source:
        page.locator(".tl-golden figcaption a").click()
    expect(source.value.locator("#quote")).to_have_text(QUOTE.quote)
    picture(page, "golden-desktop")
    page.locator("#golden-accept").click()
    up(page, "q1")
    page.get_by_label("Note").fill("asks the same")
    page.locator("#golden-reject").click()
    up(page, "q2")
    expect(page.locator("#golden-counts")).to_contain_text("1 accepted · 1 rejected · 2 to judge")
    items = load_golden(fresh)
    assert [item.review for item in items] == ["accepted", "rejected", "candidate", "candidate"]
    assert (items[1].note, items[1].reviewed_by) == ("asks the same", "local")
    page.get_by_label("accepted", exact=True).click()
    up(page, "q0")
    expect(page.locator(".tl-golden")).to_contain_text("accepted by local")


@pytest.mark.slow
def test_the_keyboard_is_enough_to_judge(desk: tuple[str, Path], fresh: Path, open_page: OpenPage) -> None:
    page = opened(open_page(desk[0]))
    page.keyboard.press("s")
    up(page, "q1")
    page.keyboard.press("b")
    up(page, "q0")
    page.keyboard.press("e")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" Ask, as a reader would?")
    page.keyboard.press("Control+Enter")
    up(page, "q1")
    page.keyboard.press("r")
    up(page, "q2")
    first, second, *_ = load_golden(fresh)
    assert first.question.endswith("recommend? Ask, as a reader would?")
    assert (first.review, second.review) == ("accepted", "rejected")


@pytest.mark.slow
def test_an_item_without_an_answer_is_refused_in_words_until_it_says_so(
    desk: tuple[str, Path], fresh: Path, open_page: OpenPage
) -> None:
    page = opened(open_page(desk[0]))
    for item in ("q1", "q2", "gap"):
        page.keyboard.press("s")
        up(page, item)
    expect(page.locator(".tl-golden")).to_contain_text("Asked, and not answered Asked twice, refused twice.")
    page.keyboard.press("a")
    expect(page.get_by_text("there is no answer")).to_be_visible()
    page.get_by_label("The documents do not answer it").check()
    page.locator("#golden-accept").click()
    expect(page.locator("#golden-card")).to_contain_text("Nothing more to show here")
    assert load_golden(fresh)[3].answerable is False


@pytest.mark.slow
def test_what_somebody_else_judged_meanwhile_is_shown_anew(
    desk: tuple[str, Path], fresh: Path, open_page: OpenPage
) -> None:
    page = opened(open_page(desk[0]))
    change_golden(fresh, lambda items: [decide(items[0], "rejected", by="bob", at="now"), *items[1:]])
    page.keyboard.press("a")
    expect(page.locator(".tl-golden")).to_contain_text("rejected by bob")
    assert load_golden(fresh)[0].review == "rejected"
    page.keyboard.press("a")
    up(page, "q1")
    assert load_golden(fresh)[0].review == "accepted"


@pytest.mark.slow
def test_candidates_are_judged_on_a_phone_in_the_dark(desk: tuple[str, Path], fresh: Path, open_page: OpenPage) -> None:
    phone = opened(open_page(desk[0], viewport={"width": 390, "height": 844}, color_scheme="dark"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    expect(phone.locator("#golden-accept")).to_be_in_viewport()
    picture(phone, "golden-phone-dark")
    phone.locator("#golden-accept").click()
    up(phone, "q1")
    assert load_golden(fresh)[0].review == "accepted"
