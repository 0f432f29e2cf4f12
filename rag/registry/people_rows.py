"""Who a version names: rows written with it, and what of a person goes with a document that is purged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    select,
    tuple_,
    update,
)

from rag.domain.people import Key, fold_name, is_role
from rag.domain.records import Identity
from rag.domain.types import Document
from rag.registry.codecs import pack_list, unpack_list
from rag.registry.rows import batches
from rag.registry.schema import document_people, identities, identity_names, people, people_log, versions

PAIRS = 5_000  # two parameters each
NEW: Mapping[str, Any] = {"active": None, "person": None, "evidence": "", "stated": False, "settled": False}
Rows = Sequence[Mapping[str, Any]]


def identities_of(document: Document) -> list[Identity]:
    """Each once: those the source knows, and authors of whom it knows the name alone. Programs are nobody."""
    found: dict[Key, Identity] = {}
    for one in map(_in_person, document.people):
        before = found.get((one.system, one.id))
        found[one.system, one.id] = one if before is None else _both(before, one)
    if not (document.syntax == "chat" and found):  # there the others are bots
        shown = {name.casefold() for one in found.values() for name in (one.name, one.full_name, one.id)}
        for name in document.authors:
            plain = " ".join(name.split())
            if plain and plain.casefold() not in shown and not is_role(plain):
                found.setdefault(("name", plain), Identity(system="name", id=plain, name=plain))
    return [found[key] for key in sorted(found)]


def _in_person(one: Identity) -> Identity:
    """Whom an office's address stands for, the name says: many write as root@localhost."""
    if one.system in ("git", "mail") and one.name and one.name != one.id and is_role(one.id.partition("@")[0]):
        return replace(one, id=f"{one.name} <{one.id}>")
    return one


def _both(one: Identity, other: Identity) -> Identity:
    return replace(
        one,
        name=one.name or other.name,
        email=one.email or other.email,
        full_name=one.full_name or other.full_name,
        active=one.active if other.active is None else other.active,
    )


