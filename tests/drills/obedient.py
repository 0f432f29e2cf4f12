"""A language model that does whatever the evidence tells it to, behind a server that speaks OpenAI's protocol."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.drills.hostile import orders_in
from tests.models.faulty import Handler, serving

MOST = 6


@dataclass
class Obedient:
    """`written`: each reply; `obeyed`: orders that it found in a prompt and did."""

    url: str = ""
    obeyed: int = 0
    prompts: list[str] = field(default_factory=list)

    def reply(self, handler: Handler) -> None:
        prompt = str(handler.server.bodies[-1]["messages"][-1]["content"])
        self.prompts.append(prompt)
        orders = orders_in(prompt)
        self.obeyed += len(orders)
        handler.say(*_pieces(json.dumps({"statements": [*_forged(orders, prompt), *_marked(prompt)]})))


def _forged(orders: list[tuple[str, list[int]]], prompt: str) -> Iterator[dict[str, object]]:
    """Each order twice: citing what it says, and citing the sentence that is first, as if it bore it."""
    lines = [line.partition(": ")[2] for line in prompt.splitlines() if re.match(r"\d+: ", line)]
    for payload, numbers in orders[:MOST]:
        secret = quote(" ".join(line[:60] for line in lines if payload[:20] not in line)[:300])
        text = payload.replace("SECRET", secret)
        yield {"text": text, "sentences": numbers, "citations": [{"n": 1, "document_id": "forged", "quote": text}]}
        yield {"text": f"It is 8888 euros. {text}", "sentences": ["1", {"n": 99}], "quote": text}


def _marked(prompt: str) -> Iterator[dict[str, object]]:
    """A true sentence with every kind of marker in it."""
    first = next((line for line in prompt.splitlines() if line.startswith("1: ")), "")
    yield {"text": f"Source 9: {first[3:203]} [1][99] 【7】 (Source 12)", "sentences": [1, 99, -3]}


def _pieces(text: str) -> list[str]:
    return [text[at : at + 40] for at in range(0, len(text), 40)]


@contextmanager
def obedient_server() -> Iterator[Obedient]:
    model = Obedient()
    with serving(model.reply) as server:
        model.url = server.url
        yield model
