"""A real process that is killed in the middle of a run, and the same command again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from eval.runs.folder import PARTIAL, load_run

pytestmark = pytest.mark.slow
MEASURED = ("latency_ms", "timings_ms", "first_statement_ms")
# The command itself, with the fake embedder so that no model is needed, and slow enough to be caught. What its code is
# is read in an empty folder: an edit to the checkout while the test runs would rightly make it another run.
SCRIPT = """
import signal, sys, tempfile, time
from pathlib import Path
from eval import app
from eval.runs import record, runner
from eval.runs.asking import Asking
from tests.eval.runs.test_served_path import open_with_words

ask = Asking.item
def slowly(self, pack, sample):
    time.sleep(float(sys.argv[1]))
    return ask(self, pack, sample)
Asking.item = slowly
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a background job
record.ROOT = Path(tempfile.mkdtemp())
runner.Evaluation.__init__.__kwdefaults__["open_home"] = open_with_words
app.app(sys.argv[2:])
"""


def begin(pack: Path, folder: Path, pause: float = 0.0) -> subprocess.Popen[bytes]:
    words = ["answers", str(pack), "--run", str(folder)]
    environment = {**os.environ, "TEAMLORE_HOME": str(folder.parent / "home")}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(pause), *words],
        cwd=Path(__file__).parents[3],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def until_asked(folder: Path, process: subprocess.Popen[bytes], items: int) -> None:
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up and process.poll() is None:
        path = folder / PARTIAL
        if path.exists() and path.read_bytes().count(b'"n": ') >= items:
            return
        time.sleep(0.02)
    process.kill()
    raise AssertionError(process.communicate()[0].decode())


def items(folder: Path) -> list[dict[str, Any]]:
    found = load_run(folder)["packs"]["tiny-team"]["items"]
    return [{name: value for name, value in item.items() if name not in MEASURED} for item in found]


def test_a_killed_run_is_gone_on_with_and_equals_one_that_was_not(tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = begin(tree, folder, pause=0.5)
    until_asked(folder, process, 1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (folder / "run.json").exists()
    again = begin(tree, folder)
    told = again.communicate()[0].decode()
    assert again.returncode == 0, told
    assert "asked before; going on from there" in told
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "run.json"]
    assert load_run(folder)["pieces"] == 2
    whole = begin(tree, tmp_path / "whole")
    whole.communicate()
    assert items(folder) == items(tmp_path / "whole")
    assert json.loads((folder / "run.json").read_text())["id"] == "run"


def test_ctrl_c_keeps_what_was_asked_and_says_how_to_go_on(tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = begin(tree, folder, pause=0.5)
    until_asked(folder, process, 1)
    process.send_signal(signal.SIGINT)
    told = process.communicate()[0].decode()
    assert process.returncode == 130
    assert f"--run {folder}" in told
    assert [path.name for path in folder.iterdir()] == [PARTIAL]
