"""Uploads as they came: named by their content, so that one file is kept once, whatever it is called."""

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.domain.errors import StorageFailed

LONGEST_NAME = 150
NO_NAME = "upload"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Originals:
    folder: Path

    def keep(self, name: str, data: bytes) -> Path:
        """Where the bytes lie now, on disk for good. Raises StorageFailed and leaves nothing half."""
        place = self._place(name, data)
        if not place.exists():
            try:
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write(place, data)
            except OSError as error:
                raise StorageFailed(
                    f"{name} could not be kept: {error.strerror}.", fix="Free some disk space, then upload it again."
                ) from error
        return place

    def _place(self, name: str, data: bytes) -> Path:
        digest = hashlib.sha256(data).hexdigest()
        suffix = _SUFFIX.fullmatch(Path(name).suffix)
        return self.folder / digest[:2] / f"{digest}{suffix.group().lower() if suffix else ''}"

    def forget(self, name: str, data: bytes) -> None:
        self._place(name, data).unlink(missing_ok=True)


def _write(place: Path, data: bytes) -> None:
    handle, scratch = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(place)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise


def clean_name(name: str) -> str:
    """The last part of a path that somebody else chose: no folder, control character or name of a device in it."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip().strip(".").strip()
    kept = re.sub(r'[<>:"|?*]', "_", kept)
    if _DEVICE.fullmatch(kept):
        kept = f"_{kept}"
    if len(kept) > LONGEST_NAME:
        suffix = Path(kept).suffix[:20]
        kept = kept[: LONGEST_NAME - len(suffix)] + suffix
    return kept or NO_NAME


def distinct_names(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Clean names; of two that are the same in one call the second gets a number."""
    taken: set[str] = set()
    for name, data in files:
        clean = clean_name(name)
        stem, suffix, n = Path(clean).stem, Path(clean).suffix, 1
        while clean in taken:
            n += 1
            clean = f"{stem} ({n}){suffix}"
        taken.add(clean)
        yield clean, data
