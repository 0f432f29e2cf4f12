"""One running chat request: a thread that reads, a queue to wait on, and a socket that can be shut."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from rag.models.faults import Fault

Pieces = Callable[[httpx.Client], Iterator[str]]  # makes the request with that client


class ChatRequest:
    """Starts at once. `next` gives its pieces; `cancel` ends it, even while the thread is blocked in a read."""

    def __init__(self, pieces: Pieces, *, tls: ssl.SSLContext) -> None:
        self._queue: queue.SimpleQueue[str | Fault | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._cancelled = False
        self._client = httpx.Client(verify=tls, event_hooks={"request": [self._watch]})
        threading.Thread(target=self._read, args=(pieces,), name="llm-request", daemon=True).start()

    def next(self, timeout: float) -> str | None:
        """The next piece, None at the end. Raises queue.Empty when nothing came in time, else what went wrong."""
        item = self._queue.get(timeout=timeout)
        if isinstance(item, Fault):
            raise item
        return item

    def cancel(self) -> None:
        """The server sees the connection end. Harmless when it has ended already."""
        with self._lock:
            self._cancelled = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)  # close() would not wake the thread that reads
            except OSError:
                return  # closed by either side meanwhile: what was wanted

    def _watch(self, request: httpx.Request) -> None:
        request.extensions["trace"] = self._traced

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore; keeps the socket of the connection, plain or TLS."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete", "proxy.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._cancelled:
                    self._shut()

    def _read(self, pieces: Pieces) -> None:
        from openai import OpenAIError

        try:
            with self._client as client:
                for piece in pieces(client):
                    self._queue.put(piece)
                    if self._cancelled:
                        break
            self._queue.put(None)
        except Fault as fault:
            self._queue.put(fault)
        except (OpenAIError, httpx.HTTPError) as error:
            self._queue.put(_fault(error))
        except (ValueError, TypeError, AttributeError, LookupError):  # what parsing raises on what is no protocol
            self._queue.put(Fault("garbage"))
        except OSError:
            self._queue.put(Fault("cut"))


def _fault(error: Exception) -> Fault:
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APIStatusError):
        return Fault("status", status=error.status_code)
    if isinstance(error, APITimeoutError):
        return Fault("unreachable" if isinstance(error.__cause__, httpx.ConnectTimeout) else "first")
    if isinstance(error, APIConnectionError):
        return Fault("unreachable")
    if isinstance(error, httpx.TimeoutException):
        return Fault("idle")
    return Fault("cut")  # a broken transfer, or an error event inside the stream
