"""What was settled by hand or by a people.yaml, in the order it was said, and what of it holds."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from rag.domain.people import Key, PersonState, Settled, TeamEntry
from rag.registry.schema import people_log

Action = dict[str, Any]  # kind: merge | split | state | file


@dataclass(frozen=True, slots=True)
class Said:
    """What holds now. `states`: of identities, and so of the person that has one, the last one counts."""

    settled: Settled = field(default_factory=Settled)
    states: tuple[tuple[frozenset[Key], PersonState], ...] = ()

    @property
    def keys(self) -> set[Key]:
        """Whom somebody has settled: they stay, named in a document or not."""
        by_hand = {key for keys in self.settled.merged for key in keys} | self.settled.apart
        stated = {key for keys, _ in self.states for key in keys}
        return by_hand | stated | self.file_names

    @property
    def file_names(self) -> set[Key]:
        return {("name", name) for entry in self.settled.entries for name in (entry.name, *entry.names)}


def append(connection: Connection, action: Action, now: datetime) -> None:
    connection.execute(insert(people_log).values(action=action, at=now, undone=False))


def actions(connection: Connection, *, undone: bool = False) -> list[Action]:
    """Oldest first, those that were taken back only when asked for."""
    statement = select(people_log.c.action).order_by(people_log.c.id)
    if not undone:
        statement = statement.where(~people_log.c.undone)
    return list(connection.execute(statement).scalars())


def take_back(connection: Connection) -> Action | None:
    """The last action that still holds: it does no more. None when there is none."""
    newest = select(people_log.c.id, people_log.c.action).where(~people_log.c.undone).order_by(people_log.c.id.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    if row is None:
        return None
    connection.execute(update(people_log).where(people_log.c.id == row.id).values(undone=True))
    action: Action = row.action
    return action


def replay(done: Sequence[Action]) -> Said:
    """Pure. Of two that disagree the later one holds; who was split off takes no part in matching ever after."""
    files: dict[str, list[TeamEntry]] = {}
    merged: list[tuple[Key, ...]] = []
    apart: set[Key] = set()
    states: list[tuple[frozenset[Key], PersonState]] = []
    for action in done:
        keys = tuple((system, id_) for system, id_ in action.get("identities", ()))
        match action["kind"]:
            case "merge":
                merged.append(keys)
            case "split":
                merged = [tuple(key for key in some if key not in keys) for some in merged]
                apart.update(keys)
            case "state":
                states.append((frozenset(keys), action["state"]))
            case "file":
                files[action["origin"]] = [read_entry(entry) for entry in action["entries"]]
    entries = tuple(entry for origin in sorted(files) for entry in files[origin])
    settled = Settled(entries=entries, merged=tuple(filter(None, merged)), apart=frozenset(apart))
    return Said(settled, tuple(states))


def entry_json(entry: TeamEntry) -> Action:
    """As JSON gives it back: lists, no tuples."""
    plain: Action = json.loads(json.dumps(asdict(entry)))
    return plain


def read_entry(plain: Action) -> TeamEntry:
    return TeamEntry(
        name=plain["name"],
        emails=tuple(plain["emails"]),
        accounts=tuple((system, id_) for system, id_ in plain["accounts"]),
        names=tuple(plain["names"]),
        state=plain["state"],
        until=plain["until"],
    )


def told(action: Action) -> str:
    """An action in words."""
    named = ", ".join(f"{system}:{id_}" for system, id_ in action.get("identities", ()))
    match action["kind"]:
        case "merge":
            return f"merged {action['names'][0]} and {action['names'][1]}"
        case "split":
            return f"split {named} from {action['names'][0]}"
        case "state":
            return f"{action['names'][0]} is {action['state']}"
        case _:
            return f"{len(action['entries'])} people of a people.yaml"
