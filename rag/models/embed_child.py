"""The process that embeds what is ingested, for `rag.models.beside`: texts on standard input, rows on standard output.

Its argument, JSON, says what to load and how long to wait for work. Each line that comes is a list of texts, answered
by their rows, float32 in the machine's order. It ends when nothing comes for that long, or with who started it.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from rag.models.child import end_with_parent
from rag.models.embedder import OnnxEmbedder
from rag.models.source import ModelSource

NICE = 10  # behind whoever waits for an answer, before what is meant to run in the background


def main(given: dict[str, Any], told: BinaryIO, out: BinaryIO) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches us too: the service says when it is over
    end_with_parent()
    os.nice(NICE)
    source = ModelSource(**given["source"] | {"folder": Path(given["source"]["folder"])})
    embedder = OnnxEmbedder(source, Path(given["export"]), threads=given["threads"])
    while _soon(told, given["idle"]) and (line := told.readline()):
        out.write(embedder.embed(json.loads(line)).tobytes())
        out.flush()


def _soon(told: BinaryIO, seconds: float) -> bool:
    """Whether there is something to read in that time. Nothing is left in the buffer: who asks waits for the answer."""
    return bool(select.select([told], [], [], seconds)[0])


if __name__ == "__main__":
    with os.fdopen(os.dup(0), "rb") as told, os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints must not run into the rows
        main(json.loads(sys.argv[1]), told, out)
