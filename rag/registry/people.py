"""The people port on SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, case, func, or_, select, tuple_

from rag.domain.errors import BadInput, NotFound
from rag.domain.people import (
    Author,
    Key,
    Match,
    Person,
    PersonIdentity,
    PersonState,
    TeamEntry,
    best_name,
    fold_name,
    state_on,
)
from rag.domain.types import Access, DocumentInfo
from rag.registry import moments, people_log
from rag.registry.codecs import unpack_list
from rag.registry.database import reading, writing
from rag.registry.moments import from_micros
from rag.registry.people_settling import settle
from rag.registry.rows import allowed, batches
from rag.registry.schema import document_people, identities, identity_names, people, versions

PAIRS = 5_000
MOST_NAMED = 5
SAME_VERSION = and_(document_people.c.document == versions.c.document, document_people.c.version == versions.c.number)
SAME_IDENTITY = and_(document_people.c.system == identities.c.system, document_people.c.identity == identities.c.id)
SAME_NAMED = and_(identity_names.c.system == identities.c.system, identity_names.c.id == identities.c.id)


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Thread-safe. `clock` tells the time of actions, and which day it is."""

    engine: Engine
    match: Match
    clock: Callable[[], datetime] = moments.now

    def settle(self) -> None:
        with reading(self.engine) as connection:
            if not connection.execute(select(identities.c.id).where(~identities.c.settled).limit(1)).first():
                return
        with writing(self.engine) as connection:
            settle(connection, self.match)

    def all(self, access: Access) -> list[Person]:
        with reading(self.engine) as connection:
            found = self._read(connection, access, ())
        return sorted(
            (person for person in found if person.documents), key=lambda each: (fold_name(each.shown), each.id)
        )

    def get(self, person: str, access: Access) -> Person:
        with reading(self.engine) as connection:
            return self._get(connection, person, access)

    def named(self, name: str, access: Access) -> Person:
        with reading(self.engine) as connection:
            found = self._read(connection, access, ())
        wanted = fold_name(name)
        known = {person.id: _names(person) for person in found if access.everything or person.state != "opted-out"}
        exact = [person for person in found if person.id == name or wanted in known.get(person.id, ())]
        partly = [person for person in found if any(_within(wanted, each) for each in known.get(person.id, ()))]
        fitting = exact or partly
        if not fitting:
            raise NotFound(f"Nobody is called {name}.", fix="`teamlore people` lists everybody.")
        if len(fitting) > 1:
            listed = ", ".join(f"{person.shown} ({person.id})" for person in fitting[:MOST_NAMED])
            raise BadInput(f"{name} could be {len(fitting)} people: {listed}.", fix="Use the id.")
        return fitting[0]

    def authors(self, documents: Sequence[DocumentInfo]) -> dict[tuple[str, int, str], Author]:
        columns = (document_people.c.document, document_people.c.version, document_people.c.name)
        who = (people.c.id, people.c.name, people.c.state, people.c.until, people.c.stated)
        places = document_people.join(identities, SAME_IDENTITY).join(people, people.c.id == identities.c.person)
        found: dict[tuple[str, int, str], Author] = {}
        with reading(self.engine) as connection:
            for some in batches([(each.id, each.version) for each in documents], PAIRS):
                here = tuple_(document_people.c.document, document_people.c.version).in_(some)
                for row in connection.execute(select(*columns, *who).select_from(places).where(here)):
                    state = state_on(row.state, row.until, self.clock().date())
                    author = Author(person=row.id, name=row[4] if row.stated else "", state=state)
                    found[row.document, row.version, row[2].casefold()] = author
        return found

    # --- by hand -----------------------------------------------------------------------------------------------------

    def merge(self, one: str, other: str) -> Person:
        with writing(self.engine) as connection:
            both = [self._get(connection, each, EVERYTHING) for each in (one, other)]
            if both[0].id == both[1].id:
                raise BadInput(f"{both[0].name} is one person already.", fix="Name two.")
            keys = [_key(each) for person in both for each in person.identities]
            return self._act(connection, {"kind": "merge", "identities": keys, "names": [each.name for each in both]})

    def split(self, identity: Key) -> Person:
        with writing(self.engine) as connection:
            here = identities.c.system == identity[0], identities.c.id == identity[1]
            person = connection.execute(select(identities.c.person).where(*here)).scalar()
            if person is None:
                raise NotFound(
                    f"There is no identity {':'.join(identity)}.", fix="`teamlore people show NAME` lists them."
                )
            found = self._get(connection, person, EVERYTHING)
            if len(found.identities) == 1:
                raise BadInput(
                    f"{':'.join(identity)} is all there is of {found.name}.", fix="There is nothing to split."
                )
            return self._act(connection, {"kind": "split", "identities": [identity], "names": [found.name]})

    def put_state(self, person: str, state: PersonState) -> Person:
        with writing(self.engine) as connection:
            found = self._get(connection, person, EVERYTHING)
            keys = [_key(each) for each in found.identities]
            return self._act(connection, {"kind": "state", "state": state, "identities": keys, "names": [found.name]})

    def load(self, origin: str, entries: Sequence[TeamEntry], *, again: bool = False) -> bool:
        told = [people_log.entry_json(entry) for entry in entries]
        with writing(self.engine) as connection:
            before = [
                action["entries"]
                for action in people_log.actions(connection, undone=not again)
                if action["kind"] == "file" and action["origin"] == origin
            ]
            if told == (before[-1] if before else []):
                return False
            people_log.append(connection, {"kind": "file", "origin": origin, "entries": told}, self.clock())
            settle(connection, self.match, always=True)
        return True

    def undo(self) -> str:
        with writing(self.engine) as connection:
            action = people_log.take_back(connection)
            if action is None:
                return ""
            settle(connection, self.match, always=True)
            return people_log.told(action)

    def _act(self, connection: Connection, action: people_log.Action) -> Person:
        """Returns who the first of its identities is now."""
        people_log.append(connection, action, self.clock())
        settle(connection, self.match, always=True)
        system, id_ = action["identities"][0]
        here = identities.c.system == system, identities.c.id == id_
        return self._get(
            connection, connection.execute(select(identities.c.person).where(*here)).scalar_one(), EVERYTHING
        )

    # --- reading -----------------------------------------------------------------------------------------------------

    def _get(self, connection: Connection, person: str, access: Access) -> Person:
        found = self._read(connection, access, (people.c.id == person,))
        if not found:
            raise NotFound(f"There is no person {person}.", fix="`teamlore people` lists everybody.")
        return found[0]

    def _read(self, connection: Connection, access: Access, conditions: Sequence[ColumnElement[bool]]) -> list[Person]:
        """Those of current documents that may be read; who sees everything sees everybody."""
        seen = _seen(connection, access, conditions)
        named = _named(connection, access, conditions)
        today = self.clock().date()
        rows = connection.execute(select(people).where(*conditions).order_by(people.c.id)).all()
        return [
            _person(row, seen.get(row.id, (0, "")), named.get(row.id, []), state_on(row.state, row.until, today))
            for row in rows
            if access.everything or row.id in seen
        ]


