"""Runs where ragas is installed, often without teamlore, of which nothing is imported: JSON lines in and out.

First line in: {"url", "key", "model"}, answered with {"ragas": version} or {"unreachable": text}; then {"task", "text",
"question", "golds", "sources"} each, answered with {"score": number | null, "why": text} or, where the server failed,
{"error": text}. Reaches the model's server and nothing else: ragas counts its users, which is switched off, and every
other connection is refused.
"""

import asyncio
import json
import math
import os
import signal
import socket
import sys
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx

RETRIES = 2
LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
REPLIES = sys.stdout


def confine(url: str) -> None:
    """From now on only the host of `url` can be looked up or connected to, for as long as the process lives.

    Raises OSError where that host is not known.
    """
    host = urlsplit(url).hostname or ""
    known = _addresses(host)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in LOOKUPS and _text(arguments[0]) not in {host, *known}:
            raise PermissionError(f"{_text(arguments[0])} is not the model's server")
        address = arguments[1] if event in SENDS else None
        if isinstance(address, tuple) and address[0] not in known:
            known.update(_addresses(host))  # a large server has other addresses a minute later
            if address[0] not in known:
                raise PermissionError(f"{address[0]} is not the model's server")

    sys.addaudithook(refuse)


def _addresses(host: str) -> set[str]:
    return {str(info[4][0]) for info in socket.getaddrinfo(host, None)}


def _text(host: object) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)


class Watched(httpx.AsyncHTTPTransport):
    """ragas takes a server that fails for one that gave no rating; `failure` tells them apart."""

    failure = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
        except httpx.HTTPError as error:
            self.failure = f"{error or type(error).__name__}"
            raise
        if response.is_error:
            self.failure = f"status {response.status_code}"
        elif "json" not in response.headers.get("content-type", ""):
            self.failure = "what it sent is not JSON"
        return response


def metrics(server: dict[str, str], watched: Watched) -> tuple[Any, Any]:
    from openai import AsyncOpenAI
    from ragas.llms import llm_factory
    from ragas.metrics.collections import AnswerAccuracy, ResponseGroundedness

    client = AsyncOpenAI(
        base_url=server["url"],
        api_key=server["key"] or "none",
        timeout=180.0,
        max_retries=0,
        http_client=httpx.AsyncClient(transport=watched, timeout=180.0),
    )
    llm = llm_factory(server["model"], client=client, temperature=0.0, max_tokens=64)
    return AnswerAccuracy(llm=llm, max_retries=RETRIES), ResponseGroundedness(llm=llm, max_retries=RETRIES)


async def score(item: dict[str, Any], accuracy: Any, groundedness: Any) -> float | None:  # noqa: ANN401 - no types here
    """In [0, 1]; None where the model gave no rating. Raises ValueError for what ragas cannot rate."""
    if item["task"] == "answers":
        found = await accuracy.ascore(
            user_input=item["question"], response=item["text"], reference=" | ".join(item["golds"])
        )
    else:
        found = await groundedness.ascore(response=item["text"], retrieved_contexts=item["sources"])
    return None if math.isnan(found.value) else float(found.value)


async def answered(item: dict[str, Any], rated: tuple[Any, Any], watched: Watched) -> dict[str, Any]:
    watched.failure = ""
    try:
        value, why = await score(item, *rated), ""
    except ValueError as error:
        value, why = None, str(error)
    return {"error": watched.failure} if watched.failure else {"score": value, "why": why}


async def work() -> None:
    server, watched = json.loads(sys.stdin.readline()), Watched()
    try:
        confine(server["url"])
    except OSError as error:
        say({"unreachable": str(error)})
        return
    rated = metrics(server, watched)
    say({"ragas": version("ragas")})
    for line in sys.stdin:
        say(await answered(json.loads(line), rated, watched))


def say(row: dict[str, Any]) -> None:
    REPLIES.write(json.dumps(row) + "\n")
    REPLIES.flush()


if __name__ == "__main__":
    os.environ.update(RAGAS_DO_NOT_TRACK="true", DO_NOT_TRACK="1", ANONYMIZED_TELEMETRY="false")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is for the parent, which ends this
    sys.stdout = sys.stderr  # what libraries print is no reply
    asyncio.run(work())
