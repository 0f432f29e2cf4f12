"""The record of a run, and how its figures are computed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.report.meanings import label, meaning
from eval.report.view import RunView, clean

_OWN = {"fingerprints": "models and indexes", "data": "data", "settings": "settings", "packages": "packages"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """(name, value, value of the baseline where it is another) of each line."""

    title: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Metrics that are told by the same words."""

    metrics: tuple[str, ...]
    text: str


def record(run: RunView, baseline: RunView | None) -> tuple[Group, ...]:
    """Everything that the run says could have changed its figures."""
    now, before = _groups(run), _groups(baseline) if baseline else {}
    groups = []
    for title, lines in now.items():
        others = before.get(title, {})
        rows = [(name, value, others.get(name, value)) for name, value in lines.items()]
        rows += [(name, "", value) for name, value in others.items() if name not in lines]
        found = tuple((name, value, "" if value == other or not others else other) for name, value, other in rows)
        groups.append(Group(title=title, lines=found))
    return tuple(group for group in groups if group.lines)


def _groups(run: RunView) -> dict[str, dict[str, str]]:
    system = dict(run.system)
    seconds = "" if run.seconds is None else f"{run.seconds:.1f} s"
    head = {"id": run.id, "started": run.started, "command": run.command, "took": seconds}
    parts = {title: system.pop(key, None) or {} for key, title in _OWN.items()}
    machine = system.pop("machine", None) or {}
    groups = {"run": {**head, **dict(_flat(system))}, **{title: dict(_flat(part)) for title, part in parts.items()}}
    groups["machine"] = dict(_flat(machine))
    groups["ingest"] = {name: told for pack in run.single.values() for name, told in _ingested(pack.ingest)}
    return {title: {name: value for name, value in lines.items() if value} for title, lines in groups.items()}


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{name} · {clean(str(key))}" if name else str(clean(str(key))))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield name, ", ".join(str(clean(str(part))) for part in value)
    elif value is not None and value != "":
        yield name, str(clean(str(value)))


def _ingested(ingest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, found in ingest.items():
        if isinstance(found, Mapping):
            counts = (f"{found[key]} {key}" for key in ("files", "documents", "chunks") if key in found)
            troubles = (f"{len(found[key])} {key}" for key in ("skipped", "failed") if found.get(key))
            yield name, ", ".join([*counts, *troubles])


def meanings(run: RunView) -> tuple[Meaning, ...]:
    names = dict.fromkeys(metric for pack in run.packs.values() for metric in pack.metrics)
    texts: dict[str, list[str]] = {}
    for name in names:
        texts.setdefault(meaning(name) or label(name), []).append(name)
    return tuple(Meaning(metrics=tuple(some), text=text) for text, some in texts.items())
