"""Any server that speaks OpenAI's chat protocol, through llama-index."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from rag.models.chat import Asked, Limits, Piece, spoken
from rag.models.request import Wire
from rag.models.usage import Usage
from rag.models.windows import served_window

Make = Callable[[httpx.Client], Any]  # the llama-index LLM that asks with that client


class OpenAIDialect:
    """`make` makes the LLM of a request: OpenAILike, or another integration that inherits from llama-index's OpenAI."""

    def __init__(self, name: str, make: Make, *, place: str, window: Callable[[], int | None]) -> None:
        from openai.resources.chat import completions  # noqa: F401 - else imported within the first question's deadline

        self.name, self.place, self.window = name, place, window
        self._make = make
        self._tls = httpx.create_ssl_context()

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        # The SDK's time-outs win over the client's, and OpenAILike's own is one number for all.
        timeout = httpx.Timeout(limits.total, connect=limits.connect)
        with httpx.Client(verify=self._tls, event_hooks=wire.hooks) as client:
            for response in spoken(self._make(client), asked, {**_options(asked), "timeout": timeout}):
                choices = getattr(response.raw, "choices", None) or []
                usage = getattr(response.raw, "usage", None)
                yield Piece(
                    text=response.delta or "",
                    finished=any(choice.finish_reason for choice in choices),
                    usage=usage and Usage(tokens_in=usage.prompt_tokens, tokens_out=usage.completion_tokens),
                )


def openai_like(model: str, *, base_url: str, api_key: str, context: int = 0) -> OpenAIDialect:
    """`context`: tokens; 0: what the server says, asked at the first question."""
    from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]

    def make(client: httpx.Client) -> OpenAILike:
        return OpenAILike(
            model=model,
            api_base=base_url,
            api_key=api_key or "none",  # an empty one would be looked up in OPENAI_API_KEY
            is_chat_model=True,
            temperature=0.0,
            max_retries=0,
            http_client=client,
        )

    window = served_window(base_url, api_key, model, context=context)
    return OpenAIDialect(f"openai:{model}", make, place=place_of(base_url), window=window)


def place_of(url: str) -> str:
    """Host and port only: a URL may carry a password."""
    parsed = httpx.URL(url)
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host


def _options(asked: Asked) -> dict[str, Any]:
    options: dict[str, Any] = {"max_tokens": asked.max_tokens}
    if asked.schema is not None:
        options["response_format"] = response_format(asked.schema)
    return options | ({"stream_options": {"include_usage": True}} if asked.count else {})


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
