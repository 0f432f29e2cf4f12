"""A git repository's past: who changed which file, when and why, and what it said then."""

import binascii
import hashlib
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, render
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Revision, Thread
from rag.domain.types import Parsed

if TYPE_CHECKING:
    from dulwich.objects import Commit
    from dulwich.repo import Repo

MOST_FILES_NAMED = 30  # of a commit
MOST_BYTES = 5 * 2**20  # of an older version of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A version of a file: the blob a commit gave it, and who made that commit; None when nobody can say."""

    blob: str
    revision: Revision
    identity: Identity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A commit, and the paths it changed."""

    revision: Revision
    identity: Identity
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How far back to look: the newest `commits` of HEAD, of each path the last `versions`; 0: not at all."""

    commits: int = 1_000
    versions: int = 3


@dataclass(slots=True)
class GitHistory:
    """Read once, when it is first asked for: a repository where nothing was committed since costs a look at HEAD.

    Every method raises UnreadableSource when git's own files are damaged.
    """

    root: Path
    head: str
    depth: Depth
    _opened: "Repo | None" = None
    _commits: tuple[Committed, ...] | None = None
    _past: dict[str, list[Past]] = field(default_factory=dict)

    @property
    def commits(self) -> tuple[Committed, ...]:
        """Newest first."""
        if self._commits is None:
            try:
                self._commits = tuple(self._walk())
            except _damaged() as error:
                raise _unreadable(self.root, error) from error
        return self._commits

    def past(self, path: str) -> Sequence[Past]:
        """Newest first; the first is what HEAD holds. Empty for a path that HEAD's last commits did not touch."""
        return self._past.get(path, ()) if self.commits else ()

    def data(self, past: Past) -> bytes:
        """Raises UnreadableSource for more than MOST_BYTES too."""
        from dulwich.objects import ObjectID

        try:
            data: bytes = self._repo.get_object(ObjectID(past.blob.encode())).as_raw_string()
        except _damaged() as error:
            raise UnreadableSource(
                f"Object {past.blob[:8]} of git cannot be read: {error}.", fix="`git fsck`."
            ) from error
        if len(data) > MOST_BYTES:
            raise UnreadableSource(f"A version of {len(data):,} bytes is left out.", fix="Nothing to do.")
        return data

    @property
    def _repo(self) -> "Repo":
        if self._opened is None:
            from dulwich.repo import Repo

            self._opened = Repo(str(self.root))
        return self._opened

    def close(self) -> None:
        """Let go of git's files; what is asked for later opens them again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _walk(self) -> Iterator[Committed]:
        """Fills what `past` gives. Where a shallow clone ends, the files are older than the commit that holds them."""
        cut_off = self._repo.get_shallow()
        for entry in self._repo.get_walker(max_entries=self.depth.commits):
            who, revision = _who(entry.commit), _revision(entry.commit)
            made: tuple[Revision, Identity | None] = revision, who
            if entry.commit.id in cut_off:
                made = Revision(id=revision.id, at=revision.at), None
            paths = []
            for change in entry.changes():
                if isinstance(change, list) or change.new is None or change.new.path is None:  # a merge; a removal
                    continue
                path = change.new.path.decode("utf-8", "replace")
                paths.append(path)
                known = self._past.setdefault(path, [])
                if len(known) < self.depth.versions:
                    known.append(Past(blob=change.new.sha.decode(), revision=made[0], identity=made[1]))
            yield Committed(revision=revision, identity=who, paths=tuple(paths) if made[1] else ())


def open_history(root: Path, depth: Depth) -> GitHistory | None:
    """None when `root` is no working folder of git's, or a repository without a commit. Raises UnreadableSource."""
    if not (root / ".git").exists():
        return None
    from dulwich.repo import Repo

    try:
        with closing(Repo(str(root))) as repo:
            if not _belongs(root, repo):
                raise UnreadableSource(
                    f"The .git of {root.name} leads to a repository that knows nothing of this folder.",
                    fix="Ingest the repository itself, or make this folder with `git worktree add`.",
                )
            return GitHistory(root=root, head=repo.head().decode(), depth=depth)
    except KeyError as error:
        if error.args == (b"HEAD",):
            return None
        raise _unreadable(root, error) from error
    except _damaged() as error:
        raise _unreadable(root, error) from error


