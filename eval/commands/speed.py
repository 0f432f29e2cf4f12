"""`teamlore eval speed`."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from eval.commands.common import Questions, check_out, wide_console, write_json
from eval.packs.loading import Pack, load_packs
from eval.progress import Narrator
from eval.runs.home_pack import open_to_read
from eval.runs.record import machine
from eval.runs.runner import closing_services, isolated, open_embedder, open_services
from eval.speed.embedding import Subject, beside_torch, embedding, open_torch, stored_passages
from eval.speed.exact import exact
from eval.speed.generated import generate, write
from eval.speed.homes import SPACE, Growth, grow, served, stage_packs
from eval.speed.recall import measured_recall
from eval.speed.searches import alone, cases, hits, while_ingesting
from eval.speed.shelves import Shelf
from eval.speed.suite import ingest, memory, searching, starting
from eval.speed.timing import Figure, Measured
from rag.domain.ports import Embedder
from rag.domain.services import Services
from rag.domain.types import Matrix
from rag.settings import Settings

SomePacks = Annotated[list[Path] | None, typer.Argument(metavar="[PACK]...", help="ingest and ask these")]
QUICK, FULL = 300, 3_000  # generated passages
IN_MEMORY = 100_000  # passages: beyond, nothing is compared with plain search that holds all of them twice
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="ask this home, read-only, instead of making one")]
Keep = Annotated[Path | None, typer.Option(metavar="DIR", help="make the home here and keep it; ask it if it is there")]
Passages = Annotated[
    int | None, typer.Option(min=50, metavar="N", help="so many generated; of packs or a home, changed copies up to N")
]
Folder = Annotated[Path | None, typer.Option(metavar="DIR", help="ingest this folder instead of a generated one")]
Quick = Annotated[
    bool, typer.Option("--quick/--full", help="10 repeats, 300 passages, 100 questions; or 40, 3,000, all")
]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="write the figures as JSON")]
Row = Measured | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    passages: int | None  # asked for
    full: bool
    home: Path | None
    keep: Path | None
    folder: Path | None
    packs: Sequence[Pack]

    @property
    def repeats(self) -> int:
        return 40 if self.full else 10

    @property
    def grows(self) -> bool:
        """What is measured are copies of what packs or a home hold."""
        return self.passages is not None and bool(self.packs or self.home)

    @property
    def generated(self) -> int:
        return FULL if self.full else QUICK if self.grows or self.passages is None else self.passages

    @property
    def corpus(self) -> str:
        packs = ", ".join(pack.name for pack in self.packs)
        named = str(self.home or self.folder or packs or f"{self.generated} generated passages")
        return f"{self.passages} passages, copied with changes from {named}" if self.grows else named

    @property
    def questions(self) -> tuple[str, ...]:
        """Of the packs, in their order; without packs none."""
        return tuple(sample.question for pack in self.packs for sample in pack.samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run has in hand."""

    plan: Plan
    root: Path  # a temporary folder
    embedder: Embedder
    settings: Settings
    narrator: Narrator

    @property
    def home(self) -> Path:
        return self.plan.keep or self.root / "home"


