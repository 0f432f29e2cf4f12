"""Threads of chats on their way to the registry: every export of a channel says its part, the whole is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.merging import document_of, exports_of, merge
from ingest.readers.base import Candidate
from ingest.writer import Writer
from rag.domain.chats import Channel, Chats
from rag.domain.records import FileOutcome
from rag.domain.types import Document, Parsed, Source


@dataclass(slots=True)
class Conversations:
    """What one ingest finds of chats. What an export says is stored at once, the threads in `settle`.

    Killed in between, the channels still wait: the next `settle` of the space, whatever is ingested, writes them.
    `basis`: what chunks depend on beside the text.
    """

    chats: Chats
    writer: Writer
    basis: tuple[str, ...]
    _held: list[tuple[str, FileOutcome, Sequence[Document]]] = field(default_factory=list)
    _known: dict[str, set[str]] = field(default_factory=dict)  # {source: paths that have said something}

    def take(self, source: Source, candidate: Candidate, parts: Sequence[Parsed], kind: str) -> list[Parsed]:
        """Keeps what the threads among the parts of a path say, in place of what it said before. Returns the others."""
        exports = exports_of(source, candidate, parts, kind)
        known = self._paths(source.id)
        if exports or candidate.relative in known:
            self.chats.put(source, candidate.relative, exports)
            known.add(candidate.relative)
        return [parsed for parsed in parts if parsed.thread is None]

    def add(self, source: str, outcome: FileOutcome, documents: Sequence[Document]) -> None:
        """The other parts of a path and its row of the ledger: at once, or once its threads are written."""
        if outcome.path in self._paths(source):
            self._held.append((source, outcome, documents))
        else:
            self.writer.add(source, outcome, documents)

    def settle(self, source: Source, gone: Sequence[str] = ()) -> None:
        """Write what has changed of the space's threads. `gone`: paths of the source that are no more."""
        for path in sorted(self._paths(source.id).intersection(gone)):
            self.chats.put(source, path, ())
        self._write(source.space)
        for held in self._held:
            self.writer.add(*held)
        self._held.clear()
        self._known.clear()

    def leave(self, source: Source) -> None:
        """Threads others tell of too become theirs; what is stored under this source is then for the caller to hide."""
        self.chats.leave(source)
        self._write(source.space)
        self._known.clear()

    def _write(self, space: str) -> None:
        channels = self.chats.waiting(space)
        left = [(channel, self._hand_on(channel)) for channel in channels]
        self.writer.flush()
        for channel, threads in left:
            self.writer.hide(channel.source, channel.path, threads)
        self.chats.settle(channels)

    def _hand_on(self, channel: Channel) -> list[str]:
        """The threads that have changed go to the writer; returns those that are no more."""
        stored = self.chats.stored(channel)
        for thread in merge(self.chats.exports(channel)):
            document = document_of(channel, thread, self.basis)
            if stored.pop(thread.key, "") != document.fingerprint:
                self.writer.put(document)
        return [key for key, fingerprint in stored.items() if fingerprint]

    def _paths(self, source: str) -> set[str]:
        if source not in self._known:
            self._known[source] = self.chats.paths(source)
        return self._known[source]
