"""What lies under a named path: files in order, folders that are one thing, and what is left out and why."""

import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag.domain.errors import NotFound

GENERATED = frozenset({"node_modules", "__pycache__", "__MACOSX", "site-packages", "bower_components"})
MARKERS = ("pyvenv.cfg", "CACHEDIR.TAG")  # a virtual environment, a cache: made by a program, not written by the team


@dataclass(slots=True)
class Walk:
    """What was found so far. Paths are absolute; `unseen` are folders and files that could not be looked at."""

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)  # that a reader claims as a whole
    visited: set[Path] = field(default_factory=set)  # folders whose entries are known
    unseen: list[Path] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)


def resolve(path: Path) -> Path:
    """Absolute, links resolved. Raises NotFound."""
    try:
        return path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise NotFound(f"{path} does not exist.", fix="Check the spelling; a folder or a file is wanted.") from error


def walk(root: Path, claims_folder: Callable[[Path], bool], only: Collection[Path] = ()) -> Walk:
    """`root` as `resolve` gives it. In the order of names; links, hidden and generated folders are left out.

    `only`: what does not lie on the way to these paths, or below them, is not looked at.
    """
    found = Walk()
    mode = root.stat().st_mode
    if stat.S_ISDIR(mode):
        _walk_folder(root, claims_folder, found, only)
    elif stat.S_ISREG(mode):
        found.files.append(root)
    else:
        found.failed.append((root, "no ordinary file"))
    return found


def _walk_folder(root: Path, claims_folder: Callable[[Path], bool], found: Walk, only: Collection[Path]) -> None:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            if claims_folder(folder):
                found.folders.append(folder)
                continue
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            found.unseen.append(folder)
            found.failed.append((folder, f"cannot be looked into: {error.strerror or error}"))
            continue
        if folder != root and any(entry.name in MARKERS for entry in entries):
            found.skipped.append((folder, "a virtual environment or a cache"))
            continue
        found.visited.add(folder)
        below = list(_sort_out([entry for entry in entries if _wanted(Path(entry.path), only)], found))
        waiting.extend(reversed(below))


def _wanted(path: Path, only: Collection[Path]) -> bool:
    return not only or any(path.is_relative_to(one) or one.is_relative_to(path) for one in only)


def _sort_out(entries: list[os.DirEntry[str]], found: Walk) -> Iterator[Path]:
    """Puts files where they belong; yields the folders to walk into."""
    for entry in entries:
        path = Path(entry.path)
        readable = os.fsencode(entry.name).decode("utf-8", "replace")
        if readable != entry.name:  # it could be stored and shown nowhere
            found.skipped.append((path.with_name(readable), "its name is not UTF-8: rename it"))
        elif entry.is_symlink():
            found.skipped.append((path, "a symbolic link"))
        elif entry.name.startswith("."):
            found.skipped.append((path, "hidden"))
        elif entry.is_dir(follow_symlinks=False):
            if entry.name in GENERATED or entry.name.endswith(".egg-info"):
                found.skipped.append((path, "generated"))
            else:
                yield path
        elif entry.is_file(follow_symlinks=False):
            found.files.append(path)
        else:
            found.skipped.append((path, "no ordinary file"))
