"""`teamlore eval golden review` and `check`: people judge candidates, and the set is held against what is there now."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eval.commands.common import wide_console
from eval.golden.check import Checked, Flagged
from eval.golden.check import check as look_again
from eval.golden.review import Reviewing, waiting
from eval.golden.screen import Terminal, hand
from eval.golden.stock import Stock, home_of, open_stock
from eval.progress import Narrator
from rag.domain.errors import NotFound
from rag.domain.golden import GoldenItem
from rag.domain.types import Progress
from rag.knowledge.golden import load_golden
from rag.settings import Settings

File = Annotated[Path | None, typer.Argument(metavar="FILE", help="the golden set; else the one of TEAMLORE_GOLDEN")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="the home whose documents it asks about")]
By = Annotated[str, typer.Option(metavar="NAME", help="who judges; else who is logged in")]
Kind = Annotated[str, typer.Option(metavar="KIND", help="only items of this kind")]
OnlyFlagged = Annotated[bool, typer.Option("--flagged", help="those that `check` flags, accepted ones too")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]


def review(file: File = None, home: Home = None, by: By = "", kind: Kind = "", flagged: OnlyFlagged = False) -> None:
    """Judge candidates one by one; each decision is kept at once."""
    settings = home_of(home)
    path = file or settings.golden_file
    items = load_golden(path)
    console, narrator = wide_console(), Narrator()
    with _stock_or_none(settings, narrator) as stock:
        flags = _by_item(_checked(items, _need(stock, settings), narrator)) if flagged else {}
        queue = waiting(items, kind, list(flags) if flagged else None)
        if not queue:
            narrator.say("Nothing waits for a judgement. `teamlore eval golden make` proposes more.")
            return
        sitting = Reviewing(path=path, queue=queue, by=by or getpass.getuser(), clock=_now, flags=flags)
        tally = sitting.run(hand(console), Terminal(console, stock))
    narrator.say(f"{tally.accepted} accepted, {tally.rejected} rejected, {tally.left} left. All of it is in {path}.")
    if accepted := sum(item.review == "accepted" for item in load_golden(path)):
        narrator.say(f"{accepted} are accepted in all. Ask them: teamlore eval answers {path}")


def check(file: File = None, home: Home = None, json: AsJson = False) -> None:
    """Items whose source changed, or that cannot hold: exit code 1 when there is one."""
    settings = home_of(home)
    path = file or settings.golden_file
    items = load_golden(path)
    with open_stock(settings) as stock:
        checked = _checked(items, stock, Narrator())
    _show_json(path, checked) if json else _show(path, checked, wide_console())
    if checked.flagged:
        raise typer.Exit(1)


def _checked(items: tuple[GoldenItem, ...], stock: Stock, narrator: Narrator) -> Checked:
    with narrator.steps("golden check") as step:
        return look_again(items, stock, lambda done, total: step(Progress(stage="documents", done=done, total=total)))


@contextmanager
def _stock_or_none(settings: Settings, narrator: Narrator) -> Iterator[Stock | None]:
    """Judging is possible without the home: then the quotes stand alone."""
    try:
        opened = open_stock(settings)
        stock = opened.__enter__()
    except NotFound as error:
        narrator.say(f"Quotes are shown without their surroundings: {error}")
        yield None
        return
    try:
        yield stock
    finally:
        opened.__exit__(None, None, None)


def _need(stock: Stock | None, settings: Settings) -> Stock:
    if stock is None:
        raise NotFound(f"Nothing was ingested into {settings.home}.", fix="Name the home: --home DIR.")
    return stock


def _by_item(checked: Checked) -> dict[str, list[Flagged]]:
    flags: dict[str, list[Flagged]] = {}
    for one in checked.flagged:
        flags.setdefault(one.item, []).append(one)
    return flags


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _show_json(path: Path, checked: Checked) -> None:
    typer.echo(json.dumps({"file": str(path), **asdict(checked)}, ensure_ascii=False, indent=1))


def _show(path: Path, checked: Checked, console: Console) -> None:
    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    for one in checked.flagged:
        say(f"{one.item}  {one.flag}", style="bold")
        say(f"  {one.what}\n  {one.fix}")
    for item, where in checked.moved:
        say(f"{item}: its words moved, which is fine. {where}", style="dim")
    known = f", {checked.known} known and set aside" if checked.known else ""
    unchecked = f", {checked.unchecked} unanswerable that name nothing to look for" if checked.unchecked else ""
    flagged = len({one.item for one in checked.flagged})
    say(f"{path.name}: {checked.items} items, {flagged} flagged{known}{unchecked}.")
    if 2 * sum(one.flag == "document-gone" for one in checked.flagged) > checked.items:
        say("Most of its documents are not in this home: is it the right one? Name it with --home DIR.", style="bold")
    elif flagged:
        say(f"Judge them again: teamlore eval golden review {path} --flagged")
