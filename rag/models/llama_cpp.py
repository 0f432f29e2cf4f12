"""A model file on this machine, by llama.cpp: loaded at the first question, in a process of its own.

Not in ours: while it loads a model the binding holds the interpreter (5 s for the smallest known one on two busy
cores), so that nobody else would be served, and an assertion of llama.cpp ends the process it is in. Ours talks to it
over loopback with a key of its own, as to any server: the same deadlines, and a closed connection ends the generation.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.domain.errors import BackendFailed, BadSetting
from rag.models.artifacts import find
from rag.models.chat import HEARTBEAT, ChatLLM, Limits
from rag.models.llama_child import LISTENS
from rag.models.openai import openai_like
from rag.models.windows import served_window

CONTEXT = 4096  # tokens, when none is set: twice what an answer needs
_MEMORY = "Check that it is a whole GGUF file, and that there is memory for it; or take a smaller model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    child: subprocess.Popen[str]
    llm: ChatLLM


class LlamaServer:
    """One model file, loaded once however many ask. Thread-safe. It ends when nobody refers to it any more."""

    def __init__(self, path: Path, *, context: int, threads: int, limits: Limits) -> None:
        self._path, self._context, self._limits = path, context, limits
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._future: Future[Running] | None = None

    def running(self) -> Future[Running]:
        """Started, or started again when it has ended. Its exception is BackendFailed."""
        with self._lock:
            if self._future is None or _ended(self._future):
                self._future = Future()
                work = threading.Thread(target=self._start, args=(self._future,), name="llama-start", daemon=True)
                work.start()
            return self._future

    def _start(self, future: Future[Running]) -> None:
        try:
            future.set_result(self._started())
        except BackendFailed as error:
            future.set_exception(error)
        except OSError as error:
            future.set_exception(BackendFailed(f"llama.cpp could not be started ({error.strerror}).", fix=_MEMORY))

    def _started(self) -> Running:
        child = subprocess.Popen(
            [sys.executable, "-m", "rag.models.llama_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        weakref.finalize(self, _stop, child)
        assert child.stdin is not None
        assert child.stdout is not None
        key = secrets.token_urlsafe(24)
        told = {"path": str(self._path), "context": self._context, "threads": self._threads, "key": key}
        child.stdin.write(json.dumps(told) + "\n")
        child.stdin.flush()
        said = (line.removeprefix(LISTENS).strip() for line in child.stdout if line.startswith(LISTENS))
        if not (address := next(said, "")):
            _stop(child)
            raise BackendFailed(f"llama.cpp could not load {self._path.name}.", fix=_MEMORY)
        url = f"{address}/v1"
        window = served_window(url, key, self._path.name, context=0)() or self._context
        limits = replace(self._limits, first_token=self._limits.total / 2)  # it reads slowly, but it does not hang
        dialect = openai_like(self._path.name, base_url=url, api_key=key, context=min(window, self._context))
        return Running(child=child, llm=ChatLLM(dialect, limits=limits))


class LlamaCppLLM:
    """Thread-safe. The file is looked for at the first question, so that searching works before it is pulled."""

    def __init__(self, model: str, *, models: Path, context: int, threads: int, limits: Limits) -> None:
        if find_spec("xllamacpp") is None:
            raise BadSetting(
                f"llama-cpp:{model} needs a package that is not installed.", fix="pip install 'teamlore[llama-cpp]'"
            )
        self.name = f"llama-cpp:{model}"
        self._model, self._models, self._limits = model, models, limits
        self._context, self._threads = context or CONTEXT, threads
        self._lock = threading.Lock()
        self._server: LlamaServer | None = None

    def window(self) -> int | None:
        """What was asked for; once it is loaded no more than the model has."""
        future = self._found().running() if self._server else None
        return future.result().llm.window() if future and _well(future) else self._context

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """As the port says; "" each second while the model is loaded. Raises ModelMissing, naming what pulls it."""
        future, end = self._found().running(), time.monotonic() + self._limits.total
        while not future.done():
            if time.monotonic() > end:
                raise BackendFailed(f"Loading {self._model} takes too long.", fix="Raise TEAMLORE_LLM_TIMEOUT.")
            yield ""
            _wait(future, HEARTBEAT)
        yield from future.result().llm.stream(system, user, max_tokens=max_tokens, schema=schema)

    def _found(self) -> LlamaServer:
        with self._lock:
            if self._server is None:
                path = find(self._model, self._models)
                self._server = shared(path, context=self._context, threads=self._threads, limits=self._limits)
            return self._server


_SERVERS: weakref.WeakValueDictionary[tuple[object, ...], LlamaServer] = weakref.WeakValueDictionary()
_SHARING = threading.Lock()


def shared(path: Path, *, context: int, threads: int, limits: Limits) -> LlamaServer:
    """The one that is there already for the same file asked for in the same way, else a new one."""
    with _SHARING:
        key = (path.resolve(), context, threads, limits)
        server = _SERVERS.get(key) or LlamaServer(path, context=context, threads=threads, limits=limits)
        _SERVERS[key] = server
        return server


def _ended(future: Future[Running]) -> bool:
    return future.done() and not _well(future)


def _well(future: Future[Running]) -> bool:
    return future.done() and future.exception() is None and future.result().child.poll() is None


def _wait(future: Future[Running], seconds: float) -> None:
    try:
        future.exception(timeout=seconds)
    except TimeoutError:
        return


def _stop(child: subprocess.Popen[str]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    child.kill()
    child.wait()
