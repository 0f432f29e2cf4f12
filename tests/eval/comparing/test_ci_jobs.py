"""The jobs that docs/evaluation-ci.md shows, run as a runner would: their commands, in bash, in a checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "evaluation-ci.md"


def documented(job: str) -> dict[str, Any]:
    found = re.search(rf"<!-- job: {job} -->\n```yaml\n(.*?)```", PAGE.read_text(), re.S)
    assert found
    return dict(yaml.safe_load(found[1]))


def commands(job: str) -> list[str]:
    if job == "gitlab":
        return [*documented(job)["gate"]["before_script"], *documented(job)["gate"]["script"]]
    return [step["run"] for step in documented(job)["jobs"]["gate"]["steps"] if "run" in step]


def test_the_jobs_have_what_their_runners_ask_for() -> None:
    github = documented("github")
    assert github[True] == ["pull_request"]  # YAML 1.1 reads `on` so
    assert github["jobs"]["gate"]["runs-on"]
    assert all(("run" in step) != ("uses" in step) for step in github["jobs"]["gate"]["steps"])
    assert documented("gitlab")["gate"]["artifacts"]["reports"]["junit"] == "build/junit.xml"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team's repository with its pack and an accepted baseline, made by the page's first block."""
    root = tmp_path_factory.mktemp("ci") / "checkout"
    shutil.copytree(ROOT / "examples", root / "questions")
    questions = root / "questions" / "questions.jsonl"  # half of them: enough for a regression to be told from chance
    questions.write_text("".join(questions.read_text().splitlines(keepends=True)[::2]))
    first = re.search(r"```bash\n(.*?)```", PAGE.read_text(), re.S)
    assert first
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    assert bash(root, first[1]) == 0
    shutil.rmtree(root / "build")
    return root


def bash(root: Path, script: str, code: Path | None = None) -> int:
    """As runners do: every line must succeed. `pip install` is done already; `code`: of another teamlore than this."""
    wanted = "\n".join(line for line in script.splitlines() if not line.startswith("pip install"))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TEAMLORE_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TEAMLORE_HOME": str(root.parent / "home"),
        **({"PYTHONPATH": str(code)} if code else {}),
        "GITHUB_STEP_SUMMARY": str(root.parent / "summary.md"),
    }
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", wanted],
        cwd=root,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    (root.parent / "log").write_text(ran.stdout + ran.stderr)
    return ran.returncode


def run_job(checkout: Path, job: str, folder: Path, code: Path | None = None) -> int:
    """Each step in a shell of its own; of GitHub's, those after a failure that say `always`."""
    shutil.copytree(checkout, folder)
    codes = [0]
    for step in commands(job):
        if not any(codes) or "GITHUB_STEP_SUMMARY" in step:
            codes.append(bash(folder, step, code))
    return max(codes)


@pytest.mark.parametrize("job", ["github", "gitlab"])
def test_an_unchanged_project_passes(checkout: Path, tmp_path: Path, job: str) -> None:
    assert run_job(checkout, job, tmp_path / "checkout") == 0
    assert "no regression" in log(tmp_path) or "GITHUB" in commands(job)[-1]
    assert (tmp_path / "checkout" / "build" / "junit.xml").is_file()
    assert (tmp_path / "summary.md").is_file() == (job == "github")


def test_a_corpus_that_lost_its_documents_fails_and_its_questions_are_named(checkout: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(checkout, broken)
    lost = sorted(path for path in (broken / "questions" / "knowledge").rglob("*") if path.is_file())
    for path in lost[::2]:
        path.unlink()
    assert run_job(broken, "gitlab", tmp_path / "checkout") == 4
    said = log(tmp_path)
    assert "Regression: " in said
    assert re.search(r"data: .*corpus of questions", said)
    assert re.search(r"questions got worse:\n  questions/\S+: ", said)


def test_a_chunker_that_loses_how_documents_begin_fails(checkout: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    for package in ("rag", "ingest", "eval"):
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    chunker = code / "ingest" / "chunking" / "chunker.py"
    whole = "outline, spans, ruler)\n\n\ndef _places"
    assert whole in chunker.read_text()
    beheaded = whole.replace("spans", "spans[1:] or [(spans[0][0], spans[0][0] + 1)]")
    chunker.write_text(chunker.read_text().replace(whole, beheaded))
    assert run_job(checkout, "gitlab", tmp_path / "checkout", code) == 4
    said = log(tmp_path)
    assert re.search(r"code: .*ingest", said)
    assert re.search(r"Regression: questions, evidence_hit@5: .* questions that rest on \d+ passages", said)
    assert re.search(r"questions got worse:\n  questions/\S+: ", said)


def log(folder: Path) -> str:
    return (folder / "log").read_text()
