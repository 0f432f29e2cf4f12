"""The write protocol: what one commit does to the tables, inside the caller's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, Table, and_, bindparam, exists, insert, literal, select, update

from rag.domain.errors import NotFound
from rag.domain.records import Revision
from rag.domain.types import Document, PathUpdate, Prepared
from rag.registry.codecs import digest, pack_list, pack_marks, pack_text, pack_vector, plain_facts, sections
from rag.registry.identity import chunk_id, document_id, text_hash
from rag.registry.ledger import write_outcomes
from rag.registry.moments import parse_day, parse_moment
from rag.registry.people_rows import note_activity, note_people, people_rows
from rag.registry.records import rows_beside
from rag.registry.rows import batches
from rag.registry.schema import (
    authors,
    chunks,
    document_people,
    documents,
    feed,
    purged,
    sources,
    texts,
    vectors,
    versions,
)

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows a commit will write, table by table."""

    ended: list[dict[str, Any]] = field(default_factory=list)  # current versions that will not be
    hidden: list[dict[str, Any]] = field(default_factory=list)
    refreshed: list[dict[str, Any]] = field(default_factory=list)  # unchanged, with a new fingerprint
    made: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    authors: list[dict[str, Any]] = field(default_factory=list)
    chunks: list[dict[str, Any]] = field(default_factory=list)
    beside: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)  # facts, runs, people
    accounts: list[dict[str, Any]] = field(default_factory=list)  # of unchanged versions: open or closed


def commit(connection: Connection, updates: Sequence[PathUpdate], *, model: str, now: datetime) -> tuple[int, int]:
    """See Catalog.commit. A path named twice becomes what is named last."""
    unique = list({(update.source, update.path): update for update in updates}.values())
    spaces = _spaces(connection, {update.source for update in unique})
    stored = _stored(connection, unique)
    counted = _purged(connection, [prepared.document.id for prepared in _all(unique)])
    plan = Plan()
    for update_ in unique:
        known = stored.get((update_.source, update_.path), {})
        for prepared in update_.prepared:
            _plan_document(plan, prepared, known.pop(prepared.document.id, None), counted, now)
        _plan_hiding(plan, list(known.values()), now)
        if update_.gone is not None:
            plan.refreshed.extend({"d": id_, "fingerprint": ""} for id_ in known)
    for version in plan.versions:
        version["space"] = spaces[version["source"]]  # never what the document says of itself
    _execute(connection, plan)
    of_version = {(version["document"], version["number"]): version["space"] for version in plan.versions}
    note_people(connection, plan.beside.get(document_people, []), of_version)
    note_activity(connection, plan.accounts)
    write_outcomes(connection, unique)
    return len(plan.chunks), _store_vectors(connection, unique, model)


def hide(connection: Connection, document: str, now: datetime) -> None:
    row = connection.execute(_select_stored().where(documents.c.id == document)).one_or_none()
    if row is None:
        raise NotFound(f"There is no document {document}.", fix="`teamlore search` shows the ids of documents.")
    plan = Plan()
    _plan_hiding(plan, [row], now)
    _execute(connection, plan)


# --- what is there ------------------------------------------------------------------------------------------------


def _all(updates: Sequence[PathUpdate]) -> Iterator[Prepared]:
    return (prepared for update_ in updates for prepared in update_.prepared)


def _spaces(connection: Connection, wanted: set[str]) -> dict[str, str]:
    found = dict(connection.execute(select(sources.c.id, sources.c.space).where(sources.c.id.in_(wanted))).all())
    if missing := wanted - found.keys():
        raise NotFound(f"There is no source {min(missing)}.", fix="Name its folder or file to `teamlore ingest`.")
    return found


def _select_stored() -> Select[Any]:
    latest = and_(versions.c.document == documents.c.id, versions.c.number == documents.c.latest)
    columns = (documents, versions.c.digest, versions.c.valid_from, versions.c.valid_to)
    return select(*columns).select_from(documents.join(versions, latest))


