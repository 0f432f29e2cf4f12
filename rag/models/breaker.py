"""After several failures in a row a server is left alone for a while.

Our own: an answer is a stream whose outcome is known long after the call, and one that its asker gave up is neither a
success nor a failure. The circuit breakers on the index wrap a call that returns.
"""

import threading
import time
from collections.abc import Callable

from rag.models.faults import Fault

MOST = 5  # failures in a row
REST = 30.0  # seconds


class Breaker:
    """Thread-safe. Each `enter` that returns is followed by one `leave`."""

    def __init__(self, *, most: int = MOST, rest: float = REST, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._most, self._rest, self._clock = most, rest, clock
        self._failures = 0
        self._until = 0.0
        self._trial = False

    def enter(self) -> None:
        """Raises Fault("resting") while it rests; then one caller may try, the others wait for what it finds."""
        with self._lock:
            if self._failures < self._most:
                return
            left = self._until - self._clock()
            if left > 0 or self._trial:
                raise Fault("resting", wait=max(1.0, left))
            self._trial = True

    def leave(self, outcome: bool | None) -> None:
        """True: it answered; False: it failed; None: given up, which says nothing."""
        with self._lock:
            self._trial = False
            if outcome is None:
                return
            self._failures = 0 if outcome else self._failures + 1
            if self._failures >= self._most:
                self._until = self._clock() + self._rest
