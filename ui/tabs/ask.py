"""Ask: the chat, and beside it the words the answer rests on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from rag.client import Client
from ui import history, render, suggestions
from ui.because import Json, with_why
from ui.kept import EMPTY_PANEL, Visit, kept, new, talks
from ui.visitor import Trouble, client_of, words

SEARCHING = "*Looking through what your team wrote …*"
WELCOME = "### What would you like to know?\nAsk about a decision, a run, a failure or a person."
NOTHING_STORED = "### Nothing is stored yet\nAdd files under **Sources**, or run `teamlore ingest FOLDER`, then ask."
LOG = "Log this question"
WANTED = "This should be answered."  # kept with the vote, for those who read what is missing
ASK = "ask:"  # in front of a question that a button asks
AUDIENCES = [("Anyone", ""), ("An engineer", "engineer"), ("Product: explain terms", "product")]
Names = list[str] | None  # None from a part of the page that was never opened
Day = str | None
LOOKED_AT = 200  # documents that suggestions and filters are made from


def build(client: Client, blocks: gr.Blocks) -> None:
    visit = gr.State(Visit())
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            chat = _chat()
            question, send = _question()
            narrow = _narrow()
            with gr.Row():
                clear = gr.Button("New conversation", size="sm", elem_id="clear", min_width=130)
                share = gr.Button("Share", size="sm", elem_id="share", min_width=70)
                delete = gr.Button("Delete", size="sm", elem_id="delete", min_width=70)
            link = gr.HTML("", elem_id="share-link")
            earlier = talks()
        with gr.Column(scale=2, min_width=300):
            panel = gr.HTML(EMPTY_PANEL, elem_id="sources-panel")

    def respond(  # noqa: PLR0913 - Gradio hands over one argument an input
        text: str, chatted: list[Any], state: Visit, kinds: Names, authors: Names, spaces: Names,
        after: Day, before: Day, audience: str | None, request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        state = replace(state, audience=audience or "")
        wanted = filters(kinds=kinds, authors=authors, spaces=spaces, after=after, before=before)
        yield from conversation_steps(client_of(client, request), text, chatted, state, wanted)

    inputs, outputs = [question, chat, visit, *narrow], [question, chat, panel, visit]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    asked: list[Any] = [
        trigger(respond, inputs, outputs, trigger_mode="always_last", **quiet)  # "once" drops an Enter that comes early
        for trigger in (question.submit, send.click)
    ]
    asked.append(chat.example_select(_chosen, None, question, **quiet).then(respond, inputs, outputs, **quiet))
    asked.append(chat.option_select(_suggested, None, question, **quiet).success(respond, inputs, outputs, **quiet))
    clear.click(new, None, [chat, panel, visit, link], cancels=asked, **quiet)
    kept(client, (share, delete, earlier), [chat, panel, visit, link], asked)
    chat.select(_panel_of, visit, panel, **quiet)

    _votes(client, chat, visit)

    def offer(request: gr.Request) -> tuple[Any, ...]:
        return _offers(client_of(client, request))

    blocks.load(offer, None, [chat, *narrow[:3]], **quiet)


def _votes(client: Client, chat: gr.Chatbot, visit: gr.State) -> None:
    def rate(state: Visit, event: gr.LikeData, request: gr.Request) -> None:
        answer = _at(state.answers, event.index)
        if answer:
            try:
                client_of(client, request).feedback(answer, 1 if event.liked else -1)
            except Trouble as error:
                raise gr.Error(words(error)) from error
            gr.Info("Thank you: your vote is kept with the answer.")

    chat.like(rate, visit, None, api_visibility="private")

    def log(event: gr.SelectData, request: gr.Request) -> None:
        if str(event.value).startswith(ASK):
            return
        try:
            client_of(client, request).feedback(str(event.value), -1, WANTED)
        except Trouble as error:
            raise gr.Error(words(error)) from error
        gr.Info("It is on the list of questions that nothing answers yet.")

    chat.option_select(log, None, None, api_visibility="private", show_progress="hidden")


def _suggested(event: gr.SelectData) -> str:
    """What the asker may have meant; other buttons ask nothing."""
    if not str(event.value).startswith(ASK):
        raise gr.Error("", visible=False, print_exception=False)
    return str(event.value).removeprefix(ASK)


def _question() -> tuple[gr.Textbox, gr.Button]:
    with gr.Row():
        question = gr.Textbox(
            label="Your question", show_label=False, placeholder="Ask a question", scale=8, max_length=8000,
            elem_id="question", autofocus=True, container=False, min_width=160,
        )  # fmt: skip
        return question, gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="send")


def _chat() -> gr.Chatbot:
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        height="calc(100vh - 330px)",
        min_height=380,
        buttons=[],
        elem_id="chat",
        latex_delimiters=[],
        allow_tags=False,
        placeholder=WELCOME,
    )


def _narrow() -> list[gr.components.Component]:
    """Kinds, authors, spaces, after, before: in the order of `filters`."""
    with gr.Accordion("Narrow the search", open=False, elem_id="narrow"):
        with gr.Row():
            chosen = [
                gr.Dropdown([], label=name, multiselect=True, allow_custom_value=True, min_width=160, elem_id=elem_id)
                for name, elem_id in (("Kinds", "kinds"), ("Authors", "authors"), ("Spaces", "spaces"))
            ]
        with gr.Row():
            days = [
                gr.Textbox(label=name, placeholder=example, max_length=10, min_width=160, elem_id=elem_id)
                for name, example, elem_id in (
                    ("From this day on", "2026-01-31", "after"),
                    ("Before this day", "2026-12-31", "before"),
                )
            ]
        audience = gr.Dropdown(AUDIENCES, value="", label="Told for", min_width=160, elem_id="audience")
    return [*chosen, *days, audience]


def _offers(client: Client) -> tuple[Any, ...]:
    """The empty chat with questions to click, and what there is to narrow by."""
    try:
        documents, spaces = client.documents(limit=LOOKED_AT)["documents"], client.spaces()
    except Trouble as error:
        raise gr.Error(words(error)) from error
    examples = [ExampleMessage(text=question) for question in suggestions.questions(documents)]
    return (
        gr.Chatbot(examples=examples, placeholder=WELCOME if documents else NOTHING_STORED),
        gr.Dropdown(choices=suggestions.kinds(documents)),
        gr.Dropdown(choices=suggestions.authors(documents)),
        gr.Dropdown(choices=sorted(spaces)),
    )


def _chosen(event: gr.SelectData) -> str:
    return str(event.value["text"])


def _panel_of(state: Visit, event: gr.SelectData) -> str:
    """The sources of the answer that was clicked."""
    return _at(state.panels, event.index) or EMPTY_PANEL


def _at(values: tuple[str, ...], index: int | tuple[int, ...]) -> str:
    """Of the question a message belongs to: messages come in pairs, question and answer."""
    number = int(index if isinstance(index, int) else index[0]) // 2
    return values[number] if number < len(values) else ""


def conversation_steps(
    client: Client, text: str, before: list[Any], state: Visit, wanted: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """(question box, chat, panel, state) as the answer comes. The box is emptied once, then left to its owner."""
    if not text.strip():
        yield gr.skip(), gr.skip(), gr.skip(), state
        return
    said = [*before, {"role": "user", "content": render.escape_markdown(text)}]
    written, citations, hits, panel = "", list[Any](), list[Json](), EMPTY_PANEL
    yield "", [*said, _said(SEARCHING)], panel, state
    trouble = filters_trouble(wanted)
    try:
        for name, data in () if trouble else client.ask_stream(
            text, conversation_id=state.conversation, filters=wanted, audience=state.audience
        ):  # fmt: skip
            if name == "passages":
                hits = data["hits"]
            elif name == "delta":
                written += data["text"]
            elif name == "citation":
                citations.append(data)
                panel = render.citation_cards(with_why(citations, hits), heading="Sources")
            elif name == "done":
                panel = history.panel(data, hits)
                state = state.with_turn(panel, answer=data["answer_id"], conversation=data.get("conversation_id"))
                yield gr.skip(), [*said, {**_said(render.answer_markdown(data)), **_to_log(data)}], panel, state
                return
            yield gr.skip(), [*said, _said(render.draft_markdown(written) or SEARCHING)], panel, state
    except Trouble as error:
        trouble = words(error)
    failed = _said(f"**That did not work.** {render.escape_markdown(trouble)}")
    yield text, [*said, failed], EMPTY_PANEL, state.with_turn(EMPTY_PANEL)


def _to_log(answer: Json) -> dict[str, Any]:
    """Buttons below a refusal: what may have been meant, and to log it.

    What it gives back is checked: nobody votes on another's answer.
    """
    meant = [{"label": one, "value": f"{ASK}{one}"} for one in answer.get("suggestions", ())]
    return {"options": [*meant, {"label": LOG, "value": answer["answer_id"]}]} if answer["refusal"] else {}


def filters_trouble(wanted: dict[str, Any]) -> str:
    """What is wrong with the days, in words; empty when nothing is."""
    named = (("From this day on", "after"), ("Before this day", "before"))
    return " ".join(filter(None, (render.date_trouble(label, wanted.get(name, "")) for label, name in named)))


def filters(*, kinds: Names, authors: Names, spaces: Names, after: Day, before: Day) -> dict[str, Any]:
    """As the API takes them; empty ones are left out."""
    given = {
        "kinds": list(kinds or ()),
        "authors": list(authors or ()),
        "spaces": list(spaces or ()),
        "after": (after or "").strip(),
        "before": (before or "").strip(),
    }
    return {name: value for name, value in given.items() if value}


def _said(markdown: str) -> dict[str, str]:
    return {"role": "assistant", "content": markdown}
