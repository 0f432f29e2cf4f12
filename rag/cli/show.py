"""What the command line prints. Results go to standard output, everything else to standard error."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rag.domain.errors import TeamloreError

if TYPE_CHECKING:
    from rag.domain.ports import OnProgress
    from rag.domain.types import Progress as Step

OUT = Console(highlight=False, soft_wrap=True, emoji=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
FIRST_SECONDS = 2.0  # what is done sooner needs no progress lines
HIDDEN = "hidden"  # the reason of what is left out because of its name: not worth a line
QUIET_SECONDS = 5.0  # between two of them


def as_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def error(problem: TeamloreError) -> None:
    ERR.print(f"[bold red]error[/] {escape(problem.what)}")
    if problem.fix:
        ERR.print(f"  [dim]→[/] {escape(problem.fix)}")


def note(text: str) -> None:
    ERR.print(f"[dim]{escape(text)}[/]")


def raw(text: str) -> None:
    """Exactly this text, on a line of its own; nothing for an empty one."""
    sys.stdout.write(text if not text or text.endswith("\n") else text + "\n")


def line(text: str) -> None:
    OUT.print(escape(text))


def answer(value: Mapping[str, Any]) -> None:
    for warning in value["warnings"]:
        ERR.print(f"[yellow]note[/] {escape(warning)}")
    refusal = value["refusal"]
    if refusal:
        OUT.print(f"[bold]No answer.[/] {escape(refusal['reason'])}")
        if refusal["people"]:
            OUT.print(f"[dim]Who may know:[/] {escape(', '.join(refusal['people']))}")
        if refusal["nearest"]:
            OUT.print("[dim]Nearest passages:[/]")
        for citation in refusal["nearest"][:3]:
            _source(citation, _shorten(citation["quote"], 160))
        return
    for statement in value["statements"]:
        marks = "".join(f"[cyan]\\[{n}][/]" for n in statement["citations"])
        doubt = "" if statement["support"] == "verified" else " [yellow](not confirmed by its source)[/]"
        OUT.print(f"{escape(statement['text'])} {marks}{doubt}")
    OUT.print()
    for citation in value["citations"]:
        _source(citation, _shorten(citation["quote"], 300))


def _source(citation: Mapping[str, Any], quote: str) -> None:
    OUT.print(
        f"[cyan]\\[{citation['n']}][/] [bold]{escape(citation['source'])}[/] [dim]· {escape(where(citation))} · "
        f"{_span(citation)}[/]"
    )
    OUT.print(f"    “{escape(quote)}”")


def _span(citation: Mapping[str, Any]) -> str:
    """What `teamlore show` takes: document, version, first character, character after the last."""
    return f"{citation['document_id']}:{citation['version']} {citation['start']}–{citation['end']}"


def where(citation: Mapping[str, Any]) -> str:
    """A locator in words: "lines 3-7 · Setup › Storage"."""
    place = citation["locator"]
    match place["type"]:
        case "lines":
            words = (
                f"line {place['first']}"
                if place["first"] == place["last"]
                else f"lines {place['first']}-{place['last']}"
            )
        case "page":
            words = place["name"] or f"page {place['number']}"
        case "cell":
            words = f"cell {place['number']} ({place['part']})"
        case "message":
            words = f"{place['author']}, {place['time']}"
        case "run":
            words = f"run {place['run']} {place['key']}".strip()
        case _:
            words = ""
    return " · ".join(part for part in (words, " › ".join(citation["section"])) if part)


def hits(values: Sequence[Mapping[str, Any]]) -> None:
    if not values:
        OUT.print("Nothing found. Try other words, or fewer filters.")
    for hit in values:
        place = f"{escape(where(hit))} · {_span(hit)} · {hit['score']:.3f}"
        OUT.print(f"[cyan]{hit['n']:>2}[/] [bold]{escape(hit['source'])}[/] [dim]· {place}[/]")
        OUT.print(f"   {escape(_shorten(hit['quote'], 280))}")


def report(value: Mapping[str, Any]) -> None:
    hidden = sum(item["reason"] == HIDDEN for item in value["skipped"])
    for key, colour in (("skipped", "yellow"), ("failed", "red")):
        for item in value[key]:
            if item["reason"] != HIDDEN:
                named = item["reason"].startswith(item["file"])  # many reasons begin with the name
                told = item["reason"] if named else f"{item['file']}: {item['reason']}"
                ERR.print(f"[{colour}]{key}[/] {escape(told)}")
    counts = (
        (value["documents"], "read"),
        (value["unchanged"], "unchanged"),
        (value["removed"], "removed"),
        (len({item["file"] for item in value["skipped"]}) - hidden, "skipped in part or whole"),
        (len(value["failed"]), "failed"),
        (hidden, "hidden"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to read"
    OUT.print(f"{told} · {value['chunks']} passages, {value['embedded']} embedded · {value['seconds']:.1f} s")


def table(rows: Sequence[Mapping[str, object]], *columns: str) -> None:
    """Aligned on a terminal; elsewhere a row a line, its cells between tabs."""
    cells = [[" ".join(str(row.get(column, "")).split()) for column in columns] for row in rows]
    if not OUT.is_terminal:
        for line in [list(columns), *cells]:
            sys.stdout.write("\t".join(line).rstrip("\t") + "\n")
        return
    grid = Table(box=None, pad_edge=False)
    for n, column in enumerate(columns):
        grid.add_column(column, overflow="fold", no_wrap=n == 0)
    for line in cells:
        grid.add_row(*(escape(cell) for cell in line))
    OUT.print(grid, soft_wrap=False)


def tree(value: Mapping[str, Any], indent: str = "") -> None:
    """Single values first, groups below them."""
    for key, item in value.items():
        if not isinstance(item, Mapping) and item not in ("", None, [], ()):
            OUT.print(f"{indent}[dim]{escape(str(key))}[/] {escape(str(item))}")
    for key, item in value.items():
        if isinstance(item, Mapping):
            OUT.print(f"{indent}[bold]{escape(str(key))}[/]")
            tree(item, indent + "  ")


@contextmanager
def progress() -> "Iterator[OnProgress]":
    """A bar on a terminal; elsewhere a plain line every few seconds."""
    if not ERR.is_terminal:
        yield _plain_progress()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[item]}"),
    )  # fmt: skip
    with Progress(*columns, console=ERR, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(step: "Step") -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(step.stage, total=None, item="")
            bar.update(tasks[step.stage], completed=step.done, total=step.total or None, item=escape(step.item[-60:]))

        yield show


def _plain_progress() -> "OnProgress":
    last = time.monotonic() + FIRST_SECONDS - QUIET_SECONDS
    latest: dict[str, Step] = {}

    def show(step: "Step") -> None:
        nonlocal last
        now = time.monotonic()
        latest[step.stage] = step
        if now - last >= QUIET_SECONDS:
            last = now
            told = [latest["reading"], step] if step.stage == "embedding" and "reading" in latest else [step]
            ERR.print(" · ".join(f"{each.stage} {each.done}/{each.total or '?'}" for each in told))

    return show


def _shorten(text: str, most: int) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"
