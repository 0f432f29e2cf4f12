"""Anthropic's messages, there or at another server that speaks them, through llama-index."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from rag.models.chat import Asked, Limits, Piece, spoken
from rag.models.openai import place_of
from rag.models.request import Wire
from rag.models.usage import Usage

HOSTED = "https://api.anthropic.com"


class AnthropicDialect:
    """No schema binds it: what it writes is read leniently."""

    def __init__(self, model: str, *, base_url: str, api_key: str, window: Callable[[], int | None]) -> None:
        self.name, self.place, self.window = f"anthropic:{model}", place_of(base_url), window
        self._tls = httpx.create_ssl_context()
        # An empty key would be looked up in the environment, and that one is meant for Anthropic alone.
        self._llm = _any_model()(
            model=model, base_url=base_url, api_key=api_key or "none", temperature=0.0, max_retries=0
        )

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        timeout = httpx.Timeout(limits.total, connect=limits.connect)
        with httpx.Client(verify=self._tls, event_hooks=wire.hooks, timeout=timeout) as client:
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


def _any_model() -> Any:  # noqa: ANN401 - a class of a library that is not always there
    """llama-index's class, for names too that it does not know: those of today, and those of other servers."""
    from llama_index.core.llms import LLMMetadata
    from llama_index.llms.anthropic import Anthropic

    class AnyModel(Anthropic):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name=self.model, is_chat_model=True)

    return AnyModel


def window_of(model: str) -> int:
    """Tokens; 0 for a name that llama-index does not know."""
    from llama_index.llms.anthropic.utils import anthropic_modelname_to_contextsize

    try:
        return anthropic_modelname_to_contextsize(model)
    except ValueError:
        return 0
