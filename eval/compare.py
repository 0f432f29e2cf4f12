"""Two runs of the same questions, side by side: what changed, and whether chance explains it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.folder import load_run as load_run
from eval.stats import Estimate, estimate, paired_test
from rag.domain.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`b` minus `a` over the questions that both runs could score."""

    pack: str
    metric: str
    a: float
    b: float
    difference: Estimate
    p: float


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """By pack and metric, in the order of the first run. Raises BadInput when they share no pack."""
    shared = [name for name in a["packs"] if name in b["packs"]]
    if not shared:
        raise BadInput("The runs have no pack in common.", fix="Compare runs over the same packs.")
    for name in shared:
        items = {item["id"]: item for item in b["packs"][name]["items"]}
        pairs = [(item, items[item["id"]]) for item in a["packs"][name]["items"] if item["id"] in items]
        for metric in a["packs"][name]["metrics"]:
            scored = [(one, _value(one, metric), _value(other, metric)) for one, other in pairs]
            kept = [(one, x, y) for one, x, y in scored if x is not None and y is not None]
            if kept:
                yield _difference(name, metric, kept)


def _value(item: Mapping[str, Any], metric: str) -> float | None:
    value = item["metrics"].get(metric)
    return None if value is None else float(value)


def _difference(pack: str, metric: str, kept: list[tuple[Mapping[str, Any], float, float]]) -> Difference:
    first, second = [x for _, x, _ in kept], [y for _, _, y in kept]
    clusters = [str(item.get("cluster") or item["id"]) for item, _, _ in kept]
    return Difference(
        pack=pack,
        metric=metric,
        a=sum(first) / len(first),
        b=sum(second) / len(second),
        difference=estimate([y - x for x, y in zip(first, second, strict=True)], clusters),
        p=paired_test(first, second),
    )


def show_differences(a: Mapping[str, Any], b: Mapping[str, Any], console: Console) -> None:
    table = Table(title="B against A, paired by question", title_justify="left")
    for heading in ("pack", "metric"):
        table.add_column(heading)
    for heading in ("A", "B", "B - A", "95 %", "p", "n"):
        table.add_column(heading, justify="right")
    for found in differences(a, b):
        change = found.difference
        table.add_row(
            found.pack,
            found.metric,
            f"{found.a:.3f}",
            f"{found.b:.3f}",
            f"{change.value or 0.0:+.4f}",
            f"{change.low or 0.0:+.4f} to {change.high or 0.0:+.4f}",
            f"{found.p:.4f}",
            str(change.n),
        )
    console.print(table)
