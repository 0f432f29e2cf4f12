"""The one directory that holds everything, and who may write in it."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import filelock

from rag.domain.errors import HomeLocked, StorageFailed

WAIT_SECONDS = 0.7
SETTLE_SECONDS = 0.5  # a new owner has the lock for a moment before its name is written


@dataclass(frozen=True, slots=True)
class Home:
    """The layout. Nothing is made until `make`."""

    root: Path

    @property
    def registry(self) -> Path:
        return self.root / "registry.sqlite"

    @property
    def registry_url(self) -> str:
        return f"sqlite:///{self.registry}"

    @property
    def indexes(self) -> Path:
        return self.root / "indexes"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def owner_file(self) -> Path:
        return self.root / "owner.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    def make(self) -> None:
        """Its folders, for this user alone. A root that somebody else filled keeps its mode. Raises StorageFailed."""
        try:
            if not self.root.exists() or not any(self.root.iterdir()):
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.root.chmod(0o700)
            for folder in (self.indexes, self.originals):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _unwritable(self, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who writes in a home. `url` is empty for a command; `token` lets a local caller in as the one user."""

    pid: int
    url: str
    token: str


class HomeLock:
    """Held until `release`, or until the process ends, however it ends."""

    def __init__(self, home: Home, lock: filelock.BaseFileLock, owner: Owner) -> None:
        self._home = home
        self._lock = lock
        self.owner = owner
        _write_owner(home, owner)

    def announce(self, url: str) -> None:
        """Say where the service listens, once that is known."""
        self.owner = Owner(pid=self.owner.pid, url=url, token=self.owner.token)
        _write_owner(self._home, self.owner)

    def release(self) -> None:
        """Again: no change."""
        if self._lock.is_locked:
            self._home.owner_file.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> "HomeLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_home(home: Home, url: str = "") -> HomeLock:
    """The right to write in a home; a context manager. Makes the home.

    Raises HomeLocked within two seconds when another process has it, StorageFailed when nothing can be written.
    """
    home.make()
    lock = filelock.FileLock(home.lock_file, mode=0o600, timeout=WAIT_SECONDS, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise _locked(home) from error
    except OSError as error:
        raise _unwritable(home, error) from error
    try:
        return HomeLock(home, lock, Owner(pid=os.getpid(), url=url, token=secrets.token_urlsafe(32)))
    except OSError as error:
        lock.release()
        raise _unwritable(home, error) from error


def is_locked(home: Home) -> bool:
    """Whether a process, this one included, holds the lock. Works on a read-only disk and disturbs nobody."""
    try:
        descriptor = os.open(home.lock_file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_owner(home: Home) -> Owner | None:
    """The living owner; None when nobody holds the lock, or holds it without saying who."""
    give_up = time.monotonic() + SETTLE_SECONDS
    while is_locked(home):
        owner = _stated_owner(home)
        if owner is not None and _alive(owner.pid):
            return owner
        if time.monotonic() > give_up:
            return None
        time.sleep(0.02)
    return None


def _stated_owner(home: Home) -> Owner | None:
    try:
        plain = json.loads(home.owner_file.read_text())
        return Owner(pid=int(plain["pid"]), url=str(plain["url"]), token=str(plain["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_owner(home: Home, owner: Owner) -> None:
    fresh = home.owner_file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(owner), file)
    fresh.replace(home.owner_file)


def _locked(home: Home) -> HomeLocked:
    owner = read_owner(home)
    if owner is None:
        return HomeLocked(
            f"Another process writes in {home.root}.",
            fix=f"Find it with `fuser {home.lock_file}`, and wait or stop it.",
        )
    if owner.url:
        return HomeLocked(
            f"The service at {owner.url} (process {owner.pid}) owns {home.root}.",
            fix=f"Use that service, stop it with `kill {owner.pid}`, or choose another home with --home.",
        )
    return HomeLocked(
        f"Process {owner.pid} is writing in {home.root}.",
        fix=f"Wait until it has finished, stop it with `kill {owner.pid}`, or choose another home with --home.",
    )


def _unwritable(home: Home, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"{home.root} cannot be written: {error.strerror or error}.",
        fix="Set TEAMLORE_HOME (or --home) to a folder of yours on a disk that can be written, with space left.",
    )
