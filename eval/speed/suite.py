"""What is timed: embedding, ingest, search, answers, start-up; each beside a plain way of doing it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psutil

from eval.runs.baselines import tokens
from eval.runs.places import EVERYTHING
from eval.speed.exact import Exact, read_all, run_python
from eval.speed.timing import Measured, Step, Timing, in_turn, timing
from rag.domain.errors import BackendFailed
from rag.domain.ports import Embedder
from rag.domain.services import Services
from rag.domain.types import Matrix, Query, Question

SHOWN = 10
BATCH = 32
SPACE = "speed"
READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is put to it; of the questions the first `repeats`."""

    embedder: Embedder
    questions: Sequence[str]
    passages: Sequence[str]
    repeats: int


def each(call: Callable[[str], object], questions: Sequence[str]) -> list[Step]:
    return [partial(call, question) for question in questions]


def embedding(subject: Subject, bare: Callable[[Sequence[str]], Matrix]) -> Iterator[Measured]:
    """`bare`: the same model without what stands around it."""
    embed, asked = subject.embedder.embed, subject.questions[: subject.repeats]
    ours, theirs = in_turn(each(lambda q: embed([q]), asked), each(lambda q: bare([q]), asked))
    yield Measured(what="a question embedded", ours=ours, reference="bare ONNX", theirs=theirs, goal="3 ms")
    starts = range(0, max(1, min(len(subject.passages), subject.repeats * BATCH // 4) - BATCH + 1), BATCH)
    batches = [subject.passages[start : start + BATCH] for start in starts]
    ours, theirs = in_turn([partial(embed, one) for one in batches], [partial(bare, one) for one in batches])
    yield Measured(
        what=f"{len(batches[0])} passages embedded",
        ours=ours,
        reference="bare ONNX, one core",
        theirs=theirs,
        rate=f"{len(batches[0]) * 1000 / ours.p50:.0f} passages/s",
        goal="100 passages/s",
    )


def ingest(services: Services, folder: Path, repeats: int) -> Iterator[Measured]:
    """The first ingest of a folder happens once; that of the unchanged one `repeats` times."""
    started = time.perf_counter()
    report = services.ingestor.ingest([folder], space=SPACE)
    first = timing([(time.perf_counter() - started) * 1000])
    reading, size = [], 0
    for _ in range(repeats):
        started = time.perf_counter()
        size = read_all(folder)
        reading.append((time.perf_counter() - started) * 1000)
    rate = f"{size / first.p50 / 1000:.3g} MB/s, {report.chunks * 1000 / first.p50:.0f} chunks/s"
    yield Measured(what="first ingest", ours=first, reference="reading the files", theirs=timing(reading), rate=rate)
    again = partial(services.ingestor.ingest, [folder], space=SPACE)
    ours, theirs = in_turn([again] * repeats, [partial(read_all, folder)] * repeats)
    yield Measured(
        what="ingest, nothing changed",
        ours=ours,
        reference="reading the files",
        theirs=theirs,
        rate=f"{report.files * 1000 / ours.p50:.0f} files/s",
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
    goal = "15 / 40 ms at 57,000 passages"
    yield Measured(what="search", ours=ours, reference="embed + exact numpy", theirs=theirs, goal=goal)
    ours, theirs = in_turn(
        each(lambda q: search(Query(text=q, access=EVERYTHING), SHOWN), asked),
        each(lambda q: reference.matching(tokens([q])[0], SHOWN), asked),
    )
    yield Measured(what="search", ours=ours, reference="bm25s", theirs=theirs, goal=goal)
    answer = services.answerer.answer
    ours, theirs = in_turn(
        each(lambda q: answer(Question(query=Query(text=q, access=EVERYTHING))), asked),
        each(lambda q: reference.nearest(subject.embedder.embed([q])[0], SHOWN), asked),
        warmup=2,
    )
    yield Measured(
        what="a cited answer", ours=ours, reference="embed + exact numpy", theirs=theirs, goal="80 / 200 ms, extractive"
    )


def starting(home: Path, question: str, repeats: int) -> Iterator[Measured]:
    """Fresh processes. `home` must be closed."""
    empty = [partial(run_python, "-c", "pass")] * repeats
    for what, arguments, goal in (
        ("teamlore --help", ("--help",), "0.5 s"),
        ("teamlore ask, no service", ("--home", str(home), "ask", question), "3 s at 20,000 chunks"),
    ):
        ours, theirs = in_turn([partial(run_python, "-m", "rag.cli", *arguments)] * repeats, empty)
        yield Measured(what=what, ours=ours, reference="an empty Python process", theirs=theirs, goal=goal)
    ours, theirs = in_turn([partial(serve_until_ready, home)] * repeats, empty, warmup=0)
    goal = "10 s at 100,000 chunks"
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


def memory() -> Timing:
    """Mebibytes that this process holds now."""
    held = psutil.Process().memory_info().rss / 2**20
    return Timing(p50=held, p95=held, n=1)
