"""Every error that teamlore raises on purpose.

TeamloreError(what, fix)
├── BadInput              the caller's: a wrong value, name or setting
│   ├── BadSetting
│   ├── NotFound          absent, or not yours: the same words
│   └── UnreadableSource  this file cannot be read
│       ├── UnsupportedFormat
│       ├── LimitExceeded     too large, too deep, too slow
│       │   └── ReaderStopped     its reader was ended: too slow, too much memory (retryable)
│       └── ReaderCrashed     its reader ended by itself (retryable)
├── NotAllowed            signed in, but not for this
├── NotSignedIn
├── Conflict
│   ├── HomeLocked        another process writes here
│   ├── OldRegistry       made by an older teamlore, not yet brought up to date
│   └── IndexMismatch     made with another model or analysis
├── TooBusy               try again later (retryable)
├── StorageFailed         disk full, read-only, damaged
└── BackendFailed         an LLM, a Chroma server, a database (retryable)
    └── ModelMissing      the model's files are not here
"""

from typing import ClassVar


class TeamloreError(Exception):
    """`what` happened, in a sentence; `fix`: what the reader can do about it."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}".strip()


class BadInput(TeamloreError):
    code = "bad-input"


class BadSetting(BadInput):
    code = "bad-setting"


class NotFound(BadInput):
    code = "not-found"


class UnreadableSource(BadInput):
    code = "unreadable-source"


class UnsupportedFormat(UnreadableSource):
    code = "unsupported-format"


class LimitExceeded(UnreadableSource):
    code = "limit-exceeded"


class ReaderStopped(LimitExceeded):
    code = "reader-stopped"
    retryable = True


class ReaderCrashed(UnreadableSource):
    code = "reader-crashed"
    retryable = True


class NotAllowed(TeamloreError):
    code = "not-allowed"


class NotSignedIn(TeamloreError):
    code = "not-signed-in"


class Conflict(TeamloreError):
    code = "conflict"


class HomeLocked(Conflict):
    code = "home-locked"


class OldRegistry(Conflict):
    code = "old-registry"


class IndexMismatch(Conflict):
    code = "index-mismatch"


class TooBusy(TeamloreError):
    code = "too-busy"
    retryable = True


class StorageFailed(TeamloreError):
    code = "storage-failed"


class BackendFailed(TeamloreError):
    code = "backend-failed"
    retryable = True


class ModelMissing(BackendFailed):
    code = "model-missing"
    retryable = False
