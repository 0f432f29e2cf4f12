"""What every reader is: a claim on a file or folder, and a way to read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.domain.types import Parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that was found under a named path and may be read."""

    path: Path  # where it lies
    relative: str  # POSIX path inside the source
    head: bytes = b""  # its first 8 KiB; empty for a folder
    is_dir: bool = False

    @property
    def suffix(self) -> str:
        """Lower case, with its dot; `.tar.gz` counts as `.gz`."""
        return Path(self.relative).suffix.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost. Beyond: LimitExceeded, or a cut that `Parsed.notes` names."""

    file_bytes: int = 50 * 2**20
    cpu_seconds: int = 60
    memory_bytes: int = 1 * 2**30  # above what the child takes for itself
    text_chars: int = 5_000_000
    elements: int = 50_000
    archive_bytes: int = 200 * 2**20
    archive_entries: int = 10_000
    archive_ratio: int = 100
    archive_depth: int = 2
    output_chars: int = 1_000_000  # of a notebook's outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`claims` must be cheap: name and head only. `read` runs in a child process and may raise UnreadableSource.

    A reader that claims a folder (or an archive) reads all of it as one thing: the pipeline does not walk into it.
    Raise `version` when the text of the same bytes changes: what it read before is then read again.
    """

    name: str
    version: int
    claims: Callable[[Candidate], bool]
    read: Callable[[Candidate, Limits], Iterator[Parsed]]
    suffixes: frozenset[str] = frozenset()  # for messages and for the list in the docs
