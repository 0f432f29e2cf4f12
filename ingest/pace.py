"""How long it will take from here, from how long it took so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

A_FILE = 16 * 2**10  # what opening one costs, in bytes
FIRST_SECONDS = 3.0  # processes start and a model is loaded: no rate to go by


@dataclass(slots=True)
class Pace:
    """`clock`: seconds. Bytes and files both count: a thousand small files are more work than one of their size."""

    files: int
    bytes: int
    clock: Callable[[], float] = time.monotonic
    done_files: int = 0
    done_bytes: int = 0
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def did(self, size: int) -> None:
        self.done_files += 1
        self.done_bytes += size

    @property
    def seconds_left(self) -> float | None:
        """None at first."""
        took = self.clock() - self._began
        done = self.done_bytes + A_FILE * self.done_files
        total = self.bytes + A_FILE * self.files
        if took < FIRST_SECONDS or not done:
            return None
        return max(0.0, took * (total - done) / done)
