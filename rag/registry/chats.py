"""What exports say of a chat's channels, each beside the other: the Chats port on SQL."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, and_, delete, exists, insert, or_, select, update

from rag.domain.chats import Channel, Excerpt, Export, Said
from rag.domain.records import Identity
from rag.domain.types import Message, Source
from rag.registry.codecs import pack_list, pack_text, unpack_list, unpack_marks, unpack_text
from rag.registry.database import reading, writing
from rag.registry.identity import short_hash
from rag.registry.ledger import forget_files
from rag.registry.rows import batches
from rag.registry.schema import channels, coverages, documents, files, messages, texts, threads

SAYING = (messages, threads, coverages)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class SqlChats:
    """Thread-safe."""

    engine: Engine

    def put(self, source: Source, path: str, exports: Sequence[Export]) -> None:
        with writing(self.engine) as connection:
            said = select(coverages.c.channel).where(coverages.c.source == source.id, coverages.c.path == path)
            concerned = {*connection.execute(said).scalars(), *(export.channel for export in exports)}
            for table in SAYING:
                connection.execute(delete(table).where(table.c.source == source.id, table.c.path == path))
            for export in exports:
                _insert(connection, source, path, export)
                _settle_down(connection, source, export)
            _changed(connection, source.space, sorted(concerned))

    def leave(self, source: Source) -> None:
        with writing(self.engine) as connection:
            said = select(coverages.c.channel).where(coverages.c.source == source.id).distinct()
            concerned = connection.execute(said).scalars().all()
            for table in SAYING:
                connection.execute(delete(table).where(table.c.source == source.id))
            _move_out(connection, source)
            _changed(connection, source.space, concerned)

    def paths(self, source: str) -> set[str]:
        with reading(self.engine) as connection:
            return set(connection.execute(select(coverages.c.path).where(coverages.c.source == source)).scalars())

    def waiting(self, space: str) -> list[Channel]:
        wanted = select(channels).where(channels.c.space == space, channels.c.change != channels.c.settled)
        with reading(self.engine) as connection:
            rows = connection.execute(wanted.order_by(channels.c.channel)).all()
        return [
            Channel(space=row.space, key=row.channel, source=row.source, path=row.path, change=row.change)
            for row in rows
        ]

    def exports(self, channel: Channel) -> list[Export]:
        with reading(self.engine) as connection:
            said = _grouped(connection, messages, channel, "source", "path", "thread")
            held = _grouped(connection, threads, channel, "source", "path")
            told = _rows(connection, coverages, channel, "source", "path")
        return [
            Export(
                source=row.source,
                path=row.path,
                channel=row.channel,
                name=row.name,
                first=row.first,
                last=row.last,
                exported=row.exported,
                threads=tuple(
                    _excerpt(each, said.get((row.source, row.path, each.thread), ()))
                    for each in held.get((row.source, row.path), ())
                ),
            )
            for row in told
        ]

    def stored(self, channel: Channel) -> dict[str, str]:
        here = documents.c.source == channel.source, documents.c.path == channel.path
        with reading(self.engine) as connection:
            return dict(connection.execute(select(documents.c.part, documents.c.fingerprint).where(*here)).all())

    def settle(self, channels_: Sequence[Channel]) -> None:
        if not channels_:
            return
        with writing(self.engine) as connection:
            for channel in channels_:
                here = channels.c.space == channel.space, channels.c.channel == channel.key
                connection.execute(update(channels).where(*here).values(settled=channel.change))


# --- writing ------------------------------------------------------------------------------------------------------


def _insert(connection: Connection, source: Source, path: str, export: Export) -> None:
    key = {"space": source.space, "channel": export.channel, "source": source.id, "path": path}
    told = {"name": export.name, "first": export.first, "last": export.last, "exported": export.exported}
    connection.execute(insert(coverages).values(**key, **told))
    held = [
        {
            **key,
            "thread": thread.key,
            "kind": thread.kind,
            "title": thread.title,
            "files": pack_list(thread.files),
            "people": json.dumps([asdict(one) for one in thread.people], ensure_ascii=False),
        }
        for thread in export.threads
    ]
    said = (
        {**key, "thread": thread.key, **asdict(each), "body": pack_text(each.body)}
        for thread in export.threads
        for each in thread.messages
    )
    for rows in batches(held):
        connection.execute(insert(threads), rows)
    for rows in batches(said):
        connection.execute(insert(messages), rows)


def _changed(connection: Connection, space: str, keys: Sequence[str]) -> None:
    for some in batches(keys):
        these = channels.c.space == space, channels.c.channel.in_(some)
        connection.execute(update(channels).where(*these).values(change=channels.c.change + 1))


def _settle_down(connection: Connection, source: Source, export: Export) -> None:
    """A channel that is new in the space gets its place: under its name, in the source that named it."""
    here = channels.c.space == source.space, channels.c.channel == export.channel
    if not connection.execute(select(exists().where(*here))).scalar():
        place = _free_place(connection, source.id, export.channel, export.name)
        new = {"space": source.space, "channel": export.channel, "source": source.id, "path": place}
        connection.execute(insert(channels).values(**new, change=0, settled=0))


def _free_place(connection: Connection, source: str, channel: str, name: str) -> str:
    place = place_of(channel, name)
    taken = [exists().where(table.c.source == source, table.c.path == place) for table in (channels, documents, files)]
    taken[1] = taken[1].where(~documents.c.part.startswith(channel, autoescape=True))  # its own lie there, hidden
    if any(connection.execute(select(each)).scalar() for each in taken):
        return f"{place}-{short_hash(channel)[:6]}"
    return place


def _move_out(connection: Connection, source: Source) -> None:
    """What lies at the old place is as good as unknown, should it ever come back."""
    for row in connection.execute(select(channels).where(channels.c.source == source.id)).all():
        here = channels.c.space == row.space, channels.c.channel == row.channel
        old = documents.c.source == source.id, documents.c.path == row.path
        connection.execute(update(documents).where(*old).values(fingerprint=""))
        others = select(coverages.c.source, coverages.c.name).where(
            coverages.c.space == row.space, coverages.c.channel == row.channel
        )
        other = connection.execute(others.order_by(coverages.c.source, coverages.c.path).limit(1)).one_or_none()
        if other is None:
            connection.execute(delete(channels).where(*here))
            continue
        place = _free_place(connection, other.source, row.channel, other.name)
        connection.execute(update(channels).where(*here).values(source=other.source, path=place, change=row.change + 1))


def place_of(channel: str, name: str) -> str:
    """`slack/help` for the channel `help` of `slack:T01/C01`."""
    tool = channel.partition(":")[0]
    readable = re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:LONGEST_NAME]
    return f"{tool}/{readable or short_hash(channel)[:6]}"


# --- reading ------------------------------------------------------------------------------------------------------


def _rows(connection: Connection, table: Table, channel: Channel, *order: str) -> Sequence[Row[Any]]:
    here = table.c.space == channel.space, table.c.channel == channel.key
    return connection.execute(select(table).where(*here).order_by(*(table.c[name] for name in order))).all()


def _grouped(connection: Connection, table: Table, channel: Channel, *by: str) -> dict[tuple[str, ...], list[Row[Any]]]:
    """In each group in the order of the table's key."""
    last = "id" if table is messages else "thread"
    found: dict[tuple[str, ...], list[Row[Any]]] = {}
    for row in _rows(connection, table, channel, *by, last):
        found.setdefault(tuple(row._mapping[name] for name in by), []).append(row)
    return found


