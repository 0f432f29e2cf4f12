"""What is said of runs, and the lines of their documents that say so. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from rag.domain.records import Metric, finite
from rag.domain.runs import RunKey, StoredRun
from rag.domain.types import DocumentText, Run
from rag.knowledge.run_comparison import SectionDifference, value_of
from rag.knowledge.run_vocabulary import short_id

LISTED = 10  # runs that a statement names
MOST_DIFFERENCES = 12  # keys of a section
LONGEST = 200  # characters of a value in a sentence
WHOLE = ("note", "mlflow.note.content", "name")  # more than a line


class Value(NamedTuple):
    """What a run says of a key: as written, with the step where it is known."""

    text: str
    step: int | None = None


def label(stored: StoredRun, called: str = "") -> str:
    """`42428211 ("name", experiment Crop)`; as the question called it, when that is a beginning of its id."""
    run = stored.run
    beginning = called and run.id.casefold().startswith(called.casefold()) and len(called) > len(short_id(run.id))
    shown = run.id[: len(called)] if beginning else short_id(run.id)
    name = f'"{cut(run.name)}"' if run.name and run.name != run.id else ""
    beside = ", ".join(part for part in (name, f"experiment {run.experiment}" if run.experiment else "") if part)
    return f"{shown} ({beside})" if beside else shown


def read_value(stored: StoredRun, key: RunKey) -> Value | None:
    """None when the run does not have it. Extremes are numbers, written as short as they are exact."""
    if key.section == "metrics":
        found = next((metric for metric in stored.run.metrics if metric.key == key.key), None)
        return None if found is None else _side(found, key)
    if key.section == "attributes" and key.key == "duration":
        lasted = seconds(stored)
        return None if lasted is None else Value(duration(lasted))
    text = value_of(stored.run, key)
    return None if text is None else Value(cut(text))


def _side(metric: Metric, key: RunKey) -> Value | None:
    if key.side == "last":
        return Value(cut(metric.last), metric.step)
    number, step = (
        (metric.lowest, metric.lowest_step) if key.side == "lowest" else (metric.highest, metric.highest_step)
    )
    if number is None:
        return None
    return Value(metric.last if number == metric.number else written(number), step)


def written(number: float) -> str:
    return repr(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def number_of(stored: StoredRun, key: RunKey) -> float | None:
    """What the key is compared by; None when there is nothing to compare."""
    if key.section == "attributes":
        return seconds(stored) if key.key == "duration" else _stamp(getattr(stored.run, "started", ""))
    if key.section == "metrics":
        found = next((metric for metric in stored.run.metrics if metric.key == key.key), None)
        sides = {"last": "number", "lowest": "lowest", "highest": "highest"}
        number = None if found is None else getattr(found, sides[key.side])
        return None if number is None else float(number)
    text = value_of(stored.run, key)
    return None if text is None else finite(text)


def _stamp(moment: str) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def seconds(stored: StoredRun) -> float | None:
    run = stored.run
    if not run.started or not run.ended:
        return None
    return (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()


def duration(lasted: float) -> str:
    """`2 h 3 min 4 s`; fractions of a second are cut."""
    whole = int(lasted)
    parts = ((whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or f"{lasted:.3g} s"


def naming(runs: Sequence[StoredRun], count: int) -> str:
    """Of `count` runs these first ones."""
    shown = ", ".join(short_id(stored.run.id) for stored in runs[:LISTED])
    return shown + (f" and {count - LISTED} more" if count > LISTED else "")


def difference(section: SectionDifference) -> str:
    """`lr 0.1 → 0.01, depth 18 → 34; only in the first: seed 1; 3 the same`; empty when nothing differs."""
    parts = []
    if section.changed:
        parts.append(_listed(f"{key} {cut(one, 60)} → {cut(other, 60)}" for key, one, other in section.changed))
    for where, pairs in (("first", section.only_first), ("second", section.only_second)):
        if pairs:
            named = (f"{key} {cut(text, 60)}".strip() for key, text in pairs)
            parts.append(f"only in the {where}: {_listed(named)}")
    return "; ".join([*parts, f"{section.same} the same"]) if parts else ""


def _listed(items: Iterable[str]) -> str:
    found = list(items)
    more = f" and {len(found) - MOST_DIFFERENCES} more" if len(found) > MOST_DIFFERENCES else ""
    return ", ".join(found[:MOST_DIFFERENCES]) + more


def cut(text: str, most: int = LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def line_of(text: DocumentText, run: str, key: RunKey) -> tuple[int, int]:
    """The line that says a key; of a note or a list of names all lines; the document's first when none does."""
    marks = [mark for mark in text.marks if isinstance(mark.locator, Run)]
    wanted = {Run(run, name) for name in _marked(key)}
    places = [mark.at for mark in marks]
    own = [mark.at for mark in marks if mark.locator in wanted]
    start = own[0] if own else len(text.text) - len(text.text.lstrip())
    following = bisect_right(places, start)
    limit = places[following] if own and following < len(places) else len(text.text)
    end = text.text.find("\n", start, limit)
    if end < 0 or (own and key.key in WHOLE):
        end = start + len(text.text[start:limit].rstrip())
    return start, max(end, min(start + 1, len(text.text)))


def _marked(key: RunKey) -> tuple[str, ...]:
    if key.section in ("datasets", "artifacts"):
        return (key.section,)
    if key.name == "attributes.note":
        return ("attributes.note", "tags.mlflow.note.content")
    return (key.name,)
