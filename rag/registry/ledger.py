"""What became of each file: the ledger."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from rag.domain.records import FileOutcome
from rag.domain.types import PathUpdate
from rag.registry.database import reading, writing
from rag.registry.rows import batches
from rag.registry.schema import files


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """Thread-safe."""

    engine: Engine

    def put(self, source: str, outcomes: Sequence[FileOutcome]) -> None:
        if outcomes:
            with writing(self.engine) as connection:
                _replace(connection, source, outcomes)

    def outcomes(self, source: str) -> dict[str, FileOutcome]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(files).where(files.c.source == source).order_by(files.c.path)).all()
        return {row.path: _read(row._mapping) for row in rows}


def write_outcomes(connection: Connection, updates: Sequence[PathUpdate]) -> None:
    """What `updates` say of their files, in the transaction that stores them."""
    for source in {update.source for update in updates}:
        own = [update for update in updates if update.source == source]
        _replace(connection, source, [update.outcome for update in own if update.outcome is not None])
        forget_files(connection, source, [update.path for update in own if update.forget])


def _replace(connection: Connection, source: str, outcomes: Sequence[FileOutcome]) -> None:
    latest = {outcome.path: outcome for outcome in outcomes}
    forget_files(connection, source, list(latest))
    if latest:
        connection.execute(insert(files), [{"source": source, **asdict(outcome)} for outcome in latest.values()])


def forget_files(connection: Connection, source: str, paths: Sequence[str]) -> None:
    for batch in batches(paths):
        connection.execute(delete(files).where(files.c.source == source, files.c.path.in_(batch)))


def _read(row: Any) -> FileOutcome:  # noqa: ANN401 (a mapping of SQLAlchemy's, which names no type for it)
    return FileOutcome(**{name: row[name] for name in FileOutcome.__dataclass_fields__})
