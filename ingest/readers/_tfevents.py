"""TensorBoard's event files: scalars, texts and hyperparameters, without TensorFlow. Checksums are not checked."""

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingest.readers._curves import Curve
from ingest.readers._protobuf import fields, messages, text, whole

RECORD = struct.Struct("<QI")  # length, checksum of it; then the data and its checksum
LONGEST_EVENT = 64 * 2**20
MOST_TAGS = 2_000
FLOAT, DOUBLE, INT32, STRING, INT64 = 1, 2, 3, 7, 9  # types of a tensor
FIXED = {FLOAT: "<f4", DOUBLE: "<f8", INT32: "<i4", INT64: "<i8"}
PACKED = {FLOAT: 5, DOUBLE: 6, INT32: 7, INT64: 10}  # the field that holds its values
OTHER = {3: "a histogram", 4: "an image", 5: "a histogram", 6: "a recording", 8: "a tensor"}  # fields of a Value
ENDINGS = {1: "finished", 2: "failed", 3: "running"}
LONGEST_TEXT = 100_000


@dataclass(slots=True)
class Events:
    most_points: int
    curves: dict[str, Curve] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # the last one of each tag
    params: dict[str, str] = field(default_factory=dict)
    status: str = ""
    first: float | None = None  # seconds since 1970
    last: float | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    plugins: dict[str, str] = field(default_factory=dict)  # by tag: TensorFlow says it once only

    def read(self, path: Path, name: str) -> None:
        """What could be read of one more file; damage costs what comes after, with a note. Raises OSError."""
        try:
            with path.open("rb") as file:
                while event := _next(file.read):
                    self._take(event)
        except (ValueError, struct.error) as error:
            self.notes.append(f"{name} is damaged or still being written: {error}.")

    def _take(self, event: bytes) -> None:
        time, step, summary = 0.0, 0, b""
        for number, value in fields(event):
            if number == 1 and isinstance(value, bytes):
                (time,) = struct.unpack("<d", value)
            elif number == 2 and isinstance(value, int):
                step = value - 2**64 if value >= 2**63 else value
            elif number == 5 and isinstance(value, bytes):
                summary = value
        if 0 < time < 1e11:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
        for value in messages(summary, 1):
            self._value(value, step, round(time * 1000) if abs(time) < 1e11 else 0)

    def _value(self, value: bytes, step: int, time: int) -> None:
        held = dict(fields(value))
        tag = text(value, 1)
        metadata = held.get(9)
        if isinstance(metadata, bytes):
            self._metadata(tag, metadata)
        simple, tensor = held.get(2), held.get(8)
        if isinstance(simple, bytes):
            self._scalar(tag, step, time, str(np.frombuffer(simple, "<f4")[0]))
        elif isinstance(tensor, bytes) and self._tensor(tag, tensor, step, time):
            return
        elif self.plugins.get(tag) != "hparams":
            self.left_out.update(what for number, what in OTHER.items() if number in held)

    def _tensor(self, tag: str, tensor: bytes, step: int, time: int) -> bool:
        kind = whole(tensor, 1)
        if kind == STRING:
            words = "\n".join(piece.decode("utf-8", "replace") for piece in messages(tensor, 8))
            if len(self.texts) < MOST_TAGS:
                self.texts[tag] = words[:LONGEST_TEXT]
            return True
        written = _number(tensor, kind) if self.plugins.get(tag) in ("scalars", None, "") else ""
        if written:
            self._scalar(tag, step, time, written)
        return bool(written) or self.plugins.get(tag) == "hparams"

    def _scalar(self, tag: str, step: int, time: int, written: str) -> None:
        if tag not in self.curves and len(self.curves) < MOST_TAGS:
            self.curves[tag] = Curve(tag, self.most_points)
        if tag in self.curves:
            self.curves[tag].add(step, time, written)

    def _metadata(self, tag: str, metadata: bytes) -> None:
        for plugin in messages(metadata, 1):
            name = text(plugin, 1)
            self.plugins[tag] = name
            for content in messages(plugin, 2) if name == "hparams" else ():
                self._hparams(content)

    def _hparams(self, content: bytes) -> None:
        for start in messages(content, 3):
            for entry in messages(start, 1):
                said = next(messages(entry, 2), b"")
                self.params[text(entry, 1)] = _plain(said)
        for end in messages(content, 4):
            self.status = ENDINGS.get(whole(end, 1), "")


def _next(read: Callable[[int], bytes]) -> bytes:
    """One event, empty at the end. Raises ValueError when the file ends inside one."""
    head = read(RECORD.size)
    if not head:
        return b""
    if len(head) < RECORD.size:
        raise ValueError("it ends inside an event")
    size, _ = RECORD.unpack(head)
    if size > LONGEST_EVENT:
        raise ValueError(f"an event of {size:,} bytes")
    data = read(size + 4)
    if len(data) < size + 4:
        raise ValueError("it ends inside an event")
    return data[:size]


def _number(tensor: bytes, kind: int) -> str:
    """The one value of a tensor, with the digits that its type has; empty for several, and for other types."""
    if kind not in FIXED:
        return ""
    content = b"".join(messages(tensor, 4))
    if not content and kind in (FLOAT, DOUBLE):
        content = b"".join(messages(tensor, PACKED[kind]))  # packed or not, the bytes are the same
    if not content:
        packed = [value for number, value in fields(tensor) if number == PACKED[kind]]
        return str(_integer(packed[0])) if len(packed) == 1 else ""
    if len(content) != np.dtype(FIXED[kind]).itemsize:
        return ""
    return str(np.frombuffer(content, FIXED[kind])[0])


def _integer(value: int | bytes) -> int:
    """Raises ValueError for a packed field of more than one."""
    if isinstance(value, bytes):
        value = whole(b"\x08" + value, 1)
    return value - 2**64 if value >= 2**63 else value


def _plain(value: bytes) -> str:
    """A google.protobuf.Value."""
    for number, said in fields(value):
        if number == 2 and isinstance(said, bytes):
            (parameter,) = struct.unpack("<d", said)
            return repr(int(parameter)) if parameter == parameter // 1 and abs(parameter) < 1e15 else repr(parameter)
        if number == 3 and isinstance(said, bytes):
            return said.decode("utf-8", "replace")
        if number == 4:
            return "true" if said else "false"
    return ""
