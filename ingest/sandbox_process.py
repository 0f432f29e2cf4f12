"""One child process that reads files, seen from its parent."""

import contextlib
import dataclasses
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from ingest.codec import parsed_from_json
from ingest.readers.base import Candidate, Limits
from ingest.sandbox_child import LENGTH, OUT_OF_MEMORY
from rag.domain.errors import (
    BackendFailed,
    LimitExceeded,
    ReaderCrashed,
    ReaderStopped,
    UnreadableSource,
    UnsupportedFormat,
)
from rag.domain.types import Parsed

START_SECONDS = 60.0
TICK_SECONDS = 0.1  # how often memory and clock are looked at
PIECE = 2**20
OUTPUT_TIMES = 4  # a file's text as JSON: at most this many times the largest file
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ", "VIRTUAL_ENV")
ERRORS = {kind.code: kind for kind in (UnreadableSource, UnsupportedFormat, LimitExceeded)}
LEAVE_OUT = "Leave it out, or convert it to a simpler format."


class _Gone(Exception):
    """The child ended by itself, or must be ended because it went beyond `limit`."""

    def __init__(self, limit: str = "") -> None:
        super().__init__(limit)
        self.limit = limit


class ReaderProcess:
    """Starts at once; one `read` at a time. `broken`: only `close` is of use.

    It counts as broken from the start of a read until its orderly end, so that an interrupted read leaves no
    frames behind for the next one.
    """

    def __init__(self, readers: str, limits: Limits) -> None:
        self.files = 0
        self.broken = False
        self._limits = limits
        self._scratch = Path(tempfile.mkdtemp(prefix="teamlore-read-"))
        self._log = self._scratch.with_suffix(".log")
        self._process = _start(self._scratch, self._log)
        self._buffer = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._memory = psutil.Process(self._process.pid)
        first = {"readers": readers, "limits": dataclasses.asdict(limits), "scratch": str(self._scratch)}
        try:
            self._send(first)
            self._frame(time.monotonic() + START_SECONDS, limits.memory_bytes * 2)
        except (_Gone, OSError) as error:
            said = self._log.read_bytes()[-2000:].decode(errors="replace").strip().rpartition("\n")[2]
            self.close()
            raise BackendFailed(f"A reader process did not start: {said}", fix="Run `teamlore doctor`.") from error

    def read(self, reader: str, candidate: Candidate) -> tuple[Parsed, ...]:
        """Raises UnreadableSource; then `broken` says whether the process may go on."""
        self.files += 1
        try:
            return self._read(reader, candidate)
        except _Gone as gone:
            raise self._failure(candidate.relative, gone.limit) from gone
        except (OSError, ValueError, psutil.Error) as error:
            raise ReaderCrashed(f"{candidate.relative}: its reader failed ({error}).", fix=LEAVE_OUT) from error

    def kill(self) -> None:
        """From any thread; a read under way sees the end of the process."""
        if self._process.returncode is None:  # not waited for yet: the id is still its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # what a reader started dies with it

    def close(self) -> None:
        self.broken = True
        self.kill()
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._log.unlink(missing_ok=True)

    @property
    def _stdout(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _read(self, reader: str, candidate: Candidate) -> tuple[Parsed, ...]:
        self.broken = True
        most_memory = self._resident() + self._limits.memory_bytes
        deadline = time.monotonic() + self._limits.wall_seconds
        self._send({"reader": reader, "path": str(candidate.path.absolute()), "relative": candidate.relative})
        parts: list[Parsed] = []
        room = OUTPUT_TIMES * self._limits.file_bytes
        while True:
            data = self._frame(deadline, most_memory, room)
            room -= len(data)
            message = json.loads(data)
            if "parsed" in message:
                parts.append(parsed_from_json(message["parsed"]))
            elif "error" in message:
                raise self._error(candidate.relative, message["error"])
            else:
                self.broken = self._resident() > self._limits.memory_bytes
                return tuple(parts)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def _frame(self, deadline: float, most_memory: int, room: int = PIECE) -> bytes:
        """The next whole frame, at most `room` bytes. Raises _Gone."""
        length = LENGTH.unpack(self._bytes(LENGTH.size, deadline, most_memory))[0]
        if length > room:
            raise _Gone("it holds more text than one file may")
        return self._bytes(length, deadline, most_memory)

    def _bytes(self, count: int, deadline: float, most_memory: int) -> bytes:
        looked = time.monotonic()
        while len(self._buffer) < count:
            ready = self._selector.select(TICK_SECONDS)
            if (now := time.monotonic()) - looked >= TICK_SECONDS:
                looked = now
                self._watch(now, deadline, most_memory)
            if not ready:
                continue
            piece = os.read(self._stdout, PIECE)
            if not piece:
                raise _Gone
            self._buffer += piece
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _watch(self, now: float, deadline: float, most_memory: int) -> None:
        if now > deadline:
            raise _Gone(f"reading it took longer than {self._limits.wall_seconds} s")
        if self._resident() > most_memory:
            raise _Gone(_too_much_memory(self._limits))

    def _resident(self) -> int:
        try:
            return self._memory.memory_info().rss
        except psutil.NoSuchProcess as error:
            raise _Gone from error

    def _error(self, name: str, error: dict[str, str]) -> UnreadableSource:
        if kind := ERRORS.get(error["code"]):
            self.broken = False  # a refusal is an orderly end
            return kind(str(error["what"]), fix=str(error["fix"]))
        return UnreadableSource(f"{name} could not be read ({error['what']}).", fix=LEAVE_OUT)

    def _failure(self, name: str, limit: str) -> UnreadableSource:
        """What the end of the process says about the file."""
        if not limit:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        code = self._process.returncode
        self.close()
        if code == -signal.SIGXCPU:
            limit = f"reading it took more than {self._limits.cpu_seconds} s of processor time"
        elif code == OUT_OF_MEMORY:
            limit = _too_much_memory(self._limits)
        elif code == -signal.SIGKILL:
            limit = "reading it was stopped by the system, most likely for want of memory"
        if limit:
            return ReaderStopped(f"{name}: {limit}.", fix=LEAVE_OUT)
        how = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
        return ReaderCrashed(f"{name}: its reader crashed ({how}).", fix=LEAVE_OUT)


def _start(scratch: Path, log: Path) -> "subprocess.Popen[bytes]":
    """No environment but what is needed: a key in it is no business of a parser. -P: nothing is imported from cwd."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    here = [os.path.abspath(path) for path in sys.path if os.path.isdir(path or ".")]
    environment |= {"PYTHONPATH": os.pathsep.join(here), "PYTHONUTF8": "1"}
    environment |= {"TMPDIR": str(scratch), "HOME": str(scratch), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        with log.open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "ingest.sandbox_child"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=scratch,
                env=environment,
                start_new_session=True,
            )
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise BackendFailed(f"A reader process did not start: {error}.", fix="Close other programs.") from error


def _too_much_memory(limits: Limits) -> str:
    return f"reading it needs more than {limits.memory_bytes / 2**20:,.0f} MiB of memory"
