"""Opening the registry, and its two kinds of transaction. The one file that knows which database it is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, delete, event, make_url, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from rag.domain.errors import BackendFailed, BadSetting, NotFound, StorageFailed, TeamloreError, TooBusy
from rag.registry.migrate import check, migrate
from rag.registry.schema import upkeep

BUSY_SECONDS = 15
POOL_SECONDS = 30
WRITES = "teamlore_writes"  # execution option of a connection whose transaction will write
WRITE_LOCK = 7_311_846_201  # PostgreSQL: one writer at a time, else a feed reader could skip a number still in flight


def open_database(url: str, *, read_only: bool = False) -> Engine:
    """The registry at a SQLAlchemy URL, its schema up to date. `sqlite://` is one in memory.

    Read-only it works while another process writes, and changes nothing. Raises BadSetting (no such database),
    NotFound (read-only and nothing there), Conflict (made by another version), StorageFailed, BackendFailed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed.database or "", read_only=read_only)
        else:
            engine = create_engine(parsed, pool_size=10, max_overflow=30, pool_timeout=POOL_SECONDS, pool_pre_ping=True)
            if read_only:
                engine = engine.execution_options(postgresql_readonly=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise BadSetting(
            "TEAMLORE_REGISTRY is not the URL of a database that can be used here.",
            fix="Leave it empty for SQLite in the home, or use postgresql+psycopg://user@host/name "
            "with `pip install teamlore[postgresql]`.",
        ) from error
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _translate)
    try:
        if read_only:
            with reading(engine) as connection:
                check(connection)
        else:
            with writing(engine) as connection:
                migrate(connection)
            finish_scrub(engine)
    except TeamloreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot: what others commit meanwhile is not seen."""
    with _connected(engine) as connection, connection.begin() as transaction:
        yield connection
        if transaction.is_active:
            transaction.rollback()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """All of it or nothing, one writer at a time. Raises TooBusy when another writes for too long."""
    with _connected(engine) as connection, connection.execution_options(**{WRITES: True}).begin():
        yield connection


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except PoolTimeout as error:
        raise TooBusy("Too many requests use the registry at once.", fix="Try again in a moment.") from error


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


# --- SQLite -------------------------------------------------------------------------------------------------------


def _sqlite(database: str, *, read_only: bool) -> Engine:
    if database in ("", ":memory:"):  # lives as long as its one connection, which threads take in turns
        return _pool(":memory:", "", size=1)
    path = Path(database)
    if read_only:
        if not path.exists():
            raise NotFound("There is no registry here yet.", fix="Run `teamlore ingest PATH` first.")
        return _pool(f"file:{quote(str(path))}?{_read_mode(path)}", "", size=10)
    _make_private(path)
    return _pool(f"file:{quote(str(path))}?mode=rw", "PRAGMA journal_mode=WAL", size=10)


def _read_mode(path: Path) -> str:
    """`immutable` where the disk itself is read-only and nothing waits in the log: SQLite cannot share memory there."""
    log = path.with_name(f"{path.name}-wal")
    settled = not log.exists() or log.stat().st_size == 0
    return "mode=ro&immutable=1" if settled and not os.access(path.parent, os.W_OK) else "mode=ro"


def _make_private(path: Path) -> None:
    """SQLite gives its side files the mode of the main one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StorageFailed(
            f"The registry cannot be written at {path}: {error.strerror}.",
            fix="Set TEAMLORE_HOME to a folder of yours on a disk that can be written, with space left.",
        ) from error


def _pool(target: str, first: str, *, size: int) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            target, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            first,
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            "PRAGMA secure_delete=ON",
            "PRAGMA cache_size=-16000",  # KiB
        ):
            connection.execute(pragma)
        return connection

    return create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0 if size == 1 else 3 * size,
        pool_timeout=POOL_SECONDS,
    )


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    if connection.dialect.name == "sqlite":  # Python's driver begins too late for a snapshot, and not at all for DDL
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def finish_scrub(engine: Engine) -> None:
    """Rewrite the file if a purge has asked for it and nobody has done it."""
    with reading(engine) as connection:
        due = connection.execute(select(upkeep.c.scrub)).scalar()
    if due and _scrub(engine):
        with writing(engine) as connection:
            connection.execute(delete(upkeep))


def _scrub(engine: Engine) -> bool:
    """Rewrite the file and empty its log, so that no erased byte is left in either. False: a reader still holds it."""
    if not is_sqlite(engine):
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        busy: tuple[Any, ...] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise _sqlite_error(error) from error
    finally:
        raw.close()


# --- errors -------------------------------------------------------------------------------------------------------


def _translate(context: ExceptionContext) -> None:
    """Called by SQLAlchemy for every error of the driver; what is raised here takes its place."""
    error = context.original_exception
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return  # ours to fix
    if isinstance(error, sqlite3.Error):
        raise _sqlite_error(error) from error
    if type(error).__name__ in ("OperationalError", "ConnectionTimeout"):  # psycopg may not be installed
        raise BackendFailed(
            "The registry's database did not answer.", fix="Check that it runs and that TEAMLORE_REGISTRY is right."
        ) from error


def _sqlite_error(error: sqlite3.Error) -> TeamloreError:
    code = getattr(error, "sqlite_errorcode", None)
    kind, what, fix = SQLITE_ERRORS.get((code or 0) & 0xFF, OTHER_ERROR)
    return kind(f"{what} ({error}).", fix=fix)


BUSY = (TooBusy, "The registry is being written by somebody else", "Try again in a moment.")
OTHER_ERROR = (StorageFailed, "The registry could not be read or written", "See `teamlore doctor`.")
SQLITE_ERRORS: dict[int, tuple[type[TeamloreError], str, str]] = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: (
        StorageFailed,
        "The disk of the registry is full",
        "Free some space; what was acknowledged is safe, what was being written is not there.",
    ),
    sqlite3.SQLITE_READONLY: (
        StorageFailed,
        "The registry cannot be written",
        "Check that the home's disk is writable and its files are yours, or set TEAMLORE_HOME elsewhere.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StorageFailed,
        "The registry cannot be opened",
        "Check that the home is yours, that its disk is writable and has space, or set TEAMLORE_HOME elsewhere.",
    ),
    sqlite3.SQLITE_PERM: (
        StorageFailed,
        "The registry cannot be opened",
        "Check that the home's files are yours.",
    ),
    sqlite3.SQLITE_IOERR: (
        StorageFailed,
        "The disk of the registry failed",
        "Check the disk's health and space, then start again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        StorageFailed,
        "The registry's file is damaged",
        "Restore a backup of the home, or ingest the sources again into a new one.",
    ),
    sqlite3.SQLITE_NOTADB: (
        StorageFailed,
        "The registry's file is not a database",
        "Restore a backup of the home, or set TEAMLORE_HOME to another folder.",
    ),
}
