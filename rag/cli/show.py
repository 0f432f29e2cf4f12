"""What the command line prints. Results go to standard output, everything else to standard error."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from rag.domain.errors import TeamloreError
from rag.domain.ports import OnProgress
from rag.domain.types import Progress as Step

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)
QUIET_SECONDS = 5.0  # between two plain progress lines


def as_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def error(problem: TeamloreError) -> None:
    ERR.print(f"[bold red]error[/] {escape(problem.what)}")
    if problem.fix:
        ERR.print(f"  [dim]→[/] {escape(problem.fix)}")


def note(text: str) -> None:
    ERR.print(f"[dim]{escape(text)}[/]")


def raw(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


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
        f"{citation['document_id']}:{citation['version']} {citation['start']}–{citation['end']}[/]"
    )
    OUT.print(f"    “{escape(quote)}”")


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
        place = f"{escape(where(hit))} · {hit['score']:.3f}"
        OUT.print(f"[cyan]{hit['n']:>2}[/] [bold]{escape(hit['source'])}[/] [dim]· {place}[/]")
        OUT.print(f"   {escape(_shorten(hit['quote'], 280))}")


def report(value: Mapping[str, Any]) -> None:
    for key in ("skipped", "failed"):
        for item in (item for item in value.get(key, ()) if item["reason"] != "hidden"):
            ERR.print(
                f"[{'yellow' if key == 'skipped' else 'red'}]{key}[/] {escape(item['file'])}: {escape(item['reason'])}"
            )
    if "files" in value:
        OUT.print(
            f"{value['files']} files: {value['unchanged']} unchanged, {value['documents']} documents read, "
            f"{value['removed']} removed, {len(value['skipped'])} skipped, {len(value['failed'])} failed · "
            f"{value['chunks']} chunks, {value['embedded']} embedded · {value['seconds']:.1f} s"
        )


def table(rows: Sequence[Mapping[str, object]], *columns: str) -> None:
    grid = Table(box=None, pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(escape(str(row.get(column, ""))) for column in columns))
    OUT.print(grid)


def tree(value: Mapping[str, Any], indent: str = "") -> None:
    for key, item in value.items():
        if isinstance(item, Mapping):
            OUT.print(f"{indent}[bold]{escape(str(key))}[/]")
            tree(item, indent + "  ")
        elif item not in ("", None, [], ()):
            OUT.print(f"{indent}[dim]{escape(str(key))}[/] {escape(str(item))}")


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A bar on a terminal; elsewhere a plain line every few seconds."""
    if not ERR.is_terminal:
        yield _plain_progress()
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[item]}"),
    )  # fmt: skip
    with Progress(*columns, console=ERR, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(step: Step) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(step.stage, total=None, item="")
            bar.update(tasks[step.stage], completed=step.done, total=step.total or None, item=escape(step.item[-60:]))

        yield show


def _plain_progress() -> OnProgress:
    last: dict[str, float] = {}

    def show(step: Step) -> None:
        now = time.monotonic()
        if now - last.get(step.stage, now - 2 * QUIET_SECONDS) >= QUIET_SECONDS:
            last[step.stage] = now
            ERR.print(f"{step.stage}: {step.done}/{step.total or '?'} {escape(step.item)}".rstrip())

    return show


def _shorten(text: str, most: int) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"
