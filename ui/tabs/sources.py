"""Sources: what is stored, and a place to add files."""

from pathlib import Path
from typing import Any

import gradio as gr

from rag.client import Client
from ui import render
from ui.visitor import Trouble, client_of, words

SHOWN = 50


def build(client: Client, blocks: gr.Blocks) -> None:
    with gr.Row():
        files = gr.File(label="Add files", file_count="multiple", scale=3, elem_id="upload", height=140)
        with gr.Column(scale=2, min_width=220):
            space = gr.Textbox(label="Space", value="default", max_length=100)
            add = gr.Button("Add", variant="primary", elem_id="add")
    outcome = gr.HTML(elem_id="outcome")
    listing = gr.HTML(elem_id="documents")
    with gr.Row():
        cursor = gr.State("")
        refresh = gr.Button("Show from the start", size="sm")
        more = gr.Button("Next page", size="sm", elem_id="next-page")

    def upload(
        paths: list[str] | None,
        into: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
    ) -> tuple[str, None, str, str]:
        if not paths:
            raise gr.Error("Choose files first.")
        visitor = client_of(client, request)

        def show(state: dict[str, Any]) -> None:
            progress((state["done"], state["total"] or None), desc=f"{state['stage']} {state['item'][-40:]}")

        try:
            job = visitor.upload([Path(path) for path in paths], space=into.strip() or "default")
            finished = visitor.wait(job["id"], on_progress=show)
        except Trouble as error:
            raise gr.Error(words(error)) from error
        if finished["error"]:
            raise gr.Error(finished["error"])
        return render.report_html(finished["report"]), None, *_page(visitor, "")

    def first(request: gr.Request) -> tuple[str, str]:
        return _page(client_of(client, request), "")

    def following(at: str, request: gr.Request) -> tuple[str, str]:
        return _page(client_of(client, request), at)

    add.click(upload, [files, space], [outcome, files, listing, cursor], api_visibility="private")
    blocks.load(first, None, [listing, cursor], api_visibility="private")
    refresh.click(first, None, [listing, cursor], api_visibility="private")
    more.click(following, [cursor], [listing, cursor], api_visibility="private")


def _page(client: Client, cursor: str) -> tuple[str, str]:
    """(the list as HTML, the cursor of the next page)."""
    try:
        page = client.documents(limit=SHOWN, cursor=cursor)
    except Trouble as error:
        raise gr.Error(words(error)) from error
    return render.document_rows(page["documents"]), page.get("next_cursor") or ""