def _belongs(root: Path, repo: "Repo") -> bool:
    """A link or a file may lead anywhere: a working tree or a submodule is one that its repository names too."""
    place = root / ".git"
    if place.is_symlink():
        return False
    if place.is_dir():
        return True
    folder = Path(repo.controldir())
    back = folder / "gitdir"
    if back.is_file():
        return (folder / back.read_text("utf-8").strip()).resolve() == place.resolve()
    try:
        named = repo.get_config().get(b"core", b"worktree").decode("utf-8")
    except KeyError:
        return False
    return (folder / named).resolve() == root.resolve()


def blob_id(data: bytes) -> str:
    """What git calls these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def months(history: GitHistory, name: str) -> Iterator[Parsed]:
    """The commits of each month as one document: who, when, why, and which files."""
    by_month: dict[str, list[Committed]] = defaultdict(list)
    for committed in history.commits:
        by_month[committed.revision.at[:7]].append(committed)
    for month, some in sorted(by_month.items()):
        key = f"git:{name}/{month}"
        thread = Thread(key=key, channel=f"git:{name}", name=name)
        parsed = render(thread, map(_message, some), title=f"Commits of {month} in {name}")
        if parsed.text:
            yield Parsed(
                text=parsed.text,
                syntax=parsed.syntax,
                marks=parsed.marks,
                title=parsed.title,
                kind="history",
                authors=parsed.authors,
                date=parsed.date,
                part=month,
                people=parsed.people,
            )


def _who(commit: "Commit") -> Identity:
    name, email = parseaddr(commit.author.decode("utf-8", "replace").replace(",", " "))
    email = email.strip().lower()
    return Identity(system="git", id=email or name, name=one_line(name) or email, email=email)


def _revision(commit: "Commit") -> Revision:
    return Revision(
        id=commit.id.decode(),
        at=_time(commit).isoformat(),
        by=_who(commit).name,
        reason=decode_message(commit.message),
    )


def decode_message(message: bytes) -> str:
    return message.decode("utf-8", "replace").replace("\0", "").strip()


def _time(commit: "Commit") -> datetime:
    offset = timedelta(seconds=max(-86_399, min(86_399, commit.commit_timezone)))
    try:
        return datetime.fromtimestamp(commit.commit_time, timezone(offset))
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _message(committed: Committed) -> ChatMessage:
    named = committed.paths[:MOST_FILES_NAMED]
    more = len(committed.paths) - len(named)
    files = ", ".join(named) + (f" and {more:,} more" if more else "")
    text = f"{committed.revision.reason}\n\nCommit {committed.revision.id[:10]}" + (
        f" changed {files}" if files else ""
    )
    return ChatMessage(
        id=committed.revision.id,
        time=datetime.fromisoformat(committed.revision.at),
        author=committed.identity.name,
        text=text,
        identity=committed.identity,
    )


def _damaged() -> tuple[type[Exception], ...]:
    """What dulwich raises for bytes it cannot make sense of."""
    from dulwich import errors
    from dulwich.repo import UnsupportedExtension, UnsupportedVersion

    named = (
        errors.ApplyDeltaError,
        errors.ChecksumMismatch,
        errors.FileFormatException,
        errors.MissingCommitError,
        errors.NotGitRepository,
        errors.ObjectMissing,
        errors.RefFormatError,
        errors.WrongObjectException,
        UnsupportedExtension,
        UnsupportedVersion,
    )
    plain = (OSError, LookupError, ValueError, AssertionError, TypeError, AttributeError, ArithmeticError, EOFError)
    return (*named, *plain, RuntimeError, StopIteration, zlib.error, struct.error, binascii.Error)


def _unreadable(root: Path, error: Exception) -> UnreadableSource:
    return UnreadableSource(f"The git repository {root.name} cannot be read: {error!r}.", fix="`git fsck` says more.")
