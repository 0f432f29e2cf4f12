"""One running chat request: a thread that reads, a queue to wait on, and a socket that can be shut."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from rag.models.faults import Fault, fault_of

T = TypeVar("T")


class Wire:
    """The socket of a request, as its HTTP client tells of it: `hooks` are event hooks of httpx and of httpx2.

    A library whose client cannot be given hooks has no socket here: `shut` then does nothing, and its thread ends when
    its next piece comes or its own time-out ends it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.cancelled = False

    @property
    def hooks(self) -> dict[str, list[Callable[..., Any]]]:
        return {"request": [self._watch]}

    def shut(self) -> None:
        """The server sees the connection end. Harmless when it has ended already."""
        with self._lock:
            self.cancelled = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)  # close() would not wake the thread that reads
            except OSError:
                return  # closed by either side meanwhile: what was wanted

    def _watch(self, request: Any) -> None:  # noqa: ANN401 - of httpx or of httpx2
        request.extensions["trace"] = self._traced

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore; keeps the socket of the connection, plain or TLS."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete", "proxy.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.cancelled:
                    self._shut()


class ChatRequest(Generic[T]):
    """Starts at once. `next` gives its pieces; `cancel` ends it, even while the thread is blocked in a read."""

    def __init__(self, pieces: Callable[[Wire], Iterator[T]]) -> None:
        self._queue: queue.SimpleQueue[T | Fault | None] = queue.SimpleQueue()
        self._wire = Wire()
        threading.Thread(target=self._read, args=(pieces,), name="llm-request", daemon=True).start()

    def next(self, timeout: float) -> T | None:
        """The next piece, None at the end. Raises queue.Empty when nothing came in time, else what went wrong."""
        item = self._queue.get(timeout=timeout)
        if isinstance(item, Fault):
            raise item
        return item

    def cancel(self) -> None:
        self._wire.shut()

    def _read(self, pieces: Callable[[Wire], Iterator[T]]) -> None:
        try:
            for piece in pieces(self._wire):
                self._queue.put(piece)
                if self._wire.cancelled:
                    break
            self._queue.put(None)
        except Fault as fault:
            self._queue.put(fault)
        except Exception as error:  # noqa: BLE001 - any SDK's; in a thread of its own it would be lost otherwise
            self._queue.put(fault_of(error))
