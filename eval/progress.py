"""Long work shows itself on standard error: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rag.domain.ports import OnProgress
from rag.domain.types import Progress as Step

T = TypeVar("T")
EVERY_SECONDS = 10.0


class Narrator:
    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def each(self, items: Sequence[T], what: str) -> Iterator[T]:
        """The items one by one, showing how many are done."""
        with self.steps(what) as step:
            for done, item in enumerate(items):
                step(Step(stage=what, done=done, total=len(items)))
                yield item
            step(Step(stage=what, done=len(items), total=len(items)))

    @contextmanager
    def steps(self, what: str) -> Iterator[OnProgress]:
        """Something to hand each step to."""
        if self.console.is_terminal:
            with self._bar() as bar:
                task = bar.add_task(what, total=None)
                yield lambda step: bar.update(
                    task, description=_named(what, step.stage), completed=step.done, total=step.total or None
                )
        else:
            yield self._lines(what)

    def _bar(self) -> Progress:
        columns: Iterable[TextColumn | BarColumn | MofNCompleteColumn | TimeRemainingColumn] = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        return Progress(*columns, console=self.console, transient=True)

    def _lines(self, what: str) -> OnProgress:
        last = time.monotonic()

        def step(now: Step) -> None:
            nonlocal last
            if time.monotonic() - last >= EVERY_SECONDS:
                last = time.monotonic()
                of = f" of {now.total}" if now.total else ""
                mark = ":" if now.stage == what else ""
                self.say(f"{_named(what, now.stage)}{mark} {now.done}{of}")

        return step


def _named(what: str, stage: str) -> str:
    return (what if stage == what else f"{what}: {stage}")[:60]
