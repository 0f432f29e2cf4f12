"""The command `teamlore`: a command parses, calls one function, prints."""

import sys

from rag.cli import show
from rag.cli.app import app
from rag.domain.errors import (
    BackendFailed,
    HomeLocked,
    StorageFailed,
    TeamloreError,
    TooBusy,
)

UNREACHABLE = (BackendFailed, HomeLocked, TooBusy)


def exit_code(problem: TeamloreError) -> int:
    """1: something failed; 2: wrong use; 3: the service or a backend is not to be had now."""
    if isinstance(problem, UNREACHABLE):
        return 3
    return 1 if isinstance(problem, StorageFailed) else 2


def main() -> None:
    try:
        app()
    except TeamloreError as problem:
        show.error(problem)
        sys.exit(exit_code(problem))
    except KeyboardInterrupt:
        show.note("Stopped. What was acknowledged is kept; the same command goes on from there.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
