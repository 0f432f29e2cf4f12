"""Readers that misbehave in every way a parser can; `ReaderPool(readers="tests.ingest.hostile")` uses them."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.readers import plain
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.types import Mark, Parsed, Section


def _crash() -> None:
    ctypes.string_at(0)


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave() -> None:
    os._exit(3)


def _spin() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(3600)


def _eat() -> None:
    hoard = [bytes(2**20) for _ in range(4096)]
    assert hoard


def _eat_unseen() -> None:
    """By a child of its own, which no limit on the reader's memory sees: the process group ends with the reader."""
    subprocess.run(["/bin/sh", "-c", "sleep 3600"], check=True)


def _raise() -> None:
    raise RuntimeError("a parser's own error")


def _nest() -> None:
    _nest()


def _call_out() -> None:
    socket.create_connection(("127.0.0.1", 9))


def _print() -> None:
    os.write(1, b"a library talks")


def _litter() -> None:
    assert os.listdir() == []
    Path("left-behind").write_text("x")
    os.makedirs("folder/inner")


def _write_much() -> None:
    with open("large", "wb") as file:
        file.write(bytes(3 * 2**20))


DEEDS: dict[str, Callable[[], None]] = {
    ".crash": _crash,
    ".killed": _killed,
    ".leave": _leave,
    ".spin": _spin,
    ".sleep": _sleep,
    ".eat": _eat,
    ".group": _eat_unseen,
    ".raise": _raise,
    ".nest": _nest,
    ".network": _call_out,
    ".print": _print,
    ".litter": _litter,
    ".write": _write_much,
}


def _read(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    del limits
    DEEDS[candidate.suffix]()
    yield Parsed(text=f"{candidate.relative} was read by process {os.getpid()}")


def _read_parts(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    del candidate, limits
    while True:
        yield Parsed(text="x" * 2**20)


def _read_secrets(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    del candidate, limits
    yield Parsed(text=" ".join(os.environ))


def _read_wrongly(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    del candidate, limits
    yield Parsed(text="short", marks=(Mark(at=99, locator=Section(("beyond the end",))),))


def _claims(*suffixes: str) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.suffix in suffixes


READERS = (
    Reader(name="hostile", version=1, claims=_claims(*DEEDS), read=_read),
    Reader(name="endless", version=1, claims=_claims(".endless"), read=_read_parts),
    Reader(name="secrets", version=1, claims=_claims(".secrets"), read=_read_secrets),
    Reader(name="wrong", version=1, claims=_claims(".wrong"), read=_read_wrongly),
    plain.READER,
)
