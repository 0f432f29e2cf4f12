"""A served home with every door open: HTTP, the stream, the page, and the command line through the service."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from rag.api.app import create_app, page_user
from rag.api.inprocess import InProcess
from rag.api.machine import log_to_stderr
from rag.client import Client
from rag.domain.ports import Embedder
from rag.domain.services import Services
from rag.main import build
from rag.registry.home import Home, lock_home
from rag.settings import load_settings
from tests.fakes import WordEmbedder


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    url: str
    home: Path
    services: Services


@contextmanager
def served_home(
    home: Path, *, page: bool = False, embedder: Embedder | None = None, **settings: str
) -> Iterator[Served]:
    """As `teamlore serve` does, in this process; without `embedder` with one of words instead of the model."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(home / "ui-cache"))
    chosen = load_settings(home).model_copy(update=settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with lock_home(Home(chosen.home), url=url) as lock:
            services = build(chosen, mode="serve", embedder=embedder or WordEmbedder())
            app = create_app(services, auth="local", local_token=lock.owner.token)
            if page:
                from ui.app import mount  # Gradio takes seconds to import

                app = mount(app, Client(url, transport=InProcess(app)), page_user)
            log_to_stderr("critical")  # else requests are told on standard output, which commands print to
            try:
                with running(app, listening):
                    yield Served(url=url, home=chosen.home, services=services)
            finally:
                structlog.reset_defaults()


@contextmanager
def running(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(60)
