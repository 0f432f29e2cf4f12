"""Search: the passages themselves, each with why it stands where it stands."""

import gradio as gr

from rag.client import Client
from ui import render
from ui.visitor import Trouble, client_of, words

SHOWN = 20
BEFORE = "The passages that fit best appear here, with what their order rests on."
NOTHING = "Nothing found. Try other words, or fewer conditions."
HINT = (
    '<p class="tl-hint">Narrow it with <code>kind:retro</code> <code>author:"Anna Smith"</code> '
    "<code>after:2024-03</code> <code>before:2025</code> <code>space:handbook</code> <code>file:docs/</code></p>"
)


def build(client: Client) -> None:
    with gr.Row():
        wanted = gr.Textbox(
            label="Words to search for", show_label=False, placeholder="Search: bf16 overflow kind:retro",
            scale=8, max_length=8000, elem_id="search-words", container=False, min_width=160,
        )  # fmt: skip
        go = gr.Button("Search", variant="primary", scale=1, min_width=80, elem_id="search")
    gr.HTML(HINT)
    listing = gr.HTML(render.citation_cards([], heading="", empty=BEFORE), elem_id="hits")

    def find(text: str, request: gr.Request) -> str:
        if not text.strip():
            return render.citation_cards([], heading="", empty=BEFORE)
        try:
            page = client_of(client, request).search(text, k=SHOWN)
        except Trouble as error:
            raise gr.Error(words(error)) from error
        heading = f"The {SHOWN} best passages" if page["next_cursor"] else "Passages, best first"
        return render.citation_cards(page["hits"], heading=heading, empty=NOTHING)

    for trigger in (go.click, wanted.submit):
        trigger(find, wanted, listing, api_visibility="private")
