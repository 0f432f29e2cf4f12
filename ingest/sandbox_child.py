"""The process in which readers run: started by `ingest.sandbox`, it reads one file after another, within limits.

Standard input brings one JSON line a file; what is read goes out as frames (8 bytes of length, then JSON):
`{"parsed": ...}` for each part, then `{"done": true}` or `{"error": {...}}`. Never pickles: they run code.
"""

import gc
import importlib
import json
import os
import resource
import shutil
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ingest.codec import parsed_to_json
from ingest.readers.base import Limits, Reader, look_at
from ingest.text.decode import cut
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.types import Parsed
from rag.models.child import end_with_parent

LENGTH = struct.Struct(">Q")
OPEN_FILES = 256
OUT_OF_MEMORY = 71  # exit code
NO_NETWORK = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})


def main() -> None:
    """Ends when standard input does, or when the process that started it is gone."""
    jobs, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not run into the frames
    start = json.loads(jobs.readline())
    limits, scratch = Limits(**start["limits"]), Path(start["scratch"])
    end_with_parent(lambda: shutil.rmtree(scratch, ignore_errors=True))
    readers = {reader.name: reader for reader in importlib.import_module(start["readers"]).READERS}
    _lock_down(limits)
    gc.freeze()
    _send(out, _frame({"ready": True}))
    while line := jobs.readline():
        job = json.loads(line)
        _budget(limits)
        for frame in _read(readers[job["reader"]], job, limits):
            _send(out, frame)
        _empty(scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def _read(reader: Reader, job: dict[str, Any], limits: Limits) -> Iterator[bytes]:
    """Frames for one file; an error that is not ours means that this process should not be trusted further."""
    path, name = Path(job["path"]), job["relative"]
    try:
        for parsed in reader.read(look_at(path, name), limits):
            yield _frame({"parsed": parsed_to_json(_within(parsed, limits))})
        yield _frame({"done": True})
    except UnreadableSource as error:
        yield _error(error.code, error.what, error.fix)
    except RecursionError:
        yield _error(LimitExceeded.code, f"{name} is nested too deeply.", "Flatten it.")
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # there may be too little left even to say so
    except Exception as error:  # noqa: BLE001 (whatever a parser raises for a bad file is that file's failure)
        reason = str(error).replace(str(path), name).split("\n", 1)[0][:300]
        yield _error("crash", f"{type(error).__name__}: {reason}")


def _within(parsed: Parsed, limits: Limits) -> Parsed:
    text, notes = cut(parsed.text, limits.text_chars)
    if not notes:
        return parsed
    from dataclasses import replace

    return replace(
        parsed,
        text=text,
        marks=tuple(mark for mark in parsed.marks if mark.at < len(text)),
        facts=tuple(fact for fact in parsed.facts if fact.at is None or fact.at < len(text)),
        notes=parsed.notes + notes,
    )


def _error(code: str, what: str, fix: str = "") -> bytes:
    return _frame({"error": {"code": code, "what": what, "fix": fix}})


def _frame(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _send(out: BinaryIO, frame: bytes) -> None:
    out.write(LENGTH.pack(len(frame)))
    out.write(frame)
    out.flush()


def _lock_down(limits: Limits) -> None:
    """What stays the same for every file. RLIMIT_NPROC would also forbid threads, and counts the user's other work."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, limits.archive_bytes)
    sys.addaudithook(_no_network)
    socket.setdefaulttimeout(1.0)


def _no_network(event: str, arguments: object) -> None:
    del arguments
    if event in NO_NETWORK:
        raise PermissionError("a reader may not use the network")


def _budget(limits: Limits) -> None:
    """CPU and memory for the next file, on top of what this process has used so far.

    RLIMIT_DATA counts private writable memory. RLIMIT_AS would count address space as well, of which libraries
    reserve gigabytes they never touch; RLIMIT_RSS does nothing on Linux. Beyond it, Python raises MemoryError.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.cpu_seconds)
    if data := _private_bytes():
        _limit(resource.RLIMIT_DATA, data + limits.memory_bytes)


def _private_bytes() -> int:
    """0 where /proc is absent (macOS): there the parent's watch on resident memory stands alone."""
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[5]) * resource.getpagesize()
    return 0


def _limit(what: int, soft: int) -> None:
    hard = resource.getrlimit(what)[1]
    with suppress(ValueError, OSError):  # the system's own limit is lower, or it knows no such limit
        resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _empty(scratch: Path) -> None:
    for entry in os.scandir(scratch):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
