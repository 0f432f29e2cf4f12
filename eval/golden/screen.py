"""How a candidate looks in a terminal, and how keys are read there."""

import os
import readline
import select
import sys
import termios
import tty
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.text import Text

from eval.golden.check import Flagged
from eval.golden.review import HELP
from eval.golden.stock import Stock
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.domain.types import DocumentText
from rag.knowledge.golden_places import Placed

AROUND = 320  # characters shown on either side of a quote
LONGEST = 1_500  # characters of a quote
ARROWS = {"\x1b[C": "s", "\x1b[D": "b", "\x1bOC": "s", "\x1bOD": "b"}
ENDS = frozenset({"", "\x03", "\x04"})  # the terminal is gone, Ctrl+C, Ctrl+D


@dataclass(frozen=True, slots=True)
class Terminal:
    """A candidate a screen; below one another where it is no terminal. `stock` None: quotes without surroundings."""

    console: Console
    stock: Stock | None

    def show(self, item: GoldenItem, where: str, flags: Sequence[Flagged]) -> None:
        if self.console.is_terminal:
            self.console.clear()
        self._say(where, style="bold")
        self._say(" · ".join(part for part in (item.kind, item.made_by, item.id, _judged(item)) if part), style="dim")
        self._say("")
        self._field("Question", item.question, style="bold")
        self._field("Answer", item.answer if item.answerable else "(the documents do not answer it)", style="bold")
        if item.why:
            self._field("Why", item.why)
        for one in flags:
            self._field("Flagged", f"{one.what} {one.fix}", style="red")
        for evidence in item.evidence:
            self._evidence(evidence)
        self._say("")
        self._say(HELP, style="dim")

    def say(self, text: str) -> None:
        self._say(text, style="yellow")

    def _field(self, name: str, text: str, style: str = "") -> None:
        self.console.print(Text.assemble((f"{name:<9} ", "dim"), (text, style)), soft_wrap=False)

    def _say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def _evidence(self, evidence: GoldenEvidence) -> None:
        place = self.stock.places.place(evidence) if self.stock else None
        self._say("")
        if place is None or place.document is None or place.standing != "stands":
            told = {"gone": "no longer there", "changed": "no longer with these words"}
            state = f"  ({told[place.standing]})" if place and place.standing in told else ""
            self._say(f"{evidence.file}{state}", style="cyan")
            self.console.print(Text(evidence.quote[:LONGEST], style="black on yellow"))
            return
        line = place.document.text.count("\n", 0, place.start) + 1
        self._say(f"{evidence.file}, line {line}", style="cyan")
        self.console.print(surroundings(place.document, place))


def surroundings(document: DocumentText, place: Placed) -> Text:
    """Whole lines around the quote, which stands out."""
    text = document.text
    first = text.find("\n", max(0, place.start - AROUND), place.start) + 1 if place.start > AROUND else 0
    first = first or max(0, place.start - AROUND)
    last = text.rfind("\n", place.end, place.end + AROUND)
    last = last if last > place.end else min(len(text), place.end + AROUND)
    quote = text[place.start : place.end]
    shown = quote if len(quote) <= LONGEST else quote[:LONGEST] + " …"
    return Text.assemble(
        (text[first : place.start], "dim"), (shown, "black on yellow"), (text[place.end : last], "dim")
    )


def _judged(item: GoldenItem) -> str:
    return "" if item.review == "candidate" else f"{item.review} by {item.reviewed_by or 'hand'}"


@dataclass(frozen=True, slots=True)
class Keyboard:
    """One key without Enter; a line can be edited before it is sent."""

    console: Console

    def key(self) -> str:
        pressed = _pressed(sys.stdin.fileno())
        return "q" if pressed in ENDS else ARROWS.get(pressed, pressed.lower())

    def line(self, prompt: str, given: str = "") -> str:
        readline.set_startup_hook(lambda: readline.insert_text(given))
        try:
            return input(prompt)
        except EOFError:
            return given
        finally:
            readline.set_startup_hook()


def _pressed(terminal: int) -> str:
    """A key, with all bytes of an arrow. What was typed ahead is kept: click.getchar throws it away."""
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal, termios.TCSADRAIN)
    try:
        pressed = os.read(terminal, 1)
        if pressed == b"\x1b" and select.select([terminal], [], [], 0.05)[0]:
            pressed += os.read(terminal, 2)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    return pressed.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Lines:
    """Standard input that is no terminal: a line is a key, then what it asks for. Its end means quit."""

    source: TextIO

    def key(self) -> str:
        for line in self.source:
            if line.strip():
                return line.strip().lower()
        return "q"

    def line(self, prompt: str, given: str = "") -> str:
        del prompt
        return self.source.readline().strip() or given


def hand(console: Console) -> Keyboard | Lines:
    return Keyboard(console) if sys.stdin.isatty() else Lines(sys.stdin)
