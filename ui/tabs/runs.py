"""Runs: experiment runs as a table, narrowed and ordered."""

import gradio as gr

from rag.client import Client
from ui import tables
from ui.visitor import Trouble, client_of, words

SHOWN = 50


def build(client: Client, tab: gr.Tab) -> None:
    with gr.Row():
        query = gr.Textbox(
            label="Words", placeholder="of a name, experiment, note or tag", max_length=200, scale=2, min_width=260
        )
        where = gr.Textbox(
            label="Filter",
            placeholder="metrics.val_loss < 0.02 and params.optimizer = 'adam'",
            max_length=500,
            scale=3,
            min_width=260,
        )
        order = gr.Textbox(label="Order", placeholder="metrics.val_loss ASC", max_length=200, scale=2, min_width=260)
    show = gr.Button("Show", size="sm", elem_id="show-runs")
    listing = gr.HTML(elem_id="runs")

    def find(text: str, wanted: str, by: str, request: gr.Request) -> str:
        params = {"query": text.strip(), "filter": wanted.strip(), "order_by": by.strip()}
        try:
            page = client_of(client, request).get("/v1/runs", limit=SHOWN, **params)
        except Trouble as error:
            raise gr.Error(words(error)) from error
        return tables.run_rows(page)

    inputs, outputs = [query, where, order], listing
    tab.select(find, inputs, outputs, api_visibility="private", show_progress="hidden")
    for trigger in (show.click, query.submit, where.submit, order.submit):
        trigger(find, inputs, outputs, api_visibility="private")
