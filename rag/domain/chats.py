"""Chats as their exports tell of them: nouns, and the port that keeps what each export says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.domain.records import Identity
from rag.domain.types import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as one export has it: `body` is its slice of the thread's text, secrets masked."""

    id: str  # unique in its channel
    time: str  # ISO 8601
    author: str
    url: str = ""
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A thread, as far as one export holds it."""

    key: str
    kind: str
    title: str
    files: tuple[str, ...] = ()  # as the user knows them: relative to the source
    people: tuple[Identity, ...] = ()
    messages: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """All that one path of a source says of a channel. Times are ISO 8601, in whatever zone."""

    source: str
    path: str
    channel: str  # its key
    name: str  # as shown then
    first: str = ""  # it holds all messages from here ...
    last: str = ""  # ... to here; one of them empty: nobody can say
    exported: str = ""
    threads: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where the threads of a channel are kept as documents: parts of `path` in the source that named it first."""

    space: str
    key: str
    source: str
    path: str
    change: int  # how often what exports say of it has changed


class Chats(Protocol):
    """What the exports of a space say of its channels. Nothing of it is seen in another space."""

    def put(self, source: Source, path: str, exports: Sequence[Export]) -> None:
        """All that a path says, in place of what it said before. The channels of both wait to be merged."""
        ...

    def leave(self, source: Source) -> None:
        """Nothing is said by it any more; channels it named first that others still tell of move to one of those."""
        ...

    def paths(self, source: str) -> set[str]:
        """Those that say something."""
        ...

    def waiting(self, space: str) -> list[Channel]:
        """Channels whose documents may not yet be what their exports say, by key."""
        ...

    def exports(self, channel: Channel) -> list[Export]:
        """By source and path; threads by key, messages by id."""
        ...

    def stored(self, channel: Channel) -> dict[str, str]:
        """{thread: fingerprint of its document}, hidden ones too; empty for one that a merge has hidden."""
        ...

    def settle(self, channels: Sequence[Channel]) -> None:
        """Their documents are what their exports said at `change`."""
        ...
