"""The page as people use it: ask, follow a citation, narrow, vote, upload; by hand, by keyboard, on a phone."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rag.client import Client
from tests.ui.conftest import OpenPage, ask

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PICTURES = os.environ.get("TAKE_PICTURES", "")  # a folder: the pictures of docs/ are taken anew
QUESTION = "Why did the loss of run kb-17 become NaN?"


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)  # for animations to end
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_an_answer_shows_its_words_and_opens_them_in_their_source(page: Page, api: Client) -> None:
    ask(page, QUESTION)
    citations = api.ask(QUESTION)["citations"]
    number = next(n for n, citation in enumerate(citations) if citation["locator"]["type"] == "lines")
    card = page.locator("#sources-panel .tl-card").nth(number)
    expect(page.locator("#sources-panel .tl-card")).to_have_count(len(citations))
    expect(page.locator('#chat a[href*="/ui/source/"]').first).to_be_visible()
    picture(page, "ask-desktop")
    place = card.locator(".tl-where").inner_text().split(" · ")[1]
    with page.context.expect_page() as opened:
        card.click()
    source = opened.value
    quote = source.locator("#quote")
    expect(quote).to_be_in_viewport()
    assert quote.inner_text() == citations[number]["quote"]
    assert place.startswith("line")
    assert f" · {place} · " in source.locator("header").inner_text()
    picture(source, "source-desktop")


def test_a_marker_in_the_answer_leads_to_the_quote_too(page: Page) -> None:
    ask(page, QUESTION)
    with page.context.expect_page() as opened:
        page.locator('#chat a[href*="/ui/source/"]').first.click()
    expect(opened.value.locator("#quote")).to_be_in_viewport()


def test_a_question_without_an_answer_is_refused_with_what_came_nearest(page: Page) -> None:
    ask(page, "Who maintains the iPhone app?")
    expect(page.locator("#chat")).to_contain_text("I found no answer")
    expect(page.locator("#sources-panel")).to_contain_text("near", ignore_case=True)


def test_a_suggested_question_is_asked_with_a_click(page: Page) -> None:
    suggestion = page.locator("#chat .example").first
    question = suggestion.inner_text()
    suggestion.click()
    expect(page.locator("#chat .user").first).to_contain_text(question)
    expect(page.locator("#sources-panel .tl-card").first).to_be_visible()


def test_a_conversation_goes_on_its_answers_take_votes_and_show_their_sources_again(page: Page, api: Client) -> None:
    cited = len(api.ask(QUESTION)["citations"])
    known = len(api.conversations(limit=200)["conversations"])
    ask(page, QUESTION)
    expect(page.locator("#sources-panel .tl-card")).to_have_count(cited)
    first = page.locator("#sources-panel").inner_text()
    ask(page, "How many clips come from Birch Hollow?")
    expect(page.locator("#sources-panel")).not_to_have_text(first)
    assert len(api.conversations(limit=200)["conversations"]) == known + 1
    page.locator("#chat .bot .message-content").first.click()
    expect(page.locator("#sources-panel")).to_have_text(first, use_inner_text=True)
    page.get_by_label("Like", exact=True).first.click()
    expect(page.get_by_text("your vote is kept")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .bot")).to_have_count(0)
    expect(page.locator("#sources-panel .tl-card")).to_have_count(0)


def test_an_answer_can_be_narrowed_and_a_wrong_day_is_told_in_words(page: Page) -> None:
    page.get_by_role("button", name="Narrow the search").click()
    page.locator("#kinds input").click()
    page.get_by_role("option", name="retro").click()
    ask(page, "Why was the loss of GPU hours so large?")
    about = page.locator("#sources-panel .tl-about").all_inner_texts()
    assert [line for line in about if not line.startswith("retro")] == []
    page.get_by_label("From this day on").fill("31 Jan")
    box = page.get_by_label("Your question")
    box.fill("And then?")
    box.press("Enter")
    expect(page.locator("#chat")).to_contain_text("must be a day such as 2026-01-31, not “31 Jan”")
    expect(box).to_have_value("And then?")


def test_an_uploaded_file_can_be_asked_about(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "heron-note.md"
    note.write_text("# Node heron\n\nNode heron got a new 15 TB disk on 3 June 2026, bought by Tomás Herrera.\n")
    page.get_by_role("tab", name="Sources").click()
    page.locator('#upload input[type="file"]').set_input_files(str(note))
    expect(page.locator("#upload")).to_contain_text("heron-note")
    page.locator("#add").click()
    expect(page.locator("#outcome")).to_contain_text("1 document")
    expect(page.locator("#documents")).to_contain_text("Training guide")
    picture(page, "sources-desktop")
    page.get_by_role("tab", name="Ask").click()
    ask(page, "How large is the new disk of node heron?")
    expect(page.locator("#sources-panel")).to_contain_text("15 TB")


def test_runs_are_a_table_that_can_be_ordered_and_a_wrong_filter_is_told_in_words(page: Page) -> None:
    page.get_by_role("tab", name="Runs").click()
    rows = page.locator("#runs tbody tr")
    expect(rows.filter(has_text="kb-17")).to_contain_text("failed")
    order = page.get_by_role("textbox", name="Order")
    order.fill("metrics.train_loss ASC")
    order.press("Enter")
    expect(rows.first).to_contain_text("0.059")
    picture(page, "runs-desktop")
    where = page.get_by_role("textbox", name="Filter")
    where.fill("metrics.train_loss <")
    where.press("Enter")
    expect(page.get_by_text("a value is missing")).to_be_visible()
    where.fill("status = 'failed'")
    page.locator("#show-runs").click()
    expect(page.locator("#runs")).to_contain_text("1 run")
    with page.context.expect_page() as opened:
        rows.first.locator("a").click()
    expect(opened.value.locator("h1")).to_contain_text("kb-17")


def test_a_message_stands_in_its_thread_with_who_wrote_it(page: Page, api: Client) -> None:
    hit = next(hit for hit in api.search("nightjar", filters={"kinds": ["chat"]})["hits"])
    page.goto(page.url.partition("/ui")[0] + hit["link"])
    expect(page.locator(".who").first).to_contain_text(" · 20")


def test_the_ledger_tells_what_became_of_each_file(page: Page) -> None:
    page.get_by_role("tab", name="Sources").click()
    expect(page.locator("#kept-sources")).to_contain_text("knowledge")
    page.locator("#ledger button").first.click()
    expect(page.locator("#ledger-files")).to_contain_text("runs/mlruns")
    page.locator("#ledger").get_by_label("failed").click()
    expect(page.locator("#ledger-files")).to_contain_text("No such file")


def test_adding_nothing_is_told_in_words(page: Page) -> None:
    page.get_by_role("tab", name="Sources").click()
    page.locator("#add").click()
    expect(page.get_by_text("Choose files first.")).to_be_visible()


def test_the_keyboard_is_enough(page: Page) -> None:
    box = page.get_by_label("Your question")
    box.focus()
    page.keyboard.type("Which queue starts at once?")
    page.keyboard.press("Tab")
    send = page.locator("#send")
    expect(send).to_be_focused()
    assert send.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Narrow the search")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    card = page.locator("#sources-panel .tl-card").first
    expect(card).to_be_visible()
    card.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.locator("#quote")).to_be_in_viewport()


def test_the_page_works_on_a_phone_and_in_the_dark(open_page: OpenPage, service: str) -> None:
    phone = open_page(service, viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.locator("#chat .example").first.wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    ask(phone, "Which decision replaced the decision to train in fp16?")
    expect(phone.locator("#sources-panel .tl-card").first).to_be_attached()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("tab", name="Runs").click()
    expect(phone.locator("#runs")).to_contain_text("kb-17")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("tab", name="Ask").click()
    picture(phone, "ask-phone-dark")
    assert phone.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    phone.get_by_role("tab", name="Sources").click()
    expect(phone.locator("#documents")).to_contain_text("Training guide")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
