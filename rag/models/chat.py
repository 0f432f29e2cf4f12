"""A language model behind an SDK: deadlines, a heartbeat, a real cancel, retries, a breaker, tokens counted.

What differs between servers is a `Dialect`; nothing else knows which one is spoken.
"""

import queue
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rag.models.breaker import Breaker
from rag.models.faults import Fault, explain
from rag.models.request import ChatRequest, Wire
from rag.models.usage import Usage, record

HEARTBEAT = 1.0  # seconds
CHARACTERS_A_TOKEN = 40  # no tokenizer makes longer ones on average: more than this is a server out of order
TOTAL = 180.0
LONGEST_WAIT = 5.0  # seconds of a Retry-After that are worth waiting for


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds from start (`first_token`, `total`) or from the last piece (`idle`); `retries` before the first piece."""

    connect: float = 10.0
    first_token: float = 30.0
    idle: float = 20.0
    total: float = TOTAL
    retries: int = 1
    pause: float = 0.5

    @classmethod
    def of(cls, total: float) -> "Limits":
        """All of them in the proportions of the defaults."""
        part = total / TOTAL
        return cls(connect=10.0 * part, first_token=30.0 * part, idle=20.0 * part, total=total, pause=0.5 * part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`count`: ask the server to count tokens, where that is a thing to ask for."""

    system: str
    user: str
    max_tokens: int
    schema: Mapping[str, Any] | None
    count: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`finished`: the server said that it has ended well. `usage`: the newest count, where it came."""

    text: str
    finished: bool = False
    usage: Usage | None = None


class Dialect(Protocol):
    """Thread-safe."""

    @property
    def name(self) -> str: ...  # as in TEAMLORE_LLM

    @property
    def place(self) -> str:
        """Who is asked, for error messages: a host, never a URL, which may carry a password."""
        ...

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        """One request, in a thread of its own. Raises Fault or what the SDK raises."""
        ...

    def window(self) -> int | None:
        """Tokens of a request, its answer included; None: not known. May ask the server, once."""
        ...


class ChatLLM:
    """Thread-safe: each call has a connection of its own, so closing the iterator ends exactly that request."""

    def __init__(self, dialect: Dialect, *, limits: Limits | None = None, breaker: Breaker | None = None) -> None:
        self.name = dialect.name
        self._dialect = dialect
        self._limits = limits or Limits()
        self._breaker = breaker or Breaker()
        self._takes_schema = True
        self._counts = True

    def window(self) -> int | None:
        return self._dialect.window()

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """As the port says; yields "" each second while nothing comes, so that a waiting caller can close it."""
        outcome: bool | None = None
        try:
            self._breaker.enter()
        except Fault as fault:
            raise explain(fault, self._dialect.place) from None
        try:
            yield from self._tried(Asked(system=system, user=user, max_tokens=max_tokens, schema=schema, count=True))
            outcome = True
        except Fault as fault:
            outcome = not fault.of_the_server
            # A server may echo the key or the prompt in its error: `from None` keeps its words out of logs.
            raise explain(fault, self._dialect.place) from None
        finally:
            self._breaker.leave(outcome)

    def _tried(self, asked: Asked) -> Iterator[str]:
        """Asking with less than was refused is no repetition, and is remembered once it helped. Raises Fault."""
        deadline = time.monotonic() + self._limits.total
        tries = 1 + self._limits.retries
        plans = iter(self._plans(asked))
        now = next(plans)
        while True:
            received = False
            try:
                for piece in self._attempt(now, deadline):
                    received = received or bool(piece)
                    yield piece
            except Fault as fault:
                if fault.refuses_schema and (less := next(plans, None)) is not None:
                    now = less
                    continue
                tries -= 1
                if received or tries <= 0 or not fault.retryable or fault.wait > LONGEST_WAIT:
                    raise
                yield from _pause(max(fault.wait, self._limits.pause), deadline)
            else:
                self._counts = now.count
                self._takes_schema = now.schema is not None or asked.schema is None
                return

    def _plans(self, asked: Asked) -> list[Asked]:
        """From all that could be asked for to the least: some servers refuse what they do not know."""
        schemas = [asked.schema, None] if asked.schema is not None and self._takes_schema else [None]
        counts = [True, False] if self._counts else [False]
        return [replace(asked, schema=schema, count=count) for schema in schemas for count in counts]

    def _attempt(self, asked: Asked, deadline: float) -> Iterator[str]:
        """One request. Raises Fault."""
        counted: list[Usage] = []
        request = ChatRequest(lambda wire: self._pieces(asked, wire, counted.append))
        try:
            yield from self._paced(request, deadline, CHARACTERS_A_TOKEN * asked.max_tokens)
        finally:
            request.cancel()
            record(counted[-1] if counted else None)

    def _pieces(self, asked: Asked, wire: Wire, count: Callable[[Usage], None]) -> Iterator[str]:
        """In the request's thread. Raises Fault when the server never said that it had finished."""
        finished = spoke = False
        for piece in self._dialect.pieces(asked, wire, self._limits):
            finished = finished or piece.finished
            spoke = spoke or bool(piece.text)
            if piece.usage is not None:
                count(piece.usage)
            yield piece.text
        if not finished:
            raise Fault("cut" if spoke else "garbage")

    def _paced(self, request: ChatRequest[str], deadline: float, most: int) -> Iterator[str]:
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


def _pause(seconds: float, deadline: float) -> Iterator[str]:
    """Half to one and a half times as long, so that askers who failed together do not return together."""
    end = min(deadline, time.monotonic() + seconds * random.uniform(0.5, 1.5))
    while (left := end - time.monotonic()) > 0:
        yield ""
        time.sleep(min(HEARTBEAT, left))


def spoken(llm: Any, asked: Asked, options: Mapping[str, Any]) -> Iterator[Any]:  # noqa: ANN401 - a llama-index LLM
    """Its responses, as they come."""
    from llama_index.core.llms import ChatMessage

    messages = [ChatMessage(role="system", content=asked.system), ChatMessage(role="user", content=asked.user)]
    yield from llm.stream_chat(messages, **options)
