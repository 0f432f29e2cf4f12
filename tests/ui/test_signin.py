"""With keys, the page asks for one, remembers it, shows what it opens, and forgets it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import COMMAND, OpenPage, ask, serving, settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """(URL, key) of a service with two spaces; the key opens one."""
    environment = settings(tmp_path / "home", TEAMLORE_AUTH="keys")
    for space, text in (("open", "The otter queue has 12 workers."), ("closed", "The otter salary is 90 fish.")):
        folder = tmp_path / space
        folder.mkdir()
        (folder / f"{space}.md").write_text(f"# Otter\n\n{text}\n")
        run(["ingest", str(folder), "--space", space], environment)
    key = json.loads(run(["keys", "create", "ada", "--space", "open", "--json"], environment))["key"]
    with serving(environment) as url:
        yield url, key


def run(arguments: list[str], environment: dict[str, str]) -> str:
    return subprocess.run([*COMMAND, *arguments], env=environment, check=True, capture_output=True, text=True).stdout


def test_a_key_opens_the_page_and_its_own_spaces_until_it_is_signed_out(
    guarded: tuple[str, str], open_page: OpenPage
) -> None:
    service, key = guarded
    page = open_page(service)
    expect(page).to_have_url(f"{service}/signin?next=%2Fui")
    page.get_by_label("Your key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{service}/ui/")
    ask(page, "How many workers does the otter queue have?")
    expect(page.locator("#sources-panel")).to_contain_text("12 workers")
    with page.context.expect_page() as opened:
        page.locator("#sources-panel .tl-card").first.click()
    expect(opened.value.locator("#quote")).to_contain_text("12 workers")
    opened.value.close()
    ask(page, "What is the otter salary?")
    expect(page.locator("#sources-panel")).not_to_contain_text("90 fish")
    page.get_by_role("tab", name="Sources").click()
    expect(page.locator("#documents")).to_contain_text("open.md")
    expect(page.locator("#documents")).not_to_contain_text("closed.md")
    page.get_by_role("button", name="Sign out ada").click()
    expect(page).to_have_url(f"{service}/signin")
    page.goto(f"{service}/ui/")
    expect(page.get_by_label("Your key")).to_be_visible()
