"""Ollama, through llama-index."""

from collections.abc import Iterator

import httpx

from rag.models.chat import Asked, Limits, Piece, spoken
from rag.models.openai import place_of
from rag.models.request import Wire
from rag.models.usage import Usage

HERE = "http://127.0.0.1:11434"
CONTEXT = 8192  # tokens, when none is set: its own default cuts what is longer without a word


class OllamaDialect:
    def __init__(self, model: str, *, base_url: str, api_key: str, context: int) -> None:
        from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]
        from ollama import Client

        self.name, self.place = f"ollama:{model}", place_of(base_url)
        self._model, self._url, self._context = model, base_url, context or CONTEXT
        # Else it sends the OLLAMA_API_KEY of the environment wherever it asks.
        self._headers = {"Authorization": f"Bearer {api_key or 'none'}"}
        self._llm, self._client = Ollama, Client
        self._tls = httpx.create_ssl_context()

    def window(self) -> int | None:
        return self._context

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        timeout = httpx.Timeout(limits.total, connect=limits.connect)
        with self._client(
            self._url, timeout=timeout, headers=self._headers, verify=self._tls, event_hooks=wire.hooks
        ) as client:
            llm = self._llm(
                model=self._model,
                client=client,
                temperature=0.0,
                context_window=self._context,
                additional_kwargs={"num_predict": asked.max_tokens},
            )
            for response in spoken(llm, asked, {} if asked.schema is None else {"format": dict(asked.schema)}):
                raw = response.raw
                counted = raw.get("prompt_eval_count") is not None and raw.get("eval_count") is not None
                yield Piece(
                    text=response.delta or "",
                    finished=bool(raw.get("done")),
                    usage=Usage(tokens_in=raw["prompt_eval_count"], tokens_out=raw["eval_count"]) if counted else None,
                )