def _stored(connection: Connection, updates: Sequence[PathUpdate]) -> dict[tuple[str, str], dict[str, Row[Any]]]:
    """{(source, path): {document id: its row}}."""
    found: dict[tuple[str, str], dict[str, Row[Any]]] = {}
    some = {id_ for update_ in updates if update_.gone is not None for id_ in _named(update_, update_.gone)}
    statements = [_select_stored().where(documents.c.id.in_(ids)) for ids in batches(sorted(some))]
    for source in {update_.source for update_ in updates}:
        whole = [update_.path for update_ in updates if update_.source == source and update_.gone is None]
        for paths in batches(whole):
            statements.append(_select_stored().where(documents.c.source == source, documents.c.path.in_(paths)))
    for statement in statements:
        for row in connection.execute(statement):
            found.setdefault((row.source, row.path), {})[row.id] = row
    return found


def _named(update_: PathUpdate, gone: Sequence[str]) -> Iterator[str]:
    """Ids of the parts that an update of some parts is about."""
    yield from (prepared.document.id for prepared in update_.prepared)
    yield from (document_id(update_.source, update_.path, part) for part in gone)


def _purged(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(ids):
        statement = select(purged.c.document, purged.c.latest).where(purged.c.document.in_(batch))
        found |= dict(connection.execute(statement).all())
    return found


# --- what to write ------------------------------------------------------------------------------------------------


def _plan_hiding(plan: Plan, rows: Sequence[Row[Any]], now: datetime) -> None:
    for row in rows:
        if row.current is not None:
            plan.ended.append({"d": row.id, "v": row.current, "to": max(now, row.valid_from + INSTANT)})
            plan.hidden.append({"d": row.id})


def _plan_document(
    plan: Plan, prepared: Prepared, row: Row[Any] | None, counted: dict[str, int], now: datetime
) -> None:
    document = prepared.document
    content = digest(document, prepared.chunks)
    if row is not None and row.current is not None and row.digest == content:
        if row.fingerprint != document.fingerprint:
            plan.refreshed.append({"d": row.id, "fingerprint": document.fingerprint})
        same = people_rows(document, {"document": row.id, "version": row.current})
        plan.accounts.extend(each for each in same if each["active"] is not None)
        return
    number = (row.latest if row is not None else counted.get(document.id, 0)) + 1
    valid_from = _valid_from(document, row, now)
    state = {"fingerprint": document.fingerprint, "current": number, "latest": number}
    if row is None:
        place = {"id": document.id, "source": document.source, "path": document.path, "part": document.part}
        plan.made.append(place | state)
    else:
        plan.changed.append({"d": row.id, **state})
        if row.current is not None:
            plan.ended.append({"d": row.id, "v": row.current, "to": valid_from})
    _plan_version(plan, prepared, number, {"digest": content, "valid_from": valid_from, "recorded_at": now})


def _valid_from(document: Document, row: Row[Any] | None, now: datetime) -> datetime:
    """Its revision's time, else its own date, unless that lies in the future or in the time of an earlier version."""
    own = parse_moment(document.revision.at if document.revision else "") or parse_moment(document.date)
    own = own if own is not None and own <= now else None
    if row is None:
        return own or now
    before: datetime = row.valid_to or row.valid_from + INSTANT
    return own if own is not None and own >= before else max(now, before)


def _plan_version(plan: Plan, prepared: Prepared, number: int, fixed: dict[str, Any]) -> None:
    document = prepared.document
    key = {"document": document.id, "version": number}
    plan.versions.append(
        {
            "document": document.id,
            "number": number,
            "source": document.source,
            "path": document.path,
            "part": document.part,
            "title": document.title,
            "kind": document.kind,
            "authors": pack_list(document.authors),
            "date": document.date,
            "day": parse_day(document.date),
            "url": document.url,
            "files": pack_list(document.files),
            "syntax": document.syntax,
            "chunks": len(prepared.chunks),
            "revision": document.revision.id if document.revision else "",
            "changed_by": document.revision.by if document.revision else "",
            "reason": document.revision.reason if document.revision else "",
            **fixed,
        }
    )
    packed = {"text": pack_text(document.text), "marks": pack_marks(document.marks)}
    plan.texts.append({**key, **packed, "facts": plain_facts(document.facts)})
    plan.authors.extend({**key, "author": name} for name in sorted({name.casefold() for name in document.authors}))
    plan.chunks.extend(_chunk_rows(prepared, key))
    for table, rows in rows_beside(document, key):
        plan.beside.setdefault(table, []).extend(rows)


def _chunk_rows(prepared: Prepared, key: dict[str, Any]) -> Iterator[dict[str, Any]]:
    assert [chunk.n for chunk in prepared.chunks] == list(range(len(prepared.chunks))), "numbered from 0, in order"
    above = sections(prepared.document.marks, [chunk.start for chunk in prepared.chunks])
    return (
        {
            **key,
            "id": chunk_id(key["document"], key["version"], chunk.n),
            "n": chunk.n,
            "start": chunk.start,
            "end": chunk.end,
            "hash": text_hash(chunk.embedded),
            "section": pack_list(section),
            "context": chunk.context,
            "text": chunk.text,
        }
        for chunk, section in zip(prepared.chunks, above, strict=True)
    )


# --- writing it ---------------------------------------------------------------------------------------------------


def _execute(connection: Connection, plan: Plan) -> None:
    for batch in batches([row["d"] for row in plan.ended]):
        feed_removals(connection, batch)
    this_version = and_(versions.c.document == bindparam("d"), versions.c.number == bindparam("v"))
    this_document = documents.c.id == bindparam("d")
    if plan.ended:
        connection.execute(update(versions).where(this_version).values(valid_to=bindparam("to")), plan.ended)
    if plan.hidden:
        connection.execute(update(documents).where(this_document).values(current=None), plan.hidden)
    for rows in (plan.refreshed, plan.changed):
        if rows:
            connection.execute(update(documents).where(this_document), rows)
    tables = (documents, plan.made), (versions, plan.versions), (texts, plan.texts), (authors, plan.authors)
    for table, rows in (*tables, (chunks, plan.chunks), *plan.beside.items()):
        _insert(connection, table, rows)
    _insert(connection, feed, [{"add": True, "chunk": row["id"]} for row in plan.chunks])


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table).inline(), rows)


