"""What is timed: ingest, search, answers, start-up; each beside a plain way of doing it."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import httpx
import psutil

from eval.runs.baselines import tokens
from eval.runs.places import EVERYTHING
from eval.speed.embedding import Subject, each
from eval.speed.exact import Exact, read_all, run_python
from eval.speed.shelves import Shelf
from eval.speed.timing import Figure, Measured, in_turn, timing, took
from rag.domain.errors import BackendFailed
from rag.domain.ports import OnProgress
from rag.domain.services import Services
from rag.domain.types import IngestReport, Query, Question

SHOWN = 10
READY_SECONDS = 120.0


def ingest(services: Services, shelves: Sequence[Shelf], repeats: int, on_progress: OnProgress) -> Iterator[Measured]:
    """The first ingest happens once; that of the unchanged files `repeats` times."""

    def run() -> list[IngestReport]:
        return [
            services.ingestor.ingest([one.folder], space=one.space, kind=one.kind, on_progress=on_progress)
            for one in shelves
        ]

    def read() -> int:
        return sum(read_all(one.folder) for one in shelves)

    started = time.perf_counter()
    reports = run()
    first = timing([(time.perf_counter() - started) * 1000])
    chunks, files = sum(one.chunks for one in reports), sum(one.files for one in reports)
    reading = timing([took(read) for _ in range(repeats)])
    rate = f"{read() / first.p50 / 1000:.3g} MB/s, {chunks * 1000 / first.p50:.0f} passages/s"
    yield Measured(
        what=f"{chunks} passages ingested", ours=first, reference="reading the files", theirs=reading, rate=rate
    )
    ours, theirs = in_turn([run] * repeats, [read] * repeats)
    yield Measured(
        what="ingest, nothing changed",
        ours=ours,
        reference="reading the files",
        theirs=theirs,
        rate=f"{files * 1000 / ours.p50:.0f} files/s",
        goal="5,000 files/s",
    )


def searching(services: Services, subject: Subject, reference: Exact) -> Iterator[Measured]:
    asked = subject.questions[: subject.repeats]
    search = services.searcher.search
    ours, theirs = in_turn(
        each(lambda q: search(Query(text=q, access=EVERYTHING), SHOWN), asked),
        each(lambda q: reference.nearest(subject.embedder.embed([q])[0], SHOWN), asked),
        warmup=2,
    )
    yield Measured(what="search", ours=ours, reference="embed + exact numpy", theirs=theirs)
    ours, theirs = in_turn(
        each(lambda q: search(Query(text=q, access=EVERYTHING), SHOWN), asked),
        each(lambda q: reference.matching(tokens([q])[0], SHOWN), asked),
    )
    yield Measured(what="search", ours=ours, reference="bm25s", theirs=theirs)
    answer = services.answerer.answer
    ours, theirs = in_turn(
        each(lambda q: answer(Question(query=Query(text=q, access=EVERYTHING))), asked),
        each(lambda q: reference.nearest(subject.embedder.embed([q])[0], SHOWN), asked),
        warmup=2,
    )
    yield Measured(what="a cited answer", ours=ours, reference="embed + exact numpy", theirs=theirs, goal="80 / 200")


def starting(home: Path, question: str, repeats: int) -> Iterator[Measured]:
    """Fresh processes. `home` must be closed."""
    empty = [partial(run_python, "-c", "pass")] * repeats
    for what, arguments, goal in (
        ("teamlore --help", ("--help",), "500"),
        ("teamlore ask, no service", ("--home", str(home), "ask", question), "3,000 at 20,000"),
    ):
        ours, theirs = in_turn([partial(run_python, "-m", "rag.cli", *arguments)] * repeats, empty)
        yield Measured(what=what, ours=ours, reference="an empty Python process", theirs=theirs, goal=goal)
    ours, theirs = in_turn([partial(serve_until_ready, home)] * repeats, empty, warmup=0)
    goal = "10,000 at 100,000"
    yield Measured(
        what="serve until ready, and its end", ours=ours, reference="an empty Python process", theirs=theirs, goal=goal
    )


def serve_until_ready(home: Path) -> None:
    """Raises BackendFailed when the service ends before it is ready, or is not in time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "TEAMLORE_HOST": "127.0.0.1", "TEAMLORE_PORT": port}
    command = [sys.executable, "-m", "rag.cli", "--home", str(home), "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            _wait(child, f"http://127.0.0.1:{port}/ready")
        finally:
            child.terminate()


def _wait(child: subprocess.Popen[bytes], address: str) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and child.poll() is None:
        try:
            if httpx.get(address, timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:  # not listening yet
            pass
        time.sleep(0.02)
    raise BackendFailed("The service did not become ready.", fix="Start it by hand to see why: teamlore serve")


def memory() -> Iterator[Figure]:
    """Of this process: what it held at most, and now."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most = peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, KiB elsewhere
    goal = "2 GB at 57,000 passages, 8 GB at a million"
    yield Figure(what="resident memory, at most", value=most, unit="MiB", goal=goal)
    yield Figure(what="resident memory, now", value=psutil.Process().memory_info().rss / 2**20, unit="MiB")
