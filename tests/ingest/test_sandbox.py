"""A bad file costs one document and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ingest.readers.base import Candidate, Limits, look_at
from ingest.sandbox import ReaderPool
from rag.domain.errors import (
    BackendFailed,
    LimitExceeded,
    ReaderCrashed,
    ReaderStopped,
    UnreadableSource,
    UnsupportedFormat,
)

pytestmark = pytest.mark.slow  # each starts processes

SMALL = Limits(
    file_bytes=2 * 2**20,
    cpu_seconds=1,
    wall_seconds=4,
    memory_bytes=64 * 2**20,
    text_chars=1000,
    archive_bytes=2 * 2**20,
)
Make = Callable[..., Candidate]


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(1, limits=SMALL, readers="tests.ingest.hostile") as pool:
        yield pool


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(name: str, text: str = "some words\n") -> Candidate:
        (tmp_path / name).write_text(text)
        return look_at(tmp_path / name, f"folder/{name}")

    return write


def reads(pool: ReaderPool, make: Make) -> str:
    return pool.read(make("fine.txt"))[0].text


def pid(pool: ReaderPool, make: Make) -> str:
    return pool.read(make("where.print"))[0].text.rpartition(" ")[2]


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("a.crash", ReaderCrashed, "crashed (SIGSEGV)"),
        ("a.killed", ReaderStopped, "want of memory"),
        ("a.eat", ReaderStopped, "more than 64 MiB of memory"),
        ("a.raise", UnreadableSource, "RuntimeError: a parser's own error"),
        ("a.nest", LimitExceeded, "nested too deeply"),
        ("a.network", UnreadableSource, "may not use the network"),
        ("a.wrong", ReaderCrashed, "a mark at 99 of 5"),
        pytest.param("a.leave", ReaderCrashed, "exit code 3", marks=pytest.mark.slow),
        pytest.param("a.write", UnreadableSource, "File too large", marks=pytest.mark.slow),
        pytest.param("a.spin", ReaderStopped, "more than 1 s of processor time", marks=pytest.mark.slow),
        pytest.param("a.sleep", ReaderStopped, "took longer than 4 s", marks=pytest.mark.slow),
        pytest.param("a.group", ReaderStopped, "took longer than 4 s", marks=pytest.mark.slow),
    ],
)
def test_a_misbehaving_reader_fails_its_file_alone(
    pool: ReaderPool, make: Make, name: str, kind: type[UnreadableSource], says: str
) -> None:
    with pytest.raises(kind) as caught:
        pool.read(make(name))
    assert caught.value.what.startswith(f"folder/{name}")
    assert says in caught.value.what
    assert caught.value.fix
    assert type(caught.value) is kind
    assert reads(pool, make) == "some words\n"


@pytest.mark.slow
def test_text_without_end_is_cut_off(make: Make) -> None:
    patient = replace(SMALL, cpu_seconds=60, wall_seconds=120)  # a slow machine must not run into these first
    with ReaderPool(1, limits=patient, readers="tests.ingest.hostile") as pool, pytest.raises(ReaderStopped) as caught:
        pool.read(make("a.endless"))
    assert "more text than one file may" in caught.value.what


def test_what_a_library_prints_does_not_run_into_the_result(pool: ReaderPool, make: Make) -> None:
    assert pool.read(make("a.print"))[0].text.startswith("folder/a.print was read by")


def test_files_a_reader_left_behind_are_gone_before_the_next_file(pool: ReaderPool, make: Make) -> None:
    pool.read(make("a.litter"))
    pool.read(make("b.litter"))


def test_the_process_knows_no_secret_of_ours(pool: ReaderPool, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_LLM_API_KEY", "secret")
    with pytest.raises(UnreadableSource):
        pool.read(make("a.raise"))  # the next process starts with the new environment
    assert "TEAMLORE_LLM_API_KEY" not in pool.read(make("a.secrets"))[0].text


def test_a_long_text_is_cut_at_the_limit_and_says_so(pool: ReaderPool, make: Make) -> None:
    (parsed,) = pool.read(make("long.txt", "word " * 1000))
    assert len(parsed.text) == 1000
    assert parsed.notes == ("Only the first 1,000 of 5,000 characters were kept.",)


def test_what_is_too_large_missing_or_no_file_never_reaches_a_process(
    pool: ReaderPool, make: Make, tmp_path: Path
) -> None:
    with pytest.raises(LimitExceeded, match="is larger than 2 MiB"):
        pool.read(make("one-line.txt", "x" * (2 * 2**20 + 1)))
    with pytest.raises(UnreadableSource, match="No such file"):
        pool.read(Candidate(path=tmp_path / "gone.txt", relative="gone.txt"))
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadableSource, match="no ordinary file"):
        pool.read(Candidate(path=tmp_path / "pipe.txt", relative="pipe.txt"))


def test_a_file_nobody_reads_is_an_unsupported_format_that_says_what_it_looks_like(tmp_path: Path) -> None:
    (tmp_path / "clip.xyz").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    with ReaderPool(1) as pool, pytest.raises(UnsupportedFormat) as caught:
        pool.read(look_at(tmp_path / "clip.xyz", "clip.xyz"))
    assert caught.value.what == "clip.xyz: no reader for .xyz; it looks like a PNG image."
    assert ".md" in caught.value.fix


def test_a_process_goes_on_after_a_refusal_and_is_replaced_after_its_share(make: Make) -> None:
    with ReaderPool(1, readers="tests.ingest.hostile", files_per_child=4) as pool:
        first = pid(pool, make)
        with pytest.raises(UnreadableSource, match="is empty"):
            pool.read(make("empty.txt", ""))
        assert pid(pool, make) == first
        reads(pool, make)
        assert pid(pool, make) != first


def test_map_gives_every_candidate_its_text_or_its_trouble(pool: ReaderPool, make: Make) -> None:
    candidates = [make(f"{n}.txt", f"text {n}") for n in range(20)] + [make("bad.raise"), make("empty.txt", "")]
    found = {candidate.relative: outcome for candidate, outcome in pool.map(iter(candidates))}
    assert len(found) == 22
    for n in range(20):
        outcome = found[f"folder/{n}.txt"]
        assert not isinstance(outcome, UnreadableSource)
        assert outcome[0].text == f"text {n}"
    assert isinstance(found["folder/bad.raise"], UnreadableSource)
    assert isinstance(found["folder/empty.txt"], UnreadableSource)


def test_map_reads_only_a_few_candidates_ahead_and_may_be_left_early(pool: ReaderPool, make: Make) -> None:
    taken: list[int] = []

    def endless() -> Iterator[Candidate]:
        candidate = make("same.txt")
        while True:
            taken.append(1)
            yield candidate

    for _ in zip(range(3), pool.map(endless()), strict=False):
        pass
    assert len(taken) <= 3 + 4 * 1 + 1


def test_many_threads_share_one_pool(make: Make) -> None:
    candidates = [make(f"{n}.txt", f"text {n}") for n in range(40)]
    with ReaderPool(2) as pool, ThreadPoolExecutor(8) as threads:
        texts = [parsed[0].text for parsed in threads.map(pool.read, candidates)]
    assert texts == [f"text {n}" for n in range(40)]


def test_a_closed_pool_leaves_no_process_and_no_folder_and_says_that_it_is_closed(make: Make) -> None:
    folders = set(Path(tempfile.gettempdir()).glob("teamlore-read-*"))
    pool = ReaderPool(1, readers="tests.ingest.hostile")
    child = int(pid(pool, make))
    pool.close()
    assert not psutil.pid_exists(child)
    assert set(Path(tempfile.gettempdir()).glob("teamlore-read-*")) <= folders
    with pytest.raises(BackendFailed, match="stopped"):
        reads(pool, make)


def test_closing_ends_a_read_under_way_without_blaming_its_file(make: Make) -> None:
    pool = ReaderPool(1, readers="tests.ingest.hostile")
    reads(pool, make)
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(pool.read, make("long.sleep"))
        time.sleep(0.1)
        pool.close()
        with pytest.raises(BackendFailed, match="stopped"):
            under_way.result(timeout=10)


PARENT = """
import sys, threading, time
from pathlib import Path
from ingest.readers.base import look_at
from ingest.sandbox import ReaderPool
pool = ReaderPool(1, readers="tests.ingest.hostile")
first, then = (Path(name) for name in sys.argv[1:])
print(pool.read(look_at(first, first.name))[0].text, flush=True)
pool.read(look_at(then, then.name))
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("then", ["idle.txt", "busy.sleep"])
def test_a_process_ends_when_its_parent_is_killed(make: Make, then: str) -> None:
    command = [sys.executable, "-c", PARENT, str(make("where.print").path), str(make(then).path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline().split()[-1])
        time.sleep(0.3)
        assert psutil.pid_exists(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
