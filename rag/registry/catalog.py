"""The catalog port on SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select

from rag.domain.people import Match
from rag.domain.records import Revision
from rag.domain.types import (
    Access,
    Change,
    DocumentInfo,
    DocumentText,
    Filters,
    IndexEntry,
    Matrix,
    PathUpdate,
    Source,
    StoredChunk,
)
from rag.registry import erasing, moments
from rag.registry import reading as read
from rag.registry import writing as write
from rag.registry.database import reading, writing
from rag.registry.grants import ensure_space
from rag.registry.identity import source_id
from rag.registry.schema import files, sources, versions


@dataclass(frozen=True, slots=True)
class SqlCatalog:
    """Thread-safe. `clock` tells the time of recording; `match` who is one person, after a purge."""

    engine: Engine
    clock: Callable[[], datetime] = moments.now
    match: Match | None = None

    def put_source(self, *, name: str, root: str, space: str) -> Source:
        source = Source(id=source_id(root, space), name=name, root=root, space=space)
        with writing(self.engine) as connection:
            ensure_space(connection, space, self.clock())
            row = connection.execute(select(sources).where(sources.c.id == source.id)).one_or_none()
            if row is not None:
                return Source(id=row.id, name=row.name, root=row.root, space=row.space)
            connection.execute(insert(sources).values(id=source.id, name=name, root=root, space=space))
        return source

    def sources(self) -> list[Source]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name, sources.c.id)).all()
        return [Source(id=row.id, name=row.name, root=row.root, space=row.space) for row in rows]

    def fingerprints(self, source: str) -> dict[str, str]:
        indexed = select(files.c.path, files.c.fingerprint).where(files.c.source == source, files.c.state == "indexed")
        with reading(self.engine) as connection:
            return dict(connection.execute(indexed).all())

    def revisions(self, source: str) -> dict[str, frozenset[str]]:
        told = select(versions.c.path, versions.c.revision).where(versions.c.source == source).distinct()
        found: dict[str, set[str]] = {}
        with reading(self.engine) as connection:
            for path, revision in connection.execute(told):
                found.setdefault(path, set()).add(revision)
        return {path: frozenset(known) for path, known in found.items()}

    def attribute(self, source: str, made: Mapping[str, Revision]) -> None:
        with writing(self.engine) as connection:
            write.attribute(connection, source, made)

    def known_vectors(self, hashes: Sequence[str], model: str) -> dict[str, Matrix]:
        with reading(self.engine) as connection:
            return read.known_vectors(connection, hashes, model)

    def commit(self, updates: Sequence[PathUpdate], *, model: str) -> tuple[int, int]:
        with writing(self.engine) as connection:
            return write.commit(connection, updates, model=model, now=self.clock())

    def hide(self, document: str) -> None:
        with writing(self.engine) as connection:
            write.hide(connection, document, self.clock())

    def purge(self, document: str) -> None:
        erasing.purge(self.engine, document, self.match)

    def documents(
        self, access: Access, *, filters: Filters | None = None, limit: int = 50, cursor: str = ""
    ) -> tuple[list[DocumentInfo], str]:
        with reading(self.engine) as connection:
            return read.list_documents(connection, access, filters=filters, limit=max(1, limit), cursor=cursor)

    def text(self, document: str, access: Access, *, version: int | None = None) -> DocumentText:
        with reading(self.engine) as connection:
            return read.read_text(connection, document, access, version=version)

    def texts(self, named: Sequence[tuple[str, int]], access: Access) -> dict[tuple[str, int], DocumentText]:
        with reading(self.engine) as connection:
            return read.read_texts(connection, named, access)

    def versions(self, document: str, access: Access) -> list[DocumentInfo]:
        with reading(self.engine) as connection:
            return read.list_versions(connection, document, access)

    def chunks(
        self, ids: Sequence[str], access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> dict[str, StoredChunk]:
        """In the order asked."""
        with reading(self.engine) as connection:
            return read.join_chunks(connection, ids, access, filters=filters, as_of=as_of)

    def reachable(
        self, ids: Sequence[str], access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> list[str]:
        with reading(self.engine) as connection:
            return read.list_reachable(connection, ids, access, filters=filters, as_of=as_of)

    def neighbours(self, document: str, version: int, first: int, last: int) -> list[StoredChunk]:
        with reading(self.engine) as connection:
            return read.list_neighbours(connection, document, version, (first, last))

    def feed(self, after: int, limit: int) -> list[Change]:
        with reading(self.engine) as connection:
            rows = connection.execute(read.CHANGES, {"after": after, "limit": limit})
            return [Change(seq=seq, add=add, chunk_id=chunk) for seq, add, chunk in rows]

    def feed_end(self) -> int:
        with reading(self.engine) as connection:
            return read.feed_end(connection)

    def entries(self, ids: Sequence[str], model: str) -> list[IndexEntry]:
        """Chunks without a vector of this model are left out; with `model` "" none is read, each has shape (0,)."""
        with reading(self.engine) as connection:
            return read.list_entries(connection, ids, model)

    def vectors(self, ids: Sequence[str], model: str) -> tuple[list[str], Matrix]:
        with reading(self.engine) as connection:
            return read.stack_vectors(connection, ids, model)

    def allowed_ids(
        self, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
    ) -> list[str] | None:
        with reading(self.engine) as connection:
            return read.list_allowed(connection, access, filters=filters, as_of=as_of, limit=limit)

    def counts(self) -> dict[str, int]:
        with reading(self.engine) as connection:
            return read.count_rows(connection)
