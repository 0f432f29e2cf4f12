"""Askers who leave and backends that die: a stream ends once, the turn is kept, the slot is free again.

`DRILLS=all` lets 200 askers leave, else 20.
"""

import json
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from rag.client import Client
from tests.cli.parts import called
from tests.drills.doors import Served, served_home
from tests.models.faulty import Faulty, Handler, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
LEAVING = 200 if os.environ.get("DRILLS") == "all" else 20
QUESTION = "Why did run kb-17 diverge in fp16?"
NOTE = "# Retro\n\nThe run kb-17 diverged because fp16 overflowed in the attention logits.\n"
SAID = '{"statements": [{"text": "fp16 overflowed in the attention logits.", "sentences": [1]}'


@pytest.fixture(scope="module")
def model() -> Iterator[Faulty]:
    with serving(lambda handler: handler.say(f"{SAID}]}}")) as server:
        yield server


@pytest.fixture(scope="module")
def served(model: Faulty, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("streams") / "home"
    (note := home.parent / "retro.md").write_text(NOTE)
    assert called("--home", home, "ingest", note).code == 0
    with served_home(home, llm="openai:m", llm_base_url=model.url) as made:
        yield made


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.url) as made:
        yield made


def stops_talking(handler: Handler) -> None:
    """One statement, then nothing until the asker is gone."""
    handler.start()
    handler.event(SAID)
    handler.drip(" ", 60)


def dies(handler: Handler) -> None:
    """One statement, then the connection ends."""
    handler.start()
    handler.event(SAID)
    handler.close_connection = True


def thinks(handler: Handler) -> None:
    time.sleep(2.5)
    handler.say(f"{SAID}]}}")


def steps(url: str) -> list[tuple[str, Any]]:
    """As they stand on the wire, comments included."""
    body = {"question": QUESTION, "stream": True}
    text = httpx.post(f"{url}/v1/ask", json=body, timeout=60).text.replace("\r\n", "\n")
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        found.append((fields.get("event", "comment"), json.loads(fields["data"]) if fields else block))
    return found


def states(served: Served) -> Counter[str]:
    """Of all turns that are kept."""
    kept = served.services.conversations
    found, cursor = Counter[str](), ""
    while True:
        conversations, cursor = kept.of("local", limit=100, cursor=cursor)
        for one in conversations:
            found.update(turn["state"] for turn in kept.turns(one["id"], "local"))
        if not cursor:
            return found


def soon(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


@pytest.mark.parametrize(
    ("behaviour", "last", "state"),
    [
        (lambda handler: handler.say(f"{SAID}]}}"), "done", "complete"),
        (thinks, "done", "complete"),
        (dies, "error", "incomplete"),
        (lambda handler: handler.fail(500), "error", "incomplete"),
        (lambda handler: handler.fail(401), "error", "incomplete"),
    ],
    ids=["well", "thinks", "dies", "500", "401"],
)
def test_a_stream_gives_the_passages_first_and_one_end_last_and_the_turn_is_kept(
    served: Served, model: Faulty, behaviour: Callable[[Handler], None], last: str, state: str
) -> None:
    model.behaviour, before = behaviour, states(served)
    names = [name for name, _ in steps(served.url) if name != "comment"]
    assert (names[0], names[-1]) == ("passages", last)
    assert sum(name in ("done", "error") for name in names) == 1
    assert states(served) - before == Counter({state: 1})


def test_a_model_that_thinks_is_waited_for_with_signs_of_life(
    served: Served, model: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.api.streaming.PING", 0.5)
    model.behaviour = thinks
    found = steps(served.url)
    ends = [at for at, (name, _) in enumerate(found) if name == "citation"]
    assert sum(name == "comment" for name, _ in found[: ends[0]]) >= 2


def test_what_was_said_before_the_backend_died_is_kept(served: Served, model: Faulty, client: Client) -> None:
    model.behaviour = dies
    found = steps(served.url)
    assert any(name == "delta" and "overflowed" in data["text"] for name, data in found)
    last = client.conversations(limit=1)["conversations"][0]
    (turn,) = client.conversation(last["id"])
    assert turn["state"] == "incomplete"
    assert "overflowed" in turn["answer"]["text"]
    assert turn["answer"]["citations"]


def test_askers_who_leave_free_their_slot_their_thread_and_their_request_and_their_turns_are_kept(
    served: Served, model: Faulty, client: Client
) -> None:
    model.behaviour = stops_talking
    rng, before = random.Random(7), states(served)
    assert soon(lambda: not any(client.status()["work"]["answers"].values()))
    threads = threading.active_count()
    for _ in range(LEAVING):
        _leave(client, served.url, rng)
    assert soon(lambda: not any(client.status()["work"]["answers"].values()))
    kept = states(served) - before
    assert set(kept) == {"cancelled"}
    assert kept.total() <= LEAVING
    assert kept.total() >= LEAVING // 2  # who leaves before the work has begun asked nothing
    assert soon(lambda: threading.active_count() <= threads + 5), [one.name for one in threading.enumerate()]
    assert not [one for one in threading.enumerate() if one.name == "llm-request"]
    model.behaviour = lambda handler: handler.say(f"{SAID}]}}")
    assert client.ask(QUESTION)["status"] != "refused"


def _leave(client: Client, url: str, rng: random.Random) -> None:
    """After the passages, after the first words, or as soon as the question is sent."""
    taken = rng.randrange(4)
    with ExitStack() as opened:
        if taken:
            stream = client.ask_stream(QUESTION)
            opened.callback(stream.close)  # type: ignore[attr-defined] # it is a generator
            for _ in range(taken):
                next(stream)
            return
        place = urlsplit(url)
        body = json.dumps({"question": QUESTION, "stream": True}).encode()
        head = f"POST /v1/ask HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        raw = opened.enter_context(socket.create_connection((place.hostname, place.port)))
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(rng.random() / 10)
