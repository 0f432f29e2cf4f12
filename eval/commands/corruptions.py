"""`teamlore eval corruptions`: what the checks of statements catch, and what they catch wrongly."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.commands.common import Out, check_out, wide_console, write_json
from eval.judges.checkers import CHECKS, StatementCheck
from eval.judges.corruptions import SPOILED, STILL_TRUE, Case, cases
from eval.judges.truths import truths
from eval.statistics.stats import Estimate, estimate
from rag.domain.errors import BadInput

Packs = Annotated[list[Path], typer.Argument(metavar="PACK|RUN...", help="folders of packs; or runs of `eval answers`")]
Sentences = Annotated[int, typer.Option(min=0, metavar="N", help="beside the evidence, N sentences of its text files")]
Seed = Annotated[int, typer.Option(metavar="N", help="another seed spoils other places")]
KINDS = (*SPOILED, "entity", "all spoiled", *STILL_TRUE, "all true")


def corruptions(packs: Packs, out: Out = None, seed: Seed = 0, sentences: Sentences = 0) -> None:
    """Spoil true statements in one place: how many are caught, and how many true ones are refused.

    Of a run: the statements that were verified when they were served, against the words they cite and what stood beside
    them; what is said otherwise then tells the false alarms.
    """
    check_out(out)
    results, console = dict[str, Any](), wide_console()
    for path in packs:
        made = list(cases(truths(path, sentences=sentences, seed=seed), seed=seed))
        if not made:
            raise BadInput(f"{path}: no quotes to spoil.", fix="Name packs whose questions have evidence, or claims.")
        found = {name: {kind: _share(made, kind, check) for kind in KINDS} for name, check in CHECKS.items()}
        console.print(_table(path.resolve().name, found))
        results[path.resolve().name] = {
            name: {kind: {"value": e.value, "ci95": [e.low, e.high], "n": e.n} for kind, e in kinds.items()}
            for name, kinds in found.items()
        }
    if out:
        write_json(out, {"command": "corruptions", "seed": seed, "packs": results})


def _share(made: Sequence[Case], kind: str, check: StatementCheck) -> Estimate:
    """Of the cases of a kind: those that the check does not support."""
    some = [case for case in made if kind in {case.kind, "all spoiled" if case.spoiled else "all true"}]
    refused = [float(_outcome(case, check) != "supported") for case in some]
    return estimate(refused, [case.truth.cluster for case in some])


def _outcome(case: Case, check: StatementCheck) -> str:
    return check(case.statement, case.truth.quotes, beside=case.truth.beside, asked=case.truth.asked).outcome


def _table(name: str, found: Mapping[str, Mapping[str, Estimate]]) -> Table:
    table = Table(title=f"{name}: share not supported (spoiled: caught; true: false alarms)", title_justify="left")
    for heading in ("statement", "n", *found):
        table.add_column(heading, justify="left" if heading == "statement" else "right")
    for kind in KINDS:
        row = [found[check][kind] for check in found]
        table.add_row(kind, str(row[0].n), *map(_cell, row), end_section=kind.startswith("all"))
    return table


def _cell(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "none"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
