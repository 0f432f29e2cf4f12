"""What is asked of runs, as SQL over the tables runs and run_values."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, exists, func, or_, select, type_coerce

from rag.domain.runs import RunCondition, RunKey, RunOrder
from rag.registry.schema import run_values, runs

Column = ColumnElement[Any]

SECOND = 1_000_000  # microseconds, in which moments are stored
SAME_RUN = and_(run_values.c.document == runs.c.document, run_values.c.version == runs.c.version)
PLAIN: dict[str, Column] = {
    "run_id": runs.c.id,
    "run_name": runs.c.name,
    "experiment": runs.c.experiment,
    "tool": runs.c.tool,
    "status": runs.c.status,
    "user": runs.c.user,
    "start_time": runs.c.started,
    "end_time": runs.c.ended,
    "parent": runs.c.parent,
    "note": runs.c.note,
    "duration": (type_coerce(runs.c.ended, BigInteger) - type_coerce(runs.c.started, BigInteger)) / (1.0 * SECOND),
}
NAMES = ("datasets", "artifacts")  # sections whose keys are what there is to compare
Compare = Callable[[Column, Any], Column]
PLAINLY: dict[str, Compare] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


def fulfils(condition: RunCondition, *, sqlite: bool) -> Column:
    """A condition on the row of `runs` it is asked beside."""
    on = condition.on
    if on.section == "attributes":
        column = PLAIN[on.key]
        if on.key == "status":
            lowered = tuple(value.casefold() if isinstance(value, str) else value for value in condition.values)
            return _compared(column, condition.is_, lowered, sqlite=sqlite)
        return _compared(column, condition.is_, condition.values, sqlite=sqlite)
    here = [SAME_RUN, run_values.c.section == on.section]
    if on.section in NAMES:
        return exists().where(*here, _compared(run_values.c.key, condition.is_, condition.values, sqlite=sqlite))
    here.append(run_values.c.key == on.key)
    numbers = (condition.is_ == "HAS" and on.section == "metrics") or any(
        isinstance(v, float) for v in condition.values
    )
    column = number_column(on) if numbers else run_values.c.text
    return exists().where(*here, _compared(column, condition.is_, condition.values, sqlite=sqlite))


def number_column(on: RunKey) -> Column:
    return {"last": run_values.c.number, "lowest": run_values.c.lowest, "highest": run_values.c.highest}[on.side]


def _compared(column: Column, how: str, values: Sequence[str | float | datetime], *, sqlite: bool) -> Column:
    if how == "HAS":
        return column.is_not(None)
    if how == "IN":
        return column.in_(values)
    if how == "NOT IN":
        return column.not_in(values)
    value = values[0]
    if how in PLAINLY:
        return PLAINLY[how](column, value)
    assert isinstance(value, str), "LIKE compares words"
    like = _folded_like(column, value) if how.endswith("ILIKE") else _exact_like(column, value, sqlite=sqlite)
    return ~like if how.startswith("NOT") else like


def _folded_like(column: Column, pattern: str) -> Column:
    return func.lower(column).like(pattern.lower().replace("\\", "\\\\"), escape="\\")


def _exact_like(column: Column, pattern: str, *, sqlite: bool) -> Column:
    if not sqlite:
        return column.like(pattern.replace("\\", "\\\\"), escape="\\")
    signs = {"*": "[*]", "?": "[?]", "[": "[[]", "%": "*", "_": "?"}  # SQLite's own LIKE folds case
    return column.op("GLOB", is_comparison=True)("".join(signs.get(sign, sign) for sign in pattern))


def mentions(text: str) -> Column:
    """Every word somewhere in what names the run."""
    return and_(True, *(_mentions(word) for word in text.lower().split()))


def _mentions(word: str) -> Column:
    tagged = (SAME_RUN, run_values.c.section == "tags", _holds(run_values.c.text, word))
    named = (runs.c.name, runs.c.experiment, runs.c.id, runs.c.note)
    return or_(*(_holds(column, word) for column in named), exists().where(*tagged))


def _holds(column: Column, word: str) -> Column:
    return func.lower(column).contains(word, autoescape=True)


def ordered(order: RunOrder) -> list[Column]:
    """By number first, then by what is written; whatever is left, the newest first."""
    by = order.by
    if by.section == "attributes":
        keys: list[Column] = [PLAIN[by.key]]
    else:
        here = (SAME_RUN, run_values.c.section == by.section, run_values.c.key == by.key)
        keys = [select(number_column(by)).where(*here).scalar_subquery()]
        if by.section in ("params", "tags"):
            keys.append(select(run_values.c.text).where(*here).scalar_subquery())
    result: list[Column] = []
    for key in keys:
        result += [key.is_(None), key.desc() if order.descending else key.asc()]
    return [*result, runs.c.started.is_(None), runs.c.started.desc(), runs.c.id, runs.c.document]
