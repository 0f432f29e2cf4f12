"""`teamlore ingest`: now, as a plan, or as things change."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli import show
from rag.cli.open import Given, open_door, settings_of
from rag.domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from rag.cli.doors import Door
    from rag.domain.syncing import SyncOptions

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
Named = Path | str


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, or `mlflow:http://HOST:PORT`.")
    ],
    space: Annotated[str, typer.Option(help="The space it goes to: who may read is granted by space.")] = "default",
    kind: Annotated[str, typer.Option(help="The kind of all of it, whatever it says itself; kept for later.")] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and ingest what changes, until Ctrl+C.")] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also files that failed too often, or wait to be tried.")
    ] = False,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Look into every file, though size and time are the same.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Believe a source that held files and looks empty now.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Read files and folders; what is unchanged costs nothing."""
    from rag.domain.syncing import SyncOptions

    there, missing = _there(paths)
    options = SyncOptions(retry=retry, rehash=rehash, allow_empty=allow_empty)
    if plan:
        with _door_to_plan(context.obj) as door:
            plans = door.plan(there, space=space, kind=kind, options=options)
        show.as_json({"sources": plans}) if json else show.plan(plans)
        return
    if watch:
        _must_be_folders(there)
    with _stopped_as_by_hand(), open_door(context.obj, write=True) as door:
        report = _ingest(door, there, space, kind, options)
        report["failed"] = [*report["failed"], *missing]
        _tell(report, json=json, line=watch)
        if watch:
            _follow(door, there, space, kind, options, json=json)
    if report["failed"]:
        raise typer.Exit(1)


def _ingest(door: "Door", paths: Sequence[Named], space: str, kind: str, options: "SyncOptions") -> dict[str, Any]:
    with show.progress() as on_progress:
        return door.ingest(paths, space=space, kind=kind, options=options, on_progress=on_progress)


def _follow(door: "Door", paths: Sequence[Named], space: str, kind: str, options: "SyncOptions", *, json: bool) -> None:
    from ingest.watch import follow

    folders = [Path(path).resolve() for path in paths]
    show.note("Watching. Stop with Ctrl+C.")
    for changed in follow(folders):
        report = _ingest(door, folders, space, kind, replace(options, only=changed, retry=False))
        if any(report[name] for name in ("documents", "removed", "moved")) or (changed and report["failed"]):
            _tell(report, json=json, line=True)


def _tell(report: dict[str, Any], *, json: bool, line: bool) -> None:
    if json:
        show.json_line(report) if line else show.as_json(report)
    else:
        show.report(report)


@contextmanager
def _door_to_plan(given: Given) -> "Iterator[Door]":
    """A plan makes no home: where there is none, it is drawn up in one that is thrown away."""
    from rag.registry.home import Home

    settings = settings_of(given)
    if settings.registry or Home(settings.home).registry.exists():
        with open_door(given) as door:
            yield door
        return
    with (
        tempfile.TemporaryDirectory(prefix="teamlore-plan-") as folder,
        open_door(replace(given, home=Path(folder)), write=True) as door,
    ):
        yield door


@contextmanager
def _stopped_as_by_hand() -> Iterator[None]:
    """SIGTERM ends it as Ctrl+C does: what is written stays, the lock is given back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _must_be_folders(paths: Sequence[Named]) -> None:
    for path in paths:
        if not isinstance(path, Path) or not path.is_dir():
            raise BadInput(
                f"{path} is no folder: --watch follows folders.",
                fix="Name the folder it lies in, or give the source a schedule: `teamlore sources every NAME 15m`.",
            )


def _there(paths: Sequence[str]) -> tuple[list[Named], list[dict[str, Any]]]:
    """What can be ingested, and a failure for each path that is not there. Raises NotFound when none is."""
    there: list[Named] = [
        path if "://" in path else Path(path) for path in paths if "://" in path or os.path.exists(path)
    ]
    missing = [path for path in paths if "://" not in path and not os.path.exists(path)]
    if not there:
        names = ", ".join(missing)
        raise NotFound(f"{names}: not there, or not for you to see.", fix="Check the spelling; name files and folders.")
    reason = "not there, or not for you to see: check the spelling"
    return there, [{"file": path, "reason": reason} for path in missing]
