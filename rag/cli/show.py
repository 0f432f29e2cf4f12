"""What the command line prints. Results go to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from rag.cli.grid import drawn, fitting
from rag.cli.plain import escape, write
from rag.cli.progress import progress_on
from rag.domain.errors import TeamloreError
from rag.wording import measured, parts_of

if TYPE_CHECKING:
    from rag.domain.ports import OnProgress

OUT = Console(highlight=False, soft_wrap=True, emoji=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
WHOLE = "."  # the path of a source that is read as a whole, such as an export
BAR = 24  # characters of the signal that can add most
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
    write(text if not text or text.endswith("\n") else text + "\n")


def line(text: str) -> None:
    OUT.print(escape(text))


def answer(value: Mapping[str, Any]) -> None:
    for warning in value["warnings"]:
        ERR.print(f"[yellow]note[/] {escape(warning)}")
    if value.get("understood_as"):
        OUT.print(f"[dim]Understood as:[/] {escape(value['understood_as'])}")
    if value["refusal"]:
        _refusal(value)
        return
    for statement in value["statements"]:
        marks = "".join(f"[cyan]\\[{n}][/]" for n in statement["citations"])
        doubt = "" if statement["support"] == "verified" else " [yellow](not confirmed by its source)[/]"
        note = f"[yellow]{escape(statement['note'])}[/] " if statement.get("note") else ""
        OUT.print(f"{note}{escape(statement['text'])} {marks}{doubt}")
    OUT.print()
    for citation in value["citations"]:
        _source(citation, _shorten(citation["quote"], 300))
    for entry in value.get("glossary", ()):
        OUT.print(f"[bold]{escape(entry['term'])}[/]: {escape(entry['meaning'])} [dim]· {_span(entry['citation'])}[/]")


def _refusal(value: Mapping[str, Any]) -> None:
    refusal = value["refusal"]
    OUT.print(f"[bold]No answer.[/] {escape(refusal['reason'])}")
    if refusal["people"]:
        OUT.print(f"[dim]Who may know:[/] {escape(', '.join(refusal['people']))}")
    if refusal["nearest"]:
        OUT.print("[dim]Nearest passages:[/]")
    for citation in refusal["nearest"][:3]:
        _source(citation, _shorten(citation["quote"], 160))
    for suggestion in value.get("suggestions", ()):
        OUT.print(f"[dim]You may mean:[/] {escape(suggestion)}")


def _source(citation: Mapping[str, Any], quote: str) -> None:
    OUT.print(
        f"[cyan]\\[{citation['n']}][/] [bold]{escape(named(citation))}[/] [dim]· {escape(where(citation))} · "
        f"{_span(citation)}[/]"
    )
    OUT.print(f"    “{escape(quote)}”")


def _span(citation: Mapping[str, Any]) -> str:
    """What `teamlore show` takes as it is: document, version, first character, character after the last."""
    return f"{citation['document_id']}:{citation['version']}:{citation['start']}-{citation['end']}"


def named(value: Mapping[str, Any]) -> str:
    """Where it came from; what lies in a source that is read as a whole has its own name, not its folder's."""
    source: str = value["source"]
    return source if source != WHOLE else next(iter(value["files"]), value["title"])


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
            words = f"{place['author']}, {place['time'][:16].replace('T', ' ')}"
        case "run":
            words = f"run {short_id(place['run'])} {place['key']}".strip()
        case _:
            words = ""
    return " · ".join(part for part in (words, " › ".join(citation["section"])) if part)


def short_id(run: str) -> str:
    """The hexadecimal ids of MLflow as its own page shortens them."""
    return run[:8] if len(run) == 32 and not set(run) - set("0123456789abcdef") else run


def hits(values: Sequence[Mapping[str, Any]], *, explain: bool = False) -> None:
    """`explain`: the parts that the score is the sum of, what they were scaled from, and what every hit fulfils."""
    if not values:
        OUT.print("Nothing found. Try other words, or fewer filters.")
    conditions = values[0]["why"]["conditions"] if values and explain else []
    if conditions:
        OUT.print(f"[dim]Only[/] {escape(' '.join(conditions))}")
    for hit in values:
        place = f"{escape(where(hit))} · {_span(hit)} · {hit['score']:.3f}"
        OUT.print(f"[cyan]{hit['n']:>2}[/] [bold]{escape(named(hit))}[/] [dim]· {place}[/]")
        if explain:
            _explain(hit["why"], hit["score"])
        OUT.print(f"   {escape(_shorten(hit['quote'], 280))}")
        if hit["copies"]:
            OUT.print(f"   [dim]the same in {escape(', '.join(copy['source'] for copy in hit['copies']))}[/]")