def attribute(connection: Connection, source: str, made: Mapping[str, Revision]) -> None:
    """Current versions that nobody was said to have made."""
    place = documents.c.source == source, documents.c.path == bindparam("p"), documents.c.current == versions.c.number
    current = exists().where(*place, documents.c.id == versions.c.document)
    columns: dict[str, Any] = {"revision": bindparam("id"), "changed_by": bindparam("by"), "reason": bindparam("why")}
    rows = [{"p": path, "id": one.id, "by": one.by, "why": one.reason} for path, one in made.items()]
    if rows:
        connection.execute(update(versions).where(versions.c.revision == "", current).values(columns), rows)


def feed_removals(connection: Connection, ids: Sequence[str]) -> None:
    """Say that the chunks of these documents' current versions go; before the rows say so."""
    current = and_(chunks.c.document == documents.c.id, chunks.c.version == documents.c.current)
    going = (
        select(literal(False), chunks.c.id)
        .select_from(documents.join(chunks, current))
        .where(documents.c.id.in_(ids))
        .order_by(chunks.c.document, chunks.c.n)
    )
    connection.execute(insert(feed).from_select([feed.c["add"], feed.c.chunk], going))


def _store_vectors(connection: Connection, updates: Sequence[PathUpdate], model: str) -> int:
    """How many were new. Also for unchanged documents, which may have none of this model yet."""
    rows: dict[str, Any] = {}
    for prepared in _all(updates):
        assert len(prepared.chunks) == len(prepared.vectors), "one row of vectors for each chunk"
        for chunk, vector in zip(prepared.chunks, np.asarray(prepared.vectors), strict=True):
            rows[text_hash(chunk.embedded)] = vector
    for batch in batches(list(rows)):
        known = select(vectors.c.hash).where(vectors.c.model == model, vectors.c.hash.in_(batch))
        for found in connection.execute(known).scalars().all():
            del rows[found]
    new = [{"hash": key, "model": model, "vector": pack_vector(vector)} for key, vector in rows.items()]
    _insert(connection, vectors, new)
    return len(new)
