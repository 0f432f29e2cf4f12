import threading
import time
from pathlib import Path

import pytest
from watchfiles import Change

from ingest.watch import MOST_PATHS, changed_paths, follow

ROOT = Path("/team/docs")


def batch(*paths: str) -> set[tuple[Change, str]]:
    return {(Change.modified, str(ROOT / path)) for path in paths}


def test_what_an_ingest_would_look_at_is_told_and_what_it_leaves_out_is_not() -> None:
    changed = batch("a.md", "x/b.md", ".hidden", "x/.cache/c", "node_modules/d.js", "__pycache__/e.pyc")
    assert changed_paths(changed, [ROOT]) == (ROOT / "a.md", ROOT / "x" / "b.md")
    assert changed_paths(batch(".git/index", ".git/objects/ab/cd"), [ROOT]) is None
    assert changed_paths(set(), [ROOT]) is None


def test_a_commit_a_flood_and_the_folder_itself_mean_that_anything_may_have_changed() -> None:
    assert changed_paths(batch(".git/logs/HEAD"), [ROOT]) == ()
    assert changed_paths(batch(*(f"{n}.md" for n in range(MOST_PATHS + 1))), [ROOT]) == ()
    assert changed_paths({(Change.deleted, str(ROOT))}, [ROOT]) == ()


@pytest.mark.slow
def test_changes_are_followed_until_it_is_told_to_stop(tmp_path: Path) -> None:
    stop, told = threading.Event(), list[tuple[Path, ...]]()

    def listen() -> None:
        told.extend(follow([tmp_path], stop=stop))

    thread = threading.Thread(target=listen)
    thread.start()
    give_up = time.monotonic() + 20
    while not told and time.monotonic() < give_up:
        time.sleep(0.05)
    assert told == [()]
    (tmp_path / "a.md").write_text("A")
    while len(told) < 2 and time.monotonic() < give_up:
        time.sleep(0.05)
    stop.set()
    thread.join(5)
    assert told[1:] == [(tmp_path / "a.md",)]
