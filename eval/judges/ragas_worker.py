"""Runs where ragas is installed, often without teamlore, of which nothing is imported: JSON lines in and out.

First line in: {"url", "key", "model"}; then {"task", "text", "question", "golds", "sources"} each, answered with
{"score": number | null} or {"error": text}. Reaches the model's server and nothing else: ragas counts its users, which
is switched off, and every other connection is refused.
"""

import asyncio
import json
import math
import os
import socket
import sys
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

RETRIES = 2


def confine(url: str) -> None:
    """From now on only the host of `url` can be looked up or connected to, for as long as the process lives."""
    host = urlsplit(url).hostname or ""
    known = {info[4][0] for info in socket.getaddrinfo(host, None)} | {host}

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo" and arguments[0] not in known:
            raise PermissionError(f"{arguments[0]} is not the model's server")
        address = arguments[1] if event in {"socket.connect", "socket.sendto"} else None
        if isinstance(address, tuple) and address[0] not in known:
            raise PermissionError(f"{address[0]} is not the model's server")

    sys.addaudithook(refuse)


def metrics(server: dict[str, str]) -> tuple[Any, Any]:
    from openai import AsyncOpenAI
    from ragas.llms import llm_factory
    from ragas.metrics.collections import AnswerAccuracy, ResponseGroundedness

    client = AsyncOpenAI(base_url=server["url"], api_key=server["key"] or "none", timeout=180.0, max_retries=0)
    llm = llm_factory(server["model"], client=client, temperature=0.0, max_tokens=64)
    return AnswerAccuracy(llm=llm, max_retries=RETRIES), ResponseGroundedness(llm=llm, max_retries=RETRIES)


async def score(item: dict[str, Any], accuracy: Any, groundedness: Any) -> float | None:  # noqa: ANN401 - no types here
    """In [0, 1]; None where the model gave no rating."""
    if item["task"] == "answers":
        found = await accuracy.ascore(
            user_input=item["question"], response=item["text"], reference=" | ".join(item["golds"])
        )
    else:
        found = await groundedness.ascore(response=item["text"], retrieved_contexts=item["sources"])
    return None if math.isnan(found.value) else float(found.value)


async def work() -> None:
    server = json.loads(sys.stdin.readline())
    confine(server["url"])
    accuracy, groundedness = metrics(server)
    say({"ragas": version("ragas")})
    for line in sys.stdin:
        try:
            say({"score": await score(json.loads(line), accuracy, groundedness)})
        except (ValueError, OSError) as error:
            say({"error": str(error)})


def say(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.update(RAGAS_DO_NOT_TRACK="true", DO_NOT_TRACK="1", ANONYMIZED_TELEMETRY="false")
    asyncio.run(work())
