"""How far long work has come: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

from rag.cli.plain import escape

if TYPE_CHECKING:
    from rag.domain.ports import OnProgress
    from rag.domain.types import Progress as Step

FIRST_SECONDS = 2.0  # what is done sooner needs no progress lines
QUIET_SECONDS = 5.0  # between two of them


@contextmanager
def progress_on(console: Console) -> "Iterator[OnProgress]":
    """A bar on a terminal; elsewhere a plain line every few seconds."""
    if not console.is_terminal:
        yield _plain_progress(console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[rest]}"), TextColumn("[dim]{task.fields[item]}"),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(step: "Step") -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(step.stage, total=None, item="", rest="")
            item, rest = escape(step.item[-60:]), rest_of(step)
            bar.update(tasks[step.stage], completed=step.done, total=step.total or None, item=item, rest=rest)

        yield show


def _plain_progress(console: Console) -> "OnProgress":
    last = time.monotonic() + FIRST_SECONDS - QUIET_SECONDS
    latest: dict[str, Step] = {}

    def show(step: "Step") -> None:
        nonlocal last
        now = time.monotonic()
        latest[step.stage] = step
        if now - last >= QUIET_SECONDS:
            last = now
            told = [latest["reading"], step] if step.stage == "embedding" and "reading" in latest else [step]
            console.print(" · ".join(_line(each) for each in told))

    return show


def _line(step: "Step") -> str:
    return " ".join(part for part in (f"{step.stage} {step.done}/{step.total or '?'}", rest_of(step)) if part)


def rest_of(step: "Step") -> str:
    """Bytes done and the time left, as far as they are known: "3.1 of 40.0 MB, 2:10 left"."""
    told = [f"{step.bytes / 1e6:.1f} of {step.bytes_total / 1e6:.1f} MB"] if step.bytes_total else []
    if step.seconds_left is not None:
        seconds = round(step.seconds_left)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        told.append((f"{hours}:{minutes:02}" if hours else f"{minutes}") + f":{seconds % 60:02} left")
    return ", ".join(told)
