"""What became of each file: the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, tuple_, update

from rag.domain.records import FileOutcome, FileState
from rag.domain.syncing import FileRow
from rag.domain.types import Access, PathUpdate, Source
from rag.registry.database import reading, writing
from rag.registry.reading import read_cursor, write_cursor
from rag.registry.rows import batches
from rag.registry.schema import files, sources

FIELDS = tuple(FileOutcome.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """Thread-safe."""

    engine: Engine

    def put(self, source: str, outcomes: Sequence[FileOutcome]) -> None:
        if outcomes:
            with writing(self.engine) as connection:
                _replace(connection, source, outcomes)

    def stamp(self, source: str, stamps: Mapping[str, str]) -> None:
        if stamps:
            this = (files.c.source == source, files.c.path == bindparam("p"))
            rows = [{"p": path, "s": stamp} for path, stamp in stamps.items()]
            with writing(self.engine) as connection:
                connection.execute(update(files).where(*this).values(stamp=bindparam("s")), rows)

    def outcomes(self, source: str) -> dict[str, FileOutcome]:
        statement = select(*(files.c[name] for name in FIELDS)).where(files.c.source == source).order_by(files.c.path)
        with reading(self.engine) as connection:
            return {row.path: _read(row) for row in connection.execute(statement)}

    def rows(
        self, access: Access, *, state: FileState | None = None, source: str = "", limit: int = 50, cursor: str = ""
    ) -> tuple[list[FileRow], str]:
        order = (sources.c.name, files.c.source, files.c.path)
        statement = select(files, sources.c.name, sources.c.root, sources.c.space).join(
            sources, sources.c.id == files.c.source
        )
        statement = statement.where(*_asked(access, state, source)).order_by(*order).limit(limit + 1)
        if cursor:
            statement = statement.where(tuple_(*order) > read_cursor(cursor, 3))
        with reading(self.engine) as connection:
            found = [_read_row(row) for row in connection.execute(statement)]
        last = found[limit - 1] if len(found) > limit else None
        return found[:limit], write_cursor(last.source.name, last.source.id, last.outcome.path) if last else ""

    def counts(self, access: Access, *, source: str = "") -> dict[str, int]:
        statement = select(files.c.state, func.count()).join(sources, sources.c.id == files.c.source)
        statement = statement.where(*_asked(access, None, source)).group_by(files.c.state)
        with reading(self.engine) as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}


def _asked(access: Access, state: FileState | None, source: str) -> list[Any]:
    conditions: list[Any] = [] if access.everything else [sources.c.space.in_(access.spaces)]
    conditions += [files.c.state == state] if state else []
    return conditions + ([files.c.source == source] if source else [])


def write_outcomes(connection: Connection, updates: Sequence[PathUpdate]) -> None:
    """What `updates` say of their files, in the transaction that stores them."""
    for source in {change.source for change in updates}:
        own = [change for change in updates if change.source == source]
        _replace(connection, source, [change.outcome for change in own if change.outcome is not None])
        forget_files(connection, source, [change.path for change in own if change.forget])


def _replace(connection: Connection, source: str, outcomes: Sequence[FileOutcome]) -> None:
    latest = {outcome.path: outcome for outcome in outcomes}
    forget_files(connection, source, list(latest))
    if latest:
        connection.execute(insert(files), [{"source": source, **asdict(outcome)} for outcome in latest.values()])


def forget_files(connection: Connection, source: str, paths: Sequence[str]) -> None:
    for batch in batches(paths):
        connection.execute(delete(files).where(files.c.source == source, files.c.path.in_(batch)))


def _read(row: Any) -> FileOutcome:  # noqa: ANN401 (a row of SQLAlchemy's, which names no type for its columns)
    return FileOutcome(**{name: getattr(row, name) for name in FIELDS})


def _read_row(row: Any) -> FileRow:  # noqa: ANN401
    source = Source(id=row.source, name=row.name, root=row.root, space=row.space)
    return FileRow(source=source, outcome=_read(row))
