"""Two runs, question by question: what both were asked, and what both could score."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics import LESS_IS_BETTER
from eval.statistics.detectable import Loss, detectable, without_direction
from eval.statistics.stats import changes
from eval.statistics.stepdown import Alternative, Paired

Item = Mapping[str, Any]  # one of `items` of a run's pack
_ASKED = ("question", "answers", "evidence", "answerable", "asked")  # a run that does not say is not another question


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One metric over the questions that both runs could score: a[i] and b[i] of the question ids[i]."""

    pack: str
    metric: str
    ids: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    clusters: tuple[str, ...]  # documents, drawn whole for an interval
    units: tuple[str, ...]  # what rises and falls together, flipped whole in a test
    lost: tuple[str, ...]  # questions that only `a` could score
    gained: tuple[str, ...]  # that only `b` could

    def unnoticed(self, alpha: float) -> float | None:
        """A smaller loss is missed more than one time in five at that one-sided level; None: any may be. Simulated at
        each call, .1 s.
        """
        room = tuple(1 - x for x in self.a) if self.metric in LESS_IS_BETTER else self.a
        noise = without_direction(changes(self.a, self.b).tolist())
        return detectable(Loss(room=room, units=self.units, noise=noise), alpha=alpha)

    def paired(self, alternative: Alternative) -> Paired:
        """As the tests take it: the metrics of a pack share their signs, packs do not."""
        units = [f"{self.pack}/{unit}" for unit in self.units]
        return Paired(changes=changes(self.a, self.b), units=units, alternative=alternative)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPairs:
    """One pack of both runs. `shared`: the same question, asked of both, in the order of `a`."""

    pack: str
    shared: tuple[tuple[Item, Item], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    changed: tuple[str, ...]  # one id, but another question or another gold answer
    metrics: tuple[str, ...]  # those both runs have, in the order of `a`

    @property
    def share(self) -> float:
        """Of the questions of `a`, those that `b` was asked unchanged; in [0, 1]. More of them in `b` do not count."""
        every = len(self.shared) + len(self.only_a) + len(self.changed)
        return len(self.shared) / every if every else 0.0

    def scores(self, metric: str) -> Scores:
        rows = [(both, _value(both[0], metric), _value(both[1], metric)) for both in self.shared]
        kept = [(both, x, y) for both, x, y in rows if x is not None and y is not None]
        return Scores(
            pack=self.pack,
            metric=metric,
            ids=tuple(str(one["id"]) for (one, _), _, _ in kept),
            a=tuple(x for _, x, _ in kept),
            b=tuple(y for _, _, y in kept),
            clusters=tuple(str(one.get("cluster") or one["id"]) for (one, _), _, _ in kept),
            units=tuple(_unit(*both) for both, _, _ in kept),
            lost=tuple(str(one["id"]) for (one, _), x, y in rows if x is not None and y is None),
            gained=tuple(str(one["id"]) for (one, _), x, y in rows if x is None and y is not None),
        )


def pair_runs(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[PackPairs, ...]:
    """The packs that both runs have, in the order of `a`; empty when they share none."""
    return tuple(_pair(name, a["packs"][name], b["packs"][name]) for name in a["packs"] if name in b["packs"])


def _pair(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> PackPairs:
    first, second = dict(_keyed(a["items"])), dict(_keyed(b["items"]))
    both = [(first[key], second[key]) for key in first if key in second]
    return PackPairs(
        pack=name,
        shared=tuple(pair for pair in both if _same(*pair)),
        only_a=tuple(str(item["id"]) for key, item in first.items() if key not in second),
        only_b=tuple(str(item["id"]) for key, item in second.items() if key not in first),
        changed=tuple(str(one["id"]) for one, other in both if not _same(one, other)),
        metrics=tuple(metric for metric in a["metrics"] if metric in b["metrics"]),
    )


def _keyed(items: Sequence[Item]) -> Iterator[tuple[tuple[str, int], Item]]:
    """An id that comes twice in a pack names its questions by their order."""
    seen = Counter[str]()
    for item in items:
        identity = str(item["id"])
        yield (identity, seen[identity]), item
        seen[identity] += 1


def _same(one: Item, other: Item) -> bool:
    return all(one[key] == other[key] for key in _ASKED if key in one and key in other)


def _unit(one: Item, other: Item) -> str:
    """Runs from before there were units fall back on documents."""
    return str(one.get("unit") or other.get("unit") or one.get("cluster") or one["id"])


def _value(item: Item, metric: str) -> float | None:
    value = item["metrics"].get(metric)
    return None if value is None else float(value)
