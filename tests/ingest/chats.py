"""A made-up channel that changes as time goes by, exports cut from it, and a bench that ingests them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import Engine

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.conversations import Conversations
from ingest.origins import Outcome
from ingest.readers._chat import ChatMessage, render
from ingest.readers.base import Candidate, Reader
from ingest.writer import Writer
from rag.domain.records import FileOutcome, Identity, Thread
from rag.domain.types import Access, DocumentInfo, DocumentText, Message, Parsed, Source
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from tests.fakes import WordEmbedder
from tests.ingest.inline import NoIndexes

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
ALL = Access(everything=True)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message of the channel through time; minutes from START. Its id is the minute it was posted."""

    minute: int
    author: str = "Ada"
    reply_to: int | None = None  # the minute of a message
    edits: tuple[int, ...] = ()
    deleted: int | None = None

    @property
    def id(self) -> str:
        return f"{self.minute}"

    def alive(self, now: int) -> bool:
        return self.minute <= now and (self.deleted is None or now < self.deleted)

    def text(self, now: int) -> str:
        edits = sum(minute <= now for minute in self.edits)
        return f"message {self.minute}" + (f" edit {edits}" if edits else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An export made at `now` of the minutes `first` to `last`."""

    path: str
    now: int
    first: int
    last: int
    told: bool = True  # it says which time it holds
    name: str = "help"  # of the channel
    zone: int = 0  # hours from UTC in which it writes times
    backwards: bool = False
    promotes: bool = True  # a message with replies that are not in it stands in their thread all the same
    files: tuple[str, ...] = ("day.json",)

    def holds(self, posted: Posted) -> bool:
        return self.first <= posted.minute <= self.last and posted.alive(self.now)

    def knows(self, posted: Posted) -> bool:
        return self.holds(posted) or (self.told and self.first <= posted.minute <= self.last)

    def text_time(self, minute: int) -> str:
        return at(minute).astimezone(timezone(timedelta(hours=self.zone))).isoformat()


def parts_of(channel: Sequence[Posted], cut: Cut, key: str = "slack:T1/C1") -> list[Parsed]:
    """What a reader makes of the export: one part a thread, in the order the export happens to have."""
    held = [posted for posted in channel if cut.holds(posted)]
    answered = {
        posted.reply_to
        for posted in (channel if cut.promotes else held)
        if posted.reply_to is not None and posted.alive(cut.now)
    }
    threads: dict[str, list[Posted]] = {}
    for posted in held:
        root = posted.minute if posted.minute in answered else posted.reply_to
        threads.setdefault(f"{root}" if root is not None else at(posted.minute).date().isoformat(), []).append(posted)
    told = {"first": cut.text_time(cut.first), "last": cut.text_time(cut.last)} if cut.told else {}
    parts = []
    for name, posts in threads.items():
        thread = Thread(key=f"{key}/{name}", channel=key, name=cut.name, exported=cut.text_time(cut.now), **told)
        parsed = render(thread, [_message(posted, cut) for posted in posts], files=cut.files)
        parts.append(_in_zone(parsed, cut))
    return parts[::-1] if cut.backwards else parts


def _message(posted: Posted, cut: Cut) -> ChatMessage:
    author = Identity(system="slack", id=posted.author.lower(), name=posted.author)
    text = posted.text(cut.now)
    return ChatMessage(id=posted.id, time=at(posted.minute), author=posted.author, text=text, identity=author)


def _in_zone(parsed: Parsed, cut: Cut) -> Parsed:
    marks = []
    for mark in parsed.marks:
        assert isinstance(mark.locator, Message)
        message = replace(mark.locator, time=cut.text_time(int(mark.locator.id)))
        marks.append(replace(mark, locator=message))
    return replace(parsed, marks=tuple(marks))


def expected(channel: Sequence[Posted], cuts: Iterable[Cut]) -> dict[str, str]:
    """{id: text} as the latest export that knows of a message has it; one that holds nothing says nothing."""
    cuts = [cut for cut in cuts if any(map(cut.holds, channel))]
    found = {}
    for posted in channel:
        knowing = [cut for cut in cuts if cut.knows(posted)]
        latest = max(knowing, key=lambda cut: (cut.now, cut.path), default=None)
        if latest is not None and latest.holds(posted):
            found[posted.id] = posted.text(latest.now)
    return found


@dataclass
class Chat:
    """Ingests exports into a space, one call each, and tells what is stored of it."""

    engine: Engine
    space: str = "default"
    embedder: WordEmbedder = field(default_factory=WordEmbedder)

    def __post_init__(self) -> None:
        self.catalog = SqlCatalog(self.engine)
        self.chats = SqlChats(self.engine)
        self.written = 0  # chunks, by the last call

    def source(self, name: str = "chats") -> Source:
        return self.catalog.put_source(name=name, root=f"/{name}", space=self.space)

    def conversations(self) -> Conversations:
        self.writer = Writer(self.catalog, self.embedder, NoIndexes(), lambda _progress: None)
        return Conversations(self.chats, self.writer, ("basis",))

    def ingest(self, path: str, parts: Sequence[Parsed], *, source: str = "chats") -> None:
        of, conversations = self.source(source), self.conversations()
        candidate = Candidate(path=Path(path), relative=path, is_dir=True)
        assert conversations.take(of, candidate, parts, "") == [part for part in parts if part.thread is None]
        row = FileOutcome(path=path, fingerprint="1", state="indexed", at=at(0))
        conversations.add(of.id, row, [])
        conversations.settle(of)
        self.writer.flush()
        self.written = self.writer.chunks

    def remove(self, path: str, *, source: str = "chats") -> None:
        self.conversations().settle(self.source(source), gone=[path])
        self.written = self.writer.chunks

    def infos(self) -> list[DocumentInfo]:
        return self.catalog.documents(Access(spaces=frozenset({self.space})), limit=1000)[0]

    def documents(self) -> dict[str, DocumentText]:
        """By thread."""
        return {info.part: self.catalog.text(info.id, ALL) for info in self.infos()}

    def messages(self) -> dict[str, str]:
        """{id: words}; every promise about a thread's text is checked on the way."""
        found: dict[str, str] = {}
        for document in self.documents().values():
            marks = [mark for mark in document.marks if isinstance(mark.locator, Message)]
            assert marks[0].at == 0
            ends = [*(mark.at for mark in marks[1:]), len(document.text)]
            times = []
            for mark, end in zip(marks, ends, strict=True):
                assert isinstance(mark.locator, Message)
                head, words, *rest = document.text[mark.at : end].split("\n")
                assert head.startswith(f"{mark.locator.author} · ")
                assert rest == ["", ""]
                assert mark.locator.id not in found
                found[mark.locator.id] = words
                times.append(datetime.fromisoformat(mark.locator.time))
            assert times == sorted(times)
        return found


READER = Reader(name="export", version=1, claims=lambda _: True, read=lambda *_: iter(()))


class ExportPool:
    """Reads files `*.export`, which hold parts as JSON."""

    readers = (READER,)

    def find(self, candidate: Candidate) -> Reader | None:
        return READER if candidate.suffix == ".export" else None

    def map(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate in candidates:
            yield candidate, tuple(map(parsed_from_json, json.loads(candidate.path.read_text())))


def write_export(path: Path, parts: Sequence[Parsed]) -> None:
    path.write_text(json.dumps([parsed_to_json(part) for part in parts]))
