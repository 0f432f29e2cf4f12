"""Any server that speaks OpenAI's chat protocol, through llama-index, with deadlines and a real cancel."""

import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from rag.models.faults import Fault, explain
from rag.models.request import ChatRequest
from rag.models.usage import Meter, Usage, current_meter

HEARTBEAT = 1.0  # seconds
CHARACTERS_A_TOKEN = 40  # no tokenizer makes longer ones on average: more than this is a server out of order


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds from start (`first_token`, `total`) or from the last piece (`idle`); `retries` before the first piece."""

    connect: float = 10.0
    first_token: float = 30.0
    idle: float = 20.0
    total: float = 180.0
    retries: int = 1
    pause: float = 0.5


class OpenAILLM:
    """Thread-safe: each call has a connection of its own, so closing the iterator ends exactly that request."""

    def __init__(self, model: str, *, base_url: str, api_key: str, limits: Limits | None = None) -> None:
        from llama_index.core.llms import ChatMessage
        from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]
        from openai.resources.chat import completions  # noqa: F401 - else imported within the first question's deadline

        self.name = f"openai:{model}"
        self._url = httpx.URL(base_url)
        self._limits = limits or Limits()
        self._tls = httpx.create_ssl_context()
        self._takes_schema = True
        self._counts = True
        self._backend = partial(
            OpenAILike,
            model=model,
            api_base=base_url,
            api_key=api_key or "none",  # an empty one would be looked up in OPENAI_API_KEY
            is_chat_model=True,
            temperature=0.0,
            max_retries=0,
        )
        self._message = ChatMessage

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """As the port says; yields "" each second while nothing comes, so that a waiting caller can close it."""
        deadline = time.monotonic() + self._limits.total
        tries = 1 + self._limits.retries
        while True:
            bound = schema if self._takes_schema else None
            options = _options(max_tokens, bound, count=self._counts and current_meter() is not None)
            received = False
            try:
                for piece in self._attempt(system, user, options, deadline):
                    received = received or bool(piece)
                    yield piece
                return
            except Fault as fault:
                tries -= 1
                if "stream_options" in options and fault.refuses_schema:
                    self._counts = False
                    tries += 1  # nor is asking without the count
                elif bound is not None and fault.refuses_schema:
                    self._takes_schema = False
                    tries += 1  # asking without the schema is no repetition
                elif received or tries <= 0 or not fault.retryable:
                    # A server may echo the key or the prompt in its error: `from None` keeps its words out of logs.
                    raise explain(fault, self._place) from None
                else:
                    time.sleep(self._limits.pause)

    @property
    def _place(self) -> str:
        """Host and port only: a URL may carry a password."""
        return f"{self._url.host}:{self._url.port}" if self._url.port else self._url.host

    def _attempt(self, system: str, user: str, options: dict[str, Any], deadline: float) -> Iterator[str]:
        """One request. Raises Fault."""
        counted: Meter = [None]
        request = ChatRequest(lambda client: self._pieces(client, system, user, options, counted), tls=self._tls)
        try:
            yield from self._paced(request, deadline, CHARACTERS_A_TOKEN * int(options["max_tokens"]))
        finally:
            request.cancel()
            if (meter := current_meter()) is not None:
                meter.append(counted[-1])

    def _paced(self, request: ChatRequest, deadline: float, most: int) -> Iterator[str]:
        """The pieces that come, "" each HEARTBEAT without one. Raises Fault (late, empty, beyond `most`)."""
        received = 0
        patience = time.monotonic() + self._limits.first_token
        while True:
            left = min(patience, deadline) - time.monotonic()
            if left <= 0:
                raise Fault("total" if patience > deadline else "idle" if received else "first")
            try:
                piece = request.next(min(HEARTBEAT, left))
            except queue.Empty:
                yield ""
                continue
            if piece is None and received:
                return
            if piece is None:
                raise Fault("empty")
            if piece:
                received += len(piece)
                patience = time.monotonic() + self._limits.idle
                if received > most:
                    raise Fault("flood")
                yield piece

    def _pieces(
        self, client: httpx.Client, system: str, user: str, options: dict[str, Any], counted: Meter
    ) -> Iterator[str]:
        """In the request's thread. Raises Fault when the server never said that it had finished."""
        messages = [self._message(role="system", content=system), self._message(role="user", content=user)]
        # The SDK's time-outs win over the client's, and OpenAILike's own is one number for all.
        timeout = httpx.Timeout(self._limits.total, connect=self._limits.connect)
        finished = spoke = False
        for response in self._backend(http_client=client).stream_chat(messages, timeout=timeout, **options):
            choices = getattr(response.raw, "choices", None) or []
            finished = finished or any(choice.finish_reason for choice in choices)
            spoke = spoke or bool(response.delta)
            if usage := getattr(response.raw, "usage", None):
                counted.append(Usage(tokens_in=usage.prompt_tokens, tokens_out=usage.completion_tokens))
            yield response.delta or ""
        if not finished:
            raise Fault("cut" if spoke else "garbage")


def _options(max_tokens: int, schema: Mapping[str, Any] | None, *, count: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"max_tokens": max_tokens}
    if schema is not None:
        named = {"name": "answer", "schema": dict(schema), "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": named}
    return options | ({"stream_options": {"include_usage": True}} if count else {})
