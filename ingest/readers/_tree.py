"""Folders that are read as one thing: what lies in them, and the files that are no part of what the folder is."""

import dataclasses
import os
from collections.abc import Collection, Generator, Iterator
from pathlib import Path, PurePosixPath

from ingest import readers
from ingest.readers.base import Limits, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed


def files_of(folder: Path) -> Iterator[str]:
    """POSIX paths inside it, sorted; links and hidden files and folders are left out."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and not path.is_symlink():
                yield path.relative_to(folder).as_posix()


def read_rest(folder: Path, used: Collection[str], limits: Limits) -> Generator[Parsed, None, tuple[str, ...]]:
    """The files of `folder` that are not `used`, each by its own reader: a README beside an export is not lost.

    A part is named by the file's path. Returns notes on what could not be read, for a part that is yielded later:
    `notes = yield from read_rest(...)`.
    """
    used, left = set(used), []
    for relative in files_of(folder):
        if relative in used:
            continue
        candidate = look_at(folder / relative, relative)
        reader = readers.find_reader(candidate) if candidate.head else None
        if reader is None:
            left.append(f"{relative}: {'no reader for it' if candidate.head else 'empty'}")
            continue
        try:
            for parsed in reader.read(candidate, limits):
                yield _of(parsed, relative)
        except UnreadableSource as error:
            left.append(f"{relative}: {error.what}")
    return tuple(left)


def _of(parsed: Parsed, relative: str) -> Parsed:
    return dataclasses.replace(
        parsed,
        part=f"{relative}/{parsed.part}" if parsed.part else relative,
        files=parsed.files or (relative,),
        title=parsed.title or PurePosixPath(relative).name,
    )
