"""The page of a real service, started once for all tests of it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from rag.client import Client

EXAMPLES = Path(__file__).parents[2] / "examples" / "knowledge"
PATIENCE = 90_000  # milliseconds, for a machine that has much else to do
COMMAND = [sys.executable, "-m", "rag.cli"]

expect.set_options(timeout=PATIENCE)


def settings(home: Path, **more: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("TEAMLORE_")}
    return {**given, "TEAMLORE_HOME": str(home), "TEAMLORE_PORT": "0", **more}


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """The URL of a service that answers."""
    with subprocess.Popen([*COMMAND, "serve"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(line.split()[-1].removesuffix("/ui") for line in process.stdout if line.startswith("  page "))
            transport = httpx.HTTPTransport(retries=5)  # it listens before it says so; it answers a little later
            with httpx.Client(transport=transport, timeout=PATIENCE / 1000) as client:
                assert client.get(f"{url}/live").status_code == 200
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of commands on a home that holds the examples."""
    given = settings(tmp_path_factory.mktemp("home"))
    subprocess.run([*COMMAND, "ingest", str(EXAMPLES)], env=given, check=True, capture_output=True)
    return given


@pytest.fixture(scope="session")
def service(environment: dict[str, str]) -> Iterator[str]:
    """The URL of a service over the examples."""
    with serving(environment) as url:
        yield url


@pytest.fixture
def api(service: str) -> Iterator[Client]:
    with Client(service) as client:
        yield client


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens /ui of a service; the test fails when any page of it asked for anything foreign, or a script failed."""
    trouble: list[str] = []
    contexts = []

    def open_it(service: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        own = (f"{service}/", "data:", "blob:")
        context.on("request", lambda sent: None if sent.url.startswith(own) else trouble.append(sent.url))
        context.on("weberror", lambda failed: trouble.append(str(failed.error)))
        page = context.new_page()
        page.goto(f"{service}/ui")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def page(open_page: OpenPage, service: str) -> Page:
    """The page, once it has said what there is to ask."""
    opened = open_page(service)
    opened.locator("#chat .example").first.wait_for()
    return opened


def ask(page: Page, question: str) -> None:
    """Sends it, and waits for the end of the answer."""
    answers = page.locator("#chat .bot .message-content")
    before = answers.count()
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    expect(answers).to_have_count(before + 1)
    expect(answers.last).not_to_contain_text("Looking through what your team wrote")
    expect(page.get_by_label("Like", exact=True).last).to_be_visible()  # shown below a whole answer only
