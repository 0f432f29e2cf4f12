"""Tables that fit a terminal, and the words that name a span."""

import pytest
from rich.console import Console

from rag.cli.grid import drawn, fitting
from rag.cli.show import named, short_id, where
from rag.cli.spans import Span, span_of
from rag.domain.errors import BadInput

NAMES = ("id", "name", "reason", "metrics.val_loss")
ROWS = (("a1", "kb-17", "", "0.004302557213231921"), ("a2", "kb-19", "", ""))


def text_of(width: int, *, spare: tuple[str, ...] = ()) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(drawn(fitting(ROWS, NAMES, spare, width), width))
    return captured.get()


def test_a_column_without_a_value_is_left_out_and_a_long_number_is_short() -> None:
    shown = text_of(80)
    assert "reason" not in shown
    assert "0.0043026" in shown
    assert "metrics.\n" in "\n".join(line.rstrip() + "\n" for line in shown.splitlines())


def test_what_gives_way_goes_from_its_end_on_and_no_more_than_has_to() -> None:
    assert [column.name for column in fitting(ROWS, NAMES, ("name", "metrics.val_loss"), 12)] == ["id", "name"]
    assert [column.name for column in fitting(ROWS, NAMES, ("name", "metrics.val_loss"), 4)] == ["id"]


def test_no_line_is_wider_than_the_terminal() -> None:
    assert max(len(line.rstrip()) for line in text_of(12, spare=("name", "metrics.val_loss")).splitlines()) <= 12


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("abc", Span(document="abc")),
        ("abc:2", Span(document="abc", version=2)),
        ("abc:2:10-20", Span(document="abc", version=2, start=10, end=20)),
    ],
)
def test_a_span_is_read_as_answers_write_it(written: str, span: Span) -> None:
    assert span_of(written) == span


@pytest.mark.parametrize("written", ["", ":1", "abc:x", "abc:1:2–3", "abc:1:a-b", "abc:²"])
def test_what_names_no_span_is_told_in_words(written: str) -> None:
    with pytest.raises(BadInput, match="names no document"):
        span_of(written)


def test_a_place_is_short_enough_to_read() -> None:
    message = {"type": "message", "author": "Ada", "time": "2026-06-17T09:27:54.091639+00:00"}
    assert where({"locator": message, "section": []}) == "Ada, 2026-06-17 09:27"
    assert short_id("af5f35ce23d64362a9c067bf6c24e4d2") == "af5f35ce"
    assert short_id("kestrel") == "kestrel"
    assert named({"source": ".", "files": ["users.json"], "title": "Users"}) == "users.json"
