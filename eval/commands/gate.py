"""`teamlore eval gate`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.comparing.gate import ALPHA, GATED, Rules, Verdict, judge
from eval.comparing.kept import kept
from eval.report.against import against
from eval.report.gating import told, verdict_json
from eval.report.junit import junit_report
from eval.report.markdown import markdown_report
from eval.runs.folder import accept as mark_accepted
from eval.runs.folder import accept_in, accepted_run, load_run, make_folder, write_atomically
from eval.runs.record import differs
from rag.domain.errors import BadInput, StorageFailed
from rag.settings import load_settings

CLOSED = 4

RunGiven = Annotated[Path, typer.Argument(metavar="RUN", help="a run's folder, or a file that --out wrote")]
Baseline = Annotated[
    Path | None, typer.Option(metavar="RUN", help="what to hold it against; without it, the run accepted last")
]
Alpha = Annotated[float, typer.Option(min=0.0001, max=0.5, help="how often, at most, chance may close the gate")]
Metrics = Annotated[list[str] | None, typer.Option("--metric", metavar="NAME", help=f"default: {', '.join(GATED)}")]
Accept = Annotated[bool, typer.Option("--accept", help="make this run the reference, whatever fell")]
File = typer.Option(metavar="FILE")
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="where accepted runs are; else TEAMLORE_HOME")]


def gate(
    run: RunGiven,
    baseline: Baseline = None,
    alpha: Alpha = ALPHA,
    metric: Metrics = None,
    accept: Accept = False,
    junit: Annotated[Path | None, File] = None,
    markdown: Annotated[Path | None, File] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
    home: Home = None,
) -> None:
    """Exit 4 when this run is worse than the one before and chance does not explain it, or a promise is broken."""
    found = load_run(run)
    reference = baseline or accepted_run(load_settings(home).home, str(found.get("command", "")), found["packs"])
    if first := accept and not (reference and _is_run(reference)):
        reference = run  # held against itself, its promises are looked at
    if not reference:
        raise BadInput(
            "There is no accepted run of these packs to hold this one against.",
            fix=f"Look at it, then make it the reference: teamlore eval gate {run} --accept; or name one: --baseline.",
        )
    if not accept and reference.resolve() == run.resolve():
        typer.echo(f"{run} is the reference itself: this says only that its promises are kept.", err=True)
    before, verdict = _judged(found, reference, Rules(alpha=alpha, metrics=tuple(metric or ())), accept=accept)
    _reports(verdict, found, before, {"junit": junit, "markdown": markdown})
    if as_json or not (first and verdict.passed):
        typer.echo(_shown(verdict, differs(before.get("system", {}), found.get("system", {})), as_json=as_json))
    if accept and not verdict.promises:
        _accept(run, found, baseline, load_settings(home).home)
    elif not verdict.passed:
        raise typer.Exit(CLOSED)


def _judged(
    found: Mapping[str, Any], reference: Path, rules: Rules, *, accept: bool
) -> tuple[Mapping[str, Any], Verdict]:
    """With what it is held against: itself where it is accepted in place of a run that it cannot be compared with.

    Raises BadInput where they cannot be compared, and where no gated figure was scored in both.
    """
    try:
        before: Mapping[str, Any] = load_run(reference)
        verdict = judge(before, found, rules)
    except BadInput as error:
        if not accept:
            raise
        typer.echo(f"Not held against {reference}, only its promises are looked at: {error}", err=True)
        before, verdict = found, judge(found, found, rules)
    if not verdict.checks and not accept:
        raise BadInput(
            "No gated figure was scored in both runs, so nothing can be found worse.",
            fix="Give the questions gold answers, evidence or `answerable`; or gate on another figure: --metric NAME.",
        )
    return before, verdict


def _shown(verdict: Verdict, changed: list[str], *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"differs": changed, **verdict_json(verdict)}, ensure_ascii=False, indent=1)
    return "\n".join(told(verdict, differs=changed))


def _is_run(path: Path) -> bool:
    return (path / "run.json").exists() or path.is_file()


def _accept(run: Path, found: Mapping[str, Any], baseline: Path | None, home: Path) -> None:
    """With a baseline named, what the gate needs of the run takes its place there; else it is accepted in the home."""
    if baseline is None:
        accept_in(home, run)
        typer.echo(f"{run} is the reference from now on.", err=True)
        return
    if baseline.suffix == ".json":
        write_atomically(baseline, kept(found))
    else:
        make_folder(baseline)
        write_atomically(baseline / "run.json", kept(found))
        mark_accepted(baseline)
    typer.echo(f"{baseline} holds the reference from now on.", err=True)


def _reports(
    verdict: Verdict, run: Mapping[str, Any], before: Mapping[str, Any], wanted: dict[str, Path | None]
) -> None:
    files = {kind: file for kind, file in wanted.items() if file}
    if not files:
        return
    beside = against(run, before, verdict=verdict)
    made = {"junit": junit_report, "markdown": markdown_report}
    for kind, file in files.items():
        try:
            file.write_text(made[kind](run, beside), encoding="utf-8")
        except OSError as error:
            raise StorageFailed(f"{file}: cannot be written ({error.strerror}).", fix="Name another file.") from error
