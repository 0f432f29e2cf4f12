"""Homes that are measured: served as the service serves them, made of packs, or grown out of another one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.packs.corpus import stage
from eval.packs.loading import Pack
from eval.progress import Narrator
from eval.runs.runner import isolated
from eval.speed.scaled import copies, fill, put_sources, read_base
from eval.speed.shelves import Shelf, shelve
from eval.speed.timing import Figure
from rag.domain.errors import BackendFailed
from rag.domain.ports import Embedder, OnProgress
from rag.domain.services import Services
from rag.domain.types import Progress

READY_SECONDS = 7200.0  # a million vectors are indexed in the background
POLL_SECONDS = 0.2
SPACE = "speed"
STAGES = {"registry": "written to the registry", "lexical index": "lexical index", "dense index": "dense index"}


@contextmanager
def served(home: Path, embedder: Embedder, narrator: Narrator) -> Iterator[Services]:
    """As a service opens it, once all its indexes are ready. Raises HomeLocked, BackendFailed."""
    from rag.main import build, open_home
    from rag.registry.home import lock_home

    settings = isolated(home)
    lock = lock_home(open_home(settings))
    try:
        services = build(settings, mode="serve", embedder=embedder)
        try:
            with narrator.steps("indexes") as step:
                wait_until_ready(services, step)
            yield services
        finally:
            services.close()
    finally:
        lock.release()


def wait_until_ready(services: Services, on_progress: OnProgress) -> None:
    end = time.monotonic() + READY_SECONDS
    while waiting := {name: one for name, one in services.indexes.health().items() if one["state"] != "ready"}:
        if time.monotonic() > end:
            raise BackendFailed(f"An index did not become ready: {waiting}.", fix="See `teamlore status`.")
        name, state = next(iter(waiting.items()))
        on_progress(Progress(stage=f"{name} {state['state']}", done=state["position"], total=state["count"]))
        time.sleep(POLL_SECONDS)


def stage_packs(packs: Sequence[Pack], target: Path) -> list[Shelf]:
    """Records on shelves, files as they are."""
    shelves: list[Shelf] = []
    for pack in packs:
        if pack.layout == "beir":
            shelves += shelve(pack, target / pack.name)
        else:
            stage(pack, target / pack.name)
            shelves.append(Shelf(space=SPACE, kind="", folder=target / pack.name))
    return shelves


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    base: Path  # a home whose passages and vectors are copied
    groups: Mapping[str, str]  # as eval.speed.scaled.read_base takes them
    passages: int


def grow(home: Path, growth: Growth, embedder: Embedder, narrator: Narrator) -> Iterator[Figure]:
    """Fill an empty home with that many passages and index them, each stage timed. Raises BackendFailed."""
    from rag.main import build

    narrator.say(f"reading {growth.base}")
    reader = build(isolated(growth.base), mode="read", embedder=embedder)
    base = read_base(reader.catalog, embedder.fingerprint, growth.groups)
    reader.close()
    home.mkdir(parents=True, exist_ok=True)
    services = build(isolated(home), embedder=embedder)
    began: dict[str, float] = {}
    with narrator.steps(f"{growth.passages} passages") as show:

        def step(progress: Progress) -> None:
            began.setdefault(progress.stage, time.perf_counter())
            show(progress)

        began["registry"] = time.perf_counter()
        documents = copies(base, put_sources(services.catalog))
        fill(services.catalog, documents, embedder.fingerprint, passages=growth.passages, on_progress=step)
        began["lexical index"] = time.perf_counter()
        services.indexes.catch_up(step)
    yield from _stages(began, growth.passages)
    services.close()
    yield from sizes(home)


def sizes(home: Path) -> Iterator[Figure]:
    """What it takes on disk."""
    places = {"registry": home.glob("registry.sqlite*"), "indexes": (home / "indexes").rglob("*")}
    for name, paths in places.items():
        held = sum(path.stat().st_size for path in paths if path.is_file())
        yield Figure(what=f"{name} on disk", value=held / 2**20, unit="MiB")


def _stages(began: Mapping[str, float], passages: int) -> Iterator[Figure]:
    ends = [*list(began.values())[1:], time.perf_counter()]
    for (stage_, start), end in zip(began.items(), ends, strict=True):
        yield Figure(what=f"{passages} passages, {STAGES.get(stage_, stage_)}", value=end - start, unit="s")
