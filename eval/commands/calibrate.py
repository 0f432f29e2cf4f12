"""`teamlore eval calibrate`: where to refuse, from questions somebody has labelled."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from eval.commands.common import Questions, wide_console
from eval.fitting.calibrate import Calibration, Rates, Target, rates_json
from eval.fitting.calibrate import calibrate as calibrated
from eval.metrics.risk import Case, judged, risk_coverage
from eval.packs.loading import load_packs
from eval.progress import Narrator
from eval.report.curve import drawn
from eval.runs.folder import RUN, TOGETHER, load_run, new_folder, now
from eval.runs.making import Request, make_run
from eval.runs.refusals import cases_of
from eval.runs.runner import Options
from eval.statistics.stats import Estimate
from rag.domain.errors import BadInput, BadSetting, StorageFailed
from rag.settings import PREFIX, TOML, Settings, load_settings

SETTING = "refuse_below"

Given = Annotated[
    list[Path], typer.Argument(metavar="RUN|PACK...", help="runs of `eval answers`, or packs that are asked now")
]
FalseRefusal = Annotated[
    float, typer.Option(min=0, max=0.99, metavar="A", help="share of answerable questions that may be refused")
]
Risk = Annotated[
    float | None, typer.Option(min=0, max=0.99, metavar="R", help="instead: share of the answers that may be wrong")
]
Write = Annotated[bool, typer.Option("--write", help=f"put the threshold into the home's {TOML}")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="the home it is for; without it the settings' own")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document")]


def calibrate(
    given: Given,
    target_false_refusal: FalseRefusal = 0.05,
    target_risk: Risk = None,
    write: Write = False,
    questions: Questions = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Choose the confidence under which questions are refused, and say what it costs on questions not seen."""
    settings = load_settings(home)
    runs = [load_run(path) for path in given] if _are_runs(given) else [_asked(given, questions, settings)]
    cases = [case for run in runs for case in _cases(run)]
    found = calibrated(cases, Target(false_refusal=target_false_refusal, risk=target_risk))
    today = {run.get("system", {}).get("settings", {}).get(SETTING, 0.5) for run in runs}
    if as_json:
        typer.echo(json.dumps(_json(found, sorted(today)), ensure_ascii=False, indent=1))
    else:
        _show(found, sorted(today), cases, wide_console())
    if write:
        typer.echo(_written(settings, found), err=True)
    elif not as_json:
        typer.echo(f"Nothing was changed. --write puts {SETTING} = {found.threshold} into {settings.home / TOML}.")


def _are_runs(given: Sequence[Path]) -> bool:
    """Raises BadInput for runs and packs together."""
    kinds = {path.suffix == ".json" or (path / RUN).exists() for path in given}
    if len(kinds) > 1:
        raise BadInput("Runs and packs together.", fix="Name either finished runs or packs to ask now.")
    return kinds == {True}


def _asked(packs: Sequence[Path], questions: str, settings: Settings) -> Mapping[str, Any]:
    """Packs have an index of their own, which is removed; questions in a JSONL file are put to the home."""
    live = any(path.suffix == ".jsonl" for path in packs)
    options = Options(home=settings.home if live else None)
    request = Request(command="answers", options=options, folder=new_folder(settings.home, "answers", now()))
    narrator = Narrator()
    finished = make_run(load_packs(packs, questions=questions), request, narrator)
    narrator.say(f"kept in {finished.folder}")
    return finished.result


def _cases(run: Mapping[str, Any]) -> list[Case]:
    """Of every pack by itself, so that documents of two packs are not taken for one."""
    return [
        replace(case, cluster=f"{name}/{case.cluster}")
        for name, pack in run["packs"].items()
        if name != TOGETHER
        for case in cases_of(pack["items"])[0]
    ]


def _show(found: Calibration, today: Sequence[float], cases: Sequence[Case], console: Console) -> None:
    title = f"{found.n_answerable} answerable and {found.n_unanswerable} unanswerable questions"
    table = Table("refused below", "false answers", "false refusals", "of the answers wrong", "answered", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row(" or ".join(f"{value:g}" for value in today) + " (as it was run)", *_cells(found.today))
    table.add_row(f"{found.threshold:g} (on questions not seen)", *_cells(found.expected))
    console.print(table)
    wrong = "not correct, or to an unanswerable question" if found.outcome == "correct" else "to an unanswerable one"
    console.print(f"Wrong: an answer that is {wrong}. Over ten parts, the choice lay between {found.lowest:g} and "
                  f"{found.highest:g}.", style="dim")  # fmt: skip
    marks = {"o": today[0], "x": found.threshold} if today else {"x": found.threshold}
    console.print("share of the answers that are wrong; x: the new threshold, o: the one it was run with", style="dim")
    for line in drawn(risk_coverage(judged(cases)[1]), marks):
        console.print(line, markup=False, highlight=False)
    for warning in found.warnings:
        console.print(warning, style="yellow", soft_wrap=True)


def _cells(found: Rates) -> list[str]:
    return [_cell(one) for one in (found.false_answer, found.false_refusal, found.risk, found.coverage)]


def _cell(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "not known"
    return f"{found.value:.1%} ({found.low:.0%} to {found.high:.0%})"


def _json(found: Calibration, today: Sequence[float]) -> dict[str, Any]:
    return {
        "threshold": found.threshold,
        "folds": [found.lowest, found.highest],
        "outcome": found.outcome,
        "n_answerable": found.n_answerable,
        "n_unanswerable": found.n_unanswerable,
        "expected": rates_json(found.expected),
        "today": {"thresholds": list(today), **rates_json(found.today)},
        "warnings": list(found.warnings),
    }


def _written(settings: Settings, found: Calibration) -> str:
    """Raises BadInput when it would switch refusals off or rests on too little, BadSetting when another place wins."""
    if not found.threshold:
        raise BadInput(
            "A threshold of 0 would refuse nothing: it was not written.",
            fix="Add answerable questions, or allow more false refusals with --target-false-refusal.",
        )
    variable = f"{PREFIX}{SETTING}".upper()
    if found.warnings:
        raise BadInput(
            f"Not written: {' '.join(found.warnings)}",
            fix=f"Add such questions, or set {variable}={found.threshold} on your own judgement.",
        )
    path = settings.home / TOML
    write_setting(path, SETTING, found.threshold)
    if load_settings(settings.home).refuse_below != found.threshold:
        where = "the environment" if os.environ.get(variable) else ".env"
        raise BadSetting(f"{path} was written, but {variable} in {where} wins over it.", fix=f"Remove {variable}.")
    return f"{path}: {SETTING} = {found.threshold}. A service that is running takes it up when it is started again."


def write_setting(path: Path, name: str, value: float) -> None:
    """What else stands in the file stays as it is, comments too. Raises StorageFailed, BadSetting for a broken file."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        document[name] = value
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise StorageFailed(
            f"{path}: cannot be written ({error.strerror}).", fix="Use a home that is yours."
        ) from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} is no TOML: {error}.", fix="Write lines such as: port = 8001") from error
