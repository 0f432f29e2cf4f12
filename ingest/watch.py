"""What changes below folders, as it changes."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ingest.discover import GENERATED

if TYPE_CHECKING:
    from watchfiles import Change

LOOK_SECONDS = 1.0  # between two looks at the clock
QUIET_MS, LONGEST_MS = 300, 3_000  # a change set ends after this much quiet, or after this long
IDLE_SECONDS = 600.0  # then all of it is looked at once: a network drive tells nothing, a long queue drops events
MOST_PATHS = 200  # of one change set; beyond, looking at everything is cheaper
COMMITTED = (".git", "logs", "HEAD")  # the end of a path that a commit writes to


def follow(
    folders: Sequence[Path], *, idle: float = IDLE_SECONDS, stop: Event | None = None
) -> Iterator[tuple[Path, ...]]:
    """Paths that came, changed or went, each time some did; an empty tuple: anything may have changed.

    The first one is empty: between the last ingest and the start of watching anything may have. Ends when `stop` is
    set; Ctrl+C is a KeyboardInterrupt. `folders`: absolute, links resolved.
    """
    from watchfiles import watch

    looked = float("-inf")
    batches = watch(
        *folders,
        watch_filter=None,
        step=QUIET_MS,
        debounce=LONGEST_MS,
        rust_timeout=int(LOOK_SECONDS * 1000),
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )
    for batch in batches:
        changed = changed_paths(batch, folders)
        now = time.monotonic()
        if changed == () or now - looked > idle:
            looked = now
            yield ()
        elif changed:
            yield changed


def changed_paths(batch: "Iterable[tuple[Change, str]]", folders: Sequence[Path]) -> tuple[Path, ...] | None:
    """Those that an ingest would look at; empty when it should look at everything, None when at nothing."""
    paths = sorted({Path(path) for _, path in batch})
    if any(path.parts[-3:] == COMMITTED for path in paths):
        return ()
    wanted = tuple(path for path in paths if _looked_at(path, folders))
    if len(wanted) > MOST_PATHS or any(path in folders for path in wanted):
        return ()
    return wanted or None


def _looked_at(path: Path, folders: Sequence[Path]) -> bool:
    inside = [path.relative_to(folder).parts for folder in folders if path.is_relative_to(folder)]
    return any(not any(part.startswith(".") or part in GENERATED for part in parts) for parts in inside)
