"""A real Chromium on a real service: ask, follow a citation, upload, ask about it; nothing foreign is loaded."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rag.client import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
EXAMPLES = Path(__file__).parents[2] / "examples" / "knowledge"
PICTURES = os.environ.get("TAKE_PICTURES", "")  # a folder: the pictures of docs/ are taken anew


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a service over the examples."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "TEAMLORE_HOME": str(home), "TEAMLORE_PORT": "0"}
    command = [sys.executable, "-m", "rag.cli"]
    subprocess.run([*command, "ingest", str(EXAMPLES)], env=environment, check=True, capture_output=True)
    with subprocess.Popen([*command, "serve"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(line.split()[-1].removesuffix("/ui") for line in process.stdout if "page" in line)
        for _ in range(300):
            try:
                if httpx.get(f"{url}/live").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (tests/system_packages.sh installs it where it can)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    """A page that fails the test when anything foreign is asked for or a script fails."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    foreign: list[str] = []
    own = service.removeprefix("http://")
    opened.on("request", lambda request: foreign.append(request.url) if own not in request.url else None)
    opened.goto(f"{service}/ui")
    yield opened
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []
    opened.close()


def ask(page: Page, question: str) -> None:
    box = page.locator("#question textarea, #question input").first
    box.fill(question)
    box.press("Enter")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_an_answer_shows_its_words_and_opens_them_in_their_source(page: Page, service: str) -> None:
    ask(page, "Why did the loss of run kb-17 become NaN?")
    card = page.locator("#sources-panel .tl-card").first
    expect(card).to_be_visible(timeout=60_000)
    marker = page.locator('#chat a[href*="/ui/source/"]').first
    expect(marker).to_be_visible(timeout=60_000)
    picture(page, "ask-desktop")
    with page.context.expect_page() as opened:
        card.click()
    source = opened.value
    quote = source.locator("#quote")
    expect(quote).to_be_visible()
    answer = Client(service).ask("Why did the loss of run kb-17 become NaN?")
    assert quote.inner_text() in [citation["quote"] for citation in answer["citations"]]
    assert "line" in source.locator("header").inner_text()
    picture(source, "source-desktop")


def test_a_question_without_an_answer_is_refused_with_what_came_nearest(page: Page) -> None:
    ask(page, "Who maintains the iPhone app?")
    expect(page.locator("#chat")).to_contain_text("I found no answer", timeout=60_000)


def test_an_uploaded_file_can_be_asked_about(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "heron-note.md"
    note.write_text("# Node heron\n\nNode heron got a new 15 TB disk on 3 June 2026, bought by Tomás Herrera.\n")
    page.get_by_role("tab", name="Sources").click()
    page.locator('#upload input[type="file"]').set_input_files(str(note))
    expect(page.locator("#upload")).to_contain_text("heron-note", timeout=30_000)
    page.locator("#add").click()
    expect(page.locator("#outcome")).to_contain_text("1 documents", timeout=60_000)
    picture(page, "sources-desktop")
    page.get_by_role("tab", name="Ask").click()
    ask(page, "How large is the new disk of node heron?")
    expect(page.locator("#sources-panel")).to_contain_text("15 TB", timeout=60_000)


def test_the_page_works_on_a_phone_and_in_the_dark(browser: Browser, service: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone = context.new_page()
    phone.goto(f"{service}/ui")
    ask(phone, "Which decision replaced the decision to train in fp16?")
    expect(phone.locator("#sources-panel .tl-card").first).to_be_attached(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    picture(phone, "ask-phone-dark")
    context.close()
