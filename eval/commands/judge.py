"""`teamlore eval judge`: metrics, checks and models beside what people said."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.checkers import JUDGES, judges
from eval.commands.common import Out, check_out, wide_console, write_json
from eval.judged import CLASSES, JudgedItem, JudgedPack, load_judged
from eval.judging import Judge
from eval.labelled import Trial, agreement_json, detectors, scorable, tried
from eval.progress import Narrator
from eval.record import machine
from eval.report.labelled import show_trials
from rag import __version__
from rag.domain.errors import BadInput

Labelled = Annotated[list[Path], typer.Argument(metavar="PACK...", help="folders or files of labelled items")]
Names = Annotated[list[str] | None, typer.Option("--judge", metavar="NAME", help="one judge, instead of all; repeat")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N items of each pack")]
Half = Annotated[str, typer.Option(metavar="fit|held-out", help="one half only, split as where things are fitted")]


def judge(packs: Labelled, judge: Names = None, out: Out = None, limit: Limit = None, half: Half = "") -> None:
    """How far each judge agrees with people's labels: accuracy, kappa, confusion, with intervals."""
    check_out(out)
    if half not in {"", "fit", "held-out"}:
        raise BadInput(f"{half!r} is no half.", fix="Use --half fit or --half held-out.")
    narrator, console = Narrator(), wide_console()
    results = {}
    for pack in [load_judged(path) for path in packs]:
        items = _chosen(pack, half=half, limit=limit)
        chosen = _named(judge, pack) if judge else [*judges(pack.task), *detectors(items)]
        trials = [tried(one, list(narrator.each(items, f"{pack.name}: {one.name}"))) for one in chosen]
        show_trials(pack, trials, console)
        results[pack.name] = pack_json(pack, trials)
    if out:
        write_json(out, {"command": "judge", "half": half, "packs": results, "system": _system()})


def _system() -> dict[str, Any]:
    return {"version": __version__, "machine": machine()}


def _chosen(pack: JudgedPack, *, half: str, limit: int | None) -> Sequence[JudgedItem]:
    items = [item for item in scorable(pack.items) if half in {"", item.half}]
    if not items:
        raise BadInput(f"{pack.name}: no item is left to judge.", fix="Take the other half, or all of them.")
    if limit is None or limit >= len(items):
        return items
    return [items[place] for place in sorted(random.Random(0).sample(range(len(items)), limit))]


def _named(names: Sequence[str], pack: JudgedPack) -> list[Judge]:
    found = [named(name, pack) for name in names]
    for one in found:
        if pack.task not in one.tasks:
            fits = ", ".join(other.name for other in judges(pack.task))
            raise BadInput(f"{one.name} does not judge {pack.task} ({pack.name}).", fix=f"Use one of: {fits}.")
    return found


def named(name: str, pack: JudgedPack) -> Judge:
    """Raises BadInput for a name nobody has."""
    known: dict[str, Judge] = {**JUDGES, **{found.name: found for found in detectors(pack.items)}}
    if name not in known:
        raise BadInput(f"No judge is called {name!r}.", fix=f"Use one of: {', '.join(known)}.")
    return known[name]


def pack_json(pack: JudgedPack, trials: Sequence[Trial]) -> dict[str, Any]:
    return {
        "task": pack.task,
        "n": len(trials[0].items) if trials else 0,
        "judges": {trial.judge: _trial_json(trial) for trial in trials},
    }


def _trial_json(trial: Trial) -> dict[str, Any]:
    pairs = zip(trial.items, trial.verdicts, strict=True)
    return {
        "unscored": trial.unscored,
        "binary": agreement_json(trial.binary()),
        "by_class": agreement_json(trial.by_class(CLASSES[trial.items[0].task])),
        "items": [{"id": item.id, "people": item.label, "judge": v.label, "score": v.score} for item, v in pairs],
    }
