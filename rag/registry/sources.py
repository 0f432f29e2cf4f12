"""Sources as they are remembered: what they hold, when they were synced, how often they are to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, exists, func, or_, select, union, update

from rag.domain.errors import NotFound
from rag.domain.syncing import SourceInfo
from rag.domain.types import Access, Source
from rag.registry.database import reading, writing
from rag.registry.schema import documents, files, sources


@dataclass(frozen=True, slots=True)
class SqlSources:
    """Thread-safe."""

    engine: Engine

    def all(self, access: Access) -> list[SourceInfo]:
        with reading(self.engine) as connection:
            return _list(connection, access, ())

    def get(self, source: str, access: Access) -> SourceInfo:
        with reading(self.engine) as connection:
            found = _list(connection, access, (sources.c.id == source,))
        if not found:
            raise _missing(source)
        return found[0]

    def paths(self, source: str) -> list[str]:
        stored = select(documents.c.path).where(documents.c.source == source, documents.c.current.is_not(None))
        listed = select(files.c.path).where(files.c.source == source)
        with reading(self.engine) as connection:
            return sorted(connection.execute(union(stored, listed)).scalars())

    def schedule(self, source: str, every: int) -> None:
        self._change(source, every=every)

    def synced(self, source: str, at: datetime, *, kind: str | None = None) -> None:
        given = {} if kind is None else {"kind": kind}
        self._change(source, synced_at=at, problem="", **given)

    def failed(self, source: str, problem: str) -> None:
        self._change(source, problem=problem)

    def forget(self, source: str) -> None:
        with writing(self.engine) as connection:
            connection.execute(delete(files).where(files.c.source == source))
            _update(connection, source, {"every": 0, "synced_at": None, "problem": "", "kind": ""})

    def _change(self, source: str, **values: object) -> None:
        with writing(self.engine) as connection:
            _update(connection, source, values)


def _update(connection: Connection, source: str, values: dict[str, Any]) -> None:
    if connection.execute(update(sources).where(sources.c.id == source).values(values)).rowcount == 0:
        raise _missing(source)


def _list(connection: Connection, access: Access, conditions: Sequence[Any]) -> list[SourceInfo]:
    """What was forgotten keeps its row, for the history of its documents; listed again once something is in it."""
    used = or_(sources.c.synced_at.is_not(None), exists().where(files.c.source == sources.c.id))
    allowed = () if access.everything else (sources.c.space.in_(access.spaces),)
    rows = connection.execute(
        select(sources).where(used, *allowed, *conditions).order_by(sources.c.name, sources.c.id)
    ).all()
    states: dict[str, dict[str, int]] = {}
    counted = (
        select(files.c.source, files.c.state, func.count())
        .join(sources, and_(sources.c.id == files.c.source))
        .where(*allowed, *conditions)
        .group_by(files.c.source, files.c.state)
    )
    for source, state, count in connection.execute(counted):
        states.setdefault(source, {})[state] = count
    return [_read(row, states.get(row.id, {})) for row in rows]


def _read(row: Row[Any], states: dict[str, int]) -> SourceInfo:
    return SourceInfo(
        source=Source(id=row.id, name=row.name, root=row.root, space=row.space),
        kind=row.kind,
        every=row.every,
        synced_at=row.synced_at,
        problem=row.problem,
        files=states,
    )


def _missing(source: str) -> NotFound:
    return NotFound(f"There is no source {source}.", fix="`teamlore sources` lists them.")
