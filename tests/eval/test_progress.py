import io

from rich.console import Console

from eval.progress import Narrator


def test_on_a_terminal_what_is_done_is_named_once() -> None:
    console = Console(force_terminal=True, width=100, file=io.StringIO())
    assert list(Narrator(console).each([1, 2], "team: answers")) == [1, 2]
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "team: answers" in shown
    assert "team: answers: team" not in shown
