"""Judging in a terminal: by lines that a script sends, and by keys in a real one."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.app import app
from eval.golden.check import Flagged
from eval.golden.review import Reviewing, waiting
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden import change_golden, decide, load_golden, save_golden

QUOTE = GoldenEvidence(file="guide.md", quote="We train in bf16.")
ITEMS = [
    GoldenItem(id=f"q{n}", kind="fact" if n else "thread", question=f"Question {n}?", answer=f"a{n}", evidence=(QUOTE,))
    for n in range(4)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_golden(tmp_path / "golden.jsonl", ITEMS)
    return tmp_path / "golden.jsonl"


def judged(path: Path, said: str, *options: str) -> str:
    words = ["golden", "review", str(path), "--by", "ada", "--home", str(path.parent / "none"), *options]
    ended = CliRunner().invoke(app, words, input=said)
    assert ended.exception is None, ended.exception
    return ended.output


def states(path: Path) -> list[str]:
    return [item.review for item in load_golden(path)]


def test_each_line_is_a_key_and_what_it_asks_for(path: Path) -> None:
    told = judged(path, "a\ne\nWhich dtype now?\nbf16\nr\ntoo vague\ns\n")
    first, second, third, fourth = load_golden(path)
    assert states(path) == ["accepted", "accepted", "rejected", "candidate"]
    assert (second.question, second.answer, third.note) == ("Which dtype now?", "bf16", "too vague")
    assert first.reviewed_by == "ada"
    assert first.reviewed_at.endswith("+00:00")
    assert fourth == ITEMS[3]
    assert "1 of 4, 0 accepted" in told
    assert "4 of 4, 2 accepted, 1 rejected" in told
    assert "2 accepted, 1 rejected, 1 left" in told
    assert "2 are accepted in all. Ask them: teamlore eval answers" in told
    assert "3 are accepted in all." in judged(path, "a\n")


def test_back_shows_what_was_decided_and_takes_another_decision(path: Path) -> None:
    told = judged(path, "a\nb\nr\n\nq\n")
    assert states(path)[:2] == ["rejected", "candidate"]
    assert "accepted by ada" in told
    assert "Ask them" not in told


def test_an_answer_of_a_dash_says_that_the_documents_do_not_say(path: Path) -> None:
    judged(path, "e\n\n-\n")
    assert (load_golden(path)[0].answerable, load_golden(path)[0].answer) == (False, "")


def test_one_kind_alone_and_nothing_to_do_are_told(path: Path) -> None:
    judged(path, "a\na\n", "--kind", "thread")
    assert states(path) == ["accepted", "candidate", "candidate", "candidate"]
    assert "Nothing waits" in judged(path, "", "--kind", "thread")


def test_a_key_that_means_nothing_is_answered_with_those_that_do(path: Path) -> None:
    assert judged(path, "x\n").count("a accept") == 2
    assert states(path) == ["candidate"] * 4


def test_an_item_without_an_answer_is_not_accepted_as_it_is(path: Path) -> None:
    save_golden(path, [GoldenItem(id="gap", kind="gap", question="Who?")])
    assert "there is no answer" in judged(path, "a\nq\n")
    assert states(path) == ["candidate"]


def test_kinds_come_in_turn() -> None:
    kinds = ("value", "value", "thread", "value", "why")
    items = [GoldenItem(id=str(n), kind=kind, question="Who?") for n, kind in enumerate(kinds)]
    assert waiting(items, "") == ["0", "2", "4", "1", "3"]
    assert waiting(items, "value", ["3", "0"]) == ["0", "3"]


class Typed:
    """`teamlore eval golden review` in a terminal of its own."""

    def __init__(self, path: Path) -> None:
        self.master, slave = pty.openpty()
        words = ["golden", "review", str(path), "--by", "ada", "--home", str(path.parent / "none")]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "eval", *words], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)
        self.shown = ""

    def until(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + 300
        while not there():
            assert time.monotonic() < end, self.shown
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.master, 65_536).decode(errors="replace")
                except OSError:  # the terminal is closed
                    time.sleep(0.05)

    def waits(self) -> bool:
        """For a key; before, the terminal would make a signal of Ctrl+C."""
        return not termios.tcgetattr(self.master)[3] & termios.ICANON

    def type(self, keys: str) -> None:
        self.shown = ""
        os.write(self.master, keys.encode())


@pytest.mark.slow
def test_a_key_is_enough_in_a_terminal_and_a_kill_loses_nothing(path: Path) -> None:
    typed = Typed(path)
    try:
        typed.until(lambda: "1 of 4" in typed.shown and "a accept" in typed.shown)
        typed.type("a")
        typed.until(lambda: "2 of 4, 1 accepted" in typed.shown and "a accept" in typed.shown)
        typed.type("e")
        typed.until(lambda: "Question: Question 1?" in typed.shown)
        typed.type(" Now?\r")
        typed.until(lambda: "do not say): a1" in typed.shown)
        typed.type("\r")
        typed.until(lambda: "3 of 4, 2 accepted" in typed.shown)
    finally:
        typed.process.send_signal(signal.SIGKILL)
        typed.process.wait(timeout=30)
        os.close(typed.master)
    assert states(path) == ["accepted", "accepted", "candidate", "candidate"]
    assert load_golden(path)[1].question == "Question 1? Now?"
    assert [file.name for file in path.parent.iterdir()] == ["golden.jsonl"]


@pytest.mark.slow
def test_ctrl_c_ends_it_with_what_was_decided(path: Path) -> None:
    typed = Typed(path)
    try:
        typed.until(lambda: "1 of 4" in typed.shown and "a accept" in typed.shown)
        typed.type("r")
        typed.until(lambda: "Why?" in typed.shown)
        typed.type("vague\r")
        typed.until(lambda: "2 of 4" in typed.shown and typed.waits())
        typed.type("\x03")
        typed.until(lambda: "1 rejected, 3 left" in typed.shown)
        assert typed.process.wait(timeout=30) == 0
    finally:
        typed.process.kill()
        typed.process.wait(timeout=30)
        os.close(typed.master)
    assert [json.loads(line)["note"] for line in path.read_text().splitlines()][:1] == ["vague"]


def test_what_somebody_else_decided_meanwhile_is_shown_not_overwritten(path: Path) -> None:
    class Other:
        """Presses accept; before its first press, somebody else rejects the item."""

        def __init__(self) -> None:
            self.keys = iter("aq")
            self.told: list[str] = []

        def key(self) -> str:
            if not self.told:
                change_golden(path, lambda items: [decide(items[0], "rejected", by="bob", at="now"), *items[1:]])
            return next(self.keys)

        def line(self, prompt: str, given: str = "") -> str:
            raise AssertionError(prompt + given)

        def show(self, item: GoldenItem, where: str, flags: object) -> None:
            del flags
            self.last = (item.review, where)

        def say(self, text: str) -> None:
            self.told.append(text)

    other = Other()
    Reviewing(path=path, queue=["q0"], by="ada", clock=lambda: "now").run(other, other)
    assert "changed by bob" in other.told[0]
    assert other.last == ("rejected", "1 of 1, 0 accepted")
    assert states(path)[0] == "rejected"


def test_what_is_accepted_with_its_flags_in_view_is_not_flagged_for_them_again(path: Path) -> None:
    class Accepting:
        def key(self) -> str:
            return "a"

        def line(self, prompt: str, given: str = "") -> str:
            raise AssertionError(prompt + given)

        def show(self, item: GoldenItem, where: str, flags: object) -> None:
            del item, where
            self.seen = flags

        def say(self, text: str) -> None:
            raise AssertionError(text)

    doubt = Flagged(item="q0", flag="unsupported", what="Its quote does not say it.", fix="Correct it.")
    lost = Flagged(item="q0", flag="quote-gone", what="It is gone.", fix="Reject it.")
    hand, flags = Accepting(), {"q0": [doubt, lost]}
    Reviewing(path=path, queue=["q0"], by="ada", clock=lambda: "now", flags=flags).run(hand, hand)
    assert hand.seen == [doubt, lost]
    assert load_golden(path)[0].rest == {"known": ["unsupported"]}
