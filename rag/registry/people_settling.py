"""Persons out of identities: what matching says now is written where it differs from what is stored."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, bindparam, delete, exists, insert, select, tuple_, update

from rag.domain.people import Group, Key, Known, Match, PersonState, best_name
from rag.registry.codecs import unpack_list
from rag.registry.identity import short_hash
from rag.registry.people_log import Said, actions, replay
from rag.registry.people_rows import NEW, PAIRS, name_row
from rag.registry.rows import batches
from rag.registry.schema import document_people, identities, identity_names, people, versions

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Stored:
    rows: Mapping[Key, Row[Any]]  # of identities
    names: Mapping[Key, Sequence[str]]
    people: Mapping[str, Values]


def settle(connection: Connection, match: Match, *, always: bool = False) -> None:
    """`always`: also where no identity waits, for something was said by hand."""
    wait = select(identities.c.system, identities.c.id).where(~identities.c.settled)
    waiting = [(system, id_) for system, id_ in connection.execute(wait)]
    if not (waiting or always):
        return
    _note_activity(connection, waiting)
    said = replay(actions(connection))
    _note_stated(connection, said)
    stored = _read(connection)
    known = [
        Known(key=key, names=tuple(stored.names.get(key, ())), emails=unpack_list(row.emails))
        for key, row in stored.rows.items()
    ]
    groups = match(known, said.settled)
    ids = keep_ids(groups, {key: row.person for key, row in stored.rows.items() if row.person})
    _write(
        connection, stored, {id_: (group, _person(group, stored, said)) for id_, group in zip(ids, groups, strict=True)}
    )


def _note_activity(connection: Connection, keys: Sequence[Key]) -> None:
    """Closed where any current document says so: of two exports nobody knows which is the newer."""
    same = and_(versions.c.document == document_people.c.document, versions.c.number == document_people.c.version)
    key = (document_people.c.system, document_people.c.identity)
    current = versions.c.valid_to.is_(None), document_people.c.active.is_not(None)
    said = select(*key, document_people.c.active).select_from(document_people.join(versions, same)).where(*current)
    for some in batches(keys, PAIRS):
        states: dict[Key, bool] = {}
        for system, id_, active in connection.execute(said.where(tuple_(*key).in_(some)).distinct()):
            states[system, id_] = active and states.get((system, id_), True)
        rows = [{"s": system, "i": id_, "active": states.get((system, id_))} for system, id_ in some]
        connection.execute(_update_identity(), rows)


def _update_identity() -> Any:  # noqa: ANN401 (SQLAlchemy's)
    return update(identities).where(identities.c.system == bindparam("s"), identities.c.id == bindparam("i"))


def _note_stated(connection: Connection, said: Said) -> None:
    """Who was settled by hand or file stays; who was, and is named nowhere any more, goes."""
    names, keys = said.file_names, said.keys
    known = {(row.system, row.id): row.stated for row in connection.execute(select(identities))}
    made = [
        {"system": key[0], "id": key[1], **NEW, "stated": True, "name": key[1], **NO_EMAIL}
        for key in names - known.keys()
    ]
    if made:
        connection.execute(insert(identities), sorted(made, key=lambda row: row["id"]))
    changed = [{"s": key[0], "i": key[1], "stated": key in keys} for key, was in known.items() if was != (key in keys)]
    if changed:
        connection.execute(_update_identity(), changed)
    connection.execute(delete(identity_names).where(identity_names.c.space == ""))
    if names:
        connection.execute(insert(identity_names), [name_row(*key, "", key[1]) for key in sorted(names)])
    if any(was and key not in keys for key, was in known.items()):
        for table in (identity_names, identities):
            connection.execute(delete(table).where(*_nowhere(table)))


NO_EMAIL = {"email": "", "emails": "[]"}


def _nowhere(table: Table) -> list[Any]:
    here = and_(document_people.c.system == table.c.system, document_people.c.identity == table.c.id)
    unnamed = ~exists().where(here)
    if table is identities:
        return [unnamed, ~identities.c.stated]
    return [unnamed, identity_names.c.space != ""]


def _read(connection: Connection) -> _Stored:
    rows = {(row.system, row.id): row for row in connection.execute(select(identities))}
    names: dict[Key, list[str]] = defaultdict(list)
    columns = (identity_names.c.system, identity_names.c.id, identity_names.c.name)
    for system, id_, name in connection.execute(select(*columns).distinct().order_by(*columns)):
        names[system, id_].append(name)
    persons = {row["id"]: dict(row) for row in connection.execute(select(people)).mappings()}
    return _Stored(rows, names, persons)


def keep_ids(groups: Sequence[Group], before: Mapping[Key, str]) -> list[str]:
    """An id for each group: of those its identities had the one that most had, so that ids outlive what is learned."""
    ids: dict[int, str] = {}
    taken: set[str] = set()
    shares = [
        (-count, id_, n)
        for n, group in enumerate(groups)
        for id_, count in Counter(before[key] for key in group.evidence if key in before).items()
    ]
    for _, id_, n in sorted(shares):
        if n not in ids and id_ not in taken:
            ids[n] = id_
            taken.add(id_)
    for n, group in enumerate(groups):
        if n not in ids:
            ids[n] = _fresh(min(group.evidence), taken)
            taken.add(ids[n])
    return [ids[n] for n in range(len(groups))]


def _fresh(key: Key, taken: set[str]) -> str:
    made = (short_hash("person", *key, *([str(n)] if n else [])) for n in range(len(taken) + 1))
    return next(id_ for id_ in made if id_ not in taken)


def _person(group: Group, stored: _Stored, said: Said) -> Values:
    entry = None if group.entry is None else said.settled.entries[group.entry]
    by_hand = next((state for keys, state in reversed(said.states) if keys & group.evidence.keys()), None)
    active = {stored.rows[key].active for key in group.evidence}
    closed: PersonState = "left" if False in active and True not in active else "active"
    names = (name for key in group.evidence for name in stored.names.get(key, ()))
    return {
        "name": entry.name if entry else best_name(names) or min(group.evidence)[1],
        "state": by_hand or (entry and entry.state) or closed,
        "until": entry.until if entry and not by_hand else "",
        "stated": entry is not None,
    }


def _write(connection: Connection, stored: _Stored, wanted: Mapping[str, tuple[Group, Values]]) -> None:
    persons = {id_: {"id": id_, **person} for id_, (_, person) in wanted.items()}
    made = [person for id_, person in persons.items() if id_ not in stored.people]
    if made:
        connection.execute(insert(people), made)
    changed = [{"p": id_, **person} for id_, person in persons.items() if person != stored.people.get(id_, person)]
    if changed:
        connection.execute(update(people).where(people.c.id == bindparam("p")), changed)
    moved = list(_moved(stored, wanted))
    if moved:
        connection.execute(_update_identity(), moved)
    for some in batches(stored.people.keys() - persons.keys()):
        connection.execute(delete(people).where(people.c.id.in_(some)))


def _moved(stored: _Stored, wanted: Mapping[str, tuple[Group, Values]]) -> Iterable[Values]:
    for id_, (group, _) in wanted.items():
        for key, evidence in group.evidence.items():
            row = stored.rows[key]
            if (row.person, row.evidence, row.settled) != (id_, evidence, True):
                yield {"s": key[0], "i": key[1], "person": id_, "evidence": evidence, "settled": True}
