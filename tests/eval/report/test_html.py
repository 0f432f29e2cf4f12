import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from typer.testing import CliRunner

from eval.app import app
from eval.metrics import METRICS
from eval.report.against import against
from eval.report.html import html_report
from eval.report.meanings import meaning
from eval.report.sections_questions import common, highlighted
from eval.runs.folder import accept, make_folder, write_atomically

Run = dict[str, Any]


def texts(page: str, path: str) -> list[str]:
    return [" ".join(part.text_content().split()) for part in html.fromstring(page).xpath(path)]


def test_the_summary_says_what_became_of_the_questions(worse: Run, run: Run) -> None:
    page = html_report(worse, against(worse, run, name="before"))
    assert "Worse than before: answers that are right." in texts(page, "//*[@id='summary']//p")
    fell = texts(page, "//ul[@class='promises']/li")[-1]
    assert fell == "12 of 24 questions fell (on 12 passages) and 0 rose against before"
    assert texts(page, "//*[@id='summary']//ul[@class='legend']/li")[:2] == ["12 right", "12 wrong"]
    row = next(text for text in texts(page, "//tbody/tr") if "answer_correct" in text)
    assert "0.333" in row
    assert "6 of 18" in row
    assert "▼ worse -0.667" in row
    assert "(6 not)" in row


def test_a_run_that_says_little_makes_a_report_too() -> None:
    run = {"packs": {"p": {"metrics": {"mrr@10": {"value": 0.5}}, "items": [{"id": "1", "metrics": {"mrr@10": 0.5}}]}}}
    page = html_report(run)
    assert "0.500" in page
    assert not texts(page, "//figure")
    assert html_report({"packs": {"p": {"items": []}}})


def test_curves_come_from_the_items(run: Run) -> None:
    titles = texts(html_report(run), "//figcaption/h3")
    assert titles == ["Evidence found among the first k", "How long a question takes"]
    told = texts(html_report(run), "//figcaption/p")[0]
    assert told == "33% among the first 1, 100% among the first 5, 100% among the first 10."


def test_risk_and_calibration_are_drawn_where_the_run_has_them(run: Run) -> None:
    curve = [{"coverage": 0.5, "risk": 0.0, "confidence": 0.9}, {"coverage": 1.0, "risk": 0.25, "confidence": 0.2}]
    run["packs"]["team"]["refusal"] = {
        "curve": curve,
        "aurc": 0.1,
        "auroc": 0.95,
        "ece": 0.05,
        "bins": [{"low": 0.8, "high": 0.9, "confidence": 0.9, "correct": 1.0, "n": 18}],
        "references": {"top_score": {"auroc": 0.8, "aurc": 0.2, "curve": curve}},
    }
    page = html_report(run)
    assert texts(page, "//figcaption/h3")[1:3] == ["Risk against coverage", "Is confidence what it says?"]
    assert "threshold on the best passage's score (area 0.200)" in page.replace("&#39;", "'")


def test_several_runs_are_held_against_their_time(run: Run, worse: Run) -> None:
    page = html_report(run, others={"slow": worse})
    assert "Quality against time" in texts(page, "//figcaption/h3")


def test_quality_is_drawn_against_cost_where_it_is_known_and_something_was_paid(run: Run, worse: Run) -> None:
    def costing(one: Run, cost: float | None) -> Run:
        return {**one, "packs": {"team": {**one["packs"]["team"], "cost": {"total": 1.0, "per_question": cost}}}}

    paid = html_report(costing(run, 0.002), others={"dear": costing(worse, 0.01)})
    assert "Quality against cost" in texts(paid, "//figcaption/h3")
    for nothing in (0.0, None):
        free = html_report(costing(run, nothing), others={"free": costing(worse, nothing)})
        assert "Quality against cost" not in texts(free, "//figcaption/h3")


def test_a_pack_without_questions_or_without_figures_has_a_report_beside_another_run(run: Run) -> None:
    """After everything was asked, the report must not be what fails."""
    corpus = {"n": 0, "metrics": {}, "items": []}
    assert html_report(
        {**run, "packs": {**run["packs"], "noise": corpus}}, others={"same": {"packs": {"noise": corpus}}}
    )
    for figure in run["packs"]["team"]["metrics"].values():
        figure |= {"value": None, "ci95": [None, None], "n": 0}
    assert html_report(run, others={"same": run})


def test_each_question_shows_what_was_wanted_said_and_found(worse: Run, run: Run) -> None:
    page = html_report(worse, against(worse, run, name="before"))
    first = texts(page, "//*[@id='q0']")[0]
    for part in ("fell", "wrong", "Wanted", "3e-4", "Use 1e-5.", "Said in before", "evidence at rank 1"):
        assert part in first
    assert texts(page, "//*[@id='q0']//mark[@class='evidence']") == ["a peak learning rate of 3e-4"]


