"""Bulk embedding in a process of its own, so that who asks meanwhile has the interpreter, and the cores first."""

import contextlib
import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from rag.domain.types import Matrix
from rag.models.embedder import OnnxEmbedder

FEW = 64  # texts that are embedded here sooner than a process is started
IDLE = 60.0  # seconds without work after which the process, and its memory, go
PATIENCE = 300.0  # seconds for one call: a machine that is much too busy takes one of them
TRIES = 2
REST = 600.0  # seconds in which none is started, when the last one failed

_log = logging.getLogger(__name__)


class Ended(Exception):
    """The process could not be started, ended, or says nothing."""


class EmbedProcess:
    """Starts at once; one `embed` at a time. After Ended only `close` is of use."""

    def __init__(self, model: OnnxEmbedder, *, idle: float) -> None:
        source = asdict(model.source) | {"folder": str(model.source.folder)}
        given = {"source": source, "export": str(model.folder), "threads": model.threads, "idle": idle}
        command = [sys.executable, "-m", "rag.models.embed_child", json.dumps(given)]
        try:
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise Ended(f"it could not be started ({error.strerror})") from error
        self.pid = self._child.pid
        self._dimension = model.dimension

    @property
    def runs(self) -> bool:
        return self._child.poll() is None

    def embed(self, texts: Sequence[str]) -> Matrix:
        """As the model's own. Raises Ended."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        late = threading.Timer(PATIENCE, self._child.kill)
        late.start()
        try:
            self._child.stdin.write(json.dumps(list(texts)).encode() + b"\n")
            self._child.stdin.flush()
            rows = self._child.stdout.read(len(texts) * self._dimension * np.dtype(np.float32).itemsize)
            return np.frombuffer(rows, dtype=np.float32).reshape(len(texts), self._dimension)
        except (OSError, ValueError) as error:  # nobody reads, or there are fewer rows than texts
            raise Ended(self._how()) from error
        finally:
            late.cancel()

    def close(self) -> None:
        """From any thread; an `embed` under way raises Ended."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                pipe and pipe.close()

    def _how(self) -> str:
        code = self._child.wait()
        return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"


class BesideEmbedder:
    """`model` for many texts at once. Thread-safe; its process is there while there is work, and until `close`.

    Up to `few` texts start none: a note that somebody writes down is there at once.

    One that ends in the middle is started once more; after that the texts, and those of the next minutes, are embedded
    in this process, so that an ingest never fails because of the other one.
    """

    def __init__(self, model: OnnxEmbedder, *, idle: float = IDLE, few: int = 0) -> None:
        self._model, self._idle, self._few = model, idle, few
        self.name, self.fingerprint, self.dimension = model.name, model.fingerprint, model.dimension
        self.window = model.window
        self._lock = threading.Lock()
        self._process: EmbedProcess | None = None
        self._rests_until = 0.0
        self._closed = False

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._model.count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> Matrix:
        with self._lock:
            rows = self._elsewhere(texts)
        return self._model.embed(texts) if rows is None else rows

    def close(self) -> None:
        self._closed = True
        if process := self._process:
            process.close()

    def _elsewhere(self, texts: Sequence[str]) -> Matrix | None:
        """None: they are to be embedded here."""
        for _ in range(TRIES):
            if self._closed or time.monotonic() < self._rests_until:
                return None
            if self._process is None and len(texts) <= self._few:
                return None
            try:
                return self._running().embed(texts)
            except Ended as error:
                if not self._closed:
                    _log.warning("The process that embeds what is ingested failed: %s.", error)
                self._drop()
        self._rests_until = time.monotonic() + REST
        _log.warning("For %.0f minutes what is ingested is embedded in the service's own process.", REST / 60)
        return None

    def _running(self) -> EmbedProcess:
        if self._process is not None and not self._process.runs:
            self._drop()  # it had no work for a while
        if self._process is None:
            self._process = EmbedProcess(self._model, idle=self._idle)
        if self._closed:  # while it was started
            raise Ended("it was stopped")
        return self._process

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close()
