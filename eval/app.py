"""The commands of `teamlore eval`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval.asking import Command
from eval.baselines import beside
from eval.compare import load_run, show_differences
from eval.packs import Pack, load_packs
from eval.progress import Narrator
from eval.report import run_json, show, show_failures
from eval.runner import Evaluation, Options, Run, isolated, open_embedder
from rag.domain.errors import BadInput, StorageFailed
from rag.settings import Settings

app = typer.Typer(help="Measure teamlore on packs of questions.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    command: Command
    options: Options
    out: Path | None


Packs = Annotated[list[Path], typer.Argument(metavar="PACK...", help="folders of packs")]
Questions = Annotated[str, typer.Option(metavar="GLOB", help="which question files of each pack")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="write the run as JSON")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="keep the indexes here; without it they are removed")]
Separate = Annotated[bool, typer.Option("--separate", help="an index for each file pack, instead of one for all")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N questions of each pack")]
Baselines = Annotated[bool, typer.Option("--baselines", help="beside BM25, vectors and their plain fusions")]
Failures = Annotated[bool, typer.Option("--show-failures", help="list the questions that missed")]


@app.command()
def retrieval(  # noqa: PLR0913 - a command's options are its parameters
    packs: Packs,
    questions: Questions = "",
    out: Out = None,
    home: Home = None,
    separate: Separate = False,
    limit: Limit = None,
    baselines: Baselines = False,
    show_failures: Failures = False,
) -> None:
    """Rankings and evidence: does search bring the right documents, the right words?"""
    asked = Asked(command="retrieval", options=Options(home=home, separate=separate, limit=limit), out=out)
    _run(load_packs(packs, questions=questions), asked, baselines=baselines, failures=show_failures)


@app.command()
def answers(  # noqa: PLR0913 - a command's options are its parameters
    packs: Packs,
    questions: Questions = "",
    out: Out = None,
    home: Home = None,
    separate: Separate = False,
    limit: Limit = None,
    show_failures: Failures = False,
) -> None:
    """Answers as they are served: citations, correctness, refusals."""
    asked = Asked(command="answers", options=Options(home=home, separate=separate, limit=limit), out=out)
    _run(load_packs(packs, questions=questions), asked, baselines=False, failures=show_failures)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="a file that --out wrote")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="another, over the same packs")],
) -> None:
    """Paired differences of two runs, with a randomisation test."""
    show_differences(load_run(run_a), load_run(run_b), _console())


def _run(packs: Sequence[Pack], asked: Asked, *, baselines: bool, failures: bool) -> None:
    narrator, out = Narrator(), asked.out
    if out and not out.resolve().parent.is_dir():
        raise BadInput(f"{out}: its folder does not exist.", fix=f"mkdir -p {out.parent}")
    settings = isolated(asked.options.home or Path())
    run = Evaluation(command=asked.command, options=asked.options, narrator=narrator).run(packs)
    result = run_json(run, settings, _baselines(run, settings, narrator) if baselines else None)
    if out:
        _write(out, result)
    show(result, _console())
    if failures:
        show_failures(run, narrator)
    if any(item.error for one in run.packs for item in one.items):
        raise typer.Exit(1)


def _baselines(run: Run, settings: Settings, narrator: Narrator) -> dict[str, Any]:
    return beside(run, open_embedder(settings), narrator)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=120)


def _write(out: Path, result: dict[str, Any]) -> None:
    try:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"{out}: cannot be written ({error.strerror}).", fix="Name another file.") from error
