"""Why a passage stands where it stands, as the page shows it."""

import json
import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rag.client import Client
from tests.ui.conftest import COMMAND, OpenPage, ask
from tests.ui.test_browser import QUESTION, picture
from tests.ui.test_render import CITATION, HOSTILE, read
from ui import render
from ui.because import why_here, with_why

WHY: dict[str, Any] = {
    "parts": {"meaning": 0.38, "words": 0.08},
    "weights": {"meaning": 0.38, "words": 0.16, "order": 0.09},
    "raw": {"cosine": 0.5, "bm25": 12.3},
    "conditions": ["kind:retro"],
}
HIT: dict[str, Any] = {**CITATION, "n": 3, "start": 0, "end": 20, "score": 0.46, "why": WHY, "copies": []}
TYPED = 'Why did kb-17 become NaN, in the retro? author:"Wen Li" after:2026'


def numbers(shown: str) -> list[float]:
    return [float(number) for number in re.findall(r"(\d\.\d{3})(?= <small>)", shown)]


def bars(shown: str) -> list[tuple[str, float]]:
    return [(name, float(width)) for name, width in re.findall(r'class="(most|got)" width="([\d.]+)"', shown)]


def test_bars_are_as_long_as_what_a_signal_can_add_and_filled_with_what_it_adds() -> None:
    shown = why_here(HIT)
    assert numbers(shown) == [0.38, 0.08, 0.0]
    assert bars(shown) == [
        ("most", 100.0), ("got", 100.0), ("most", 42.11), ("got", 21.05), ("most", 23.68), ("got", 0.0)
    ]  # fmt: skip
    assert "<dt>sum</dt><dd><b>0.460</b></dd>" in shown
    assert "cosine 0.500 · BM25 12.300" in shown
    assert "only: kind:retro" in shown


def test_it_is_closed_until_somebody_asks_and_needs_no_script() -> None:
    assert why_here(HIT).startswith('<details class="tl-because"><summary>')
    assert read(why_here(HIT)).elements == {
        "details", "summary", "span", "b", "small", "dl", "dt", "dd", "svg", "rect", "p"
    }  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_a_service_says_is_text(hostile: str) -> None:
    why = {**WHY, "parts": {hostile: 0.1}, "raw": {hostile: 0.2}, "conditions": [hostile]}
    copies = [{"document_id": "x", "source": hostile}]
    shown = read(render.citation_cards([{**HIT, "why": why, "copies": copies}], heading="x"))
    assert shown.elements <= {"h2", "ol", "li", "a", "q", *read(why_here(HIT)).elements}
    assert shown.addresses == {render.source_link(HIT)}


@pytest.mark.parametrize("odd", [{}, {"meaning": 0.0}, {"meaning": -0.2}, {"meaning": 7.0}])
def test_a_bar_never_leaves_its_track(odd: dict[str, float]) -> None:
    assert all(0 <= width <= 100 for _, width in bars(why_here({**HIT, "why": {**WHY, "weights": odd}})))


def test_a_citation_says_why_of_the_passage_that_holds_it() -> None:
    inside, outside = {**CITATION, "start": 4, "end": 20}, {**CITATION, "start": 4, "end": 21}
    elsewhere = {**inside, "version": 3}
    told, *rest = with_why([inside, outside, elsewhere], [{**HIT, "start": 19}, HIT])
    assert (told["place"], told["score"], told["why"]) == (3, 0.46, WHY)
    assert rest == [outside, elsewhere]
    assert "sum: place 3" in why_here(told)
    assert "tl-because" not in render.citation_cards(rest, heading="Sources")


def test_a_hit_names_the_documents_that_say_the_same() -> None:
    copies = [{"document_id": str(n), "source": f"copy-{n}.md"} for n in range(5)]
    shown = render.citation_cards([{**HIT, "copies": copies}], heading="x")
    assert "The same in copy-0.md, copy-1.md, copy-2.md and 2 more" in shown


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_service_command_and_page_give_the_same_numbers_and_they_sum_to_the_score(
    page: Page, api: Client, environment: dict[str, str]
) -> None:
    hits = api.search(TYPED, k=20)["hits"]
    command = [*COMMAND, "search", TYPED, "-k", "20", "--json"]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert json.loads(told)["hits"] == hits
    page.get_by_role("tab", name="Search").click()
    box = page.get_by_label("Words to search for")
    box.fill(TYPED)
    box.press("Enter")
    expect(page.locator("#hits .tl-because")).to_have_count(len(hits))
    assert len(hits) > 2
    page.locator("#hits .tl-because summary").first.click()
    picture(page, "search-desktop")
    shown = page.locator("#hits .tl-because").evaluate_all("all => all.map(one => one.outerHTML)")
    for hit, why in zip(hits, shown, strict=True):
        parts = hit["why"]["parts"]
        assert sum(parts.values()) == pytest.approx(hit["score"], abs=1e-5)
        assert list(filter(None, numbers(why))) == list(filter(None, (round(part, 3) for part in parts.values())))
        assert f"<dd><b>{hit['score']:.3f}</b></dd>" in why
        assert hit["why"]["conditions"] == ['author:"Wen Li"', "after:2026-01-01"]
    assert "kind" in hits[0]["why"]["weights"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_why_opens_by_keyboard_beside_an_answer_and_in_a_search_on_a_phone_in_the_dark(
    open_page: OpenPage, service: str
) -> None:
    phone = open_page(service, viewport={"width": 380, "height": 844}, color_scheme="dark")
    ask(phone, QUESTION)
    why = phone.locator("#sources-panel .tl-because").first
    expect(why.locator("dl")).to_be_hidden()
    why.locator("summary").press("Enter")
    expect(why.locator("dl")).to_be_visible()
    expect(why).to_contain_text("near in meaning")
    phone.get_by_role("tab", name="Search").click()
    box = phone.get_by_label("Words to search for")
    box.fill(TYPED)
    box.press("Enter")
    found = phone.locator("#hits .tl-because").first
    found.locator("summary").press("Space")
    expect(found.locator("dl")).to_be_visible()
    expect(found).to_contain_text('only: author:"Wen Li" after:2026-01-01')
    heights = found.locator("dt").evaluate_all("all => all.map(one => one.getClientRects()[0].height)")
    assert max(heights) < 30  # each name on one line
    assert phone.evaluate("document.documentElement.scrollWidth") <= 380
    picture(phone, "search-phone-dark")
