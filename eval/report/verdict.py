"""What a run amounts to, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.report.against import Against, Change, promises
from eval.report.meanings import label
from eval.report.view import RunView

Tone = Literal["good", "bad", "calm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    text: str
    tone: Tone


def verdict(run: RunView, beside: Against | None) -> Verdict:
    broken = list(dict.fromkeys(one.text for one in promises(run, beside) if not one.kept))
    if broken:
        return Verdict(text=f"A promise is broken: it is not true that {' and that '.join(broken)}.", tone="bad")
    if beside is None:
        return Verdict(text="Every promise is kept. There is no run to hold this one against.", tone="calm")
    if beside.worse:
        return Verdict(text=f"Worse than {beside.name}: {_named(beside.worse)}.", tone="bad")
    if beside.better:
        return Verdict(text=f"Better than {beside.name}: {_named(beside.better)}. Nothing became worse.", tone="good")
    return Verdict(text=f"No difference from {beside.name} that chance would not explain.", tone="calm")


def _named(changes: Sequence[Change]) -> str:
    metrics = dict.fromkeys(change.metric for change in changes)
    names = [label(metric) for metric in metrics]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
