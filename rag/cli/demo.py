"""`make demo`: the same commands a user would type, on the knowledge of a made-up team."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
QUESTIONS = (
    "Why did the loss of run kb-17 become NaN?",
    "Which run had the highest val_map?",
    "What replaced the decision to train in fp16?",
    "How was the data loading bottleneck solved?",
    "Who maintains the iPhone app?",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", default="1", help="0: stop after the answers")
    serve = parser.parse_args().serve not in ("0", "no", "false")
    os.environ.setdefault("TEAMLORE_HOME", str(CHECKOUT / ".demo"))
    command = [sys.executable, "-m", "rag.cli"]
    ingested = _run([*command, "ingest", str(CHECKOUT / "examples" / "knowledge")])
    if ingested:
        return ingested
    for question in QUESTIONS:
        failed = _run([*command, "ask", question])
        if failed:
            return failed
    if not serve:
        _say(f"\nAsk on: .venv/bin/teamlore --home {_shown_home()} ask QUESTION, or serve it: make demo")
        return 0
    _say("\n$ teamlore serve --any-port")
    os.execv(sys.executable, [*command, "serve", "--any-port"])  # so that what stops the demo stops the service


def _shown_home() -> str:
    home = Path(os.environ["TEAMLORE_HOME"])
    return str(home.relative_to(Path.cwd())) if home.is_relative_to(Path.cwd()) else str(home)


def _run(command: list[str]) -> int:
    shown = " ".join(f'"{word}"' if " " in word else word for word in command[3:])
    _say(f"\n$ teamlore {shown}")
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
