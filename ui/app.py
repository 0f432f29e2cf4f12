"""The page: Gradio under /ui, a client of the API like any other, and the source view that citations link to."""

from collections.abc import Callable

import gradio as gr
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.client import Client
from ui import render
from ui.source import source_view
from ui.tabs import ask, sources
from ui.visitor import visitor_client

INTRO = (
    "# teamlore\nAsk what your team has written down. Every statement shows the exact words it rests on; "
    "when the documents do not say, so does the answer."
)


def mount(app: FastAPI, client: Client, user_of: Callable[[Request], str | None]) -> FastAPI:
    """`client` reaches the API of `app`; `user_of` names who is signed in, None for nobody."""

    def source(request: Request) -> HTMLResponse:
        return source_view(visitor_client(client, request.cookies), request)

    app.add_route("/ui/source/{document}/{version:int}", source, methods=["GET"])
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page(client),
        path="/ui",
        auth_dependency=user_of,
        show_error=False,
        max_file_size="50mb",
        allowed_paths=[],
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        css=render.PAGE_CSS,
        theme=gr.themes.Soft(primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["monospace"]),
    )
    return mounted


def page(client: Client) -> gr.Blocks:
    """Tabs are modules of ui.tabs, each with `build(client)`."""
    blocks: gr.Blocks
    with gr.Blocks(title="teamlore", analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        gr.Markdown(INTRO, elem_id="title")
        with gr.Tabs():
            with gr.Tab("Ask", id="ask"):
                ask.build(client)
            with gr.Tab("Sources", id="sources"):
                sources.build(client, blocks)
    blocks.queue(max_size=64, default_concurrency_limit=4)
    return blocks
