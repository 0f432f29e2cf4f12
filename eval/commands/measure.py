"""`teamlore eval retrieval` and `answers`: ask every question of the packs, and measure what comes back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from eval.commands.common import Out, Questions, check_out, wide_console, write_json
from eval.metrics.cost import Prices
from eval.packs.loading import Pack, load_packs
from eval.progress import Narrator
from eval.report.console import show
from eval.report.console import show_failures as list_failures
from eval.report.writing import write_report
from eval.runs.folder import REPORT
from eval.runs.making import Request, make_run
from eval.runs.runner import Options
from rag.domain.errors import BadInput
from rag.settings import load_settings

Packs = Annotated[
    list[Path], typer.Argument(metavar="PACK...", help="folders of packs, or one .jsonl file of questions to your home")
]
Home = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="keep the indexes here, else they are removed; of a JSONL file, the home to ask"),
]
RunFolder = Annotated[
    Path | None, typer.Option("--run", metavar="DIR", help="the run's folder: begin it, or go on with it")
]
Separate = Annotated[bool, typer.Option("--separate", help="an index for each file pack, instead of one for all")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N questions of each pack")]
Baselines = Annotated[bool, typer.Option("--baselines", help="beside BM25, vectors, fusions; of files, LlamaIndex")]
PriceIn = Annotated[float | None, typer.Option(min=0, metavar="P", help="price of a million tokens read by the model")]
PriceOut = Annotated[float | None, typer.Option(min=0, metavar="P", help="price of a million tokens it writes")]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE.html", help="a copy of the run's report")]
Failures = Annotated[bool, typer.Option("--show-failures", help="list the questions that missed")]


def retrieval(
    packs: Packs,
    questions: Questions = "",
    out: Out = None,
    run: RunFolder = None,
    home: Home = None,
    separate: Separate = False,
    limit: Limit = None,
    baselines: Baselines = False,
    show_failures: Failures = False,
    report: Report = None,
) -> None:
    """Rankings and evidence: does search bring the right documents, the right words?"""
    options = Options(home=home, separate=separate, limit=limit)
    request = Request(command="retrieval", options=options, folder=run, baselines=baselines)
    _run(load_packs(packs, questions=questions), request, files=(out, report), failures=show_failures)


def answers(
    packs: Packs,
    questions: Questions = "",
    out: Out = None,
    run: RunFolder = None,
    home: Home = None,
    separate: Separate = False,
    limit: Limit = None,
    show_failures: Failures = False,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    report: Report = None,
) -> None:
    """Answers as they are served: citations, correctness, refusals."""
    options = Options(home=home, separate=separate, limit=limit)
    request = Request(command="answers", options=options, folder=run, prices=_prices(price_in, price_out))
    _run(load_packs(packs, questions=questions), request, files=(out, report), failures=show_failures)


def _prices(read: float | None, written: float | None) -> Prices | None:
    """Raises BadInput for one without the other."""
    if read is None and written is None:
        return None
    if read is None or written is None:
        raise BadInput("One price alone gives no cost.", fix="Give both --price-in and --price-out.")
    return Prices(tokens_in=read, tokens_out=written)


def _run(packs: Sequence[Pack], request: Request, *, files: tuple[Path | None, Path | None], failures: bool) -> None:
    """`files`: for the run as JSON, and for its report."""
    out, report = files
    check_out(out)
    check_out(report)
    narrator = Narrator()
    finished = make_run(packs, request, narrator)
    if out:
        write_json(out, dict(finished.result))
    show(finished.result, wide_console())
    write_report(
        finished.result, [finished.folder / REPORT, *([report] if report else [])], load_settings().home, narrator
    )
    if failures:
        list_failures(finished.run, narrator)
    if any(item.error for one in finished.run.packs for item in one.items):
        raise typer.Exit(1)
