"""What the service remembers of sign-ins: sessions of browsers, and failed attempts."""

import hashlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]  # seconds, only their difference means anything
MAX_SESSIONS = 10_000
MAX_CALLERS = 10_000


@dataclass(slots=True)
class _Session:
    key: str
    begun: float
    seen: float


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """Browser sessions: a random id in a cookie stands for a key that was shown once. Kept in memory only."""

    def __init__(self, *, idle: float = 12 * 3600, lifetime: float = 7 * 86_400, clock: Clock = time.monotonic) -> None:
        self.idle = idle
        self.lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}  # by the digest of the id, oldest first

    def begin(self, key: str) -> str:
        session, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            if len(self._sessions) >= MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[digest(session)] = _Session(key, now, now)
        return session

    def key(self, session: str) -> str | None:
        """The key behind a session, or None when it is unknown, ended, idle too long or too old."""
        now, name = self._clock(), digest(session)
        with self._lock:
            known = self._sessions.get(name)
            if known is None:
                return None
            if now - known.seen > self.idle or now - known.begun > self.lifetime:
                del self._sessions[name]
                return None
            known.seen = now
            return known.key

    def end(self, session: str) -> None:
        with self._lock:
            self._sessions.pop(digest(session), None)


class Throttle:
    """Counts failed sign-ins by caller. A secret that was right before still works while its caller is throttled."""

    def __init__(self, *, failures: int = 10, window: float = 60.0, clock: Clock = time.monotonic) -> None:
        self.failures = failures
        self.window = window
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, deque[float]] = {}
        self._good: dict[str, None] = {}

    def wait(self, caller: str, secret: str) -> float:
        """Seconds until this caller may try this secret; 0 means now."""
        now = self._clock()
        with self._lock:
            times = self._failed.get(caller, deque())
            while times and now - times[0] > self.window:
                times.popleft()
            if len(times) < self.failures or digest(secret) in self._good:
                return 0.0
            return self.window - (now - times[0])

    def failed(self, caller: str, secret: str) -> None:
        with self._lock:
            self._good.pop(digest(secret), None)
            if caller not in self._failed and len(self._failed) >= MAX_CALLERS:
                del self._failed[next(iter(self._failed))]
            self._failed.setdefault(caller, deque(maxlen=self.failures)).append(self._clock())

    def succeeded(self, secret: str) -> None:
        with self._lock:
            if len(self._good) >= MAX_CALLERS:
                del self._good[next(iter(self._good))]
            self._good[digest(secret)] = None
