"""Anthropic's messages, there or at another server that speaks them, through llama-index."""

import copy
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from rag.models.chat import Asked, Limits, Piece, spoken
from rag.models.openai import place_of
from rag.models.request import Wire
from rag.models.usage import Usage

HOSTED = "https://api.anthropic.com"


class AnthropicDialect:
    """No schema binds it: what it writes is read leniently."""

    def __init__(self, model: str, *, base_url: str, api_key: str, window: Callable[[], int | None]) -> None:
        from llama_index.llms.anthropic import Anthropic

        self.name, self.place, self.window = f"anthropic:{model}", place_of(base_url), window
        self._http: Any = importlib.import_module("httpx2")  # what the SDK asks with
        self._tls = self._http.create_ssl_context()
        # An empty key would be looked up in the environment, and that one is meant for Anthropic alone.
        self._llm = Anthropic(model=model, base_url=base_url, api_key=api_key or "none", temperature=0.0, max_retries=0)

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        timeout = self._http.Timeout(limits.total, connect=limits.connect)
        with self._http.Client(verify=self._tls, event_hooks=wire.hooks, timeout=timeout) as client:
            llm = copy.copy(self._llm)
            llm._client = self._llm._client.with_options(http_client=client, timeout=timeout)  # it takes none of ours
            for response in spoken(llm, asked, {"max_tokens": asked.max_tokens}):
                more = response.message.additional_kwargs
                usage = more.get("usage") or {}
                known = usage.get("input_tokens") is not None and usage.get("output_tokens") is not None
                yield Piece(
                    text=response.delta or "",
                    finished=bool(more.get("stop_reason")),
                    usage=Usage(tokens_in=usage["input_tokens"], tokens_out=usage["output_tokens"]) if known else None,
                )