def test_the_words_that_an_answer_quotes_are_marked_and_lead_to_the_quote(run: Run) -> None:
    page = html_report(run)
    assert texts(page, "//*[@id='q0']//mark[@class='quoted']") == ["Use AdamW with a peak learning rate of 3e-4"]
    assert html.fromstring(page).xpath("//*[@id='q0']//a[@class='cite']/@href") == ["#q0-c1"]
    assert html.fromstring(page).get_element_by_id("q0-c1") is not None


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("warm-up  over 2,000\nsteps", "A warm-up over 2,000 steps.", ["warm-up over 2,000 steps"]),
        ("one two three four five six", "three four five six and", ["three four five six"]),
        ("one two three four five six", "one two, then six", []),
        ("", "text", []),
        ("Ünïcode", "ein ÜNÏCODE", ["ÜNÏCODE"]),
    ],
)
def test_quotes_are_found_whatever_white_space_they_have(quote: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in common(quote, text)] == found


def test_overlapping_marks_become_one() -> None:
    assert highlighted("a<b>cd", [(0, 3), (1, 5)], "x") == '<mark class="x">a&lt;b&gt;c</mark>d'


def test_the_record_shows_what_the_baseline_had_instead(run: Run, worse: Run) -> None:
    worse["system"] = {**worse["system"], "settings": {"embedder": "large"}}
    page = html_report(run, against(run, worse, name="other"))
    lines = dict(zip(texts(page, "//*[@id='record']//dt"), texts(page, "//*[@id='record']//dd"), strict=True))
    assert lines["embedder"] == "small (large)"
    assert lines["version"] == "1.0"
    assert "settings.embedder: large → small" in page


def test_every_metric_says_how_it_is_computed() -> None:
    assert [name for name in METRICS if len(meaning(name)) < 20] == []
    assert meaning("citation_valid").startswith("share, in [0, 1], of the citations shown")
    assert meaning("unheard_of") == ""


@pytest.mark.slow
def test_five_hundred_questions_stay_under_three_megabytes(many: Callable[[int], Run]) -> None:
    run = many(700)
    for one in run["packs"]["team"]["items"]:
        one["passages"] = [{"source": "docs/long.md", "text": "some words " * 54, "score": 0.5}] * 5
        one["answer"] = "Words of an answer. [1] " * 20
        one["citations"] = [{"source": "docs/a.md", "quote": "Words of an answer."}] * 5
    page = html_report(run)
    assert len(page.encode()) < 3_000_000
    assert page.count("<details><summary><span>") == 500
    assert texts(page, "//*[@id='q699']")[0].startswith("Which learning rate is used in run 699?")


def test_the_only_script_that_may_run_is_the_reports_own(run: Run) -> None:
    page = html_report(run)
    assert len(re.findall(r"<script", page)) == 1
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


@pytest.mark.slow
def test_the_command_writes_beside_the_run_and_holds_it_against_the_accepted_one(
    run: Run, worse: Run, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    for name, one in (("before", run), ("later", worse)):
        make_folder(home / "evaluations" / name)
        write_atomically(home / "evaluations" / name / "run.json", one)
    accept(home / "evaluations" / "before")
    later = home / "evaluations" / "later"
    files = ["--markdown", str(tmp_path / "r.md"), "--junit", str(tmp_path / "r.xml")]
    for more in ([], files):
        result = CliRunner().invoke(app, ["report", str(later), "--home", str(home), *more])
        assert result.exit_code == 0, result.output
    assert "Worse than before" in (later / "report.html").read_text()
    assert "\n### Worse than before" in (tmp_path / "r.md").read_text()
    assert 'failures="13"' in (tmp_path / "r.xml").read_text()


@pytest.mark.slow
def test_runs_named_by_their_file_are_told_apart_by_their_folders(run: Run, worse: Run, tmp_path: Path) -> None:
    for name, one in (("before", run), ("later", worse), ("third", run)):
        make_folder(tmp_path / name)
        write_atomically(tmp_path / name / "run.json", one)
    before, later, third = (str(tmp_path / name / "run.json") for name in ("before", "later", "third"))
    words = ["report", later, "--baseline", before, "--beside", third, "--html", str(tmp_path / "r.html")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "r.html").read_text()
    assert "Worse than before" in page
    assert "third" in page


def test_plain_systems_stand_beside_ours_metric_by_metric(run: Run) -> None:
    figure = {"value": 0.4, "difference": 0.25, "ci95": [0.1, 0.4], "p": 0.01}
    pack = next(iter(run["packs"].values()))
    pack["baselines"] = {"LlamaIndex": {"evidence_hit@1": figure, "file_hit@1": figure}, "bm25": {"ndcg@10": figure}}
    page = html_report(run)
    assert texts(page, "//tr[contains(., '+0.250')]/th") == ["LlamaIndex", "", "bm25"]
    assert texts(page, "//tr[contains(., '+0.250')]/td/code") == ["evidence_hit@1", "file_hit@1", "ndcg@10"]
