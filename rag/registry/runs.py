"""Experiment runs: the Runs port on SQL."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Connection, Engine, Select, and_, case, func, or_, select, tuple_

from rag.domain.errors import BadInput, NotFound
from rag.domain.records import Metric, RunRecord
from rag.domain.runs import RunName, RunOrder, RunQuery, RunVocabulary, StoredRun
from rag.domain.types import Access, Filters
from rag.registry.codecs import read_history
from rag.registry.database import is_sqlite, reading
from rag.registry.reading import bad_cursor, feed_end, read_cursor, write_cursor
from rag.registry.rows import INFO, allowed, batches, read_info, valid, wanted
from rag.registry.run_conditions import fulfils, mentions, ordered
from rag.registry.schema import run_values, runs, versions

KEPT = 8  # vocabularies
SHOWN = 5  # candidates of an ambiguous name
SHORT = 60  # characters of a value that a question may name
ONE_ANYWHERE = ("mlflow", "wandb")  # their run ids are the same wherever a copy of the run lies
OF_VERSION = and_(runs.c.document == versions.c.document, runs.c.version == versions.c.number)
VALUES = tuple(column for column in run_values.c if column.name != "history")
NOTHING = RunVocabulary()


@dataclass(frozen=True, slots=True)
class SqlRuns:
    """Thread-safe."""

    engine: Engine
    _kept: "OrderedDict[Hashable, RunVocabulary]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def vocabulary(
        self, access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> RunVocabulary:
        with reading(self.engine) as connection:
            if connection.execute(select(runs.c.document).limit(1)).first() is None:
                return NOTHING
            key = (feed_end(connection), access, filters, as_of)
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            found = _vocabulary(connection, RunQuery(access=access, filters=filters, as_of=as_of))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def find(self, query: RunQuery, *, limit: int = 50, cursor: str = "") -> tuple[list[StoredRun], str]:
        offset = _offset(cursor)
        statement = self._matching(query, (*INFO, *runs.c)).order_by(*ordered(query.order))
        with reading(self.engine) as connection:
            rows = connection.execute(statement.limit(limit + 1).offset(offset)).all()
            found = _stored(connection, rows[:limit], query)
        return found, write_cursor(str(offset + limit)) if len(rows) > limit else ""

    def count(self, query: RunQuery) -> int:
        with reading(self.engine) as connection:
            return int(connection.execute(self._matching(query, (func.count(),))).scalar_one())

    def get(self, documents: Sequence[str], access: Access, *, as_of: datetime | None = None) -> list[StoredRun]:
        query = RunQuery(access=access, as_of=as_of, documents=tuple(documents))
        with reading(self.engine) as connection:
            rows = connection.execute(self._matching(query, (*INFO, *runs.c))).all()
            found = {stored.document.id: stored for stored in _stored(connection, rows, query, whole=True)}
        return [found[document] for document in documents if document in found]

    def named(self, name: str, access: Access, *, as_of: datetime | None = None) -> StoredRun:
        query = RunQuery(access=access, as_of=as_of)
        prefix = func.substr(runs.c.id, 1, len(name)) == name
        statement = self._matching(query, (runs.c.document, runs.c.id, runs.c.name, runs.c.experiment))
        statement = statement.where(or_(prefix, func.lower(runs.c.name) == name.lower()) if name else runs.c.id == "")
        with reading(self.engine) as connection:
            rows = connection.execute(statement.order_by(*ordered(RunOrder(by=query.order.by)))).all()
        same = [row for row in rows if row.id == name] or [row for row in rows if row.name.lower() == name.lower()]
        candidates = same or rows
        if len(candidates) > 1:
            raise _ambiguous(name, [(row.id, row.name, row.experiment) for row in candidates])
        found = self.get([candidates[0].document], access, as_of=as_of) if candidates else []
        if not found:
            raise NotFound(f"There is no run {name}.", fix="`teamlore runs` lists those you may read.")
        return found[0]

    def _matching(self, query: RunQuery, columns: Iterable[Any]) -> Select[Any]:
        first = _first(query)
        joined = runs.join(versions, OF_VERSION).join(
            first, and_(first.c.document == runs.c.document, first.c.version == runs.c.version)
        )
        sqlite = is_sqlite(self.engine)
        conditions = [or_(*(fulfils(each, sqlite=sqlite) for each in group)) for group in query.groups]
        if query.text.strip():
            conditions.append(mentions(query.text))
        return select(*columns).select_from(joined).where(first.c.place == 1, *conditions)


def _first(query: RunQuery) -> CTE:
    """Of all copies of a run that may be read, the one recorded last has place 1."""
    same = select(
        runs.c.document,
        runs.c.version,
        func.row_number()
        .over(
            partition_by=(runs.c.tool, runs.c.experiment, runs.c.id, _apart()),
            order_by=(versions.c.recorded_at.desc(), runs.c.document),
        )
        .label("place"),
    ).select_from(runs.join(versions, OF_VERSION))
    conditions = (valid(query.as_of), *allowed(query.access), *wanted(query.filters, query.access))
    if query.documents:
        conditions = (*conditions, runs.c.document.in_(query.documents))
    return same.where(*conditions).cte("first")


def _apart() -> Any:  # noqa: ANN401 (a CASE has no narrower type here)
    return case((runs.c.tool.in_(ONE_ANYWHERE), ""), else_=runs.c.document)


def _ambiguous(name: str, candidates: Sequence[tuple[str, str, str]]) -> BadInput:
    told = ", ".join(f'{run} ("{called}", {experiment})' if called else f"{run} ({experiment})"
                     for run, called, experiment in candidates[:SHOWN])  # fmt: skip
    more = f" and {len(candidates) - SHOWN} more" if len(candidates) > SHOWN else ""
    return BadInput(f"{name} may be any of {len(candidates)} runs: {told}{more}.", fix="Name it by more of its id.")


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    (offset,) = read_cursor(cursor, 1)
    if not (offset.isascii() and offset.isdecimal() and len(offset) < 10):
        raise bad_cursor()
    return int(offset)


# --- from rows to runs --------------------------------------------------------------------------------------------


def _stored(connection: Connection, rows: Sequence[Any], query: RunQuery, *, whole: bool = False) -> list[StoredRun]:
    values: dict[tuple[str, int], dict[str, list[Any]]] = {}
    columns = tuple(run_values.c) if whole else VALUES
    for batch in batches([(row[0], row[1]) for row in rows], 2_000):
        statement = select(*columns).where(tuple_(run_values.c.document, run_values.c.version).in_(batch))
        if query.keys is not None:
            wanted_keys = [(key.section, key.key) for key in query.keys]
            statement = statement.where(tuple_(run_values.c.section, run_values.c.key).in_(wanted_keys))
        for value in connection.execute(statement.order_by(run_values.c.section, run_values.c.key)):
            values.setdefault((value.document, value.version), {}).setdefault(value.section, []).append(value)
    return [
        StoredRun(document=read_info(row), run=_run(row._mapping, values.get((row[0], row[1]), {}))) for row in rows
    ]


def _run(row: Any, values: dict[str, list[Any]]) -> RunRecord:  # noqa: ANN401 (a mapping of SQLAlchemy's)
    return RunRecord(
        tool=row[runs.c.tool],
        id=row[runs.c.id],
        name=row[runs.c.name],
        experiment=row[runs.c.experiment],
        status=row[runs.c.status],
        user=row[runs.c.user],
        started=_iso(row[runs.c.started]),
        ended=_iso(row[runs.c.ended]),
        parent=row[runs.c.parent],
        note=row[runs.c.note],
        params=tuple((value.key, value.text) for value in values.get("params", ())),
        metrics=tuple(_metric(value) for value in values.get("metrics", ())),
        tags=tuple((value.key, value.text) for value in values.get("tags", ())),
        datasets=tuple(value.key for value in values.get("datasets", ())),
        artifacts=tuple(value.key for value in values.get("artifacts", ())),
    )


def _metric(value: Any) -> Metric:  # noqa: ANN401 (a row of SQLAlchemy's)
    return Metric(
        key=value.key,
        last=value.text,
        step=value.step,
        lowest=value.lowest,
        lowest_step=value.lowest_step,
        highest=value.highest,
        highest_step=value.highest_step,
        history=read_history(getattr(value, "history", None)),
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _vocabulary(connection: Connection, query: RunQuery) -> RunVocabulary:
    first = _first(query)
    named = runs.join(first, and_(first.c.document == runs.c.document, first.c.version == runs.c.version))
    columns = (runs.c.document, runs.c.id, runs.c.name, runs.c.experiment, runs.c.tool, runs.c.user, runs.c.started)
    rows = connection.execute(select(*columns).select_from(named).where(first.c.place == 1)).all()
    said = run_values.join(
        first, and_(first.c.document == run_values.c.document, first.c.version == run_values.c.version)
    )
    keys = select(run_values.c.section, run_values.c.key).select_from(said).distinct()
    words = and_(run_values.c.number.is_(None), func.length(run_values.c.text).between(1, SHORT))
    values = keys.add_columns(run_values.c.text).where(run_values.c.section.in_(("params", "tags")), words)
    keyed = [(row.section, row.key) for row in connection.execute(keys.order_by("section", "key"))]
    return RunVocabulary(
        runs=tuple(
            RunName(
                document=row.document, id=row.id, name=row.name, experiment=row.experiment, tool=row.tool,
                user=row.user, started=_iso(row.started),
            )
            for row in rows
        ),
        keys=tuple((section, key) for section, key in keyed if section in ("params", "metrics", "tags")),
        values=tuple((row.section, row.key, row.text) for row in connection.execute(values)),
        datasets=tuple(key for section, key in keyed if section == "datasets"),
    )  # fmt: skip