def _excerpt(row: Row[Any], said: Sequence[Row[Any]]) -> Excerpt:
    return Excerpt(
        key=row.thread,
        kind=row.kind,
        title=row.title,
        files=unpack_list(row.files),
        people=tuple(Identity(**one) for one in json.loads(row.people)),
        messages=tuple(
            Said(id=each.id, time=each.time, author=each.author, url=each.url, body=unpack_text(each.body))
            for each in said
        ),
    )


# --- purge --------------------------------------------------------------------------------------------------------


def erase_messages(connection: Connection, document: str) -> None:
    """Before its rows go: what any export of its space says in this thread, and of messages that stand in it now.

    Whoever still has the export brings it back: the ledger forgets its path.
    """
    place = documents.join(channels, and_(channels.c.source == documents.c.source, channels.c.path == documents.c.path))
    columns = (channels.c.space, channels.c.channel, documents.c.part, documents.c.current)
    row = connection.execute(select(*columns).select_from(place).where(documents.c.id == document)).one_or_none()
    if row is None:
        return
    telling: set[tuple[str, str]] = set()
    for table, condition in _of_thread(row.part, _ids_in(connection, document, row.current)):
        here = and_(table.c.space == row.space, table.c.channel == row.channel, condition)
        telling.update(connection.execute(select(table.c.source, table.c.path).where(here).distinct()).all())
        connection.execute(delete(table).where(here))
    for source, path in sorted(telling):
        forget_files(connection, source, [path])


def _of_thread(thread: str, ids: Sequence[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    yield threads, threads.c.thread == thread
    yield messages, messages.c.thread == thread
    for some in batches(ids):
        yield messages, or_(messages.c.id.in_(some))


def _ids_in(connection: Connection, document: str, version: int | None) -> list[str]:
    own = texts.c.document == document, texts.c.version == version
    packed = connection.execute(select(texts.c.marks).where(*own)).scalar_one_or_none()
    marks = unpack_marks(packed) if packed is not None else ()
    return [mark.locator.id for mark in marks if isinstance(mark.locator, Message)]
