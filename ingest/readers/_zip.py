"""A look at a ZIP archive before anything unpacks it."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from xml.parsers import expat

from ingest.readers.base import Candidate, Limits
from rag.domain.errors import LimitExceeded, UnreadableSource

HARMLESS = 10 * 2**20  # bytes unpacked for which no ratio is suspicious
PIECE = 64 * 2**10
ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DAMAGED = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)  # what zipfile raises for bytes it cannot make sense of; RuntimeError: a member is encrypted


def open_zip(candidate: Candidate, limits: Limits) -> zipfile.ZipFile:
    """Its entries are within `limits` as declared; zipfile reads no more of a member than is declared.

    Raises LimitExceeded, UnreadableSource for what is no ZIP archive.
    """
    name = candidate.relative
    try:
        archive = zipfile.ZipFile(candidate.path)
    except DAMAGED as error:
        raise UnreadableSource(f"{name} is damaged: {error}.", fix="Save or pack it again.") from error
    try:
        check_entries(archive, name, limits)
    except LimitExceeded:
        archive.close()
        raise
    return archive


def check_entries(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Raises LimitExceeded."""
    entries = archive.infolist()
    if len(entries) > limits.archive_entries:
        raise LimitExceeded(
            f"{name} holds {len(entries):,} entries, more than {limits.archive_entries:,}.", fix="Split it."
        )
    packed = sum(entry.compress_size for entry in entries)
    check_size(name, packed=packed, unpacked=sum(entry.file_size for entry in entries), limits=limits)
    if packed > max((entry.header_offset for entry in entries), default=0) + PIECE + max(
        (entry.compress_size for entry in entries), default=0
    ):
        raise LimitExceeded(f"{name}: its entries overlap, as in a ZIP bomb.", fix="Pack it again.")


def check_size(name: str, *, packed: int, unpacked: int, limits: Limits) -> None:
    """Raises LimitExceeded for what is too large, or too much larger than its archive."""
    if unpacked > limits.archive_bytes:
        raise LimitExceeded(
            f"{name} unpacks to more than {limits.archive_bytes / 2**20:,.0f} MiB.",
            fix="Split it, or leave out what nobody will ask about.",
        )
    if unpacked > HARMLESS and unpacked > limits.archive_ratio * max(packed, 1):
        raise LimitExceeded(
            f"{name} unpacks to {unpacked / max(packed, 1):,.0f} times its size, as a ZIP bomb does.",
            fix="Pack it again from files you trust.",
        )


def count_elements(archive: zipfile.ZipFile, members: list[str], on_element: Callable[[str], None]) -> None:
    """Call `on_element` with the local name of each XML element. Raises UnreadableSource for XML that is none.

    Nothing is kept: this is what a look at a document of any size costs, about a second a million elements.
    """

    def start(tag: str, _: dict[str, str]) -> None:
        on_element(tag.rpartition(":")[2])

    def doctype(*_: object) -> None:
        raise UnreadableSource(
            "It holds a document type declaration, which no Office program writes.", fix="Save it again."
        )

    for member in members:
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = doctype
        try:
            with archive.open(member) as stream:
                while piece := stream.read(PIECE):
                    parser.Parse(piece, False)
                parser.Parse(b"", True)
        except (expat.ExpatError, *DAMAGED) as error:
            raise UnreadableSource(f"{member} inside it is damaged: {error}.", fix="Save it again.") from error
