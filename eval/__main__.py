"""`python -m eval`: what `teamlore eval` does."""

import sys

from eval.app import app
from eval.progress import Narrator
from rag.domain.errors import BackendFailed, BadInput, TeamloreError


def exit_code(error: TeamloreError) -> int:
    if isinstance(error, BackendFailed):
        return 3
    return 2 if isinstance(error, BadInput) else 1


def main() -> None:
    try:
        app()
    except TeamloreError as error:
        Narrator().say(str(error))
        sys.exit(exit_code(error))


if __name__ == "__main__":
    main()
