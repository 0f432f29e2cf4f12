"""Queries on documents, chunks and vectors, inside the caller's transaction."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select, tuple_

from rag.domain.errors import BadInput, NotFound
from rag.domain.types import Access, DocumentInfo, DocumentText, Filters, IndexEntry, Matrix, StoredChunk
from rag.registry.codecs import read_facts, unpack_list, unpack_marks, unpack_text, unpack_vector
from rag.registry.identity import chunk_id
from rag.registry.rows import (
    INFO,
    WITH_VERSION,
    allowed,
    batches,
    read_chunks,
    read_info,
    select_chunks,
    select_info,
    valid,
    wanted,
)
from rag.registry.schema import chunks, feed, sources, texts, vectors, versions

NOTHING = np.zeros((0,), dtype=np.float32)
LAST_CHANGE = select(func.max(feed.c.seq))
SELECT_TEXTS = select(*INFO, versions.c.syntax, texts.c.text, texts.c.marks, texts.c.facts).select_from(
    versions.join(texts, and_(texts.c.document == versions.c.document, texts.c.version == versions.c.number))
)
CHANGES = select(feed).where(feed.c.seq > bindparam("after")).order_by(feed.c.seq).limit(bindparam("limit"))


# --- documents ----------------------------------------------------------------------------------------------------


def list_documents(
    connection: Connection, access: Access, *, filters: Filters | None, limit: int, cursor: str
) -> tuple[list[DocumentInfo], str]:
    place = tuple_(versions.c.path, versions.c.part, versions.c.document)
    statement = select_info().where(valid(None), *allowed(access), *wanted(filters, access)).limit(limit + 1)
    statement = statement.order_by(versions.c.path, versions.c.part, versions.c.document)
    if cursor:
        statement = statement.where(place > read_cursor(cursor, 3))
    found = [read_info(row) for row in connection.execute(statement)]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], write_cursor(last.path, last.part, last.id) if last else ""


def write_cursor(*place: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: int) -> tuple[str, ...]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        place = None
    if not isinstance(place, list) or len(place) != parts or not all(isinstance(part, str) for part in place):
        raise bad_cursor()
    return tuple(place)


def bad_cursor() -> BadInput:
    return BadInput("This cursor was not given out here.", fix="Use the `next_cursor` of the page before.")


def not_found(document: str) -> NotFound:
    """The same words for absent and for not yours."""
    return NotFound(f"There is no document {document}.", fix="`teamlore search` shows the ids of documents.")


def read_text(connection: Connection, document: str, access: Access, *, version: int | None) -> DocumentText:
    asked = {"document": document, "version": version, "spaces": sorted(access.spaces)}
    row = connection.execute(_select_text(access.everything, version is None), asked).one_or_none()
    if row is None:
        raise not_found(document)
    return _text(row)


def read_texts(
    connection: Connection, named: Sequence[tuple[str, int]], access: Access
) -> dict[tuple[str, int], DocumentText]:
    found: dict[tuple[str, int], DocumentText] = {}
    for batch in batches(dict.fromkeys(named)):
        of_them = (versions.c.document.in_([name for name, _ in batch]), versions.c.number.in_({n for _, n in batch}))
        for row in connection.execute(SELECT_TEXTS.where(*of_them, *allowed(access))):
            text = _text(row)
            found[text.info.id, text.info.version] = text
    return {key: found[key] for key in named if key in found}


def _text(row: Row[*tuple[Any, ...]]) -> DocumentText:
    return DocumentText(
        info=read_info(row),
        text=unpack_text(row.text),
        syntax=row.syntax,
        marks=unpack_marks(row.marks),
        facts=read_facts(row.facts),
    )


@cache
def _select_text(everything: bool, latest: bool) -> Select[Any]:
    """Kept, because SQLAlchemy takes longer to build it than SQLite to run it."""
    statement = SELECT_TEXTS.where(versions.c.document == bindparam("document"))
    if not everything:
        statement = statement.where(versions.c.space.in_(bindparam("spaces", expanding=True)))
    if not latest:
        statement = statement.where(versions.c.number == bindparam("version"))
    return statement.order_by(versions.c.number.desc()).limit(1)


def list_versions(connection: Connection, document: str, access: Access) -> list[DocumentInfo]:
    statement = select_info().where(versions.c.document == document, *allowed(access)).order_by(versions.c.number)
    found = [read_info(row) for row in connection.execute(statement)]
    if not found:
        raise not_found(document)
    return found


# --- chunks -------------------------------------------------------------------------------------------------------


def join_chunks(
    connection: Connection, ids: Sequence[str], access: Access, *, filters: Filters | None, as_of: datetime | None
) -> dict[str, StoredChunk]:
    conditions = (valid(as_of), *allowed(access), *wanted(filters, access))
    found: dict[str, StoredChunk] = {}
    for batch in batches(ids):
        rows = connection.execute(select_chunks().where(chunks.c.id.in_(batch), *conditions)).all()
        found |= {chunk.id: chunk for chunk in read_chunks(rows)}
    return {key: found[key] for key in ids if key in found}


def list_reachable(
    connection: Connection, ids: Sequence[str], access: Access, *, filters: Filters | None, as_of: datetime | None
) -> list[str]:
    """Who may see a chunk, and when it holds, is said by its version alone."""
    conditions = (valid(as_of), *allowed(access), *wanted(filters, access))
    columns = (versions.c.document, versions.c.number)
    documents = dict.fromkeys(chunk.rsplit(":", 2)[0] for chunk in ids)
    seen: set[str] = set()
    for batch in batches(documents):
        rows = connection.execute(select(*columns).where(versions.c.document.in_(batch), *conditions)).all()
        seen.update(f"{document}:{number}" for document, number in rows)
    return [chunk for chunk in ids if chunk.rsplit(":", 1)[0] in seen]


def list_neighbours(connection: Connection, document: str, version: int, span: tuple[int, int]) -> list[StoredChunk]:
    statement = (
        select_chunks()
        .where(chunks.c.document == document, chunks.c.version == version, chunks.c.n.between(*span))
        .order_by(chunks.c.n)
    )
    return read_chunks(connection.execute(statement).all())


def list_allowed(
    connection: Connection, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
) -> list[str] | None:
    conditions = (valid(as_of), *allowed(access), *wanted(filters, access))
    columns = (versions.c.document, versions.c.number, versions.c.chunks)
    found: list[str] = []
    for document, number, count in connection.execute(select(*columns).where(*conditions)).yield_per(1_000):
        found.extend(chunk_id(document, number, n) for n in range(count))
        if len(found) > limit:
            return None
    return found


# --- vectors and index entries ------------------------------------------------------------------------------------


def known_vectors(connection: Connection, hashes: Sequence[str], model: str) -> dict[str, Matrix]:
    found: dict[str, Matrix] = {}
    for batch in batches(list(dict.fromkeys(hashes))):
        statement = select(vectors.c.hash, vectors.c.vector).where(vectors.c.model == model, vectors.c.hash.in_(batch))
        found |= {key: unpack_vector(blob) for key, blob in connection.execute(statement)}
    return found


def list_entries(connection: Connection, ids: Sequence[str], model: str) -> list[IndexEntry]:
    has_vector = and_(vectors.c.hash == chunks.c.hash, vectors.c.model == model)
    joined = WITH_VERSION
    columns: list[Any] = [chunks.c.id, chunks.c.text, chunks.c.section, versions.c.title, versions.c.path]
    if model:
        joined = joined.join(vectors, has_vector)
        columns.append(vectors.c.vector)
    statement = select(*columns, versions.c.authors).select_from(joined).where(valid(None))
    found: dict[str, IndexEntry] = {}
    for batch in batches(ids):
        for row in connection.execute(statement.where(chunks.c.id.in_(batch))):
            found[row.id] = IndexEntry(
                chunk_id=row.id,
                vector=unpack_vector(row.vector) if model else NOTHING,
                text=row.text,
                title=row.title,
                headings=" › ".join(unpack_list(row.section)),
                path=row.path,
                people=", ".join(unpack_list(row.authors)),
            )
    return [found[key] for key in ids if key in found]


def stack_vectors(connection: Connection, ids: Sequence[str], model: str) -> tuple[list[str], Matrix]:
    has_vector = and_(vectors.c.hash == chunks.c.hash, vectors.c.model == model)
    found: dict[str, bytes] = {}
    for batch in batches(ids):
        statement = select(chunks.c.id, vectors.c.vector).join_from(chunks, vectors, has_vector)
        found |= dict(connection.execute(statement.where(chunks.c.id.in_(batch))).all())
    kept = [key for key in ids if key in found]
    if not kept:
        return [], np.zeros((0, 0), dtype=np.float32)
    flat = np.frombuffer(b"".join(found[key] for key in kept), dtype="<f4")
    return kept, flat.reshape(len(kept), -1)


def count_rows(connection: Connection) -> dict[str, int]:
    current = select(func.count(), func.coalesce(func.sum(versions.c.chunks), 0)).where(valid(None))
    document_count, chunk_count = connection.execute(current).one()
    counted = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in (("sources", sources), ("versions", versions), ("vectors", vectors))
    }
    return {**counted, "documents": document_count, "chunks": chunk_count, "feed": feed_end(connection)}


def feed_end(connection: Connection) -> int:
    last = connection.execute(LAST_CHANGE).scalar()
    return 0 if last is None else int(last)
