"""The commands of `teamlore eval`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval.asking import Command
from eval.compare import load_run, show_differences
from eval.packs import load_packs
from eval.progress import Narrator
from eval.report import run_json, show, show_failures
from eval.runner import Evaluation, Options, isolated
from rag.domain.errors import BadInput, StorageFailed

app = typer.Typer(help="Measure teamlore on packs of questions.", no_args_is_help=True)

Packs = Annotated[list[Path], typer.Argument(metavar="PACK...", help="folders of packs")]
Questions = Annotated[str, typer.Option(metavar="GLOB", help="which question files of each pack")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="write the run as JSON")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="keep the indexes here; without it they are removed")]
Separate = Annotated[bool, typer.Option("--separate", help="an index for each file pack, instead of one for all")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N questions of each pack")]
Failures = Annotated[bool, typer.Option("--show-failures", help="list the questions that missed")]


@app.command()
def retrieval(  # noqa: PLR0913 - a command's options are its parameters
    packs: Packs,
    questions: Questions = "",
    out: Out = None,
    home: Home = None,
    separate: Separate = False,
    limit: Limit = None,
    show_failures: Failures = False,
) -> None:
    """Rankings and evidence: does search bring the right documents, the right words?"""
    options = Options(home=home, separate=separate, limit=limit)
    _run("retrieval", (packs, questions), options, out, list_failures=show_failures)


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
    options = Options(home=home, separate=separate, limit=limit)
    _run("answers", (packs, questions), options, out, list_failures=show_failures)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="a file that --out wrote")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="another, over the same packs")],
) -> None:
    """Paired differences of two runs, with a randomisation test."""
    show_differences(load_run(run_a), load_run(run_b), _console())


def _run(
    command: Command, chosen: tuple[list[Path], str], options: Options, out: Path | None, *, list_failures: bool
) -> None:
    folders, questions = chosen
    packs = load_packs(folders, questions=questions)
    if out and not out.resolve().parent.is_dir():
        raise BadInput(f"{out}: its folder does not exist.", fix=f"mkdir -p {out.parent}")
    narrator = Narrator()
    run = Evaluation(command=command, options=options, narrator=narrator).run(packs)
    result = run_json(run, isolated(options.home or Path()))
    if out:
        _write(out, result)
    show(result, _console())
    if list_failures:
        show_failures(run, narrator)
    if any(item.error for one in run.packs for item in one.items):
        raise typer.Exit(1)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=120)


def _write(out: Path, result: dict[str, Any]) -> None:
    try:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"{out}: cannot be written ({error.strerror}).", fix="Name another file.") from error
