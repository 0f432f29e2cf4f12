"""The command `teamlore`: a command parses, calls one function, prints."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.cli import show
from rag.cli.app import app
from rag.cli.open import Given
from rag.domain.errors import (
    BackendFailed,
    HomeLocked,
    StorageFailed,
    TeamloreError,
    TooBusy,
)

if TYPE_CHECKING:
    from rag.domain.ports import Embedder

STOPPED = 130
UNREACHABLE = (BackendFailed, HomeLocked, TooBusy)


def exit_code(problem: TeamloreError) -> int:
    """1: something failed; 2: wrong use; 3: the service or a backend is not to be had now."""
    if isinstance(problem, UNREACHABLE):
        return 3
    return 1 if isinstance(problem, StorageFailed) else 2


def main(arguments: Sequence[str] | None = None, *, embedder: "Embedder | None" = None) -> None:
    """Always raises SystemExit. `embedder` stands in for the one of the settings."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        app(words, prog_name="teamlore", obj=Given(embedder=embedder))
    except TeamloreError as problem:
        _fail(problem, exit_code(problem), as_json="--json" in words)
    except SystemExit as ended:  # Typer makes this of Ctrl+C
        if ended.code == STOPPED:
            show.note("Stopped. What was acknowledged is kept; the same command goes on from there.")
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        failed = StorageFailed(
            f"{where}{problem.strerror or problem}.",
            fix="Check that the disk has space and that the file may be read and written by you.",
        )
        _fail(failed, 1, as_json="--json" in words)


def _fail(problem: TeamloreError, code: int, *, as_json: bool) -> None:
    if as_json:
        show.as_json({"error": {"code": problem.code, "detail": problem.what, "fix": problem.fix}})
    show.error(problem)
    sys.exit(code)
