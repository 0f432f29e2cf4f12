"""The mails of an mbox, one after the other: nothing but the one that is read is held."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from ingest.readers.base import Limits
from rag.domain.errors import LimitExceeded, UnreadableSource

ENVELOPE = re.compile(rb"From [^\r\n]{1,300}[0-9]{1,2}:[0-9]{2}[^\r\n]{0,60}\r?\n")
HEADER = re.compile(rb"[!-9;-~]{1,80}:")
ESCAPED = re.compile(rb">{1,9}From ")
HEAD = 4096
LONGEST_LINE = 1 * 2**20
LONGEST_MAIL = 16 * 2**20  # the text stands in front of the attachments
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"


def begins_mbox(head: bytes) -> bool:
    """Whether the first bytes of a file, packed or not, are an envelope and a header."""
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
        except zlib.error:
            return False
    head = head.removeprefix(BOM).lstrip(b"\r\n")
    match = ENVELOPE.match(head)
    return match is not None and HEADER.match(head, match.end()) is not None


def mails(path: Path, name: str, limits: Limits) -> Iterator[tuple[str, bytes, bool]]:
    """(envelope, mail, whether that is all of it). Raises LimitExceeded, UnreadableSource for damaged gzip."""
    try:
        with _opened(path) as file:
            yield from _split(_lines(file, name, limits))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UnreadableSource(f"{name} is damaged: {error}.", fix="Fetch it again.") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _lines(file: IO[bytes], name: str, limits: Limits) -> Iterator[bytes]:
    """A very long line comes in pieces."""
    size = 0
    while line := file.readline(LONGEST_LINE):
        line = line.removeprefix(BOM) if not size else line
        size += len(line)
        if size > limits.archive_bytes:
            raise LimitExceeded(
                f"{name} holds more than {limits.archive_bytes / 2**20:,.0f} MiB of mail.", fix="Split it by year."
            )
        yield line


def _split(lines: Iterator[bytes]) -> Iterator[tuple[str, bytes, bool]]:
    """A mail begins where an envelope follows a blank line and a header follows the envelope."""
    envelope, waiting, after_blank = b"", b"", True
    mail: list[bytes] = []
    length = 0
    for line in lines:
        if waiting:
            if HEADER.match(line):
                if envelope:
                    yield _told(envelope), b"".join(mail), length <= LONGEST_MAIL
                envelope, mail, length = waiting, [], 0
            else:
                mail.append(waiting)
            waiting = b""
        if after_blank and ENVELOPE.fullmatch(line):
            waiting = line
            continue
        after_blank = line in (b"\n", b"\r\n")
        length += len(line)
        if length <= LONGEST_MAIL:
            mail.append(line[1:] if ESCAPED.match(line) else line)
    if envelope:
        yield _told(envelope), b"".join(mail) + waiting, length <= LONGEST_MAIL


def _told(envelope: bytes) -> str:
    return envelope.decode("utf-8", "replace").removeprefix("From ").strip()
