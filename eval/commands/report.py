"""`teamlore eval report`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.commands.common import check_out
from eval.progress import Narrator
from eval.report.against import Against, against
from eval.report.writing import Wanted, beside_accepted, write_reports
from eval.runs.folder import REPORT, RUN, load_run
from rag.settings import load_settings

RunGiven = Annotated[Path, typer.Argument(metavar="RUN", help="a run's folder, or a file that --out wrote")]
Baseline = Annotated[
    Path | None, typer.Option(metavar="RUN", help="what to hold it against; without it, the run accepted last")
]
Beside = Annotated[
    list[Path] | None, typer.Option("--beside", metavar="RUN", help="more runs, for quality against time; repeat it")
]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="default: report.html in the run's folder")]
Markdown = Annotated[Path | None, typer.Option(metavar="FILE", help="for a pull request")]
Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="for a build's list of tests")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="where accepted runs are; else TEAMLORE_HOME")]


def report(
    run: RunGiven,
    baseline: Baseline = None,
    beside: Beside = None,
    html: Html = None,
    markdown: Markdown = None,
    junit: Junit = None,
    home: Home = None,
) -> None:
    """A run as one HTML file that needs no network, as Markdown, as JUnit XML."""
    for file in (html, markdown, junit):
        check_out(file)
    found = load_run(run)
    held, why = _held(found, baseline, home)
    if why:
        Narrator().say(why)
    if not (html or markdown or junit):
        html = run / REPORT if run.is_dir() else run.with_suffix(".html")
    others = {_name(path): load_run(path) for path in beside or ()}
    for file in write_reports(found, held, Wanted(html=html, markdown=markdown, junit=junit, others=others)):
        typer.echo(file)


def _held(run: Mapping[str, Any], baseline: Path | None, home: Path | None) -> tuple[Against | None, str]:
    """What it is held against, or why against nothing."""
    if baseline:
        return against(run, load_run(baseline), name=_name(baseline)), ""
    return beside_accepted(run, load_settings(home).home)


def _name(path: Path) -> str:
    """Its folder's, also where the file in it was named; else the file's."""
    return path.resolve().parent.name if path.name == RUN else path.stem
