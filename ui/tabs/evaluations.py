"""Quality: what the evaluation suite measured, how sure it is, and how it went over the runs."""

from typing import Any

import gradio as gr

from rag.client import Client
from ui import quality
from ui.golden_cards import message
from ui.visitor import Trouble, client_of, words

SHOWN = 100  # runs


def build(client: Client, tab: gr.Tab) -> None:
    chosen = gr.Dropdown([], label="Figures of", visible=False, elem_id="quality-series")
    figures = gr.HTML(elem_id="quality-figures")
    runs = gr.HTML(elem_id="quality-runs")

    def show(wanted: str | None, request: gr.Request) -> tuple[Any, ...]:
        return view(client_of(client, request), wanted or "")

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    for shown in (tab.select, chosen.input):
        shown(show, chosen, [chosen, figures, runs], **quiet)


def view(client: Client, wanted: str) -> tuple[Any, ...]:
    """In the order of the outputs: what there is to choose, figures, runs."""
    try:
        page = client.get("/v1/evaluations", limit=SHOWN)
    except Trouble as error:
        return gr.Dropdown(visible=False), "", message(words(error))
    found = quality.series(page["evaluations"])
    name = wanted if wanted in found else next(iter(found), "")
    choice = gr.Dropdown(choices=list(found), value=name or None, visible=len(found) > 1)
    shown = quality.figure_cards(found.get(name, ()))
    return choice, shown, quality.run_rows(page["evaluations"], more=bool(page["next_cursor"]))
