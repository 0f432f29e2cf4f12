"""Judges beside people, as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from eval.judges.judged import CLASSES, GOOD, JudgedPack
from eval.judges.labelled import FIGURES, Agreement, Trial
from eval.statistics.stats import Estimate

_HEADINGS = ("accuracy", "balanced accuracy", "macro F1", "kappa")


def show_trials(pack: JudgedPack, trials: Sequence[Trial], console: Console) -> None:
    """The good label against the others first, then every class, then where each judge errs."""
    good = GOOD[pack.task]
    size = len(trials[0].items) if trials else 0
    binary = [(trial, trial.binary()) for trial in trials]
    console.print(_table(f"{pack.name}: {size} {pack.task}, {good} or not", binary))
    classes = _present(pack)
    if len(classes) > 2:
        every = [(trial, trial.by_class(CLASSES[pack.task])) for trial in trials]
        console.print(_table(f"{pack.name}: {', '.join(classes)}", every))
        for trial, found in every:
            console.print(_confusion(trial.judge, found))
    else:
        for trial, found in binary:
            console.print(_confusion(trial.judge, found))
    if near := [trial.judge for trial, found in binary if found.chance]:
        console.print(f"Not told from guessing here: {', '.join(near)}.", style="bold", markup=False)
    for trial in trials:
        if trial.unscored:
            console.print(f"{trial.judge}: no verdict on {trial.unscored}, left out of its figures", markup=False)
    console.print("95 % intervals draw whole questions, claims or sources.", style="dim")


def _present(pack: JudgedPack) -> list[str]:
    """Classes that a judge can give."""
    return [name for name in CLASSES[pack.task] if name != "questionable"]


def _table(title: str, rows: Sequence[tuple[Trial, Agreement]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("judge")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for trial, found in rows:
        table.add_row(trial.judge, *(_cell(found.figures[name]) for name in FIGURES))
    return table


def _cell(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "none"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _confusion(judge: str, found: Agreement) -> Table:
    table = Table(title=f"{judge}: people's labels down, its own across", title_justify="left", title_style="dim")
    kept = [place for place, row in enumerate(found.table) if any(row) or any(r[place] for r in found.table)]
    table.add_column("")
    for place in kept:
        table.add_column(found.classes[place], justify="right")
    for place in kept:
        table.add_row(found.classes[place], *(str(found.table[place][other]) for other in kept))
    return table
