"""What an ingest has to do: what a source holds now against what the registry knows. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Paths inside one source, each sorted."""

    read: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def plan(
    found: Mapping[str, str], known: Mapping[str, str], *, scopes: Collection[str], unseen: Collection[str] = ()
) -> Plan:
    """{path: fingerprint} each. `scopes` are the paths that were looked at ("" is all of the source).

    Known paths inside a scope that were not found are removed, except those inside `unseen`: what could not be looked
    at is not gone. A known path out of every scope is left alone.
    """
    gone = {path for path in known if path not in found and _inside(path, scopes) and not _inside(path, unseen)}
    return Plan(
        read=tuple(sorted(path for path, fingerprint in found.items() if known.get(path) != fingerprint)),
        unchanged=tuple(sorted(path for path, fingerprint in found.items() if known.get(path) == fingerprint)),
        removed=tuple(sorted(gone)),
    )


def _inside(path: str, folders: Collection[str]) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)