def _explain(why: Mapping[str, Any], score: float) -> None:
    """A bar for what each signal adds of what it can, and their sum; what adds nothing on one line."""
    parts = parts_of(why)
    longest = max((part.most for part in parts), default=0.0) or 1.0
    grid = Table.grid(padding=(0, 2, 0, 0))
    for part in parts:
        if part.got:
            bar = Bar(longest, 0, part.got, width=BAR, color="cyan")
            grid.add_row(f"   {escape(part.words)}", f"{part.got:.3f} [dim]of {part.most:.2f}[/]", bar)
    grid.add_row("   sum", f"[bold]{score:.3f}[/]", f"[dim]{escape(measured(why))}[/]")
    OUT.print(grid, soft_wrap=False)
    nothing = ", ".join(part.words for part in parts if not part.got)
    if nothing:
        OUT.print(f"   [dim]not: {escape(nothing)}[/]")


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
        (value["documents"], "document read" if value["documents"] == 1 else "documents read"),
        (value["unchanged"], "unchanged"),
        (value["removed"], "removed"),
        (value["moved"], "moved"),
        (len({item["file"] for item in value["skipped"]}) - hidden, "skipped in part or whole"),
        (len(value["failed"]), "failed"),
        (hidden, "hidden"),
    )
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing to read"
    passages = f"{value['chunks']:,} passages, {value['embedded']:,} embedded · " if value["chunks"] else ""
    OUT.print(f"{told} · {passages}{value['seconds']:.1f} s")


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
PLANNED = {
    "added": "to add", "changed": "to change", "moved": "to move", "removed": "to remove", "again": "to try again",
}  # fmt: skip


def plan(sources: Sequence[Mapping[str, Any]]) -> None:
    """What an ingest would do: a line a file, then the counts of each source."""
    for source in sources:
        for key, word, colour in FATES:
            for item in source[key]:
                if not isinstance(item, Mapping):
                    name = f"{source['source']}, as a whole" if item == WHOLE else item
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(name)}")
                elif key == "moved":
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(item['from'])} → {escape(item['to'])}")
                elif item["reason"] != HIDDEN:
                    OUT.print(f"[{colour}]{word:<9}[/] {escape(item['file'])} [dim]{escape(item['reason'])}[/]")
        counts = {PLANNED.get(key, key): len(source[key]) for key, _, _ in FATES}
        counts["unchanged"] = len(source["unchanged"])
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "nothing there to read"
        OUT.print(f"[bold]{escape(source['source'])}[/] {told}")
    if not sources:
        OUT.print("There is nothing to do.")


LEDGER = (
    "state", "file", "reason", "documents", "passages", "reader", "source", "at", "tries", "seconds",
)  # fmt: skip


def files(rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int]) -> None:
    """The ledger, and how many files there are of each state."""
    shown = [
        {
            **row,
            "file": row["source"] if row["file"] == WHOLE else row["file"],
            "reason": row["reason"].removeprefix(row["file"]).lstrip(": ") or row["reason"],
            "passages": row["chunks"],
            "at": row["at"][:16].replace("T", " "),
            "tries": row["tries"] if row["tries"] > 1 else "",
        }
        for row in rows
    ]
    if shown:
        table(shown, *LEDGER, spare=("reader", "documents", "source", "passages", "at", "tries", "seconds"))
    note(", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "no file was looked at yet")


def table(rows: Sequence[Mapping[str, object]], *columns: str, spare: Sequence[str] = ()) -> None:
    """Aligned on a terminal, where columns of `spare` give way, the last first; elsewhere cells between tabs."""
    cells = [[" ".join(str(row.get(column, "")).split()) for column in columns] for row in rows]
    if not OUT.is_terminal:
        for line in [list(columns), *cells]:
            sys.stdout.write("\t".join(line).rstrip("\t") + "\n")
        return
    shown = fitting(cells, columns, spare, OUT.width)
    OUT.print(drawn(shown, OUT.width), soft_wrap=False)
    names = {column.name for column in shown}
    dropped = [name for n, name in enumerate(columns) if name not in names and any(row[n] for row in cells)]
    if dropped:
        note(f"No room for {', '.join(dropped)}: a wider terminal, a pipe or --json shows them.")


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
