"""Runs judged through the command, by a server that speaks OpenAI's protocol."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eval.app import app
from eval.judges.standing import NOT_MEASURED
from rag.domain.errors import BackendFailed, BadInput
from tests.eval.judges.scripted import endpoint, label
from tests.eval.judges.test_runs import question, run_of

pytestmark = pytest.mark.slow  # the client of the protocol takes seconds to import


def fitting(asked: str) -> str:
    return label("correct" if "answer to judge" in asked else "support")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps(run_of(question(1), question(2), question(3))))
    return tmp_path / "run"


def judging(run: Path, url: str, *options: str) -> Result:
    known = ["judge", str(run), "--judge", "openai:m", "--judge-url", url, "--home", str(run.parent / "home")]
    return CliRunner().invoke(app, [*known, *options])


def copies(run: Path) -> list[Path]:
    return sorted(run.glob("judged-*.json"))


def test_a_run_is_judged_into_a_copy_that_says_agreement_is_not_measured(run: Path) -> None:
    before = (run / "run.json").read_bytes()
    with endpoint(fitting) as server:
        found = judging(run, server.url)
        asked = len(server.paths)
        again = judging(run, server.url)
        assert len(server.paths) == asked == 6
    assert (found.exit_code, again.exit_code) == (0, 0)
    assert "measured by the same command" in found.output
    assert (run / "run.json").read_bytes() == before
    (copy,) = copies(run)
    figure = json.loads(copy.read_text())["packs"]["team"]["metrics"]["judge_correct@openai:m prompt 1"]
    assert (figure["value"], figure["people"]) == (1.0, NOT_MEASURED)


def test_trials_and_two_judges_say_how_far_they_agree(run: Path) -> None:
    with endpoint(fitting) as server:
        found = judging(run, server.url, "--trials", "2", "--judge", "openai:other")
    assert "the same label in every trial on 100% of the items" in found.output
    assert "openai:m prompt 1 x2 and openai:other prompt 1 x2: kappa" in found.output
    assert len(copies(run)) == 2


@pytest.mark.parametrize(
    ("reply", "said"), [("fail", "status 500"), ("page", "not its protocol")], ids=["fails", "a page"]
)
def test_a_server_that_fails_ends_it_and_what_was_written_stays(run: Path, reply: str, said: str) -> None:
    with endpoint(fitting) as server:
        judging(run, server.url)
    (copy,) = copies(run)
    before, broken = copy.read_bytes(), _always(reply)
    with endpoint(broken) as server:
        found = judging(run, server.url, "--limit", "1", "--trials", "1", "--home", str(run.parent / "other"))
    assert isinstance(found.exception, BackendFailed)
    assert "goes on from here" in found.exception.fix
    assert said in str(found.exception)
    assert copy.read_bytes() == before


def _always(reply: str) -> Callable[[str], str]:
    return lambda _: reply


def test_words_that_are_no_label_are_counted_and_never_averaged(run: Path) -> None:
    with endpoint(lambda _: "Sure, it is fine.") as server:
        found = judging(run, server.url)
    assert "no verdict: 6 no label in the reply" in found.output
    (copy,) = copies(run)
    figure = json.loads(copy.read_text())["packs"]["team"]["metrics"]["judge_correct@openai:m prompt 1"]
    assert (figure["value"], figure["n"]) == (None, 0)


@pytest.mark.parametrize("url", ["not-a-url", "ftp://here/v1", "http:///v1"])
def test_an_address_that_is_none_is_named(run: Path, url: str) -> None:
    found = judging(run, url)
    assert isinstance(found.exception, BadInput)
    assert url in str(found.exception)
