"""From rows to nouns, and who may see which rows: every read of documents and chunks goes through here."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
)

from rag.domain.people import fold_name
from rag.domain.types import Access, DocumentInfo, Filters, StoredChunk
from rag.registry.codecs import unpack_list
from rag.registry.moments import from_micros
from rag.registry.schema import authors, chunks, document_people, facts, identities, identity_names, versions

Item = TypeVar("Item")
FOLDED = 200  # characters of a fact's value that are compared
MOST_FILES = 100  # patterns of one question that the database compares: it takes no expression deeper than 1,000
_SETS = re.compile(r"\[.*\]", re.S)  # [abc] in a pattern
_LOOSE = re.compile(r"[^\w./ -]+|[^\x00-\x7f]+")  # wildcards, signs that JSON or LIKE write otherwise, other scripts
BATCH = 10_000  # SQLite takes 32,766 parameters, PostgreSQL 65,535

WITH_VERSION = chunks.join(
    versions, and_(versions.c.document == chunks.c.document, versions.c.number == chunks.c.version)
)

INFO = (
    versions.c.document,
    versions.c.number,
    versions.c.source,
    versions.c.path,
    versions.c.part,
    versions.c.space,
    versions.c.title,
    versions.c.kind,
    versions.c.authors,
    versions.c.date,
    versions.c.url,
    versions.c.files,
    type_coerce(versions.c.valid_from, BigInteger),  # read below, once for all chunks of a version
    type_coerce(versions.c.valid_to, BigInteger),
    type_coerce(versions.c.recorded_at, BigInteger),
    versions.c.chunks,
    versions.c.revision,
    versions.c.changed_by,
    versions.c.reason,
)
CHUNK = (
    chunks.c.id,
    chunks.c.n,
    chunks.c.start,
    chunks.c.end,
    chunks.c.text,
    chunks.c.context,
    chunks.c.section,
)


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def select_info() -> Select[Any]:
    return select(*INFO)


def select_chunks() -> Select[Any]:
    return select(*CHUNK, *INFO).select_from(WITH_VERSION)


def read_info(row: Sequence[Any]) -> DocumentInfo:
    """A row of INFO."""
    return DocumentInfo(
        id=row[0],
        version=row[1],
        source=row[2],
        path=row[3],
        part=row[4],
        space=row[5],
        title=row[6],
        kind=row[7],
        authors=unpack_list(row[8]),
        date=row[9],
        url=row[10],
        files=unpack_list(row[11]),
        valid_from=from_micros(row[12]),
        valid_to=None if row[13] is None else from_micros(row[13]),
        recorded_at=from_micros(row[14]),
        chunks=row[15],
        revision=row[16],
        changed_by=row[17],
        reason=row[18],
    )


def read_chunks(rows: Sequence[Sequence[Any]]) -> list[StoredChunk]:
    """Rows of CHUNK + INFO; chunks of one version share its DocumentInfo."""
    infos: dict[tuple[str, int], DocumentInfo] = {}
    found = []
    for row in rows:
        key = (row[7], row[8])
        info = infos.get(key)
        if info is None:
            info = infos[key] = read_info(row[7:])
        found.append(
            StoredChunk(
                id=row[0],
                document=info,
                n=row[1],
                start=row[2],
                end=row[3],
                text=row[4],
                context=row[5],
                locator_section=unpack_list(row[6]),
            )
        )
    return found


def allowed(access: Access) -> list[ColumnElement[bool]]:
    """Positive: without a space nothing is seen."""
    return [] if access.everything else [versions.c.space.in_(sorted(access.spaces))]


def valid(as_of: datetime | None) -> ColumnElement[bool]:
    if as_of is None:
        return versions.c.valid_to.is_(None)
    return and_(versions.c.valid_from <= as_of, or_(versions.c.valid_to.is_(None), versions.c.valid_to > as_of))


def wanted(filters: Filters | None, access: Access) -> list[ColumnElement[bool]]:
    """A document that does not say its date fulfils no condition on dates.

    An author is wanted by any name of the same person: one that stands in a document the caller may read, or in the
    team's people.yaml. Of files more may come than are wanted, for a
    database compares no case beyond ASCII: search compares again.
    """
    if filters is None or not filters.any:
        return []
    conditions: list[ColumnElement[bool]] = []
    if filters.spaces:
        conditions.append(versions.c.space.in_(filters.spaces))
    if filters.kinds:
        conditions.append(versions.c.kind.in_(filters.kinds))
    if filters.authors:
        names = sorted({name.casefold() for name in filters.authors})
        by_name = select(authors.c.document, authors.c.version).where(authors.c.author.in_(names))
        theirs: CompoundSelect[Any] = union_all(
            by_name, _by_person(filters.authors, access)
        )  # read once, not anew for each version
        conditions.append(tuple_(versions.c.document, versions.c.number).in_(theirs))
    for key, value in filters.facts:
        stated = facts.alias()  # a query on facts itself may be narrowed by them
        same_version = and_(stated.c.document == versions.c.document, stated.c.version == versions.c.number)
        says = and_(stated.c.key == key.casefold(), stated.c.folded == value.casefold()[:FOLDED])
        conditions.append(exists().where(same_version, says))
    if 0 < len(filters.files) <= MOST_FILES:
        patterns = [nearly(wanted) for wanted in filters.files]
        columns = (versions.c.path, versions.c.files)
        conditions.append(or_(*(column.ilike(pattern, escape="\\") for pattern in patterns for column in columns)))
    if filters.after:
        conditions.append(versions.c.day >= filters.after.isoformat())
    if filters.before:
        conditions.append(versions.c.day < filters.before.isoformat())
    return conditions


def nearly(wanted: str) -> str:
    """A LIKE that is true wherever the part of a path, or the pattern, fits, and seldom elsewhere."""
    loose = _SETS.sub("*", wanted) if "*" in wanted or "?" in wanted else wanted
    return f"%{_LOOSE.sub('%', loose).replace('_', chr(92) + '_')}%"


def _by_person(names: Sequence[str], access: Access) -> Select[Any]:
    called = identities.alias()  # of any of their identities
    shown = identity_names.c.folded.in_(sorted({fold_name(name) for name in names}))
    told = or_(identity_names.c.space == "", identity_names.c.space.in_(sorted(access.spaces)))
    same = and_(called.c.system == identity_names.c.system, called.c.id == identity_names.c.id)
    persons = select(called.c.person).where(same, shown, *([] if access.everything else [told]))
    named = and_(identities.c.system == document_people.c.system, identities.c.id == document_people.c.identity)
    return select(document_people.c.document, document_people.c.version).where(named, identities.c.person.in_(persons))
