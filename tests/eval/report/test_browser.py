"""The report as people open it: from disk, with the network off, in Chromium."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from eval.report.against import against
from eval.report.html import html_report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Run = dict[str, Any]
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=http://load.test/a.png onerror=alert(1)>",
    "\"><svg onload=alert(1)><image href='http://load.test/b.svg'/></svg>",
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</style><style>@import 'http://load.test/c.css';</style>",
    "</title></desc></svg><iframe src=javascript:alert(1)></iframe>",
    "<link rel=stylesheet href=http://load.test/d.css><meta http-equiv=refresh content='0;url=http://load.test'>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include 'report.js' %}",
    "</script><script>fetch('http://load.test/e')</script>",
    "<a href='javascript:alert(1)' ping=http://load.test/f>x</a><details open ontoggle=alert(1)>",
    "url(http://load.test/g.png)",
    "\u202egnp.exe",
)


@dataclass
class Opened:
    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def opened(browser: Browser, file: Path, **how: Any) -> Opened:  # noqa: ANN401 - as Playwright has it
    page = browser.new_context(offline=True, **how).new_page()
    found = Opened(page)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: found.errors.append(message.text))
    page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    return found


@pytest.fixture
def file(worse: Run, run: Run, tmp_path: Path) -> Path:
    written = tmp_path / "report.html"
    written.write_text(html_report(worse, against(worse, run, name="before")), encoding="utf-8")
    return written


def test_it_opens_from_disk_and_asks_for_nothing_else(browser: Browser, file: Path) -> None:
    found = opened(browser, file)
    expect(found.page.get_by_role("heading", name="Question by question")).to_be_visible()
    assert (found.requests, found.dialogs, found.errors) == ([file.as_uri()], [], [])


def test_questions_are_filtered(browser: Browser, file: Path) -> None:
    page = opened(browser, file).page
    page.get_by_label("Show", exact=True).select_option("fell")
    expect(page.locator("#told")).to_have_text("12 of 24 questions")
    page.get_by_label("Show", exact=True).select_option("refused")
    expect(page.locator(".question:visible")).to_have_count(6)
    page.get_by_label("Words").fill("run 7?")
    expect(page.locator(".question:visible")).to_have_count(1)
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#told")).to_have_text("24 questions")


def test_a_question_opens_by_keyboard_and_a_marker_leads_to_its_quote(browser: Browser, file: Path) -> None:
    page = opened(browser, file).page
    page.locator("#q0 summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q0 .inside")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("#q0 a.cite").click()
    expect(page.locator("#q0-c1")).to_be_in_viewport()


def test_everything_is_there_without_script(browser: Browser, file: Path) -> None:
    page = opened(browser, file, java_script_enabled=False).page
    expect(page.locator(".question")).to_have_count(24)
    expect(page.locator("#filter")).to_be_hidden()
    page.locator("#q0 summary").click()
    expect(page.locator("#q0 .inside")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out_of_the_page(browser: Browser, file: Path, width: int) -> None:
    page = opened(browser, file, viewport={"width": width, "height": 800}).page
    page.locator("#q0 summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_and_light_are_told_apart_and_can_be_read(browser: Browser, file: Path) -> None:
    def luminance(rgb: str) -> float:
        parts = [int(one) / 255 for one in rgb[4:-1].split(", ")]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    papers = []
    for scheme in ("light", "dark"):
        page = opened(browser, file, color_scheme=scheme).page
        papers.append(luminance(page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")))
        for name in (".note", ".worse", ".yes", ".tag", ".where", "nav a"):
            ink = luminance(page.evaluate(f"getComputedStyle(document.querySelector('{name}')).color"))
            if name != ".tag":  # its ground is its own
                assert (max(ink, papers[-1]) + 0.05) / (min(ink, papers[-1]) + 0.05) >= 4.5, (scheme, name)
    assert papers[0] > 0.8
    assert papers[1] < 0.1


def test_it_prints(browser: Browser, file: Path) -> None:
    page = opened(browser, file).page
    page.emulate_media(media="print")
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator("#q0 summary")).to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("unprotected", [True, False])
def test_hostile_texts_do_nothing(browser: Browser, run: Run, tmp_path: Path, unprotected: bool) -> None:
    """In every text of a run, and with the page's own protection taken away: the escaping must do it alone."""
    run["id"] = run["command"] = run["started"] = HOSTILE[0]
    pack = run["packs"].pop("team")
    for n, one in enumerate(pack["items"]):
        bad = HOSTILE[n % len(HOSTILE)]
        one.update(id=f"{bad}{n}", kind=bad, question=bad, answer=f"{bad} [1]", status=bad)
        one["error"] = bad if n % 5 == 0 else ""
        one.update(answers=[bad], turns=[bad], evidence=[{"file": bad, "quote": bad}], found=[bad], answerable=True)
        one["passages"] = [{"source": bad, "text": f"{bad} and {bad}", "score": 1}]
        one["citations"] = [{"source": bad, "quote": bad}]
        one["statements"] = [{"text": bad, "support": bad, "failed": [bad]}]
        one["metrics"][bad] = 0.5
    pack["by_kind"] = {bad: {"n": 1, "metrics": {bad: {"value": 0.5, "ci95": [0, 1], "n": 1}}} for bad in HOSTILE}
    pack["metrics"] |= {bad: {"value": 0.5, "ci95": [0.1, 0.9], "n": 1} for bad in HOSTILE}
    pack["refusal"] = {"curve": [{"coverage": 1, "risk": 1}], "references": {bad: {"auroc": 1} for bad in HOSTILE[:2]}}
    pack["ingest"] = {bad: {"files": bad} for bad in HOSTILE}
    run["packs"] = {f"{bad}{n}": pack for n, bad in enumerate(HOSTILE[:3])}
    run["system"] = {"version": HOSTILE[0], "revision": HOSTILE[1], "settings": {bad: [bad] for bad in HOSTILE}}
    written = tmp_path / "<img src=x onerror=alert(1)>.html"
    text = html_report(run, others={HOSTILE[1]: run})
    written.write_text(text.replace("Content-Security-Policy", "x") if unprotected else text, encoding="utf-8")
    found = opened(browser, written)
    found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found.page.wait_for_timeout(500)
    assert (found.requests, found.dialogs) == ([written.as_uri()], [])
    assert found.page.locator("script").count() == 1
    assert found.page.locator("img, iframe, object, embed, image, link[rel=stylesheet]").count() == 0
    handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')))"
    assert found.page.evaluate(f"{handlers}.length") == 0
    assert "49" not in found.page.locator("#q0").inner_text()
