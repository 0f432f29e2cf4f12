"""A follow-up, the link to a conversation, and its return, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import ask

pytestmark = pytest.mark.slow


def test_a_conversation_is_followed_shared_opened_again_and_deleted(page: Page, service: str) -> None:
    ask(page, "How many clips does Dawn Chorus hold?")
    ask(page, "What is its inter-annotator agreement?")
    said = page.locator("#chat .bot .message-content")
    expect(said.last).to_contain_text("Understood as: What is Dawn Chorus's inter-annotator agreement?")
    page.locator("#share").click()
    link = page.locator("#share-link a")
    expect(link).to_be_visible()
    shown = page.context.new_page()
    shown.goto(f"{service}{link.get_attribute('href')}")
    expect(shown.get_by_role("heading", name="What is its inter-annotator agreement?")).to_be_visible()
    page.locator("#clear").click()
    expect(said).to_have_count(0)
    page.get_by_text("Earlier conversations").click()
    page.locator("#earlier input").click()
    page.get_by_role("option").filter(has_text="How many clips").first.click()
    expect(said).to_have_count(2)
    page.locator("#delete").click()
    expect(said).to_have_count(0)
    shown.reload()
    expect(shown.get_by_text("This conversation cannot be shown")).to_be_visible()


def test_what_points_to_nothing_is_asked_back_and_a_click_asks_it(page: Page) -> None:
    ask(page, "When was it released?")
    answers = page.locator("#chat .bot .message-content")
    expect(answers.last).to_contain_text("I do not know what you mean.")
    page.get_by_role("button", name="When was Dawn Chorus released?").click()
    expect(answers).to_have_count(2)
