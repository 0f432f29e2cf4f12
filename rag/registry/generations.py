"""Which build of each derived index is served."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, delete, insert, select, update

from rag.domain.errors import NotFound
from rag.domain.types import Generation
from rag.registry.database import reading, writing
from rag.registry.schema import generations


@dataclass(frozen=True, slots=True)
class SqlGenerations:
    engine: Engine

    def current(self, kind: str) -> Generation | None:
        found = self._where(generations.c.kind == kind, generations.c.state == "current")
        return found[0] if found else None

    def begin(self, kind: str, fingerprint: str) -> Generation:
        """A build of that kind that was never finished becomes retired, so that its files are cleared away."""
        row = {"kind": kind, "fingerprint": fingerprint, "position": 0, "state": "building"}
        unfinished = (generations.c.kind == kind, generations.c.state == "building")
        with writing(self.engine) as connection:
            connection.execute(update(generations).where(*unfinished).values(state="retired"))
            made = connection.execute(insert(generations).values(row).returning(generations)).one()
        return _read(made)

    def advance(self, generation: int, position: int) -> None:
        """Raises NotFound."""
        with writing(self.engine) as connection:
            statement = update(generations).where(generations.c.id == generation).values(position=position)
            if connection.execute(statement).rowcount == 0:
                raise _missing(generation)

    def promote(self, generation: int) -> None:
        """Raises NotFound."""
        with writing(self.engine) as connection:
            this = generations.c.id == generation
            kind = connection.execute(select(generations.c.kind).where(this)).scalar()
            if kind is None:
                raise _missing(generation)
            served = (generations.c.kind == kind, generations.c.state == "current")
            connection.execute(update(generations).where(*served).values(state="retired"))
            connection.execute(update(generations).where(this).values(state="current"))

    def retired(self, kind: str) -> list[Generation]:
        """Oldest first."""
        return self._where(generations.c.kind == kind, generations.c.state == "retired")

    def forget(self, generation: int) -> None:
        """Again: no change."""
        with writing(self.engine) as connection:
            connection.execute(delete(generations).where(generations.c.id == generation))

    def _where(self, *conditions: ColumnElement[bool]) -> list[Generation]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(generations).where(*conditions).order_by(generations.c.id)).all()
        return [_read(row) for row in rows]


def _read(row: Row[Any]) -> Generation:
    return Generation(id=row.id, kind=row.kind, fingerprint=row.fingerprint, position=row.position, state=row.state)


def _missing(generation: int) -> NotFound:
    return NotFound(f"There is no index generation {generation}.", fix="Run `teamlore rebuild`.")
