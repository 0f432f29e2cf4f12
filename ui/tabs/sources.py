"""Sources: what is stored, what became of each file, and a place to add files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from rag.client import Client
from ui import render, tables
from ui.visitor import Trouble, client_of, words

SHOWN = 50
STATES = ("all", "indexed", "skipped", "failed", "parked")


def build(client: Client, tab: gr.Tab) -> None:
    with gr.Row():
        files = gr.File(label="Add files", file_count="multiple", scale=3, elem_id="upload", height=150)
        with gr.Column(scale=2, min_width=220):
            space = gr.Textbox(label="Space", value="default", max_length=100, elem_id="space")
            add = gr.Button("Add", variant="primary", elem_id="add")
    outcome = gr.HTML(elem_id="outcome")
    kept, kept_listing = _kept(client, tab)
    _ledger(client, tab)
    gr.HTML('<h2 class="tl-heading">Documents</h2>')
    listing = gr.HTML(elem_id="documents")
    cursor = gr.State("")
    with gr.Row():
        refresh = gr.Button("From the start", size="sm", elem_id="refresh")
        more = gr.Button("Next page", size="sm", elem_id="next-page", visible=False)

    def upload(
        paths: list[str] | None,
        into: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
    ) -> tuple[Any, ...]:
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
        for path in paths:  # the service has them now; nothing stays behind in the page's own folder
            Path(path).unlink(missing_ok=True)
        return render.report_html(finished["report"]), None, *_page(visitor, "")

    def first(request: gr.Request) -> tuple[Any, ...]:
        return _page(client_of(client, request), "")

    def following(at: str, request: gr.Request) -> tuple[Any, ...]:
        return _page(client_of(client, request), at)

    shown = [listing, cursor, more]
    added = add.click(
        upload, [files, space], [outcome, files, *shown], show_progress_on=outcome, api_visibility="private"
    )
    added.then(kept, None, kept_listing, api_visibility="private", show_progress="hidden")
    tab.select(first, None, shown, api_visibility="private", show_progress="hidden")
    refresh.click(first, None, shown, api_visibility="private")
    more.click(following, cursor, shown, api_visibility="private")


def _kept(client: Client, tab: gr.Tab) -> tuple[Callable[[gr.Request], str], gr.HTML]:
    """What is synced, and when it was: how it is asked for, and where it is shown."""
    with gr.Accordion("Kept up to date", open=True, elem_id="kept"):
        listing = gr.HTML(elem_id="kept-sources")

    def kept(request: gr.Request) -> str:
        try:
            return tables.source_rows(client_of(client, request).get("/v1/sources")["sources"])
        except Trouble as error:
            raise gr.Error(words(error)) from error

    tab.select(kept, None, listing, api_visibility="private", show_progress="hidden")
    return kept, listing


def _ledger(client: Client, tab: gr.Tab) -> None:
    """What became of each file, by state."""
    with gr.Accordion("What became of each file", open=False, elem_id="ledger"):
        state = gr.Radio(STATES, value="all", label="State", elem_id="ledger-state")
        listing = gr.HTML(elem_id="ledger-files")
        cursor = gr.State("")
        more = gr.Button("Next page", size="sm", elem_id="ledger-next", visible=False)

    def first(wanted: str, request: gr.Request) -> tuple[Any, ...]:
        return _files(client_of(client, request), wanted, "")

    def following(wanted: str, at: str, request: gr.Request) -> tuple[Any, ...]:
        return _files(client_of(client, request), wanted, at)

    shown = [listing, cursor, more]
    tab.select(first, state, shown, api_visibility="private", show_progress="hidden")
    state.change(first, state, shown, api_visibility="private")
    more.click(following, [state, cursor], shown, api_visibility="private")


def _files(client: Client, state: str, cursor: str) -> tuple[Any, ...]:
    """As `_page`, of the ledger."""
    try:
        page = client.get("/v1/files", state="" if state == "all" else state, limit=SHOWN, cursor=cursor)
    except Trouble as error:
        raise gr.Error(words(error)) from error
    following = page["next_cursor"]
    return tables.file_rows(page), following, gr.Button(visible=bool(following))


def _page(client: Client, cursor: str) -> tuple[Any, ...]:
    """(the list as HTML, the cursor of the next page, the button that leads there)."""
    try:
        page = client.documents(limit=SHOWN, cursor=cursor)
    except Trouble as error:
        raise gr.Error(words(error)) from error
    following = page.get("next_cursor") or ""
    return tables.document_rows(page["documents"]), following, gr.Button(visible=bool(following))
