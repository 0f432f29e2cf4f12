"""`teamlore eval retrieval` and `answers`: ask every question of the packs, and measure what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.asking import Command
from eval.baselines import beside
from eval.commands.common import Out, Packs, Questions, check_out, wide_console, write_json
from eval.packs import Pack, load_packs
from eval.progress import Narrator
from eval.report.console import show
from eval.report.console import show_failures as list_failures
from eval.results import run_json
from eval.runner import Evaluation, Options, Run, isolated, open_embedder
from rag.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    command: Command
    options: Options
    out: Path | None


Home = Annotated[Path | None, typer.Option(metavar="DIR", help="keep the indexes here; without it they are removed")]
Separate = Annotated[bool, typer.Option("--separate", help="an index for each file pack, instead of one for all")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N questions of each pack")]
Baselines = Annotated[bool, typer.Option("--baselines", help="beside BM25, vectors and their plain fusions")]
Failures = Annotated[bool, typer.Option("--show-failures", help="list the questions that missed")]


def retrieval(
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


def answers(
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


def _run(packs: Sequence[Pack], asked: Asked, *, baselines: bool, failures: bool) -> None:
    check_out(asked.out)
    narrator = Narrator()
    settings = isolated(asked.options.home or Path())
    run = Evaluation(command=asked.command, options=asked.options, narrator=narrator).run(packs)
    result = run_json(run, settings, _baselines(run, settings, narrator) if baselines else None)
    if asked.out:
        write_json(asked.out, result)
    show(result, wide_console())
    if failures:
        list_failures(run, narrator)
    if any(item.error for one in run.packs for item in one.items):
        raise typer.Exit(1)


def _baselines(run: Run, settings: Settings, narrator: Narrator) -> dict[str, Any]:
    return beside(run, open_embedder(settings), narrator)
