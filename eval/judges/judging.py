"""Whatever gives labels to what people labelled: a metric, a check of the product, a model."""

from dataclasses import dataclass
from typing import Protocol

from eval.judges.judged import JudgedItem, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`label` None: no verdict; counted beside the figures, never averaged in."""

    label: str | None  # one of CLASSES of the item's task
    score: float | None = None  # in [0, 1], more is better; None where the judge gives labels only
    why: str = ""
    seconds: float | None = None  # None where it costs nothing worth saying
    missing: str = ""  # of a label None: the cause in words that can be counted; `why` has the rest
    trials: tuple[str | None, ...] = ()  # the label of each, where the judge was asked more than once
    tokens: tuple[int, int] | None = None  # read and written by a model; None: not known


class Judge(Protocol):
    @property
    def name(self) -> str: ...  # recorded beside every figure it gave

    @property
    def tasks(self) -> tuple[Task, ...]: ...  # what it can judge

    def judge(self, item: JudgedItem) -> Verdict:
        """Of an item of one of its tasks. Never sees a label: it must not read `item.label` or `item.detectors`."""
        ...
