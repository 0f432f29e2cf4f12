"""The steps of an answer as the chat is given them, through the real client."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rag.client import Client
from tests.ui.test_render import CITATION

pytestmark = pytest.mark.slow  # importing Gradio takes seconds: in functions, so that collecting does not

ANSWER = {
    "answer_id": "a-1", "conversation_id": "c-1", "refusal": None, "warnings": [], "citations": [CITATION],
    "statements": [{"text": "Use bf16.", "support": "verified", "citations": [1], "checks": []}],
}  # fmt: skip
EVENTS = (("passages", {"hits": []}), ("delta", {"text": "Use bf16."}), ("citation", CITATION), ("done", ANSWER))


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://teamlore.example", transport=httpx.MockTransport(answer))


def stream(request: httpx.Request) -> httpx.Response:
    del request
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in EVENTS)
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def busy(request: httpx.Request) -> httpx.Response:
    del request
    return httpx.Response(503, json={"status": 503, "code": "too-busy", "detail": "Too busy.", "fix": "Ask again."})


def steps(given: Client, text: str = "Which dtype?", **more: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    from ui.tabs.ask import Visit, conversation_steps

    with given:
        return list(conversation_steps(given, text, [], more.get("state", Visit()), more.get("wanted", {})))


def said(step: tuple[Any, ...]) -> str:
    return str(step[1][-1]["content"])


def test_words_come_first_then_sources_then_the_linked_answer() -> None:
    from ui.tabs.ask import EMPTY_PANEL, Visit

    shown = steps(client(stream))
    assert [said(step) for step in shown[2:4]] == ["Use bf16.", "Use bf16."]
    assert [step[2] == EMPTY_PANEL for step in shown] == [True, True, True, False, False]
    assert "/ui/source/abc123/2" in said(shown[-1])
    assert shown[-1][3] == Visit(conversation="c-1", answers=("a-1",), panels=(shown[-1][2],))


def test_the_box_is_emptied_once_so_that_the_next_question_can_be_typed_meanwhile() -> None:
    import gradio as gr

    boxes = [step[0] for step in steps(client(stream))]
    assert boxes == ["", *[gr.skip()] * 4]


def test_what_went_wrong_is_told_in_words_and_the_question_is_given_back() -> None:
    last = steps(client(busy))[-1]
    assert "Too busy. Ask again." in said(last)
    assert last[0] == "Which dtype?"
    assert last[3].answers == ("",), "votes on later answers must still find theirs"


def test_nothing_asked_is_nothing_sent() -> None:
    import gradio as gr

    from ui.tabs.ask import Visit

    assert steps(client(busy), "  ") == [(gr.skip(), gr.skip(), gr.skip(), Visit())]


def test_filters_that_were_never_opened_are_no_filters() -> None:
    from ui.tabs.ask import filters

    assert filters(kinds=None, authors=None, spaces=None, after=None, before=None) == {}


@pytest.mark.parametrize("day", ["31 Jan", "2026-13-01"])
def test_a_wrong_day_is_not_sent(day: str) -> None:
    from ui.tabs.ask import filters

    wanted = filters(kinds=["retro"], authors=[], spaces=[], after=f" {day} ", before="")
    assert wanted == {"kinds": ["retro"], "after": day}
    assert "must be a day" in said(steps(client(stream), wanted=wanted)[-1])


def test_a_refused_question_can_be_logged_and_an_answered_one_needs_no_button() -> None:
    refusal = {"reason": "Nothing was found.", "kind": "nothing-found", "nearest": [], "people": []}
    refused = {**ANSWER, "answer_id": "a-2", "refusal": refusal, "citations": [], "statements": []}

    def nothing(request: httpx.Request) -> httpx.Response:
        del request
        text = f"event: done\ndata: {json.dumps(refused)}\n\n"
        return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})

    assert steps(client(nothing))[-1][1][-1]["options"] == [{"label": "Log this question", "value": "a-2"}]
    assert "options" not in steps(client(stream))[-1][1][-1]
