"""Parsed as JSON and back: what a reader's process sends is checked, for a hostile file may have taken it over."""

import dataclasses
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from rag.domain.records import Identity, Revision, RunRecord, Thread
from rag.domain.types import Cell, Fact, Lines, Locator, Mark, Message, Page, Parsed, Run, Section, Syntax

LOCATORS: dict[str, Callable[..., Locator]] = {kind.type: kind for kind in (Lines, Page, Cell, Message, Run)}
SYNTAXES = frozenset(get_args(Syntax))
FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (Lines, Page, Cell, Message, Run)}
PEOPLE: TypeAdapter[tuple[Identity, ...]] = TypeAdapter(tuple[Identity, ...])
RUN: TypeAdapter[RunRecord | None] = TypeAdapter(RunRecord | None)
THREAD: TypeAdapter[Thread | None] = TypeAdapter(Thread | None)
REVISION: TypeAdapter[Revision | None] = TypeAdapter(Revision | None)
PLAIN = ("title", "kind", "authors", "date", "url", "part", "files", "notes")


def parsed_to_json(parsed: Parsed) -> dict[str, Any]:
    """Marks are [at, type, fields...] and facts [key, value, at]: there can be many."""
    return {
        "text": parsed.text,
        "syntax": parsed.syntax,
        "marks": [[mark.at, mark.locator.type, *_values(mark.locator)] for mark in parsed.marks],
        "facts": [[fact.key, fact.value, fact.at] for fact in parsed.facts],
        **{name: getattr(parsed, name) for name in PLAIN},
        "people": [dataclasses.asdict(identity) for identity in parsed.people],
        **{name: _plain(getattr(parsed, name)) for name in ("run", "thread", "revision")},
    }


def parsed_from_json(value: Any) -> Parsed:  # noqa: ANN401 (JSON from outside: checked here)
    """Raises ValueError for anything that `parsed_to_json` does not make, marks out of order or out of the text too."""
    try:
        text = _string(value["text"])
        return Parsed(
            text=text,
            syntax=_one_of(value["syntax"], SYNTAXES),
            marks=_marks(value["marks"], len(text)),
            facts=tuple(_fact(*fact, length=len(text)) for fact in value["facts"]),
            title=_string(value["title"]),
            kind=_string(value["kind"]),
            authors=tuple(map(_string, value["authors"])),
            date=_string(value["date"]),
            url=_string(value["url"]),
            part=_string(value["part"]),
            files=tuple(map(_string, value["files"])),
            notes=tuple(map(_string, value["notes"])),
            people=PEOPLE.validate_python(value["people"]),
            run=RUN.validate_python(value["run"]),
            thread=THREAD.validate_python(value["thread"]),
            revision=REVISION.validate_python(value["revision"]),
        )
    except (KeyError, TypeError, IndexError, ValidationError) as error:
        raise ValueError(f"not a document: {error!r}") from error


def _plain(record: RunRecord | Thread | Revision | None) -> dict[str, Any] | None:
    return None if record is None else dataclasses.asdict(record)


def _values(locator: Locator) -> list[Any]:
    if isinstance(locator, Section):
        return list(locator.path)
    return [getattr(locator, name) for name in FIELDS[type(locator)]]


def _marks(values: list[list[Any]], length: int) -> tuple[Mark, ...]:
    marks, last = [], 0
    for at, kind, *rest in values:
        if type(at) is not int or not last <= at <= length:
            raise ValueError(f"a mark at {at} of {length}, after {last}")
        last = at
        if kind == Section.type:
            marks.append(Mark(at=at, locator=Section(tuple(map(_string, rest)))))
        else:
            marks.append(Mark(at=at, locator=LOCATORS[kind](*map(_scalar, rest))))
    return tuple(marks)


def _fact(key: object, value: object, at: object, *, length: int) -> Fact:
    if at is not None and (not isinstance(at, int) or not 0 <= at <= length):
        raise ValueError(f"a fact at {at!r} of {length}")
    return Fact(key=_string(key), value=_scalar(value), at=at)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} where a string stands")
    return value


def _scalar(value: object) -> str | int | float | bool:
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"{type(value).__name__} where a value stands")
    return value


def _one_of(value: Any, known: frozenset[Any]) -> Any:  # noqa: ANN401 (a Literal, checked against its own members)
    if value not in known:
        raise ValueError(f"{value!r} is none of {sorted(known)}")
    return value
