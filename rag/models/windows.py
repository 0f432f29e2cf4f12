"""How many tokens a server's model reads, as far as it says."""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

SECONDS = 2.0


def served_window(base_url: str, api_key: str, model: str, *, context: int) -> Callable[[], int | None]:
    """`context` where it is set; else what the server says, asked once. A hosted one is not asked: none says it."""
    lock = threading.Lock()
    known: list[int | None] = [context] if context else []

    def window() -> int | None:
        with lock:
            if not known:
                try:
                    known.append(_asked(base_url, api_key, model))
                except httpx.TransportError:
                    return None  # it may be starting: asked again the next time
            return known[0]

    return window


def _asked(base_url: str, api_key: str, model: str) -> int | None:
    """llama.cpp's server says it under /props, vLLM and others in the list of models. Raises httpx.TransportError."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    parts = urlsplit(base_url)
    if parts.hostname in (None, "api.openai.com"):
        return None
    try:
        with httpx.Client(headers=headers, timeout=SECONDS) as client:
            props = client.get(f"{parts.scheme}://{parts.netloc}/props")
            if props.is_success and (found := _size(props.json().get("default_generation_settings", {}).get("n_ctx"))):
                return found
            rows = client.get(f"{base_url.rstrip('/')}/models").json()["data"]
            return _of_rows(rows, model)
    except httpx.TransportError:
        raise
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not every server says it, and asking needs no window


def _of_rows(rows: list[dict[str, Any]], model: str) -> int | None:
    row = next((row for row in rows if row.get("id") == model), rows[0] if len(rows) == 1 else {})
    return _size(row.get("max_model_len")) or _size(row.get("context_length"))


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
