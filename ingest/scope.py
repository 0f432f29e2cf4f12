"""Which source a file belongs to, and which part of each source an ingest has looked at.

A path inside a known source of the same space belongs to it, to the innermost one where they nest; else what was named
becomes a source. So naming a parent later adds what is new and keeps what is known where it is.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.discover import Walk, walk


@dataclass(slots=True)
class Target:
    """A source, and what was found of it: {path inside it: where it lies}."""

    root: Path
    known: bool
    found: dict[str, Path] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)  # of `found`: read as one thing
    named: set[str] = field(
        default_factory=set
    )  # of `found`: named one by one, so not being able to read it is a failure
    scopes: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def inside(self, path: Path) -> str:
        """POSIX path inside the source; a source that is one file has the file's name, one that is one thing `.`."""
        if path != self.root:
            return path.relative_to(self.root).as_posix()
        return "." if path.is_dir() else path.name


def targets(
    named: Iterable[Path],
    known: Collection[Path],
    claims_folder: Callable[[Path], bool],
    only: Collection[Path] = (),
) -> list[Target]:
    """`named` as `discover.resolve` gives them, `known`: the roots of the space's sources, `only`: see SyncOptions."""
    by_root = {root: Target(root, known=True) for root in known}
    paths = list(dict.fromkeys(named))
    for path in sorted(paths, key=lambda path: len(path.parts)):
        if _owner(path, by_root) is None:
            by_root[path] = Target(path, known=False)
    for path in paths:
        below = [one for one in only if one.is_relative_to(path)]
        if below or not only:
            _take(path, walk(path, claims_folder, below), by_root, below)
    return [target for target in by_root.values() if target.found or target.scopes or target.skipped or target.failed]


def _owner(path: Path, by_root: dict[Path, Target]) -> Target | None:
    for root in (path, *path.parents):
        if root in by_root:
            return by_root[root]
    return None


def _take(path: Path, found: Walk, by_root: dict[Path, Target], only: Collection[Path]) -> None:
    for one in only or (path,):
        owner = _must_own(one, by_root)
        owner.scopes.add("" if one == owner.root else owner.inside(one))
    for place in (*found.files, *found.folders):
        target = _must_own(place, by_root)
        target.found[target.inside(place)] = place
    for place in found.folders:
        target = _must_own(place, by_root)
        target.folders.add(target.inside(place))
    if found.files == [path]:
        owner = _must_own(path, by_root)
        owner.named.add(owner.inside(path))
    for place, reason in found.skipped:
        target = _must_own(place, by_root)
        target.skipped.append((target.inside(place), reason))
    for place, reason in found.failed:
        target = _must_own(place, by_root)
        target.failed.append((target.inside(place), reason))
        target.unseen.add("" if place == target.root else target.inside(place))
    for one in only or (path,):
        _scope_of_inner_sources(one, found, by_root)


def _scope_of_inner_sources(path: Path, found: Walk, by_root: dict[Path, Target]) -> None:
    """Sources below what was looked at were too, where the walk came by their root or saw that it is gone."""
    left_out = {place for place, _ in found.skipped}
    for root, target in by_root.items():
        if root == path or not root.is_relative_to(path) or root in left_out:
            continue
        if root in found.visited or root.parent in found.visited:
            target.scopes.add("")
        if any(root.is_relative_to(place) for place in found.unseen):
            target.unseen.add("")


def _must_own(path: Path, by_root: dict[Path, Target]) -> Target:
    owner = _owner(path, by_root)
    assert owner is not None, path
    return owner
