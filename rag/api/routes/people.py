"""/v1/people: who stands behind the names in documents; merged, split and settled by administrators."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from rag.api.bodies import Body, Clean, Cursor, Id, Limit
from rag.api.context import Call, CallDep, visible
from rag.api.schemas import Shape
from rag.domain.people import Person, PersonIdentity, fold_name
from rag.knowledge.people import LONGEST, read_team
from rag.registry.reading import read_cursor, write_cursor

router = APIRouter(prefix="/v1/people", tags=["people"])

PersonId = Annotated[Id, Path(description="a person's id, or their name")]
State = Literal["active", "left", "opted-out"]
BY_COMMAND = "people load"  # what `teamlore people load` said last
ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}")


class PersonShape(Shape):
    """`documents`: current ones the caller may read that name them; `last_seen`: the day of the newest dated one."""

    person_id: str
    name: str
    state: State
    until: str
    identities: int
    documents: int
    last_seen: str


class IdentityShape(Shape):
    """`evidence`: why it is this person. What could be an e-mail is for administrators."""

    system: str
    id: str
    names: list[str]
    emails: list[str]
    evidence: str


class WholePersonShape(PersonShape):
    identities: list[IdentityShape]  # type: ignore[assignment]  # the same, with more


class PeoplePage(Shape):
    people: list[PersonShape]
    total: int
    next_cursor: str


class MergeBody(Body):
    a: Id = Field(description="a person's id or name")
    b: Id


class SplitBody(Body):
    identity: Annotated[Clean, Field(max_length=500, pattern=r"^[^:]+:.")] = Field(description="slack:U01")


class StateBody(Body):
    state: State


class LoadBody(Body):
    text: Annotated[Clean, Field(max_length=LONGEST)] = Field(description="of a people.yaml")


class LoadedShape(Shape):
    people: int


class UndoneShape(Shape):
    undone: str = Field(description="what was taken back; empty when there is nothing")


@router.get("", response_model=PeoplePage)
def list_people(
    call: CallDep,
    query: Annotated[Clean, Query(max_length=200, description="words of a name")] = "",
    limit: Annotated[Limit, Query()] = 50,
    cursor: Annotated[Cursor, Query()] = "",
) -> dict[str, Any]:
    """By name; those whom documents name that the caller may read."""
    found = [person for person in call.services.people.all(call.access) if _fits(person, query)]
    after = read_cursor(cursor, 2) if cursor else ("", "")
    rest = [person for person in found if _place(person) > after]
    following = write_cursor(*_place(rest[limit - 1])) if len(rest) > limit else ""
    return {"people": [_listed(person) for person in rest[:limit]], "total": len(found), "next_cursor": following}


@router.post("/merge", response_model=WholePersonShape)
def merge_people(body: MergeBody, call: CallDep) -> dict[str, Any]:
    """The two are one person, from now on and whatever matching says."""
    call.need_admin("say who is who")
    people = call.services.people
    one, other = (people.named(name, call.access) for name in (body.a, body.b))
    return _whole(people.merge(one.id, other.id), call)


@router.post("/split", response_model=WholePersonShape)
def split_person(body: SplitBody, call: CallDep) -> dict[str, Any]:
    """This identity is somebody else, whom matching leaves alone; returns who."""
    call.need_admin("say who is who")
    system, _, identity = body.identity.partition(":")
    return _whole(call.services.people.split((system, identity)), call)


@router.post("/undo", response_model=UndoneShape)
def undo(call: CallDep) -> dict[str, str]:
    """Take back the last thing that was said by hand or by a people.yaml."""
    call.need_admin("say who is who")
    return {"undone": call.services.people.undo()}


@router.post("/load", response_model=LoadedShape)
def load(body: LoadBody, call: CallDep) -> dict[str, int]:
    """A people.yaml, in place of the one that was loaded before. Raises BadInput, with the line."""
    call.need_admin("say who is who")
    entries = read_team(body.text)
    call.services.people.load(BY_COMMAND, entries, again=True)
    return {"people": len(entries)}


@router.get("/{person}", response_model=WholePersonShape)
def get_person(person: PersonId, call: CallDep) -> dict[str, Any]:
    """With their identities, and why each is theirs."""
    return _whole(_visible(person, call), call)


@router.patch("/{person}", response_model=WholePersonShape)
def put_state(person: PersonId, body: StateBody, call: CallDep) -> dict[str, Any]:
    """Opted out: no list names them any more, what they wrote stays."""
    call.need_admin("change a person's state")
    found = _visible(person, call)
    return _whole(call.services.people.put_state(found.id, body.state), call)


def _visible(person: str, call: Call) -> Person:
    with visible("person"):
        return call.services.people.named(person, call.access)


def _fits(person: Person, query: str) -> bool:
    wanted = fold_name(query)
    if not wanted:
        return True
    names = [] if person.state == "opted-out" else [person.name, *(n for one in person.identities for n in one.names)]
    return any(wanted in fold_name(name) for name in names)


def _place(person: Person) -> tuple[str, str]:
    return fold_name(person.shown), person.id


def _listed(person: Person) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "name": _bare(person.shown),
        "state": person.state,
        "until": person.until,
        "identities": len(person.identities),
        "documents": person.documents,
        "last_seen": person.last_seen,
    }


def _whole(person: Person, call: Call) -> dict[str, Any]:
    """An administrator sees all, also of somebody who opted out: else nobody could undo it."""
    if call.caller.principal.admin:
        shown = [_identity(one) for one in person.identities]
        return {**_listed(person), "name": person.name, "identities": shown}
    if person.state == "opted-out":
        return {**_listed(person), "identities": []}
    return {**_listed(person), "identities": [_without_addresses(one) for one in person.identities]}


def _identity(one: PersonIdentity) -> dict[str, Any]:
    return {
        "system": one.system,
        "id": one.id,
        "names": list(one.names),
        "emails": list(one.emails),
        "evidence": one.evidence,
    }


def _without_addresses(one: PersonIdentity) -> dict[str, Any]:
    """The evidence may name what stands in documents of others: its kind tells enough."""
    return {
        "system": one.system,
        "id": _bare(one.id),
        "names": [_bare(name) for name in one.names],
        "emails": [],
        "evidence": one.evidence.partition(":")[0],
    }


def _bare(text: str) -> str:
    return ADDRESS.sub("…", text)
