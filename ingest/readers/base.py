"""What every reader is: a claim on a file or folder, and a way to read it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.text.decode import Decoded, cut, decode
from ingest.text.sniff import binary_kind
from rag.domain.errors import LimitExceeded, UnsupportedFormat
from rag.domain.types import Parsed

HEAD_BYTES = 8 * 2**10


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
    wall_seconds: int = 120
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
    large: bool = False  # its files may be as large as `archive_bytes`


def look_at(path: Path, relative: str) -> Candidate:
    """The candidate at `path`. Raises OSError as `open` does."""
    if path.is_dir():
        return Candidate(path=path, relative=relative, is_dir=True)
    with path.open("rb") as file:
        return Candidate(path=path, relative=relative, head=file.read(HEAD_BYTES))


def unsupported(candidate: Candidate, readers: Iterable[Reader]) -> UnsupportedFormat:
    """What to say when no reader claims it."""
    known = sorted({suffix for reader in readers for suffix in reader.suffixes if reader.name != "code"})
    what = f"no reader for {candidate.suffix}" if candidate.suffix else "no reader for it"
    looks = binary_kind(candidate.head)
    what += f"; it looks like {looks}" if looks else ""
    return UnsupportedFormat(
        f"{candidate.relative}: {what}.",
        fix=f"Convert it to one of {', '.join(known)} or source code, or add a reader in ingest/readers/.",
    )


def read_bytes(candidate: Candidate, limits: Limits) -> bytes:
    """Raises LimitExceeded beyond `file_bytes`."""
    with candidate.path.open("rb") as file:
        data = file.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise too_large(candidate.relative, limits)
    return data


def read_whole(candidate: Candidate, limits: Limits) -> Decoded:
    """All characters of a file. Raises UnreadableSource for an empty or binary file, LimitExceeded."""
    return decode(read_bytes(candidate, limits), candidate.relative)


def read_text(candidate: Candidate, limits: Limits) -> Decoded:
    """At most `text_chars` of it, with a note when that is not all. Raises as `read_whole`."""
    decoded = read_whole(candidate, limits)
    text, notes = cut(decoded.text, limits.text_chars)
    return Decoded(text, decoded.notes + notes)


def too_large(name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"{name} is larger than {limits.file_bytes / 2**20:,.0f} MiB.",
        fix="Split it, or leave out what nobody will ask about.",
    )