def people_rows(document: Document, key: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in identities_of(document):
        told = {"name": one.name or one.id, "full_name": one.full_name, "email": one.email, "active": one.active}
        yield {**key, "system": one.system, "identity": one.id, **told}


def note_people(connection: Connection, rows: Rows, spaces: Mapping[tuple[str, int], str]) -> None:
    """What new versions say of identities. Those of which it is news wait to be settled."""
    keys = sorted({_key(row) for row in rows})
    if not keys:
        return
    news = _note_names(connection, keys, [(_key(row), spaces[row["document"], row["version"]], row) for row in rows])
    stored = {(row.system, row.id): row for row in _of(connection, identities, keys)}
    made, changed = [], []
    for key, told in _latest(rows, stored).items():
        row = stored.get(key)
        if row is None:
            made.append({"system": key[0], "id": key[1], **told, **NEW})
        elif key in news or any(told[name] != row._mapping[name] for name in told):
            changed.append({"s": key[0], "i": key[1], **told, "settled": False})
    if made:
        connection.execute(insert(identities), made)
    if changed:
        this = and_(identities.c.system == bindparam("s"), identities.c.id == bindparam("i"))
        connection.execute(update(identities).where(this), changed)
    unsettle(connection, [_key(row) for row in rows if row["active"] is not None])


def _latest(rows: Rows, stored: Mapping[Key, Row[Any]]) -> dict[Key, dict[str, str]]:
    """Of each identity its newest name and e-mail, and every e-mail it has had."""
    found: dict[Key, dict[str, str]] = {}
    for row in rows:
        key = _key(row)
        before = found.get(key) or (stored[key]._mapping if key in stored else {"email": "", "emails": "[]"})
        emails = {*unpack_list(before["emails"]), row["email"]} - {""}
        email = row["email"] or before["email"]
        found[key] = {"name": row["name"], "email": email, "emails": pack_list(sorted(emails))}
    return found


def _note_names(connection: Connection, keys: Sequence[Key], said: Sequence[tuple[Key, str, Any]]) -> set[Key]:
    """Returns who has got a name they did not have."""
    told = {(*key, space, name) for key, space, row in said for name in (row["name"], row["full_name"]) if name}
    known = {tuple(row)[:4] for row in _of(connection, identity_names, keys)}
    new = sorted(told - known)
    if new:
        connection.execute(insert(identity_names), [name_row(*each) for each in new])
    return {(system, id_) for system, id_, *_ in new}


def name_row(system: str, id_: str, space: str, name: str) -> dict[str, str]:
    return {"system": system, "id": id_, "space": space, "name": name, "folded": fold_name(name)}


def note_activity(connection: Connection, rows: Rows) -> None:
    """Whether the accounts that an unchanged version names are still open."""
    for row in rows:
        here = (document_people.c[name] == row[name] for name in ("document", "version", "system", "identity"))
        differs = document_people.c.active.is_distinct_from(row["active"])
        if connection.execute(update(document_people).where(*here, differs).values(active=row["active"])).rowcount:
            unsettle(connection, [_key(row)])


def unsettle(connection: Connection, keys: Sequence[Key]) -> None:
    for some in batches(keys, PAIRS):
        this = tuple_(identities.c.system, identities.c.id).in_(some)
        connection.execute(update(identities).where(this).values(settled=False))


def _key(row: Mapping[str, Any]) -> Key:
    return row["system"], row["identity"]


def _of(connection: Connection, table: Table, keys: Sequence[Key]) -> list[Row[Any]]:
    """Rows of identities or of their names."""
    found: list[Row[Any]] = []
    for some in batches(keys, PAIRS):
        found += connection.execute(select(table).where(tuple_(table.c.system, table.c.id).in_(some))).all()
    return found


# --- purge ----------------------------------------------------------------------------------------------------------


def people_of(connection: Connection, document: str) -> list[Key]:
    """Whom any version of it names."""
    columns = (document_people.c.system, document_people.c.identity)
    named = select(*columns).where(document_people.c.document == document).distinct()
    return [(system, id_) for system, id_ in connection.execute(named)]


def forget_people(connection: Connection, keys: Sequence[Key], team_file: str = "") -> None:
    """After the rows of a document that named them: what only it said goes, and everything that followed from it.

    Who is named nowhere else goes, unless they were settled by hand. The persons of the others are dissolved until
    they are settled again. `team_file`: the source whose people.yaml it was.
    """
    if team_file:
        told = connection.execute(select(people_log.c.id, people_log.c.action)).all()
        own = [row.id for row in told if row.action.get("origin") == team_file]
        connection.execute(delete(people_log).where(people_log.c.id.in_(own)))
        keys = [*keys, *(tuple(row) for row in connection.execute(select(identities.c.system, identities.c.id)))]
    touched = {row.person for row in _of(connection, identities, keys) if row.person}
    for some in batches(touched):
        dissolved = update(identities).where(identities.c.person.in_(some))
        connection.execute(dissolved.values(person=None, evidence="", settled=False))
        connection.execute(delete(people).where(people.c.id.in_(some)))
    for some in batches(keys, PAIRS):
        for table in (identities, identity_names):
            gone = [tuple_(table.c.system, table.c.id).in_(some), ~_named(table)]
            if table is identities:
                gone.append(~identities.c.stated)
            else:
                gone.append(identity_names.c.space != "")
            connection.execute(delete(table).where(*gone))
    _tell_again(connection, keys)


def _named(table: Table) -> ColumnElement[bool]:
    here = and_(document_people.c.system == table.c.system, document_people.c.identity == table.c.id)
    return exists().where(here)


def _tell_again(connection: Connection, keys: Sequence[Key]) -> None:
    """Names and e-mails of those who stay, from the documents that still name them."""
    same = and_(versions.c.document == document_people.c.document, versions.c.number == document_people.c.version)
    rows: list[dict[str, Any]] = []
    for some in batches(keys, PAIRS):
        here = tuple_(document_people.c.system, document_people.c.identity).in_(some)
        told = select(document_people, versions.c.space).select_from(document_people.join(versions, same)).where(here)
        told = told.order_by(versions.c.recorded_at, versions.c.document)
        rows += [{str(name): value for name, value in row.items()} for row in connection.execute(told).mappings()]
        names = tuple_(identity_names.c.system, identity_names.c.id).in_(some)
        connection.execute(delete(identity_names).where(names, identity_names.c.space != ""))
        blank = update(identities).where(tuple_(identities.c.system, identities.c.id).in_(some))
        connection.execute(blank.values(name="", email="", emails="[]", active=None, settled=False))
    note_people(connection, rows, {(row["document"], row["version"]): row["space"] for row in rows})
