"""Nouns of keeping sources up to date: how to sync, what a sync would do, what is remembered of a source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from rag.domain.records import FileOutcome
from rag.domain.types import Source, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    retry: bool = False  # also what was parked, or waits for its next try
    rehash: bool = False  # open every file, also where size and times are what they were
    allow_empty: bool = False  # a source that held files and now looks empty really is
    only: tuple[Path, ...] = ()  # what has changed below the named paths, there or gone; empty: anything may have


CAREFUL = SyncOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """What a sync of one source would do. Paths are inside it."""

    source: str  # its name
    root: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()  # (from, to)
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # failed before, due for another try
    failed: tuple[Trouble, ...] = ()  # left alone because it failed, or not to be opened
    parked: tuple[Trouble, ...] = ()
    skipped: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """A source as it is remembered."""

    source: Source
    kind: str = ""  # given for all of it
    every: int = 0  # seconds between two syncs; 0: only when asked
    synced_at: datetime | None = None
    problem: str = ""  # why the last sync of it did nothing
    files: Mapping[str, int] = field(default_factory=dict)  # by state

    def due(self, now: datetime) -> bool:
        """Whether it should be synced again by itself."""
        return bool(self.every) and (self.synced_at is None or self.synced_at + timedelta(seconds=self.every) <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A row of the ledger with the source it belongs to."""

    source: Source
    outcome: FileOutcome
