"""Documents that want the browser to tell somebody what it shows: nothing leaves, nothing runs."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from rag.client import Client
from tests.ui.conftest import OpenPage, ask

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
VECTORS = {
    "image": "![x]({url}/image?leak)",
    "reference image": "![x][r]\n\n[r]: {url}/reference",
    "html image": '<img src="{url}/img">',
    "picture": '<picture><source srcset="{url}/srcset"><img></picture>',
    "video": '<video src="{url}/video" autoplay></video>',
    "audio": '<audio src="{url}/audio" autoplay></audio>',
    "svg": '<svg><image href="{url}/svg" width="9" height="9"/></svg>',
    "inline style": '<div style="background-image:url({url}/style)">wide</div>',
    "style": "<style>@import url({url}/import); body {{ background: url({url}/body) }}</style>",
    "stylesheet": '<link rel="stylesheet" href="{url}/link">',
    "frame": '<iframe src="{url}/frame"></iframe>',
    "object": '<object data="{url}/object"></object>',
    "script": '<script>window.ran = 1; fetch("{url}/script")</script>',
    "handler": '<img src=x onerror="window.ran = 1">',
    "script link": "[more](javascript:window.ran=1)",
    "formula": "$$\\href{{{url}/formula}}{{x}} \\includegraphics{{{url}/graphics}}$$",
    "diagram": '```mermaid\ngraph TD; A["<img src={url}/mermaid>"]-->B\n```',
    "bare address": "{url}/bare",
}
TITLE = "Pelican <img src={url}/title> ![t]({url}/title2)"


class Listener(ThreadingHTTPServer):
    """Another site on this machine, which writes down who calls."""

    heard: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Hear(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(("127.0.0.1", 0), Hear) as server:
        server.heard = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def nothing_ran(page: Page) -> bool:
    return bool(page.evaluate("window.ran === undefined"))


def test_hostile_documents_call_nobody_and_run_nothing(open_page: OpenPage, api: Client, listener: Listener) -> None:
    """Without the policy that would stop it as well: what is shown must be harmless by itself."""
    vectors = [vector.format(url=listener.url) for vector in VECTORS.values()]
    title = TITLE.format(url=listener.url)
    for number, vector in enumerate(vectors):
        text = (
            f"---\ntitle: '{title}'\nauthors: ['{title}']\n---\n\nThe pelican budget {number} is 4242 euros: {vector}\n"
        )
        job = api.upload([(f"pelican <img src=x onerror=window.ran=1> {number}.md", text.encode())])
        assert api.wait(job["id"])["report"]["documents"] == 1
    page = open_page(api.base_url, bypass_csp=True)
    ask(page, "What is the pelican budget?")
    expect(page.locator("#sources-panel")).to_contain_text("<img src=")
    for start in range(0, len(vectors), 6):  # what is asked is shown as well
        ask(page, " ".join(vectors[start : start + 6]))
    page.get_by_role("tab", name="Sources").click()
    expect(page.locator(".tl-documents")).to_be_visible()
    if page.locator("#next-page").is_visible():
        page.locator("#next-page").click()
    expect(page.locator("#documents")).to_contain_text("Pelican <img src=http")
    assert nothing_ran(page)
    for document in api.documents(limit=200)["documents"]:
        if "pelican" in document["source"]:
            page.goto(f"{api.base_url}/ui/source/{document['document_id']}/1?start=5&end=90#quote")
            expect(page.locator("#quote")).to_be_visible()
            assert nothing_ran(page)
            api.hide(document["document_id"])
    assert listener.heard == []


def test_every_answer_under_ui_bears_the_policy(service: str) -> None:
    for path in ("/ui/", "/ui/source/none/1", "/ui/config", "/ui/theme.css"):
        policy = httpx.get(f"{service}{path}").headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "object-src 'none'" in policy
        assert "http" not in policy


def test_the_policy_holds_where_a_page_would_not(browser: Browser, service: str, listener: Listener) -> None:
    page = browser.new_page()
    page.goto(f"{service}/ui")
    fetched = page.evaluate("url => fetch(url).then(() => 'reached', () => 'refused')", f"{listener.url}/fetch")
    page.evaluate(
        "url => new Promise(done => { const i = new Image(); i.onload = i.onerror = done; i.src = url })",
        f"{listener.url}/image",
    )
    page.close()
    assert fetched == "refused"
    assert listener.heard == []
