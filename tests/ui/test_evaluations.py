"""Quality on the page: what figures, drawings and rows say, and the tab in a real browser."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from eval.report.html import html_report
from eval.report.meanings import LABELS
from eval.report.meanings import label as suite_label
from eval.runs.folder import accept
from tests.api.parts import make_house
from tests.ui.conftest import OpenPage, serving, settings
from tests.ui.test_browser import picture
from tests.ui.test_render import HOSTILE, read
from ui import quality
from ui.trends import Point, trend

OURS = {"p", "b", "h2", "h3", "section", "div", "span", "small", "code", "a"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
DRAWN = {"svg", "g", "title", "line", "circle", "text"}


def figure(metric: str, value: float | None = 0.9, *, less: bool = False) -> dict[str, Any]:
    ci95 = (None, None) if value is None else (max(0.0, value - 0.1), min(1.0, value + 0.1))
    return {"metric": metric, "value": value, "ci95": ci95, "n": 41, "less_is_better": less}


def pack(name: str = "docs", *figures: dict[str, Any], data: str = "d1") -> dict[str, Any]:
    return {
        "name": name, "n": 50, "errors": 0, "figures": list(figures or (figure("answer_correct"),)), "data": data,
        "latency_ms": {"p50": 70.4, "p95": 125.6},
    }  # fmt: skip


def run(name: str = "r1", *packs: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "id": name, "state": "done", "started": "2026-03-01T09:00:00+00:00", "command": "answers",
        "packs": list(packs or (pack(),)), "seconds": 9.6, "version": "0.1", "revision": "0123456789", "dirty": True,
        "accepted": None, "has_report": True, "trouble": "", **more,
    }  # fmt: skip


def point(value: float, *, data: str = "d1", accepted: bool = False) -> Point:
    return Point(when="then", value=value, low=value - 0.1, high=value + 0.1, n=9, data=data, accepted=accepted)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_run_means_anything_to_the_browser(hostile: str) -> None:
    accepted = {"at": hostile, "by": hostile, "note": hostile}
    one = run(
        hostile, pack(hostile, figure(hostile)), started=hostile, command=hostile, accepted=accepted, trouble=hostile,
        version=hostile, revision=hostile,
    )  # fmt: skip
    broken = run(hostile, state="broken", trouble=hostile, packs=[])
    seen = next(iter(quality.series([one]).values()))
    shown = read(quality.run_rows([one, broken], more=False) + quality.figure_cards(seen))
    assert shown.elements <= OURS | DRAWN
    assert all(address.startswith("/v1/evaluations/") for address in shown.addresses)
    assert len(shown.addresses) == 1


def test_a_card_says_figure_interval_and_what_it_means() -> None:
    seen = [quality.Seen(run(), pack("docs", figure("answer_correct", 0.85), figure("false_answer", 0.2, less=True)))]
    cards = quality.figure_cards(seen)
    assert "<b>0.850</b> <span>95 %: 0.750 to 0.950 ·</span> <span>41 scored</span>" in cards
    assert "Share of the questions whose answer says what was expected." in cards
    assert cards.count("less is better") == 1
    assert "50 questions · a question takes 70 ms at the median, 126 ms at p95" in cards


def test_what_could_not_be_scored_has_no_card_and_no_interval_is_none() -> None:
    one = pack("docs", figure("recall@10", None), {**figure("mrr@10"), "ci95": (None, None)})
    cards = quality.figure_cards([quality.Seen(run(), one)])
    assert cards.count("<section") == 1
    assert "95 %:" not in cards
    assert "None" not in cards + quality.run_rows([run("r", one)], more=False)


def test_only_what_measured_the_same_stands_in_one_drawing() -> None:
    both = [pack("a"), pack("b"), pack("*")]
    runs = [run("r4", pack("a"), command="retrieval"), run("r3", *both), run("r2", pack("a")), run("r1", pack("a"))]
    found = quality.series(runs)
    assert list(found) == [
        "answers · a, b together", "answers · a (asked with b)", "answers · b (asked with a)", "answers · a",
        "retrieval · a",
    ]  # fmt: skip
    assert [one.run["id"] for one in found["answers · a"]] == ["r1", "r2"]


def test_a_share_is_drawn_from_nought_to_one_however_little_it_moves() -> None:
    drawn = trend("right", [point(0.5), point(0.51)])
    assert '<circle class="dot" cx="34.0" cy="58.0" r="4">' in drawn  # the middle: 8 + 100 / 2
    assert 'cy="57.0"' in drawn
    assert 'y1="48.0" y2="68.0"' in drawn  # 0.4 to 0.6
    assert 'aria-label="right over 2 runs: first 0.500, last 0.510, 95 % interval 0.410 to 0.610"' in drawn


def test_runs_that_asked_something_else_are_not_joined() -> None:
    drawn = trend("right", [point(0.5), point(0.6), point(0.7, data="d2")])
    assert (drawn.count('class="join"'), drawn.count('class="break"')) == (1, 1)


def test_the_accepted_run_has_a_ring_and_a_line() -> None:
    drawn = trend("right", [point(0.5), point(0.6, accepted=True), point(0.7)])
    assert drawn.count('class="ring"') == 1
    assert 'class="mark" x1="26.0" x2="308.0" y1="48.0"' in drawn
    others = trend("right", [point(0.5, accepted=True), point(0.6), point(0.7, data="d2")])
    assert 'class="mark" x1="26.0" x2="167.0" y1="58.0"' in others  # to the second of three
    assert 'class="mark"' not in trend("right", [point(0.5)])


def test_of_several_accepted_runs_the_one_accepted_last_counts() -> None:
    ann = {"at": "2026-03-09T09:00:00+00:00", "by": "ann", "note": ""}
    bob = {"at": "2026-03-05T09:00:00+00:00", "by": "bob", "note": ""}
    runs = [run("r3"), run("r2", accepted=bob), run("r1", accepted=ann), run("x", pack("other"), accepted=bob)]
    assert quality.references(runs) == {"r1", "x"}
    rows = quality.run_rows(runs, more=False)
    assert "✓ accepted by ann" in rows
    assert "was accepted by bob" in rows
    assert quality.figure_cards(quality.series(runs)["answers · docs"]).count('class="ring"') == 1


def test_a_figure_beyond_one_has_a_scale_of_its_own() -> None:
    drawn = trend("words", [Point(when="then", value=38.8, low=32.0, high=50.0, n=9)])
    assert ">50</text>" in drawn
    assert "one run, 38.8" in drawn


def test_rows_say_what_is_wrong_with_a_run() -> None:
    unfinished = run("r3", state="unfinished", packs=[], has_report=False, seconds=None)
    broken = run("r2", state="broken", packs=[], has_report=False, trouble="run.json: It is no JSON.")
    rows = quality.run_rows([unfinished, broken, run(has_report=False)], more=True)
    for told in ("not finished", "run.json: It is no JSON.", "none yet", "0123456, changed", "The newest 3 runs"):
        assert told in rows


def test_without_a_run_the_command_that_makes_one_is_told() -> None:
    assert "teamlore eval answers examples" in quality.run_rows([], more=False)
    assert quality.figure_cards([]) == ""


def test_the_page_calls_a_figure_as_the_reports_do() -> None:
    for name in quality.MEANINGS:
        assert quality.label(name) == LABELS[name]
    for metric in ("evidence_hit@5", "ndcg@10", "token_f1"):
        assert quality.label(metric) == suite_label(metric)


@pytest.mark.slow
def test_who_may_not_see_runs_is_told_so_where_they_would_stand(tmp_path: Path) -> None:
    from ui.tabs.evaluations import view  # imports Gradio

    house = make_house()
    app = house.app("keys", evaluations=tmp_path)
    choice, figures, rows = view(house.client(app, key=house.key("ann", "team")), "")
    assert (choice.visible, figures) == (False, "")
    assert "Only an administrator may see evaluations." in rows
    assert "teamlore eval answers examples" in view(house.client(app, key=house.key("eve", admin=True)), "")[2]
    house.tear_down()


@dataclass(frozen=True, slots=True)
class Kept:
    url: str
    folder: Path


def stored(started: str, right: float) -> dict[str, Any]:
    item = {"id": "q", "question": "Which dtype?", "metrics": {"answer_correct": right}, "status": "answered"}
    metrics = {
        "answer_correct": {"value": right, "ci95": [right - 0.1, min(1.0, right + 0.1)], "n": 41},
        "citation_evidence": {"value": 0.9, "ci95": [0.8, 0.97], "n": 41},
        "false_answer": {"value": 0.1, "ci95": [0.0, 0.3], "n": 9},
    }
    packs = {"team": {"n": 50, "metrics": metrics, "items": [item], "latency_ms": {"p50": 70.0, "p95": 120.0}}}
    system = {"version": "0.1.0", "revision": "0123456789", "data": {"team": {"questions": "d"}}}
    return {"started": started, "command": "answers", "packs": packs, "system": system, "seconds": 9.0}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A service over an empty home."""
    home = tmp_path_factory.mktemp("quality-home")
    with serving(settings(home)) as url:
        yield Kept(url, home / "evaluations")


