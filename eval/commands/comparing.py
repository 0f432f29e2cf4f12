"""`teamlore eval compare`."""

from pathlib import Path
from typing import Annotated

import typer

from eval.commands.common import wide_console
from eval.compare import load_run, show_differences


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="a file that --out wrote")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="another, over the same packs")],
) -> None:
    """Paired differences of two runs, with a randomisation test."""
    show_differences(load_run(run_a), load_run(run_b), wide_console())
