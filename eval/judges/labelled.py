"""How far a judge agrees with people, over labelled items.

accuracy: share of equal labels. balanced_accuracy: mean over the people's classes of the share found; chance is one
over their number. macro_f1: mean of the classes' F1, a class that neither uses left out. kappa: Cohen (1960),
(accuracy - chance) / (1 - chance), chance from both margins; 0 is no better than chance, 1 is perfect.

Intervals are percentile bootstraps at 95 % that draw whole clusters (one question, claim or source).

Worked: people [a, a, b, b], judge [a, b, b, b]: accuracy 3/4, balanced (1/2 + 1)/2 = 3/4, F1 of a 2/3, of b 4/5, macro
.7333; chance = 1/2 * 1/4 + 1/2 * 3/4 = 1/2, kappa = 1/2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.judges.judged import GOOD, JudgedItem, Task
from eval.judges.judging import Judge, Verdict
from eval.statistics.stats import RESAMPLES, SEED, Estimate, estimate_json

Counts = npt.NDArray[np.float64]  # shape (..., people's class, judge's class)
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "kappa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`table[i][j]`: items that people put into classes[i] and the judge into classes[j]."""

    classes: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    figures: Mapping[str, Estimate]

    @property
    def chance(self) -> bool:
        """Whether the interval of balanced accuracy holds what guessing gives."""
        found = self.figures["balanced_accuracy"]
        asked = sum(any(row) for row in self.table)
        return found.low is None or not asked or found.low <= 1 / asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One judge over one pack. `binary`: the good label against all others."""

    judge: str
    items: tuple[JudgedItem, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def unscored(self) -> int:
        return sum(verdict.label is None for verdict in self.verdicts)

    def binary(self) -> Agreement:
        good = GOOD[self.items[0].task]
        pairs = [(item, verdict.label) for item, verdict in self._scored() if verdict.label]
        said = [(_side(item.label, good), _side(label, good), item.cluster) for item, label in pairs]
        return agreement(said, (good, f"not {good}"))

    def by_class(self, classes: Sequence[str]) -> Agreement:
        return agreement([(i.label, v.label or "", i.cluster) for i, v in self._scored()], tuple(classes))

    def _scored(self) -> list[tuple[JudgedItem, Verdict]]:
        return [(i, v) for i, v in zip(self.items, self.verdicts, strict=True) if v.label is not None]


def _side(label: str, good: str) -> str:
    return label if label == good else f"not {good}"


def scorable(items: Sequence[JudgedItem]) -> list[JudgedItem]:
    """Without those that people themselves called questionable."""
    return [item for item in items if item.label != "questionable"]


def tried(judge: Judge, items: Sequence[JudgedItem]) -> Trial:
    """Raises ValueError for an item of a task that the judge does not know."""
    if strange := {item.task for item in items} - set(judge.tasks):
        raise ValueError(f"{judge.name} cannot judge {', '.join(sorted(strange))}")
    return Trial(judge=judge.name, items=tuple(items), verdicts=tuple(judge.judge(item) for item in items))


def agreement(said: Sequence[tuple[str, str, str]], classes: tuple[str, ...], *, seed: int = SEED) -> Agreement:
    """`said`: (people's label, the judge's, cluster). Labels outside `classes` raise ValueError."""
    size, groups = len(classes), sorted({cluster for _, _, cluster in said})
    tables = np.zeros((len(groups), size, size))
    group = {name: place for place, name in enumerate(groups)}
    for people, judge, cluster in said:
        tables[group[cluster], classes.index(people), classes.index(judge)] += 1
    whole = tables.sum(axis=0)
    return Agreement(
        classes=classes,
        table=tuple(tuple(int(count) for count in row) for row in whole),
        figures=_estimates(whole, _drawn(tables, seed), len(said)),
    )


def _drawn(tables: Counts, seed: int) -> Counts:
    """Shape (RESAMPLES, classes, classes): tables of as many clusters, drawn with replacement."""
    groups = len(tables)
    if not groups:
        return np.zeros((0, *tables.shape[1:]))
    weights = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)
    return (weights @ tables.reshape(groups, -1)).reshape(RESAMPLES, *tables.shape[1:])


def _estimates(whole: Counts, drawn: Counts, n: int) -> dict[str, Estimate]:
    values, samples = figures(whole), figures(drawn)
    return {name: _estimate(float(values[name]), samples[name], n) for name in FIGURES}


def _estimate(value: float, samples: Counts, n: int) -> Estimate:
    known = samples[~np.isnan(samples)]
    if np.isnan(value) or not len(known):
        return Estimate(value=None, low=None, high=None, n=n)
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(value=value, low=float(low), high=float(high), n=n)


def figures(tables: Counts) -> dict[str, Counts]:
    """Of one table or many; NaN where it is not defined (no items; one class only, for kappa)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        right = np.diagonal(tables, axis1=-2, axis2=-1)
        people, judge, total = tables.sum(axis=-1), tables.sum(axis=-2), tables.sum(axis=(-2, -1))
        accuracy = right.sum(axis=-1) / total
        chance = (people * judge).sum(axis=-1) / total**2
        return {
            "accuracy": accuracy,
            "balanced_accuracy": _mean(right / people),
            "macro_f1": _mean(2 * right / (people + judge)),
            "kappa": (accuracy - chance) / (1 - chance),
        }


def _mean(shares: Counts) -> Counts:
    """Over the last axis, without NaN; NaN where nothing is left."""
    known = ~np.isnan(shares)
    mean: Counts = np.where(known, shares, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean


def agreement_json(found: Agreement) -> dict[str, Any]:
    return {
        "classes": list(found.classes),
        "table": [list(row) for row in found.table],
        "figures": {name: estimate_json(e) for name, e in found.figures.items()},
        "near_chance": found.chance,
    }


class Detector:
    """A detector whose scores stand in the pack itself, as published: faithful at .5 and above."""

    tasks: tuple[Task, ...] = ("summaries",)

    def __init__(self, name: str) -> None:
        self.name = name

    def judge(self, item: JudgedItem) -> Verdict:
        score = item.detectors.get(self.name)
        if score is None:
            return Verdict(label=None, why="no score in the pack")
        return Verdict(label="faithful" if score >= 0.5 else "unfaithful", score=score)


def detectors(items: Sequence[JudgedItem]) -> list[Detector]:
    return [Detector(name) for name in sorted({name for item in items for name in item.detectors})]
