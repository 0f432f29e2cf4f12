"""`teamlore eval self-check`."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from eval.commands.common import wide_console
from eval.packs.loading import Pack, load_pack
from eval.progress import Narrator
from eval.runs.runner import isolated, open_embedder
from eval.selfcheck.checks import Check, quick_checks
from eval.selfcheck.references import REFERENCES, reference_checks
from rag.domain.errors import BadInput

PublicPacks = Annotated[list[Path] | None, typer.Argument(metavar="[PACK]...", help="public packs with stated figures")]
NoVectors = Annotated[bool, typer.Option("--no-vectors", help="BM25 alone: nothing is embedded")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]


def self_check(packs: PublicPacks = None, no_vectors: NoVectors = False, as_json: Json = False) -> None:
    """Is the instrument right? Metrics and statistics against reference libraries, baselines against stated figures."""
    loaded = [_known(load_pack(folder)) for folder in packs or []]
    checks = list(_all(loaded, vectors=not no_vectors))
    if as_json:
        sys.stdout.write(json.dumps([_row(check) for check in checks], indent=1) + "\n")
    else:
        wide_console().print(_table(checks))
    if any(check.outcome == "off" for check in checks):
        raise typer.Exit(1)


def _known(pack: Pack) -> Pack:
    """Raises BadInput for a pack without a stated figure: to check nothing would look like a pass."""
    if pack.name not in REFERENCES:
        raise BadInput(f"{pack.name}: no figure is stated for it.", fix=f"Name one of {', '.join(REFERENCES)}.")
    return pack


def _all(packs: Sequence[Pack], *, vectors: bool) -> Iterator[Check]:
    narrator = Narrator()
    yield from quick_checks()
    embedder = open_embedder(isolated(Path())) if packs and vectors else None
    for pack in packs:
        yield from reference_checks(pack, embedder, narrator)


def _row(check: Check) -> dict[str, object]:
    return {
        "check": check.what,
        "against": check.against,
        "ours": check.ours,
        "expected": check.expected,
        "tolerance": check.tolerance,
        "outcome": check.outcome,
        "note": check.note,
    }


def _table(checks: Sequence[Check]) -> Table:
    table = Table(title="self-check", title_justify="left", caption=_notes(checks), caption_justify="left")
    for heading in ("check", "against", "ours", "should be", "within", ""):
        table.add_column(heading, justify="right" if heading in {"ours", "should be", "within"} else "left")
    for check in checks:
        ours = "" if check.ours is None else f"{check.ours:.4g}"
        style = {"ok": "green", "off": "bold red", "not checked": "yellow"}[check.outcome]
        cells = (check.what, check.against, ours, f"{check.expected:.4g}", f"{check.tolerance:g}")
        table.add_row(*cells, f"[{style}]{check.outcome}[/]")
    return table


def _notes(checks: Sequence[Check]) -> str:
    """What it takes to make the checks that were not made, and to judge those that are off."""
    told = dict.fromkeys((check.outcome, check.note) for check in checks if check.outcome != "ok" and check.note)
    return "; ".join(f"{outcome}: {note}" for outcome, note in told)
