"""Ask: the chat, and beside it the words the answer rests on."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from rag.client import Client
from ui import render
from ui.visitor import Trouble, client_of, words

EMPTY_PANEL = render.citation_cards([], heading="", empty="The sources of an answer appear here, word for word.")
SEARCHING = "*Looking through what your team wrote …*"


@dataclass(frozen=True, slots=True)
class Visit:
    """What belongs to one visitor: kept in gr.State, never shared."""

    conversation: str = ""
    answers: tuple[str, ...] = field(default=())  # ids, one for each answer shown
    panels: tuple[str, ...] = field(default=())  # the sources beside each

    def answered(self, answer: dict[str, Any], panel: str) -> "Visit":
        return replace(
            self,
            conversation=answer.get("conversation_id") or self.conversation,
            answers=(*self.answers, answer["answer_id"]),
            panels=(*self.panels, panel),
        )


def build(client: Client) -> None:
    visit = gr.State(Visit())
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            chat = gr.Chatbot(
                label="Conversation",
                height=520,
                buttons=["copy"],
                elem_id="chat",
                latex_delimiters=[],
                placeholder="Ask about a decision, a run, a failure, a person.",
            )
            with gr.Row():
                question = gr.Textbox(
                    show_label=False, placeholder="Why did the last training run diverge?", scale=8, max_length=8000,
                    elem_id="question", autofocus=True, container=False, min_width=200,
                )  # fmt: skip
                send = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="send")
            with gr.Accordion("Narrow the search", open=False):
                with gr.Row():
                    kinds = gr.Textbox(label="Kinds", placeholder="retro, decision", min_width=140)
                    authors = gr.Textbox(label="Authors", placeholder="Ada Example", min_width=140)
                    spaces = gr.Textbox(label="Spaces", placeholder="default", min_width=140)
                with gr.Row():
                    after = gr.Textbox(label="After", placeholder="2026-01-31", max_length=10, min_width=140)
                    before = gr.Textbox(label="Before", placeholder="2026-12-31", max_length=10, min_width=140)
            clear = gr.Button("New conversation", size="sm")
        with gr.Column(scale=2, min_width=300):
            panel = gr.HTML(EMPTY_PANEL, elem_id="sources-panel")

    def respond(  # noqa: PLR0913 - Gradio hands over one argument an input
        text: str,
        history: list[Any],
        state: Visit,
        kinds: str,
        authors: str,
        spaces: str,
        after: str,
        before: str,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        wanted = filters(kinds=kinds, authors=authors, spaces=spaces, after=after, before=before)
        yield from conversation_steps(client_of(client, request), text, history, state, wanted)

    inputs = [question, chat, visit, kinds, authors, spaces, after, before]
    outputs = [question, chat, panel, visit]
    for trigger in (question.submit, send.click):
        trigger(respond, inputs, outputs, api_visibility="private", show_progress="hidden")

    def rate(state: Visit, event: gr.LikeData, request: gr.Request) -> None:
        number = int(event.index if isinstance(event.index, int) else event.index[0]) // 2
        if number < len(state.answers):
            try:
                client_of(client, request).feedback(state.answers[number], 1 if event.liked else -1)
            except Trouble as error:
                raise gr.Error(words(error)) from error
            gr.Info("Thank you: your vote is kept with the answer.")

    chat.like(rate, [visit], None, api_visibility="private")
    clear.click(lambda: ([], EMPTY_PANEL, Visit()), None, [chat, panel, visit], api_visibility="private")


def conversation_steps(
    client: Client, text: str, history: list[Any], state: Visit, wanted: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """(question box, chat, panel, state) as the answer comes."""
    if not text.strip():
        yield text, history, gr.skip(), state
        return
    history = [*history, {"role": "user", "content": render.escape_markdown(text)}]
    panel = EMPTY_PANEL
    yield "", [*history, _said(SEARCHING)], panel, state
    written, citations = "", list[Any]()
    try:
        for name, data in client.ask_stream(text, conversation_id=state.conversation, filters=wanted):
            if name == "delta":
                written += data["text"]
            elif name == "citation":
                citations.append(data)
                panel = render.citation_cards(citations, heading="Sources")
            elif name == "done":
                panel = finished_panel(data)
                yield "", [*history, _said(render.answer_markdown(data))], panel, state.answered(data, panel)
                return
            yield "", [*history, _said(render.draft_markdown(written) or SEARCHING)], panel, state
    except Trouble as error:
        yield text, [*history, _said(f"**That did not work.** {render.escape_markdown(words(error))}")], panel, state


def finished_panel(answer: dict[str, Any]) -> str:
    refusal = answer["refusal"]
    if refusal:
        return render.citation_cards(refusal["nearest"], heading="Nearest passages", empty="Nothing comes near.")
    return render.citation_cards(answer["citations"], heading="Sources")


def filters(*, kinds: str, authors: str, spaces: str, after: str, before: str) -> dict[str, Any]:
    """As the API takes them; empty ones are left out."""
    given = {
        "kinds": _listed(kinds),
        "authors": _listed(authors),
        "spaces": _listed(spaces),
        "after": after.strip(),
        "before": before.strip(),
    }
    return {name: value for name, value in given.items() if value}


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _said(markdown: str) -> dict[str, str]:
    return {"role": "assistant", "content": markdown}
