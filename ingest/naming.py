"""Names of files that hold a secret: the source knows such a file by its masked name."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from ingest.redaction import Finding
from ingest.scope import Target

LONGEST_SUFFIX = 12


Mask = Callable[[str], tuple[str, tuple[Finding, ...]]]


def with_masked_names(target: Target, mask: Mask) -> tuple[Target, dict[str, tuple[Finding, ...]]]:
    """The same with every path masked, and {masked path: what was found} of its files.

    Of two paths that become one the second gets a number.
    """
    paths = {*target.found, *target.scopes, *target.unseen, *(path for path, _ in (*target.skipped, *target.failed))}
    if not mask("\n".join(sorted(paths)))[1]:
        return target, {}
    clean = {path: mask(path) for path in sorted(paths)}
    new = _distinct({path: words for path, (words, _) in clean.items()})
    renamed = Target(
        target.root,
        known=target.known,
        found={new[path]: place for path, place in target.found.items()},
        folders=_all(target.folders, new),
        named=_all(target.named, new),
        scopes=_all(target.scopes, new),
        unseen=_all(target.unseen, new),
        skipped=[(new[path], reason) for path, reason in target.skipped],
        failed=[(new[path], reason) for path, reason in target.failed],
    )
    return renamed, {new[path]: clean[path][1] for path in target.found if clean[path][1]}


def _all(paths: Iterable[str], new: dict[str, str]) -> set[str]:
    return {new[path] for path in paths}


def _distinct(paths: dict[str, str]) -> dict[str, str]:
    new: dict[str, str] = {}
    taken: set[str] = set()
    for path, words in paths.items():
        clean = _with_suffix(path, words)
        numbered, n = clean, 1
        while numbered in taken:
            n += 1
            numbered = f"{PurePosixPath(clean).with_suffix('')}~{n}{PurePosixPath(clean).suffix}"
        taken.add(numbered)
        new[path] = numbered
    return new


def _with_suffix(path: str, clean: str) -> str:
    """The suffix says who reads it: it stays where a mask has swallowed it."""
    suffix = Path(path).suffix
    return clean if clean == path or len(suffix) > LONGEST_SUFFIX or clean.endswith(suffix) else clean + suffix
