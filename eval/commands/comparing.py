"""`teamlore eval compare`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from eval.commands.common import wide_console
from eval.comparing.compare import compare_runs, load_run
from eval.report.comparison import comparison_json, show_comparison


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="a run's folder, or a file that --out wrote")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="another, over the same packs")],
    every: Annotated[bool, typer.Option("--all", help="list every question that moved or is still wrong")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on standard output")] = False,
) -> None:
    """What differs between two runs: the records, the figures, and the questions, side by side."""
    found = compare_runs(load_run(run_a), load_run(run_b))
    if as_json:
        typer.echo(json.dumps(comparison_json(found), ensure_ascii=False, indent=1))
    else:
        show_comparison(found, wide_console(), every=every)
