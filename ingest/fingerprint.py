"""What a file's fingerprint is made of: everything that what is stored depends on."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.readers.base import HEAD_BYTES, Candidate, Reader

PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """`basis`: versions of redaction and chunking, the model, the kind that was given."""

    basis: tuple[str, ...]

    def of(self, reader: Reader, content: str) -> str:
        """`content`: the digest of the raw bytes."""
        return self._digest(content, reader.name, str(reader.version))

    def of_remote(self, content: str) -> str:
        """`content`: what the remote says of it, with its reader's version."""
        return self._digest(content)

    def _digest(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((*parts, *self.basis)).encode()).hexdigest()[:40]


def look(path: Path, relative: str) -> tuple[Candidate, str]:
    """The candidate and the digest of its bytes. An empty digest: nothing is in it. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        piece = file.read(PIECE)
        head = piece[:HEAD_BYTES]
        while piece:
            digest.update(piece)
            piece = file.read(PIECE)
    return Candidate(path=path, relative=relative, head=head), digest.hexdigest() if head else ""


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
