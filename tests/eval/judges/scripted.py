"""A judge's language model that says what it is told to, and an endpoint like its server's."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rag.domain.errors import BackendFailed


def label(name: str) -> str:
    return json.dumps({"why": "because", "label": name})


class Model:
    """Says what `reply` makes of what it is asked; "fail" fails."""

    name = "openai:scripted"

    def __init__(self, reply: Callable[[str], str]) -> None:
        self.reply = reply
        self.asked: list[str] = []

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        del system, max_tokens, schema
        self.asked.append(user)
        said = self.reply(user)
        if said == "fail":
            raise BackendFailed("gone")
        yield said
