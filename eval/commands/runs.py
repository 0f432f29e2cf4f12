"""`teamlore eval runs` and `accept`: what was measured, and which run others are measured against."""

import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.commands.common import wide_console
from eval.runs.folder import TOGETHER, StoredRun, accept_in, evaluations, list_runs
from rag.knowledge.evaluation_rows import key_figures
from rag.settings import load_settings

FIGURES = 3
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="whose evaluations; else the home of the settings")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]
Named = Annotated[str, typer.Argument(metavar="RUN", help="a run's folder, or its id in the home")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="why")]
By = Annotated[str, typer.Option(metavar="NAME", help="who; else the user of this machine")]


def runs(home: Home = None, as_json: AsJson = False) -> None:
    """The runs of a home, newest first."""
    folder = load_settings(home).home
    found = list_runs(folder)
    if as_json:
        typer.echo(json.dumps([_summary(stored) for stored in found], ensure_ascii=False, indent=1))
    elif found:
        wide_console().print(_table(found))
    else:
        typer.echo(f"No runs in {evaluations(folder)} yet. Make one: teamlore eval answers PACK")


def accept(run: Named, note: Note = "", by: By = "", home: Home = None) -> None:
    """Make a run the one that later ones with the same command and packs are measured against."""
    named, of = Path(run), load_settings(home).home
    folder = named if named.exists() or "/" in run else evaluations(of) / run
    place, accepted = accept_in(of, folder, by=by or getpass.getuser(), note=note)
    typer.echo(f"{folder} is the accepted run since {accepted.at[:16]} UTC, by {accepted.by}.")
    if place != folder:
        typer.echo(f"{place} holds a copy, so that `report` and `gate` find it.")


def _table(found: list[StoredRun]) -> Table:
    table = Table()
    for heading in ("id", "command", "packs", "n", "main figures", "accepted"):
        table.add_column(heading, justify="right" if heading == "n" else "left", overflow="fold")
    for stored in found:
        told = _summary(stored)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in told["figures"].items()) or told["trouble"]
        packs = ", ".join(told["packs"])
        table.add_row(told["id"], told["command"], packs, str(told["n"] or ""), figures, told["accepted"][:16])
    return table


def _summary(stored: StoredRun) -> dict[str, Any]:
    if stored.run is None:
        state = "broken" if stored.broken else "not finished"
        trouble = stored.broken or f"Go on with the command that began it, with --run {stored.path}."
        return {
            "id": stored.id,
            "command": state,
            "packs": [],
            "n": 0,
            "figures": {},
            "accepted": "",
            "trouble": trouble,
        }
    packs = {name: pack for name, pack in stored.run["packs"].items() if name != TOGETHER}
    return {
        "id": stored.id,
        "command": stored.run.get("command", ""),
        "packs": list(packs),
        "n": sum(len(pack["items"]) for pack in packs.values()),
        "figures": _figures(stored.run),
        "accepted": stored.accepted.at if stored.accepted else "",
        "trouble": "",
    }


def _figures(run: Mapping[str, Any]) -> dict[str, float]:
    """Of the file packs together, else of the first pack."""
    packs = run["packs"]
    pack: Mapping[str, Any] = packs.get(TOGETHER) or next(iter(packs.values()), {"metrics": {}})
    metrics = pack["metrics"]
    scored = [name for name, found in metrics.items() if found["value"] is not None]
    return {name: metrics[name]["value"] for name in key_figures(scored, run.get("command", ""))[:FIGURES]}
