"""The facts port on SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, select, tuple_

from rag.domain.stores import Stated
from rag.domain.types import DocumentInfo, Query
from rag.registry.database import reading
from rag.registry.rows import FOLDED, INFO, allowed, batches, read_info, valid, wanted
from rag.registry.schema import facts, versions

FACT = (facts.c.key, facts.c.text, facts.c.at)
PAIRS = 5_000  # (document, version): two parameters each


@dataclass(frozen=True, slots=True)
class SqlFacts:
    """Thread-safe."""

    engine: Engine

    def saying(self, query: Query, keys: Sequence[str], values: Sequence[str] = ()) -> list[Stated]:
        conditions = [facts.c.key.in_([key.casefold() for key in keys])]
        found: list[Stated] = []
        with reading(self.engine) as connection:
            if not values:
                return _stated(connection, query, conditions)
            for batch in batches([value.casefold()[:FOLDED] for value in values]):
                found += _stated(connection, query, [*conditions, facts.c.folded.in_(batch)])
        return found

    def of(self, query: Query, documents: Sequence[DocumentInfo]) -> list[Stated]:
        found: list[Stated] = []
        with reading(self.engine) as connection:
            for batch in batches(list(documents), PAIRS):
                pairs = [(document.id, document.version) for document in batch]
                found += _stated(connection, query, [tuple_(facts.c.document, facts.c.version).in_(pairs)])
        return found


def _stated(connection: Connection, query: Query, conditions: Sequence[ColumnElement[bool]]) -> list[Stated]:
    same_version = and_(facts.c.document == versions.c.document, facts.c.version == versions.c.number)
    statement = (
        select(*FACT, *INFO)
        .select_from(facts.join(versions, same_version))
        .where(*conditions, valid(query.as_of), *allowed(query.access), *wanted(query.filters, query.access))
        .order_by(versions.c.path, versions.c.part, versions.c.document, facts.c.n)
    )
    infos: dict[tuple[str, int], DocumentInfo] = {}
    return [_read(row, infos) for row in connection.execute(statement)]


def _read(row: Sequence[Any], infos: dict[tuple[str, int], DocumentInfo]) -> Stated:
    key, text, at, *info = row
    place = (info[0], info[1])
    if place not in infos:
        infos[place] = read_info(info)
    return Stated(document=infos[place], key=key, value=text, at=at)
