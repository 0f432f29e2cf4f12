"""Which door a command goes through: the service that owns the home, or the home itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.cli import show
from rag.cli.doors import Door, LocalDoor, RemoteDoor
from rag.client import ApiError, Client, Unreachable
from rag.domain.errors import BackendFailed, BadInput, BadSetting, NotFound, TeamloreError
from rag.domain.ports import Grants
from rag.main import build, open_home
from rag.registry.database import open_database
from rag.registry.grants import SqlGrants
from rag.registry.home import lock_home, read_owner
from rag.settings import Settings, load_settings


def settings_of(home: Path | None, *, host: str = "", port: int | None = None) -> Settings:
    return load_settings(home, host=host or None, port=port)


@contextmanager
def open_door(home: Path | None, *, write: bool = False) -> Iterator[Door]:
    """With a service on the home, through it; else on the home: to write under its lock, to read beside any writer."""
    settings = settings_of(home)
    place = open_home(settings)
    owner = read_owner(place)
    if owner is not None and owner.url:
        with _api_errors(owner.url):
            door = RemoteDoor(Client(owner.url, token=owner.token), owner.url)
            try:
                yield door
            finally:
                door.close()
        return
    if write:
        with lock_home(place), show.progress() as on_progress:
            local = LocalDoor(build(settings, on_progress=on_progress))
            try:
                yield local
            finally:
                local.close()
        return
    if not place.registry.exists() and not settings.registry:
        raise BadInput(f"Nothing is stored in {place.root} yet.", fix="Start with: teamlore ingest FOLDER")
    with show.progress() as on_progress:
        reader = LocalDoor(build(settings, mode="read", on_progress=on_progress))
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def open_grants(home: Path | None) -> Iterator[Grants]:
    settings = settings_of(home)
    engine = open_database(settings.registry or open_home(settings).registry_url)
    try:
        yield SqlGrants(engine)
    finally:
        engine.dispose()


@contextmanager
def _api_errors(url: str) -> Iterator[None]:
    """What the service said, in the errors of the command line."""
    try:
        yield
    except Unreachable as problem:
        raise BackendFailed(
            f"The service at {url} does not answer.", fix="See its terminal or log, or stop it and run this again."
        ) from problem
    except ApiError as problem:
        raise _as_error(problem) from problem


def _as_error(problem: ApiError) -> TeamloreError:
    kinds: dict[int, type[TeamloreError]] = {
        404: NotFound,
        400: BadInput,
        422: BadInput,
        401: BadSetting,
        403: BadInput,
    }
    return kinds.get(problem.status, BackendFailed)(problem.detail, fix=problem.fix)
