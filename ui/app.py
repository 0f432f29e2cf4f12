"""The page: Gradio under /ui, a client of the API like any other, and the source view that citations link to."""

from collections.abc import Callable

import gradio as gr
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rag.client import Client
from ui.shared import shared_view
from ui.source import source_view
from ui.style import ICON, PAGE_CSS
from ui.tabs import ask, evaluations, golden, runs, search, sources
from ui.visitor import Trouble, client_of, visitor_client, words

HEAD = (
    '<div class="tl-head"><h1>teamlore</h1><p>Answers from what your team has written down, '
    "each with the exact words it rests on.</p></div>"
)
SIGN_OUT = "() => fetch('/v1/session', {method: 'DELETE'}).then(() => { location.href = '/signin' })"


def mount(app: FastAPI, client: Client, user_of: Callable[[Request], str | None]) -> FastAPI:
    """`client` reaches the API of `app`; `user_of` names who is signed in, None for nobody."""

    def source(request: Request) -> HTMLResponse:
        return source_view(visitor_client(client, request.cookies), request)

    def icon(request: Request) -> Response:
        del request
        return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    app.add_route("/favicon.ico", icon, methods=["GET"])

    def shared(request: Request) -> HTMLResponse:
        return shared_view(visitor_client(client, request.cookies), request)

    app.add_route("/ui/shared/{token}", shared, methods=["GET"])
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
        css=PAGE_CSS,
        theme=theme(),
    )
    return mounted


def theme() -> gr.themes.Base:
    """Fonts of the visitor's own machine: nothing is loaded from elsewhere."""
    plain = gr.themes.Soft(
        primary_hue="blue", secondary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["monospace"]
    )
    return plain.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_title_background_fill="none",
        block_title_padding="0",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="*neutral_300",
        block_label_background_fill="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
    )


def page(client: Client) -> gr.Blocks:
    """Tabs are modules of ui.tabs, each with a `build`."""
    blocks: gr.Blocks
    with gr.Blocks(title="teamlore", analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        with gr.Row(elem_id="head"):
            gr.HTML(HEAD)
            sign_out = gr.Button("Sign out", size="sm", visible=False, elem_id="sign-out", scale=0)
        with gr.Tabs():
            with gr.Tab("Ask", id="ask"):
                ask.build(client, blocks)
            with gr.Tab("Search", id="search"):
                search.build(client)
            with gr.Tab("Runs", id="runs") as runs_tab:
                runs.build(client, runs_tab)
            with gr.Tab("Sources", id="sources") as tab:
                sources.build(client, tab)
            with gr.Tab("Golden set", id="golden") as golden_tab:
                golden.build(client, golden_tab)
            with gr.Tab("Quality", id="quality") as quality_tab:
                evaluations.build(client, quality_tab)

        def greet(request: gr.Request) -> gr.Button:
            return _sign_out_button(client_of(client, request))

        blocks.load(greet, None, sign_out, api_visibility="private", show_progress="hidden")
        sign_out.click(None, js=SIGN_OUT, api_visibility="private")
    blocks.queue(max_size=64, default_concurrency_limit=4)
    return blocks


def _sign_out_button(client: Client) -> gr.Button:
    """Named after who is signed in; hidden where nobody has to."""
    try:
        caller = client.who_am_i()
    except Trouble as error:
        raise gr.Error(words(error)) from error
    return gr.Button(f"Sign out {caller['name']}", visible=caller["auth"] != "local")
