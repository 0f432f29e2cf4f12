"""Which door a command goes through: the service that owns the home, or the home itself.

What a command needs is imported when it runs: `teamlore --help` must not wait for numpy, SQLAlchemy and the model.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli import show
from rag.domain.errors import (
    BackendFailed,
    BadInput,
    BadSetting,
    Conflict,
    NotFound,
    OldRegistry,
    StorageFailed,
    TeamloreError,
)

if TYPE_CHECKING:
    from rag.cli.doors import Door
    from rag.client import ApiError
    from rag.domain.ports import Embedder, Grants
    from rag.registry.home import Home
    from rag.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What stands before the verb, and what stands in for what the settings would build."""

    home: Path | None = None
    embedder: "Embedder | None" = None


def settings_of(given: Given, *, host: str = "", port: int | None = None) -> "Settings":
    from rag.settings import load_settings

    return load_settings(given.home, host=host or None, port=port)


@contextmanager
def open_door(given: Given, *, write: bool = False) -> "Iterator[Door]":
    """With a service on the home, through it; else on the home: to write under its lock, to read beside any writer."""
    from rag.registry.home import Home, read_owner

    settings = settings_of(given)
    home = Home(settings.home)
    owner = read_owner(home)
    if owner is not None and owner.url:
        opened = _through_service(owner.url, owner.token)
    elif write:
        opened = _to_write(settings, home, given)
    else:
        opened = _to_read(settings, home, given)
    from rag.client import ApiError

    try:
        with opened as door:
            yield door
    except ApiError as problem:
        raise _as_error(problem) from problem


@contextmanager
def _through_service(url: str, token: str) -> "Iterator[Door]":
    from rag.cli.doors import RemoteDoor
    from rag.client import Client, Unreachable

    door = RemoteDoor(Client(url, token=token), url)
    try:
        yield door
    except Unreachable as problem:
        raise BackendFailed(
            f"The service at {url} does not answer.",
            fix="If it has just been started, try again in a moment; else see its terminal or log, or stop it.",
        ) from problem
    finally:
        door.close()


@contextmanager
def _to_write(settings: "Settings", home: "Home", given: Given) -> "Iterator[Door]":
    from rag.registry.home import lock_home

    with lock_home(home), show.progress() as on_progress:  # who is refused must not wait for the imports
        from rag.cli.doors import LocalDoor
        from rag.main import build

        door = LocalDoor(build(settings, embedder=given.embedder, on_progress=on_progress))
        try:
            yield door
        finally:
            door.close()


@contextmanager
def _to_read(settings: "Settings", home: "Home", given: Given) -> "Iterator[Door]":
    from rag.cli.doors import LocalDoor
    from rag.main import build

    _must_hold_something(settings, home)
    with show.progress() as on_progress:
        read = functools.partial(build, settings, mode="read", embedder=given.embedder, on_progress=on_progress)
        try:
            door = LocalDoor(read())
        except OldRegistry:
            _bring_up_to_date(settings, home)
            door = LocalDoor(read())
    try:
        yield door
    finally:
        door.close()


def _bring_up_to_date(settings: "Settings", home: "Home") -> None:
    """Raises HomeLocked while somebody uses it."""
    from rag.registry.database import open_database
    from rag.registry.home import lock_home

    with lock_home(home):
        open_database(settings.registry or home.registry_url).dispose()


@contextmanager
def open_grants(given: Given, *, write: bool = False, make: bool = False) -> "Iterator[Grants]":
    """make: to write, in a home that is made when it is not there yet."""
    from rag.registry.database import open_database
    from rag.registry.grants import SqlGrants
    from rag.registry.home import Home

    settings = settings_of(given)
    home = Home(settings.home)
    if make:
        home.make()
    else:
        _must_hold_something(settings, home)
    engine = open_database(settings.registry or home.registry_url, read_only=not (write or make))
    try:
        yield SqlGrants(engine)
    finally:
        engine.dispose()


def _must_hold_something(settings: "Settings", home: "Home") -> None:
    if not settings.registry and not home.registry.exists():
        raise BadInput(
            f"Nothing is stored in {home.root} yet.",
            fix="Start with `teamlore ingest FOLDER`, or name another home: `teamlore --home DIR VERB`.",
        )


def _as_error(problem: "ApiError") -> TeamloreError:
    """What the service said, in the errors of the command line."""
    kinds: dict[int, type[TeamloreError]] = {
        404: NotFound,
        400: BadInput,
        422: BadInput,
        401: BadSetting,
        403: BadInput,
        409: Conflict,
        413: BadInput,
        415: BadInput,
        507: StorageFailed,
    }
    return kinds.get(problem.status, BackendFailed)(problem.detail, fix=problem.fix)
