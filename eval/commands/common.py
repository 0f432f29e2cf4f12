"""What the commands share: how packs are named on a command line, and where results go."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rag.domain.errors import BadInput, StorageFailed

Questions = Annotated[str, typer.Option(metavar="GLOB", help="which question files of each pack")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="write the run as JSON")]


def wide_console() -> Console:
    """Standard output; tables keep their columns where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


def check_out(out: Path | None) -> None:
    """Before anything long begins. Raises BadInput when its folder does not exist."""
    if out and not out.resolve().parent.is_dir():
        raise BadInput(f"{out}: its folder does not exist.", fix=f"mkdir -p {out.parent}")


def write_json(out: Path, result: dict[str, Any]) -> None:
    """Raises StorageFailed when it cannot be written."""
    try:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"{out}: cannot be written ({error.strerror}).", fix="Name another file.") from error
