"""One writer: refused, named, taken over."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.domain.errors import HomeLocked, StorageFailed
from rag.registry.home import Home, is_locked, lock_home, read_owner

HOLD = """
import sys, time
from pathlib import Path
from rag.registry.home import Home, lock_home
lock = lock_home(Home(Path(sys.argv[1])), url=sys.argv[2])
print("held", flush=True)
time.sleep(60)
"""
Hold = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def hold(home: Home) -> Iterator[Hold]:
    """Another process that has the lock."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", HOLD, str(home.root), url]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_for_its_user_alone(home: Home) -> None:
    with lock_home(home, url="http://127.0.0.1:1"):
        assert [mode(path) for path in (home.root, home.indexes, home.originals)] == [0o700] * 3
        assert [mode(path) for path in (home.owner_file, home.lock_file)] == [0o600] * 2


def test_a_folder_with_things_in_it_keeps_its_mode(home: Home) -> None:
    home.root.mkdir(mode=0o755)
    (home.root / "notes.txt").touch()
    home.make()
    assert (mode(home.root), mode(home.indexes)) == (0o755, 0o700)


def test_the_owner_is_named_while_it_lives(home: Home) -> None:
    assert (read_owner(home), is_locked(home)) == (None, False)
    with lock_home(home) as lock:
        assert read_owner(home) == lock.owner
        lock.announce("http://127.0.0.1:9")
        owner = read_owner(home)
        assert owner is not None
        assert (owner.pid, owner.url, owner.token) == (os.getpid(), "http://127.0.0.1:9", lock.owner.token)
        assert len(owner.token) >= 32
    assert (read_owner(home), is_locked(home), home.owner_file.exists()) == (None, False, False)
    lock.release()


def test_a_note_of_an_owner_without_the_lock_is_not_believed(home: Home) -> None:
    home.make()
    home.lock_file.touch()
    home.owner_file.write_text(json.dumps({"pid": os.getpid(), "url": "http://x", "token": "t"}))
    assert read_owner(home) is None


@pytest.mark.slow
def test_a_second_writer_is_refused_while_the_first_goes_on_and_told_by_whom(home: Home, hold: Hold) -> None:
    other = hold("http://127.0.0.1:4711")
    with pytest.raises(HomeLocked) as refused:
        lock_home(home)
    assert other.poll() is None
    assert f"process {other.pid}" in refused.value.what
    assert "http://127.0.0.1:4711" in refused.value.what
    assert f"kill {other.pid}" in refused.value.fix
    owner = read_owner(home)
    assert owner is not None
    assert (owner.pid, owner.url) == (other.pid, "http://127.0.0.1:4711")


@pytest.mark.slow
def test_a_command_that_writes_is_named_without_an_address(home: Home, hold: Hold) -> None:
    other = hold("")
    with pytest.raises(HomeLocked, match=f"Process {other.pid} is writing"):
        lock_home(home)


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_taken_over_at_once(home: Home, hold: Hold) -> None:
    other = hold("http://127.0.0.1:4711")
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert read_owner(home) is None
    with lock_home(home) as lock:
        assert lock.owner.pid == os.getpid()


@pytest.mark.slow
def test_of_many_at_once_exactly_one_gets_it(home: Home) -> None:
    race = "import sys; sys.argv[1:] and None\n" + HOLD.replace("time.sleep(60)", "time.sleep(4)")
    command = [sys.executable, "-c", race, str(home.root), ""]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [racer.communicate() for racer in racers]
    assert sorted(out for out, _ in outputs) == ["", "", "", "held\n"]
    assert all("HomeLocked" in err for out, err in outputs if not out)


def test_where_nothing_can_be_written_the_message_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="TEAMLORE_HOME"):
        lock_home(Home(tmp_path / "file" / "home"))
