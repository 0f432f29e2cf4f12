"""Runs that are stopped and gone on with, on the service in memory; a real kill is in test_killed.py."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from eval.packs.loading import load_packs
from eval.progress import Narrator
from eval.runs.folder import PARTIAL
from eval.runs.partial import Begun, Partial, open_partial
from eval.runs.results import run_json
from eval.runs.runner import Evaluation, Run
from rag.domain.errors import BadInput, Conflict
from rag.domain.services import Services
from rag.domain.types import Query, SearchHit
from rag.settings import Settings
from tests.eval.bench import Bench, opened

BEGUN = Begun(id="r", started="2026-01-01T00:00:00+00:00", identity={"command": "retrieval", "settings": {"llm": "x"}})
QUIET = Narrator(Console(quiet=True))


class Stops(Bench):
    """Like Ctrl+C at the n-th search."""

    left = 2

    def search(self, query: Query, k: int) -> list[SearchHit]:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().search(query, k)


def evaluated(packs: list[Path], journal: Partial, open_home: Callable[[Path], Services] | None = None) -> Run:
    return Evaluation(command="retrieval", open_home=open_home or opened([]), narrator=QUIET, journal=journal).run(
        load_packs(packs)
    )


def items(run: Run) -> list[dict[str, Any]]:
    found = [item for pack in run_json(run, Settings())["packs"].values() for item in pack["items"]]
    return [{name: value for name, value in item.items() if name != "latency_ms"} for item in found]


def test_a_stopped_run_goes_on_where_it_was_and_equals_one_that_was_not(beir: Path, tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with open_partial(folder, BEGUN) as partial, pytest.raises(KeyboardInterrupt):
        evaluated([beir, tree], partial, lambda home: Stops(home).services())
    assert partial.asked == 2
    with (folder / PARTIAL).open("a") as file:
        file.write('{"pack": "tiny-te')  # the line that was being written
    benches: list[Bench] = []
    with open_partial(folder, replace(BEGUN, started="later")) as partial:
        resumed = evaluated([beir, tree], partial, opened(benches))
    assert (partial.pieces, partial.begun.started) == (2, BEGUN.started)
    assert partial.added == 4
    with open_partial(tmp_path / "other", BEGUN) as whole:
        assert items(resumed) == items(evaluated([beir, tree], whole))


def test_an_index_whose_questions_were_all_asked_is_not_made_again(beir: Path, tree: Path, tmp_path: Path) -> None:
    with open_partial(tmp_path, BEGUN) as partial:
        evaluated([beir, tree], partial)
    benches: list[Bench] = []
    with open_partial(tmp_path, BEGUN) as partial:
        run = evaluated([beir, tree], partial, opened(benches))
    assert (len(benches), partial.added) == (1, 0)  # the last one tells what the system is
    assert [one.ingest.files for one in run.packs] == [3, 2]


def test_another_run_is_not_gone_on_with_and_what_differs_is_named(tmp_path: Path) -> None:
    open_partial(tmp_path, BEGUN).close()
    other = replace(BEGUN, identity={"command": "retrieval", "settings": {"llm": "y"}})
    with pytest.raises(Conflict, match=r"settings\.llm: x → y"):
        open_partial(tmp_path, other)
    with pytest.raises(Conflict, match="command: retrieval → answers"):
        open_partial(tmp_path, replace(BEGUN, identity={**BEGUN.identity, "command": "answers"}))
    open_partial(tmp_path, BEGUN).close()


def test_a_finished_run_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(Conflict, match="is finished"):
        open_partial(tmp_path, BEGUN)


def test_two_processes_do_not_make_one_run(tmp_path: Path) -> None:
    with open_partial(tmp_path, BEGUN), pytest.raises(Conflict, match="another process"):
        open_partial(tmp_path, BEGUN)


def test_a_damaged_journal_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / PARTIAL).write_text("no json\n")
    with pytest.raises(BadInput, match="damaged"):
        open_partial(tmp_path, BEGUN)


def test_a_run_that_came_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    with open_partial(tmp_path / "run", BEGUN) as partial:
        partial.discard()
    assert list(tmp_path.iterdir()) == []


def test_words_with_line_separators_and_half_characters_survive(tmp_path: Path, tree: Path) -> None:
    with open_partial(tmp_path / "run", BEGUN) as partial:
        run = evaluated([tree], partial)
        odd = replace(run.packs[0].items[0], details={"text": "a\u2028b\x85c\ud800"})
        partial.keep_item("tiny-team", 0, odd)
    rows = (tmp_path / "run" / PARTIAL).read_bytes().split(b"\n")
    assert json.loads(rows[-2])["details"] == odd.details
    with open_partial(tmp_path / "run", BEGUN) as partial:
        assert partial.item("tiny-team", 0, odd.sample) == odd
