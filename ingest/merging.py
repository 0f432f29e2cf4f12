"""The threads of a channel out of all its exports: each message once, as it was last seen. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from ingest.documents import files_of
from ingest.kinds import kind_of
from ingest.readers.base import Candidate
from rag.domain.chats import Channel, Excerpt, Export, Said
from rag.domain.records import Identity, Revision, Thread
from rag.domain.types import Document, Mark, Message, Parsed, Source
from rag.registry.identity import document_id
from rag.registry.moments import parse_moment

NEVER = datetime.min.replace(tzinfo=UTC)
Rank = tuple[datetime, str, str]  # of an export: the higher one is right


@dataclass(frozen=True, slots=True)
class _View:
    """An export, ready to be compared with others."""

    export: Export
    rank: Rank
    first: datetime | None
    last: datetime | None
    threads: Mapping[str, Excerpt]

    def covers(self, time: datetime) -> bool:
        return self.first is not None and self.last is not None and self.first <= time <= self.last


@dataclass(frozen=True, slots=True)
class _Held:
    """A message in one export."""

    view: _View
    thread: str
    said: Said

    @property
    def excerpt(self) -> Excerpt:
        return self.view.threads[self.thread]


Holders = list[_Held]  # of one message: the export that is right about it comes last


def merge(exports: Sequence[Export]) -> list[Excerpt]:
    """All threads of one channel that still have a message, by key; messages by time, of equal times by id.

    Of two exports that tell of a message the one made later is right, of two made at once the one whose path is the
    greater: about its text, its thread, and that it is gone, which an export says by holding the time but not the
    message. `files` are those of the first export that held a text as it is now, so that one more export of the same
    changes nothing.
    """
    views = sorted(map(_view, exports), key=lambda view: view.rank)
    threads: dict[str, dict[str, Holders]] = {}
    for id_, holders in _by_message(views).items():
        if not _deleted(holders[-1], views):
            threads.setdefault(holders[-1].thread, {})[id_] = holders
    _join_roots(threads)
    return [_merged(key, threads[key], views) for key in sorted(threads) if threads[key]]


def _view(export: Export) -> _View:
    times = [time_of(said) for thread in export.threads for said in thread.messages]
    made = parse_moment(export.exported) or max(times, default=NEVER)
    return _View(
        export,
        (made, export.path, export.source),
        parse_moment(export.first),
        parse_moment(export.last),
        {thread.key: thread for thread in export.threads},
    )


def _by_message(views: Sequence[_View]) -> dict[str, Holders]:
    found: dict[str, Holders] = {}
    for view in views:
        for key in sorted(view.threads):
            for said in view.threads[key].messages:
                found.setdefault(said.id, []).append(_Held(view, key, said))
    return found


def _deleted(held: _Held, views: Sequence[_View]) -> bool:
    time = time_of(held.said)
    return any(view.rank > held.view.rank and view.covers(time) for view in views)


def _join_roots(threads: dict[str, dict[str, Holders]]) -> None:
    """A message whose replies came only with a later export goes to their thread, which is named by its id."""
    by_root = {key.rpartition("/")[2]: key for key in sorted(threads)}
    for key in sorted(threads):
        for id_ in by_root.keys() & threads[key].keys():
            home, root = by_root[id_], threads[key][id_][-1]
            if home == key or home in root.view.threads or not threads[home]:
                continue  # an export that knows both has put it where it belongs
            if order(root.said) <= min(order(reply[-1].said) for reply in threads[home].values()):
                threads[home][id_] = threads[key].pop(id_)


def _merged(key: str, messages: Mapping[str, Holders], views: Sequence[_View]) -> Excerpt:
    ordered = sorted(messages.values(), key=lambda holders: order(holders[-1].said))
    knowing = [view.threads[key] for view in views if key in view.threads]
    root = ordered[0][-1].said.id
    with_root = [thread for thread in knowing if any(said.id == root for said in thread.messages)]
    newest = (with_root or knowing)[-1]
    right = [holders[-1] for holders in ordered]
    people = {(one.system, one.id): one for one in _people(key, right)}
    first_held = {(held.view.rank, held.thread): held.excerpt for held in map(_first_as_now, ordered)}
    return Excerpt(
        key=key,
        kind=newest.kind,
        title=newest.title,
        files=tuple(sorted({file for thread in first_held.values() for file in thread.files})),
        people=tuple(people[name] for name in sorted(people)),
        messages=tuple(held.said for held in right),
    )


def _people(key: str, messages: Sequence[_Held]) -> Iterator[Identity]:
    """Those the thread's exports name; of a message that was kept in another thread, who goes by its author's name."""
    told = {held.view.rank: held.excerpt for held in messages if held.thread == key}
    for rank in sorted(told):
        yield from told[rank].people
    for held in messages:
        if held.thread != key:
            yield from (one for one in held.excerpt.people if one.name == held.said.author)


def _first_as_now(holders: Holders) -> _Held:
    return next(held for held in holders if held.said.body == holders[-1].said.body)


def order(said: Said) -> tuple[datetime, int, str]:
    """By time; numbers as ids by their size."""
    return time_of(said), len(said.id), said.id


def time_of(said: Said) -> datetime:
    """When nobody can say: before everything."""
    return _moment(said.time)


@lru_cache(maxsize=100_000)
def _moment(text: str) -> datetime:
    return parse_moment(text) or NEVER


# --- from what a reader made ----------------------------------------------------------------------------------------


def exports_of(source: Source, candidate: Candidate, parts: Sequence[Parsed], kind: str) -> list[Export]:
    """What the threads among the parts of one path say, a channel each. `kind` given wins."""
    channels: dict[str, list[Parsed]] = {}
    for parsed in parts:
        if parsed.thread is not None:
            channels.setdefault(parsed.thread.channel, []).append(parsed)
    return [_export(source, candidate, channels[key], kind) for key in sorted(channels)]


def _export(source: Source, candidate: Candidate, parts: Sequence[Parsed], kind: str) -> Export:
    """The channel is held as far as each of its threads says so."""
    threads = [parsed.thread for parsed in parts if parsed.thread is not None]
    newest = max(threads, key=lambda thread: _moment(thread.exported))
    firsts, lasts = [thread.first for thread in threads], [thread.last for thread in threads]
    excerpts: dict[str, Excerpt] = {}
    for thread, parsed in sorted(zip(threads, parts, strict=True), key=lambda pair: _moment(pair[0].exported)):
        made = _excerpt(thread, candidate, parsed, kind_of(parsed, candidate.relative, kind))
        before = excerpts.get(thread.key)
        excerpts[thread.key] = made if before is None else _both(before, made)
    return Export(
        source=source.id,
        path=candidate.relative,
        channel=newest.channel,
        name=newest.name,
        first=max(firsts, key=_moment) if all(firsts) else "",
        last=min(lasts, key=_moment) if all(lasts) else "",
        exported=newest.exported,
        threads=tuple(excerpts.values()),
    )


def _excerpt(thread: Thread, candidate: Candidate, parsed: Parsed, kind: str) -> Excerpt:
    return Excerpt(
        key=thread.key,
        kind=kind,
        title=parsed.title or thread.name,
        files=files_of(candidate, parsed),
        people=parsed.people,
        messages=tuple({said.id: said for said in cut(parsed)}.values()),
    )


def _both(old: Excerpt, new: Excerpt) -> Excerpt:
    """A path that holds two exports in one: what the newer one says, and what only the older one does."""
    people = {(one.system, one.id): one for one in (*old.people, *new.people)}
    return replace(
        new,
        files=tuple(dict.fromkeys((*old.files, *new.files))),
        people=tuple(people.values()),
        messages=tuple({said.id: said for said in (*old.messages, *new.messages)}.values()),
    )


def cut(parsed: Parsed) -> Iterator[Said]:
    """The text in its messages; what stands before the first belongs to it."""
    starts = [(mark.at, mark.locator) for mark in parsed.marks if isinstance(mark.locator, Message)]
    ends = [*(at for at, _ in starts[1:]), len(parsed.text)]
    for n, ((at, message), end) in enumerate(zip(starts, ends, strict=True)):
        body = parsed.text[at if n else 0 : end]
        yield Said(id=message.id, time=message.time, author=message.author, url=message.url, body=body)


# --- to documents ---------------------------------------------------------------------------------------------------


def document_of(channel: Channel, thread: Excerpt, basis: Sequence[str]) -> Document:
    """`basis`: what its chunks depend on beside the thread. It is valid from its newest message on."""
    marks, length = [], 0
    for said in thread.messages:
        marks.append(Mark(at=length, locator=Message(said.id, said.author, said.time, said.url)))
        length += len(said.body)
    content = json.dumps([*basis, asdict(thread)]).encode()
    return Document(
        id=document_id(channel.source, channel.path, thread.key),
        source=channel.source,
        path=channel.path,
        part=thread.key,
        space=channel.space,
        title=thread.title,
        kind=thread.kind,
        authors=tuple(dict.fromkeys(said.author for said in thread.messages)),
        date=thread.messages[0].time,
        url=thread.messages[0].url,
        files=thread.files,
        text="".join(said.body for said in thread.messages),
        syntax="chat",
        marks=tuple(marks),
        fingerprint=hashlib.sha256(content).hexdigest()[:40],
        people=thread.people,
        revision=Revision(at=thread.messages[-1].time),
    )
