"""What the command line prints. Results go to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rag.cli.progress import progress_on
from rag.domain.errors import TeamloreError

if TYPE_CHECKING:
    from rag.domain.ports import OnProgress

OUT = Console(highlight=False, soft_wrap=True, emoji=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
HIDDEN = "hidden"  # the reason of what is left out because of its name: not worth a line


def as_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def json_line(value: object) -> None:
    """One document of several: each on a line of its own, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


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
    for item in value["masked"]:
        ERR.print(f"[yellow]masked[/] {escape(item['file'])}: {item['count']} × {escape(item['kind'])}")
    counts = (
        (value["documents"], "read"),
        (value["unchanged"], "unchanged"),
        (value["removed"], "removed"),
        (value["moved"], "moved"),
        (len({item["file"] for item in value["skipped"]}) - hidden, "skipped in part or whole"),
        (len(value["failed"]), "failed"),
        (hidden, "hidden"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to read"
    OUT.print(f"{told} · {value['chunks']} passages, {value['embedded']} embedded · {value['seconds']:.1f} s")


FATES = (
    ("added", "add", "green"),
    ("changed", "change", "cyan"),
    ("moved", "move", "cyan"),
    ("removed", "remove", "red"),
    ("again", "try again", "cyan"),
    ("failed", "failed", "red"),
    ("parked", "parked", "red"),
    ("skipped", "skip", "yellow"),
)


def plan(sources: Sequence[Mapping[str, Any]]) -> None:
    """What an ingest would do: a line a file, then the counts of each source."""
    for source in sources:
        for key, word, colour in FATES:
            for item in source[key]:
                if not isinstance(item, Mapping):
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(item)}")
                elif key == "moved":
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(item['from'])} → {escape(item['to'])}")
                elif item["reason"] != HIDDEN:
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(item['file'])} [dim]{escape(item['reason'])}[/]")
        counts = {word: len(source[key]) for key, word, _ in FATES} | {"unchanged": len(source["unchanged"])}
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "nothing there"
        OUT.print(f"[bold]{escape(source['source'])}[/] {told}")
    if not sources:
        OUT.print("There is nothing to do.")


def files(rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int]) -> None:
    """The ledger, and how many files there are of each state."""
    shown = [
        {**row, "at": row["at"][:16].replace("T", " "), "tries": row["tries"] if row["tries"] > 1 else ""}
        for row in rows
    ]
    table(shown, "state", "source", "file", "reader", "seconds", "documents", "chunks", "tries", "at", "reason")
    note(", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "no file was looked at yet")


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


def progress() -> "AbstractContextManager[OnProgress]":
    return progress_on(ERR)


def _shorten(text: str, most: int) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"
