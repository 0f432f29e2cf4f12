"""Plans, the ledger, sources and watching at the command line."""

import contextlib
import io
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rag.cli.progress import progress_on, rest_of
from rag.cli.sources import interval_of, seconds_of
from rag.domain.errors import BadInput
from rag.domain.types import Progress
from tests.cli.parts import called, owner, real, started


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nWe use bf16.")
    (docs / "b.md").write_text("# B\n\nWe use fp8.")
    (docs / "x.bin").write_bytes(bytes(range(256)))
    return docs


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("2h", 7200), ("1d", 86400), ("90s", 90), ("off", 0)])
def test_an_interval_is_written_short(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
    assert seconds == 0 or seconds_of(interval_of(seconds)) == seconds


@pytest.mark.parametrize("wrong", ["", "m", "15", "-5m", "1.5h", "٣m", "often", "9999999d"])
def test_what_is_no_interval_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput):
        seconds_of(wrong)


def test_the_rest_of_the_way_is_told_in_bytes_and_time() -> None:
    step = Progress(stage="reading", done=1, total=2, bytes=3_100_000, bytes_total=40_000_000, seconds_left=130.4)
    assert rest_of(step) == "3.1 of 40.0 MB, 2:10 left"
    assert rest_of(Progress(stage="reading", done=1, total=2, seconds_left=3725)) == "1:02:05 left"
    assert rest_of(Progress(stage="looking", done=1, total=2)) == ""


def test_progress_is_plain_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.cli.progress.FIRST_SECONDS", 0.0)
    out = io.StringIO()
    with progress_on(Console(file=out)) as on_progress:
        on_progress(Progress(stage="reading", done=1, total=2, seconds_left=5))
        on_progress(Progress(stage="reading", done=2, total=2))
    assert out.getvalue() == "reading 1/2 0:05 left\n"


@pytest.mark.slow
def test_a_plan_makes_no_home_and_is_what_an_ingest_then_does(docs: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    planned = called("--home", home, "ingest", docs, "--plan", "--json")
    assert (planned.code, home.exists()) == (0, False)
    (plan,) = planned.json["sources"]
    assert (plan["added"], plan["skipped"]) == (["a.md", "b.md"], [{"file": "x.bin", "reason": "no reader for .bin"}])
    assert called("--home", home, "ingest", docs).code == 0
    (docs / "b.md").rename(docs / "c.md")
    (docs / "a.md").write_text("# A\n\nWe use fp16.")
    told = called("--home", home, "ingest", docs, "--plan").out
    assert "change    a.md" in told
    assert "move      b.md → c.md" in told
    assert called("--home", home, "ingest", docs, "--json").json["moved"] == 1


@pytest.mark.slow
def test_the_ledger_and_the_sources_are_shown_scheduled_synced_and_removed(docs: Path, tmp_path: Path) -> None:
    (docs / "broken.ipynb").write_text("{")
    home = ("--home", tmp_path / "home")
    assert called(*home, "ingest", docs).code == 1
    ledger = called(*home, "files", "--json").json
    assert ledger["counts"] == {"indexed": 2, "skipped": 1, "failed": 1}
    (failed,) = called(*home, "files", "--state", "failed", "--source", "docs", "--json").json["files"]
    assert (failed["file"], failed["reader"]) == ("broken.ipynb", "notebook")
    assert "broken.ipynb" in called(*home, "files").out
    assert called(*home, "files", "--state", "lost").code == 2
    assert called(*home, "files", "--source", "other").code == 2
    assert called(*home, "sources", "every", "docs", "15m").code == 0
    (source,) = called(*home, "sources", "--json").json["sources"]
    assert (source["every"], source["files"]["indexed"], source["root"]) == (900, 2, str(docs))
    assert "15m" in called(*home, "sources").out
    assert called(*home, "sources", "every", "docs", "1s").code == 2
    (docs / "broken.ipynb").unlink()
    (docs / "d.md").write_text("New")
    synced = called(*home, "sources", "sync", "docs", "--json")
    assert (synced.code, synced.json["synced"][0]["report"]["documents"]) == (0, 1)
    assert called(*home, "sources", "remove", "docs", "--yes").code == 0
    assert called(*home, "sources", "--json").json["sources"] == []
    assert called(*home, "search", "bf16", "--json").json["hits"] == []


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_watching_ingests_what_changes_until_it_is_stopped(docs: Path, tmp_path: Path, stop: signal.Signals) -> None:
    home = tmp_path / "home"
    with started("--home", home, "ingest", docs, "--watch", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        first: dict[str, Any] = json.loads(process.stdout.readline())
        assert first["documents"] == 2
        time.sleep(3)  # until it watches
        (docs / "new.md").write_text("# New\n\nOnly int8.")
        (docs / "a.md").unlink()
        changed = [json.loads(process.stdout.readline())]
        while sum(each["removed"] for each in changed) < 1 or sum(each["documents"] for each in changed) < 1:
            changed.append(json.loads(process.stdout.readline()))
        process.send_signal(stop)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert "the same command goes on from there" in process.stderr.read()
    found = called("--home", home, "files", "--state", "indexed", "--json").json["files"]
    assert [file["file"] for file in found] == ["b.md", "new.md"]


@pytest.mark.slow
def test_a_running_service_plans_watches_and_syncs_for_the_command_line(docs: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started("--home", home, "serve", "--any-port", cwd=tmp_path) as service:
        owner(home, service)
        give_up = time.monotonic() + 60
        while real("--home", home, "status", cwd=tmp_path).code and time.monotonic() < give_up:
            time.sleep(0.5)
        planned = real("--home", home, "ingest", docs, "--plan", "--json", cwd=tmp_path)
        assert planned.json["sources"][0]["added"] == ["a.md", "b.md"]
        assert real("--home", home, "ingest", docs, cwd=tmp_path).code == 0
        assert real("--home", home, "sources", "every", "docs", "1h", cwd=tmp_path).code == 0
        (docs / "c.md").write_text("# C\n\nText")
        synced = real("--home", home, "sources", "sync", "--json", cwd=tmp_path).json["synced"]
        assert synced[0]["report"]["documents"] == 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(service.pid, signal.SIGTERM)
        service.wait(60)
