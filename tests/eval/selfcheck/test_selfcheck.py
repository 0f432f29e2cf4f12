import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from eval.app import app
from eval.packs.loading import Sample, load_pack
from eval.progress import Narrator
from eval.selfcheck import checks as selfcheck
from eval.selfcheck.checks import Check, in_order, metric_checks, random_cases, statistics_checks
from eval.selfcheck.references import REFERENCES, Found, reference_checks
from rag.domain.errors import BadInput
from tests.fakes import WordEmbedder

QUIET = Narrator(Console(quiet=True))


def a_check(ours: float | None) -> Check:
    return Check(what="x", against="y", ours=ours, expected=0.5, tolerance=0.003)


def test_a_figure_is_right_within_its_tolerance_off_beyond_and_not_checked_when_it_could_not_be_made() -> None:
    assert [a_check(ours).outcome for ours in (0.498, 0.502, 0.504, None)] == ["ok", "ok", "off", "not checked"]


def test_equal_scores_are_ordered_as_trec_eval_does() -> None:
    assert in_order({"a": 1.0, "c": 2.0, "b": 1.0}) == ["c", "b", "a"]


def test_the_random_cases_hold_ties_grades_and_rankings_that_find_nothing() -> None:
    cases = random_cases(60, seed=1)
    assert any(len(set(scores.values())) < len(scores) for _, scores in cases)
    assert any(not set(scores) & {name for name, grade in judged.items() if grade} for judged, scores in cases)
    assert {grade for judged, _ in cases for grade in judged.values()} == {0, 1, 2, 3}
    assert random_cases(60, seed=1) == cases


def test_a_reference_is_the_mean_over_the_questions_with_a_relevant_document() -> None:
    samples = [
        Sample(id="1", question="", judgements={"a": 1}),
        Sample(id="2", question="", judgements={"b": 1}),
        Sample(id="3", question=""),
    ]
    found = Found(samples=samples, rankings={"bm25": [("a",), ("a", "b"), ("a",)]})
    assert (found.mean("bm25", "mrr@10"), found.mean("bm25", "recall@1")) == (0.75, 0.5)


def test_a_pack_without_stated_figures_is_refused_because_checking_nothing_looks_like_a_pass(beir: Path) -> None:
    assert list(reference_checks(load_pack(beir), None, QUIET)) == []
    result = CliRunner().invoke(app, ["self-check", str(beir)])
    assert isinstance(result.exception, BadInput)


@pytest.mark.slow  # simulations
def test_the_statistics_are_right() -> None:
    assert [check for check in statistics_checks() if check.outcome != "ok"] == []


@pytest.mark.slow  # ranx compiles
def test_the_metrics_are_those_of_the_reference_libraries() -> None:
    checks = list(metric_checks(random_cases(100, seed=3)))
    assert {check.against for check in checks} == {"ranx", "pytrec-eval-terrier"}
    assert [check for check in checks if check.outcome != "ok"] == []


@pytest.mark.slow  # ranx compiles
def test_a_metric_that_is_wrong_ends_the_self_check_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(selfcheck.RANKED, "recall@10", lambda *_: 0.5)
    result = CliRunner().invoke(app, ["self-check", "--json"])
    off = {row["check"] for row in json.loads(result.stdout) if row["outcome"] == "off"}
    assert (result.exit_code, off) == (1, {"recall@10"})


@pytest.mark.slow  # a corpus
@pytest.mark.parametrize("name", ["ret-cisi", "ret-cranfield", "ret-medline", "qa-clapnq-a"])
def test_stated_figures_of_bm25_are_reproduced(name: str, pack: Callable[[str], Path]) -> None:
    checks = list(reference_checks(load_pack(pack(name)), WordEmbedder(), QUIET))
    assert len(checks) == sum(len(figures) for figures in REFERENCES[name].values())
    assert {check.what.split()[-1] for check in checks if check.outcome == "not checked"} == {"vectors"}
    assert [check for check in checks if check.outcome == "off"] == []
