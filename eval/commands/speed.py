"""`teamlore eval speed`."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from eval.commands.common import Questions, check_out, wide_console, write_json
from eval.packs.corpus import stage
from eval.packs.loading import Pack, load_packs
from eval.progress import Narrator
from eval.runs.home_pack import open_to_read
from eval.runs.record import machine
from eval.runs.runner import closing_services, isolated, open_embedder, open_services
from eval.speed.exact import exact
from eval.speed.generated import Generated, generate, write
from eval.speed.suite import Subject, embedding, ingest, memory, searching, starting
from eval.speed.timing import Measured
from rag.domain.ports import Embedder
from rag.domain.types import Matrix
from rag.settings import Settings

SomePacks = Annotated[list[Path] | None, typer.Argument(metavar="[PACK]...", help="ingest and ask these")]
QUICK, FULL = 300, 3_000  # generated passages
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="ask this home, read-only, instead of a generated one")]
Passages = Annotated[int | None, typer.Option(min=50, metavar="N", help="passages of the generated corpus")]
Folder = Annotated[Path | None, typer.Option(metavar="DIR", help="ingest this folder instead of a generated one")]
Quick = Annotated[bool, typer.Option("--quick/--full", help="few repeats and 300 passages, or many and 3,000")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="write the figures as JSON")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    passages: int
    repeats: int
    starts: int  # fresh processes of each kind
    home: Path | None
    folder: Path | None
    packs: Sequence[Pack]

    @property
    def corpus(self) -> str:
        """What is searched; embedding is always measured on generated passages."""
        place = self.home or self.folder
        packs = ", ".join(pack.name for pack in self.packs)
        return str(place or packs or f"{self.passages} generated passages")

    @property
    def questions(self) -> tuple[str, ...]:
        """Of the packs, in their order; without packs none."""
        return tuple(sample.question for pack in self.packs for sample in pack.samples)[: self.repeats]


def speed(
    packs: SomePacks = None,
    questions: Questions = "",
    home: Home = None,
    passages: Passages = None,
    folder: Folder = None,
    quick: Quick = True,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Embedding, ingest, search, answers, start-up and memory, each beside a plain way of doing about the same."""
    check_out(out)
    plan = Plan(
        passages=passages or (QUICK if quick else FULL),
        repeats=10 if quick else 40,
        starts=2 if quick else 5,
        home=home,
        folder=folder,
        packs=load_packs(packs, questions=questions) if packs else (),
    )
    load = os.getloadavg()[0]
    rows = list(_measured(plan, Narrator()))
    result = {
        "measures": [_row(row) for row in rows],
        "memory_mib": round(memory().p50, 1),
        "passages": plan.passages,
        "corpus": plan.corpus,
        "machine": {**machine(), "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2)},
    }
    if out:
        write_json(out, result)
    if as_json:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    else:
        _show(rows, result)


def _measured(plan: Plan, narrator: Narrator) -> Iterator[Measured]:
    generated = generate(plan.passages, questions=plan.repeats)
    settings = isolated(plan.home or Path())
    narrator.say("embedding")
    embedder = open_embedder(settings)

    asked = plan.questions or generated.questions
    subject = Subject(embedder=embedder, questions=asked, passages=generated.passages, repeats=plan.repeats)
    yield from embedding(subject, bare_model(settings, embedder))
    with tempfile.TemporaryDirectory(prefix="teamlore-speed-") as root:
        home = plan.home or Path(root, "home")
        if plan.home is None:
            folder = plan.folder or _corpus(plan, generated, Path(root, "corpus"))
            home.mkdir()
            narrator.say(f"ingest of {folder.name}")
            with closing_services(open_services(home)) as services:
                yield from ingest(services, folder, min(plan.repeats, 10))
        narrator.say("search and answers")
        with closing_services(open_to_read(home)) as services:
            yield from searching(services, subject, exact(services.catalog, embedder.fingerprint))
        narrator.say("start-up")
        yield from starting(home, asked[0], plan.starts)


def _corpus(plan: Plan, generated: Generated, folder: Path) -> Path:
    """That of the packs, each in a folder of its name; without packs the generated one."""
    for pack in plan.packs:
        stage(pack, folder / pack.name)
    if not plan.packs:
        write(generated, folder)
    return folder


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


def _row(row: Measured) -> dict[str, Any]:
    return {
        "what": row.what,
        "ms": {"p50": round(row.ours.p50, 3), "p95": round(row.ours.p95, 3), "n": row.ours.n},
        "reference": row.reference,
        "reference_ms": {"p50": round(row.theirs.p50, 4), "p95": round(row.theirs.p95, 4), "n": row.theirs.n},
        "ratio": round(row.ratio, 3),
        "rate": row.rate,
        "goal": row.goal,
    }


def _show(rows: Sequence[Measured], result: dict[str, Any]) -> None:
    table = Table(title=f"speed on {result['corpus']}", title_justify="left")
    for heading in ("what", "p50 ms", "p95 ms", "n", "rate", "beside", "its p50", "ratio", "goal"):
        table.add_column(
            heading, justify="right" if heading in {"p50 ms", "p95 ms", "n", "its p50", "ratio"} else "left"
        )
    for row in rows:
        times = (f"{row.ours.p50:.2f}", f"{row.ours.p95:.2f}", str(row.ours.n))
        table.add_row(row.what, *times, row.rate, row.reference, f"{row.theirs.p50:.2f}", f"{row.ratio:.2f}", row.goal)
    console, its = wide_console(), result["machine"]
    console.print(table)
    console.print(f"{result['memory_mib']:.0f} MiB held by this process (goal: 2 GB at 57,000 passages)")
    console.print(f"{its['cores']} cores, load {its['load_before']} before and {its['load_after']} after", style="dim")
