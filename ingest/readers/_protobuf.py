"""Protocol buffers without their schema: the fields of a message as they lie there."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Field = tuple[int, int | bytes]  # number, value: fixed ones come as their bytes


def fields(data: bytes) -> Iterator[Field]:
    """Raises ValueError where the bytes are no message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == BYTES:
            size, at = _varint(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"field {number} is of the unknown kind {kind}")
        if at + size > len(data):
            raise ValueError(f"field {number} goes beyond the end")
        yield number, data[at : at + size]
        at += size


def messages(data: bytes, number: int) -> Iterator[bytes]:
    """The values of a repeated field that holds messages or strings."""
    return (value for found, value in fields(data) if found == number and isinstance(value, bytes))


def text(data: bytes, number: int) -> str:
    """The last value of a string field, empty when absent."""
    last = b""
    for value in messages(data, number):
        last = value
    return last.decode("utf-8", "replace")


def whole(data: bytes, number: int) -> int:
    """The last value of an integer field, 0 when absent: what is 0 is not written. A signed 64-bit number."""
    last = 0
    for found, value in fields(data):
        if found == number and isinstance(value, int):
            last = value
    return last - 2**64 if last >= 2**63 else last


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * n)
        if byte < 0x80:
            return value, at + n + 1
    raise ValueError("a number without an end")