def speed(
    packs: SomePacks = None,
    questions: Questions = "",
    home: Home = None,
    keep: Keep = None,
    passages: Passages = None,
    folder: Folder = None,
    quick: Quick = True,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Embedding, ingest, search, answers, start-up and memory, each beside a plain way of doing about the same."""
    check_out(out)
    loaded = load_packs(packs, questions=questions) if packs else ()
    plan = Plan(passages=passages, full=not quick, home=home, keep=keep, folder=folder, packs=loaded)
    load = os.getloadavg()[0]
    rows = list(_measured(plan, Narrator()))
    result = {
        "measures": [_times(row) for row in rows if isinstance(row, Measured)],
        "figures": [_figure(row) for row in rows if isinstance(row, Figure)],
        "corpus": plan.corpus,
        "machine": {**machine(), "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2)},
    }
    if out:
        write_json(out, result)
    if as_json:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    else:
        _show(rows, result)


def _measured(plan: Plan, narrator: Narrator) -> Iterator[Row]:
    settings = isolated(plan.home or Path())
    narrator.say("model")
    with tempfile.TemporaryDirectory(prefix="teamlore-speed-") as root:
        embedder = open_embedder(settings)
        work = Work(plan=plan, root=Path(root), embedder=embedder, settings=settings, narrator=narrator)
        if plan.home and not plan.grows:
            asked_home = plan.home
            with closing_services(open_to_read(asked_home)) as services:
                yield from _asked(work, services)
        else:
            asked_home = work.home
            yield from _made(work)
            with served(asked_home, embedder, narrator) as services:
                yield from _asked(work, services)
        narrator.say("start-up")
        question = (plan.questions or generate(50).questions)[0]
        yield from starting(asked_home, question, 5 if plan.full else 2)


def _made(work: Work) -> Iterator[Row]:
    """The home that is measured, unless it was kept from a run before."""
    plan = work.plan
    if (work.home / "registry.sqlite").is_file():
        work.narrator.say(f"{work.home} is asked as it is")
        return
    base = plan.home or (work.root / "base" if plan.grows else work.home)
    if base != plan.home:
        base.mkdir(parents=True, exist_ok=True)
        shelves = _shelves(work)
        with closing_services(open_services(base)) as services, work.narrator.steps("ingest") as step:
            yield from ingest(services, shelves, min(plan.repeats, 10), step)
    if plan.grows:
        records = (record for pack in plan.packs if pack.layout == "beir" for record in pack.records())
        growth = Growth(base=base, groups={one.id: one.group for one in records}, passages=plan.passages or 0)
        yield from grow(work.home, growth, work.embedder, work.narrator)


def _shelves(work: Work) -> list[Shelf]:
    if work.plan.packs:
        return stage_packs(work.plan.packs, work.root / "corpus")
    folder = work.plan.folder or work.root / "corpus"
    if not work.plan.folder:
        write(generate(work.plan.generated), folder)
    return [Shelf(space=SPACE, kind="", folder=folder)]


def _asked(work: Work, services: Services) -> Iterator[Row]:
    """Memory is told before what is heavy is loaded to compare with: plain search, torch."""
    plan, say = work.plan, work.narrator.say
    questions = plan.questions or generate(plan.generated, questions=plan.repeats).questions
    some = questions[:: max(1, len(questions) // (5 * plan.repeats))][: 5 * plan.repeats]
    say("search")
    narrowed = cases(services.catalog)
    yield from alone(services, some, narrowed)
    yield from measured_recall(services, work.embedder, some)
    for pack in plan.packs:
        if pack.layout == "beir":
            yield from hits(services, pack, len(pack.samples) if plan.full else 100, work.narrator)
    if plan.home is None or plan.grows:
        say("search while ingesting")
        busy = work.root / "busy"
        write(generate(plan.generated, seed=int(time.time())), busy)  # another one for a home that is kept
        yield from while_ingesting(services, some, narrowed, busy)
    yield from memory()
    passages = stored_passages(services.catalog, plan.repeats * 8)
    subject = Subject(embedder=work.embedder, questions=some, passages=passages, repeats=plan.repeats)
    if services.catalog.counts()["chunks"] <= IN_MEMORY:
        say("search and answers beside plain ones")
        yield from searching(services, subject, exact(services.catalog, work.embedder.fingerprint))
    say("embedding")
    yield from embedding(subject, bare_model(work.settings, work.embedder))
    yield from beside_torch(subject, open_torch(work.settings))


def bare_model(settings: Settings, embedder: Embedder) -> Callable[[Sequence[str]], Matrix]:
    """The exported graph in an ONNX session of one thread; with another backend, the embedder itself."""
    from rag.models.source import INT8, open_source
    from rag.models.tokens import TokenCounter

    source = open_source(settings.embedder, settings.models)
    path = settings.models / f"{source.name}-{source.fingerprint(INT8)}" / "model.onnx"
    if settings.embedder_backend != "onnx" or not path.is_file():
        return embedder.embed
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    tokens = TokenCounter(source)

    def embed(texts: Sequence[str]) -> Matrix:
        rows = [session.run(None, {"ids": np.array([ids], dtype=np.int64)})[0][0] for ids in tokens.ids(texts)]
        return np.asarray(rows, dtype=np.float32)

    return embed


def _times(row: Measured) -> dict[str, Any]:
    theirs = row.theirs and {"p50": round(row.theirs.p50, 4), "p95": round(row.theirs.p95, 4), "n": row.theirs.n}
    return {
        "what": row.what,
        "ms": {"p50": round(row.ours.p50, 3), "p95": round(row.ours.p95, 3), "n": row.ours.n},
        "reference": row.reference,
        "reference_ms": theirs,
        "ratio": None if row.ratio is None else round(row.ratio, 3),
        "rate": row.rate,
        "goal": row.goal,
    }


def _figure(row: Figure) -> dict[str, Any]:
    return {"what": row.what, "value": round(row.value, 4), "unit": row.unit, "goal": row.goal}


def _show(rows: Sequence[Row], result: dict[str, Any]) -> None:
    times = Table(title=f"speed on {result['corpus']}", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("what", "p50 ms", "p95 ms", "goal", "ratio", "beside"):
        times.add_column(heading, justify="right" if heading.endswith("ms") or heading == "ratio" else "left")
    figures = Table("what", "value", "goal", box=SIMPLE_HEAD)
    for row in rows:
        if isinstance(row, Figure):
            value = f"{row.value:.3f}" if row.value <= 1 else f"{row.value:,.0f}"
            figures.add_row(row.what, f"{value} {row.unit}", row.goal)
            continue
        what = f"{row.what}: {row.rate}" if row.rate else row.what
        beside = f"{row.reference}, {row.theirs.p50:.2f} ms" if row.theirs else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        times.add_row(what, f"{row.ours.p50:.2f}", f"{row.ours.p95:.2f}", row.goal, ratio, beside)
    console, its = wide_console(), result["machine"]
    console.print(times)
    console.print(figures)
    console.print("p50, p95: the median, and what 95 % stay below. goal: on two cores of a quiet machine.", style="dim")
    console.print("ratio: our median over that of what stands beside it; below 1 ours is faster.", style="dim")
    console.print(f"{its['cores']} cores, load {its['load_before']} before and {its['load_after']} after", style="dim")
