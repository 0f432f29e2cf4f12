"""What a file's fingerprint is made of: everything that what is stored depends on."""

import codecs
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.readers.base import HEAD_BYTES, Candidate, Reader

PIECE = 2**20
FRESH_NS = 2 * 10**9  # the coarsest clock of a file system in use ticks every two seconds


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """`basis`: versions of redaction and chunking, the model, the kind that was given."""

    basis: tuple[str, ...]
    readers: tuple[Reader, ...] = ()  # all there are

    @property
    def setup(self) -> str:
        """Everything but the content: with another one a file is looked into again, whatever its times say."""
        return self._digest(*(f"{reader.name}:{reader.version}" for reader in self.readers))[:16]

    def of(self, reader: Reader, content: str, *, nested: bool = False) -> str:
        """`content`: the digest of the raw bytes. `nested`: files in it are read by their own readers, whose versions
        count too.
        """
        return self._digest(content, reader.name, str(reader.version), *([self.setup] if nested else []))

    def of_remote(self, content: str) -> str:
        """`content`: what the remote says of it, with its reader's version."""
        return self._digest(content)

    def _digest(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((*parts, *self.basis)).encode()).hexdigest()[:40]


def stamp(path: Path, setup: str) -> tuple[str, int]:
    """(what tells that it was not touched since, its size). Empty when it was touched a moment ago: it could be again
    within the same tick of the file system's clock. Raises OSError.
    """
    found = path.stat()
    return _stamp([found], setup), found.st_size


def stamp_into(folder: Path, setup: str) -> tuple[str, int]:
    """The same of all files in a folder that is one thing."""
    names, found = hashlib.sha256(setup.encode()), []
    for path in _files(folder):
        names.update(os.fsencode(path.relative_to(folder)) + b"\0")
        found.append(path.stat())
    return _stamp(found, names.hexdigest()[:16]), sum(one.st_size for one in found)


def _stamp(found: Sequence[os.stat_result], setup: str) -> str:
    if any(time.time_ns() - one.st_ctime_ns < FRESH_NS for one in found):
        return ""
    times = ",".join(f"{one.st_size}:{one.st_mtime_ns}:{one.st_ctime_ns}:{one.st_ino}" for one in found)
    return hashlib.sha256(f"{setup}\0{times}".encode()).hexdigest()[:32]


def look(path: Path, relative: str) -> tuple[Candidate, str]:
    """The candidate and the digest of its bytes. An empty digest: nothing but white space is in it. Raises OSError."""
    digest, blank = hashlib.sha256(), True
    with path.open("rb") as file:
        piece = file.read(PIECE)
        head = piece[:HEAD_BYTES]
        while piece:
            digest.update(piece)
            blank = blank and not piece.removeprefix(codecs.BOM_UTF8).strip()
            piece = file.read(PIECE)
    return Candidate(path=path, relative=relative, head=head), "" if blank else digest.hexdigest()


def look_into(folder: Path, relative: str) -> tuple[Candidate, str]:
    """The same of a folder that is one thing: names and bytes of all files in it. Raises OSError."""
    digest = hashlib.sha256()
    for path in _files(folder):
        _, content = look(path, relative)
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode("utf-8", "surrogateescape"))
    return Candidate(path=folder, relative=relative, is_dir=True), digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path