EVERYTHING = Access(everything=True)


def _seen(connection: Connection, access: Access, conditions: Iterable[Any]) -> dict[str, tuple[int, str]]:
    """{person: (how many current documents, day of the newest that has one)}."""
    dated = func.max(case((versions.c.day.is_not(None), versions.c.valid_from)))
    statement = (
        select(people.c.id, func.count(versions.c.document.distinct()), dated)
        .select_from(
            document_people.join(versions, SAME_VERSION)
            .join(identities, SAME_IDENTITY)
            .join(people, people.c.id == identities.c.person)
        )
        .where(versions.c.valid_to.is_(None), *allowed(access), *conditions)
        .group_by(people.c.id)
    )
    return {id_: (count, _day(newest)) for id_, count, newest in connection.execute(statement)}


def _day(newest: object) -> str:
    if isinstance(newest, int):
        newest = from_micros(newest)
    return newest.date().isoformat() if isinstance(newest, datetime) else ""


def _named(connection: Connection, access: Access, conditions: Iterable[Any]) -> Mapping[str, list[PersonIdentity]]:
    """Identities that documents of allowed spaces name, by person; those of people.yaml have no space."""
    spaces = (
        () if access.everything else (or_(identity_names.c.space.in_(access.spaces), identity_names.c.space == ""),)
    )
    columns = (identities.c.person, identities.c.system, identities.c.id, identities.c.emails, identities.c.evidence)
    joined = identities.join(people, people.c.id == identities.c.person).outerjoin(identity_names, SAME_NAMED)
    statement = select(*columns, identity_names.c.name).select_from(joined).where(*spaces, *conditions)
    found: dict[Key, PersonIdentity] = {}
    persons: dict[Key, str] = {}
    for person, system, id_, emails, evidence, name in connection.execute(statement.distinct()):
        one = found.get((system, id_)) or PersonIdentity(
            system=system, id=id_, names=(), emails=unpack_list(emails), evidence=evidence
        )
        found[system, id_] = replace(one, names=(*one.names, name)) if name else one
        persons[system, id_] = person
    grouped: dict[str, list[PersonIdentity]] = defaultdict(list)
    for key in sorted(found):
        grouped[persons[key]].append(replace(found[key], names=tuple(sorted(found[key].names))))
    return grouped


def _person(row: Row[Any], seen: tuple[int, str], named: Sequence[PersonIdentity], state: PersonState) -> Person:
    """Who does not see all of them gets no name from where they may not read."""
    names = [name for each in named for name in each.names]
    name = row.name if row.stated or row.name in names else best_name(names)
    return Person(
        id=row.id,
        name=name,
        state=state,
        until=row.until,
        identities=tuple(named),
        documents=seen[0],
        last_seen=seen[1],
    )


def _names(person: Person) -> set[str]:
    return {fold_name(name) for each in person.identities for name in each.names} | {fold_name(person.name)}


def _within(wanted: str, name: str) -> bool:
    return bool(wanted) and f" {wanted} " in f" {name} "


def _key(identity: PersonIdentity) -> Key:
    return identity.system, identity.id
