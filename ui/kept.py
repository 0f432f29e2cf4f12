"""What a visitor has asked before: their own part of the page, and the buttons that keep, show or forget it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from rag.client import Client
from ui import history, render
from ui.visitor import Trouble, client_of, words

EMPTY_PANEL = render.citation_cards([], heading="", empty="The sources of an answer appear here, word for word.")


@dataclass(frozen=True, slots=True)
class Visit:
    """What belongs to one visitor: kept in gr.State, never shared. One entry a question, in the order asked."""

    conversation: str = ""
    audience: str = ""
    answers: tuple[str, ...] = field(default=())  # ids; empty where no answer came
    panels: tuple[str, ...] = field(default=())  # the sources beside each

    def with_turn(self, panel: str, *, answer: str = "", conversation: str | None = None) -> "Visit":
        return replace(
            self,
            conversation=conversation or self.conversation,
            answers=(*self.answers, answer),
            panels=(*self.panels, panel),
        )


def new() -> tuple[Any, ...]:
    return [], EMPTY_PANEL, Visit(), ""


def talks() -> gr.Dropdown:
    with gr.Accordion("Earlier conversations", open=False, elem_id="talks"):
        return gr.Dropdown([], label="Open again", elem_id="earlier", filterable=True)


def kept(
    client: Client,
    controls: tuple[gr.Button, gr.Button, gr.Dropdown],
    outputs: list[gr.components.Component | gr.State],
    asked: list[Any],
) -> None:
    """Share, delete and open again. `outputs`: chat, panel, state and what is said of the link."""
    share, delete, earlier = controls
    visit, link = outputs[2], outputs[3]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    def listed(request: gr.Request) -> gr.Dropdown:
        with told():
            found = client_of(client, request).conversations(limit=history.LISTED)["conversations"]
        return gr.Dropdown(choices=history.choices(found), value=None)

    def reopen(chosen: str | None, request: gr.Request) -> tuple[Any, ...]:
        if not chosen:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        with told():
            turns = client_of(client, request).conversation(chosen)
        panels = tuple(history.panel(turn["answer"]) for turn in turns)
        ids = tuple(turn["answer_id"] for turn in turns)
        state = Visit(conversation=chosen, answers=ids, panels=panels)
        return history.messages(turns), panels[-1] if panels else EMPTY_PANEL, state, ""

    def forget(state: Visit, request: gr.Request) -> tuple[Any, ...]:
        if state.conversation:
            with told():
                client_of(client, request).delete_conversation(state.conversation)
            gr.Info("The conversation is deleted.")
        return new()

    def show(state: Visit, request: gr.Request) -> str:
        if not state.conversation:
            return '<p class="tl-empty">Ask something first: there is nothing to share yet.</p>'
        with told():
            return history.toggle_share(client_of(client, request), state.conversation)

    earlier.focus(listed, None, earlier, **quiet)
    earlier.input(reopen, earlier, outputs, cancels=asked, **quiet)
    delete.click(forget, visit, outputs, cancels=asked, **quiet)
    share.click(show, visit, link, **quiet)


@contextmanager
def told() -> Iterator[None]:
    """What went wrong, in words of the page."""
    try:
        yield
    except Trouble as error:
        raise gr.Error(words(error)) from error
