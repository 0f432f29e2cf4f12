"""Two runs side by side. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.domain.records import RunRecord
from rag.domain.runs import RunKey, RunSection

SECTIONS: tuple[RunSection, ...] = ("params", "metrics", "tags", "datasets")


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDifference:
    """Values as written; keys ascending. Of a metric the last value counts."""

    section: RunSection
    changed: tuple[tuple[str, str, str], ...]  # (key, in the first, in the second)
    only_first: tuple[tuple[str, str], ...]
    only_second: tuple[tuple[str, str], ...]
    same: int


def compare_runs(first: RunRecord, second: RunRecord) -> tuple[SectionDifference, ...]:
    return tuple(_difference(section, *(values_of(run, section) for run in (first, second))) for section in SECTIONS)


def values_of(run: RunRecord, section: RunSection) -> dict[str, str]:
    """{key: value as written} of a section; names alone have empty values."""
    if section == "metrics":
        return {metric.key: metric.last for metric in run.metrics}
    if section == "attributes":
        return {name: text for name, text in attributes_of(run).items() if text}
    plain = {"params": run.params, "tags": run.tags}
    names = {"datasets": run.datasets, "artifacts": run.artifacts}
    return dict(plain[section]) if section in plain else dict.fromkeys(names[section], "")


def attributes_of(run: RunRecord) -> dict[str, str]:
    return {
        "run_id": run.id,
        "run_name": run.name,
        "experiment": run.experiment,
        "tool": run.tool,
        "status": run.status,
        "user": run.user,
        "start_time": run.started,
        "end_time": run.ended,
        "parent": run.parent,
        "note": run.note,
    }


def value_of(run: RunRecord, key: RunKey) -> str | None:
    """As written; None when the run does not have it."""
    return values_of(run, key.section).get(key.key)


def _difference(section: RunSection, first: Mapping[str, str], second: Mapping[str, str]) -> SectionDifference:
    both = sorted(first.keys() & second.keys())
    return SectionDifference(
        section=section,
        changed=tuple((key, first[key], second[key]) for key in both if first[key] != second[key]),
        only_first=tuple((key, first[key]) for key in sorted(first.keys() - second.keys())),
        only_second=tuple((key, second[key]) for key in sorted(second.keys() - first.keys())),
        same=sum(first[key] == second[key] for key in both),
    )
