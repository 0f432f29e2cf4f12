"""From a file's bytes to its characters: nothing is lost in silence."""

import re
from dataclasses import dataclass

from ingest.text.sniff import BOMS, binary_kind, encoding_by_bom, encoding_by_zeros
from rag.domain.errors import UnreadableSource

SAMPLE = 64 * 2**10  # bytes from which an unknown encoding is guessed
FEW = 24  # bytes beyond ASCII: from fewer, a statistical guess is worse than the most common encoding
SURROGATES = re.compile("[\ud800-\udfff]")
REPLACED = "\ufffd"
HIGH_BYTES = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` has no BOM, no NUL, no carriage return; `notes` says what could not be kept as it was."""

    text: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, name: str) -> Decoded:
    """`name` is for messages. Raises UnreadableSource when there is no text in it."""
    if not data:
        raise UnreadableSource(f"{name} is empty.", fix="Write something into it, or remove it.")
    if looks := binary_kind(data[:8192]):
        raise UnreadableSource(
            f"{name} is no text: it looks like {looks}.", fix="Give it the extension of what it is, or convert it."
        )
    text, note = _characters(data)
    text = clean(text)
    if not text.strip():
        raise UnreadableSource(f"{name} is empty: it holds white space only.", fix="Write something into it.")
    return Decoded(text, (note,) if note else ())


def clean(text: str) -> str:
    """Newlines as \\n, no NUL, no BOM in front, lone surrogates replaced."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    text = text.removeprefix("\ufeff")
    return text if text.isascii() else SURROGATES.sub(REPLACED, text)


def cut(text: str, most: int) -> tuple[str, tuple[str, ...]]:
    """At most `most` characters, whole lines where the last line is not very long; and a note when it was cut."""
    if len(text) <= most:
        return text, ()
    end = text.rfind("\n", most - most // 100, most) + 1 or most
    return text[:end], (f"Only the first {end:,} of {len(text):,} characters were kept.",)


def _characters(data: bytes) -> tuple[str, str]:
    """The characters, and a note when they are a guess or incomplete."""
    encoding = encoding_by_bom(data)
    if encoding:
        data = data[len(next(bom for bom, name in BOMS if name == encoding)) :]
    encoding = encoding or encoding_by_zeros(data[:8192])
    if encoding and encoding != "utf-8":
        return _lenient(data, encoding)
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _broken(data)


def _broken(data: bytes) -> tuple[str, str]:
    """UTF-8 with damage when most of what is beyond ASCII is sound, else another encoding, which is guessed."""
    damaged = data.decode("utf-8", "replace")
    high = len(data) - len(data.translate(None, HIGH_BYTES))
    if damaged.count(REPLACED) * 4 <= high:
        return _lenient(data, "utf-8")
    encoding = _guess(data, high)
    text, note = _lenient(data, encoding)
    return text, f"It is not UTF-8; it was read as {encoding}, which is a guess. {note}".strip()


def _lenient(data: bytes, encoding: str) -> tuple[str, str]:
    text = data.decode(encoding, "replace")
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return text, f"Some bytes are no valid {encoding}; they were replaced by {REPLACED}."
    return text, ""


def _guess(data: bytes, high: int) -> str:
    if high < FEW:
        return "cp1252"
    from charset_normalizer import from_bytes

    start = max(0, next(i for i, byte in enumerate(data) if byte > 127) - SAMPLE // 4)
    best = from_bytes(data[start : start + SAMPLE]).best()
    return best.encoding if best else "cp1252"