def fill(folder: Path) -> None:
    for day, right in enumerate((0.82, 0.85, 0.9), 1):
        made = stored(f"2026-03-0{day}T09:00:00+00:00", right)
        path = folder / f"2026-03-0{day}T0900-answers-aaa{day}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "run.json").write_text(json.dumps(made))
        (path / "report.html").write_text(html_report(made))
    accept(path, by="ann", note="first release")


@pytest.mark.slow
def test_runs_are_followed_to_their_report_by_hand_and_by_keyboard(kept: Kept, open_page: OpenPage) -> None:
    page = open_page(kept.url)
    page.get_by_role("tab", name="Quality").click()
    expect(page.locator("#quality-runs")).to_contain_text("teamlore eval answers examples")
    fill(kept.folder)
    page.get_by_role("tab", name="Ask").click()
    page.get_by_role("tab", name="Quality").click()
    expect(page.locator(".tl-figure").first).to_contain_text("0.900 95 %: 0.800 to 1.000")
    expect(page.locator(".tl-figure").first.locator("svg .dot")).to_have_count(3)
    expect(page.locator("#quality-runs tbody tr").first).to_contain_text("accepted by ann")
    picture(page, "quality-desktop")
    link = page.locator("#quality-runs tbody a").first
    link.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    report = opened.value
    expect(report.locator("#told")).to_have_text("1 questions")  # its script ran
    assert report.evaluate("origin") == "null"  # and reaches nothing of the service
    denied = "fetch('/v1/evaluations').then(() => 'reached', () => 'denied')"
    assert report.evaluate(denied) == "denied"


@pytest.mark.slow
def test_quality_can_be_read_on_a_phone_in_the_dark(kept: Kept, open_page: OpenPage) -> None:
    fill(kept.folder)
    phone = open_page(kept.url, viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.get_by_role("tab", name="Quality").click()
    expect(phone.locator(".tl-figure").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    expect(phone.get_by_role("tab", name="Golden set")).to_be_visible()
    picture(phone, "quality-phone-dark")
