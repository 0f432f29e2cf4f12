"""The command line, called in this process with a fake embedder, or for real in one of its own."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.cli import main
from tests.fakes import WordEmbedder

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "rag.cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the document holds)
        return json.loads(self.out)


def called(*words: str | Path) -> Ended:
    """`teamlore WORDS` in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words], embedder=WordEmbedder())
        except SystemExit as end:
            code = int(end.code or 0)
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def environment(**settings: str) -> dict[str, str]:
    """Of a real command: nothing of ours but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEAMLORE_")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **settings}


def real(*words: str | Path, cwd: Path, settings: Mapping[str, str] | None = None, before: Sequence[str] = ()) -> Ended:
    """`teamlore WORDS` in a process of its own, to its end. `before`: a command that runs it, such as setpriv."""
    command = [*before, *COMMAND, *(str(word) for word in words)]
    ended = subprocess.run(
        command, cwd=cwd, env=environment(**(settings or {})), capture_output=True, text=True, timeout=300, check=False
    )
    return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)


@contextlib.contextmanager
def started(*words: str | Path, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    """`teamlore WORDS` in the background; killed at the end if it is still there."""
    command = [*COMMAND, *(str(word) for word in words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=pipe, stderr=pipe, text=True, preexec_fn=_heed_interrupts
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _heed_interrupts() -> None:
    """What is started from a background job ignores Ctrl+C otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def owner(home: Path, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What owner.json says, once `process` has the home."""
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            stated: dict[str, Any] = json.loads((home / "owner.json").read_text())
            if stated["pid"] == process.pid:
                return stated
        time.sleep(0.02)
    raise AssertionError(f"it never had the home: {process.poll()}")
