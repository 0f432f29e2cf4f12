"""Heavy work in bounded pools: what does not fit is refused with "try again", never left waiting without end."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rag.api.metrics import Metrics
from rag.domain.errors import TooBusy

T = TypeVar("T")


class WorkPool:
    """`running` tasks at once and `waiting` more in line; one more raises TooBusy."""

    def __init__(self, name: str, *, running: int, waiting: int, metrics: Metrics) -> None:
        self.name = name
        self.running = running
        self.room = running + waiting
        self._metrics = metrics
        self._pool = ThreadPoolExecutor(max_workers=running, thread_name_prefix=f"teamlore-{name}")
        self._lock = threading.Lock()
        self._taken = 0
        self._closed = False

    def submit(self, task: Callable[[], T]) -> "Future[T]":
        with self._lock:
            if self._closed:
                raise TooBusy("The service is stopping.", fix="Try again when it is back.")
            if self._taken >= self.room:
                raise TooBusy("Too much is going on at once.", fix="Try again in a few seconds.")
            self._change(1)
        future = self._pool.submit(task)
        future.add_done_callback(self._done)
        return future

    def run(self, task: Callable[[], T]) -> T:
        """Wait for the result; what the task raises comes out here."""
        return self.submit(task).result()

    def load(self) -> dict[str, int]:
        with self._lock:
            return {"running": min(self._taken, self.running), "waiting": max(0, self._taken - self.running)}

    def close(self, *, wait: bool) -> None:
        """No new tasks; those in line are cancelled, those that run may end."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _done(self, _: "Future[T]") -> None:
        with self._lock:
            self._change(-1)

    def _change(self, by: int) -> None:
        self._taken += by
        running = min(self._taken, self.running)
        self._metrics.work(self.name, running=running, waiting=self._taken - running)
