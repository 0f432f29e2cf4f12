"""A model's server that misbehaves in every known way: the asker still sees sources, and one end.

`DRILLS=all` asks twenty times a fault; twice otherwise. The deadlines are a tenth of those that are served.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psutil
import pytest

from rag.answering.prompt import PointerWriter
from rag.domain.errors import BackendFailed
from rag.domain.types import Answer, Event
from rag.models.breaker import MOST, Breaker
from rag.models.chat import TOTAL, ChatLLM, Limits
from rag.models.openai import openai_like
from tests.answering.corpus import House, ask, fill, house
from tests.models.faulty import Faulty, Handler, serving, unused_url

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
RUNS = 20 if os.environ.get("DRILLS") == "all" else 2
LIMITS = Limits.of(TOTAL / 10)
SLACK = 60.0  # seconds of a busy machine
KEY = "sk-canary-4417"
DTYPE = "Which number format do we train the kestrel model in?"
GOOD = '{"statements": [{"text": "We train the kestrel model in bf16.", "sentences": [1]}]}'
PIECES = [GOOD[at : at + 12] for at in range(0, len(GOOD), 12)]


def with_retry_after(handler: Handler) -> None:
    handler.send_response(429)
    handler.send_header("Retry-After", "1")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def flapping(handler: Handler) -> None:
    handler.fail(503) if len(handler.server.bodies) % 2 else handler.say(*PIECES)


def hang(handler: Handler) -> None:
    handler.rfile.read(1)  # until the client goes


def hang_after_three(handler: Handler) -> None:
    handler.start()
    for piece in PIECES[:3]:
        handler.event(piece)
    handler.rfile.read(1)


def a_byte_a_second(handler: Handler) -> None:
    handler.start()
    for byte in b'data: {"choices": [{"index": 0, "delta": {"content": "x"}}]}\n\n':
        handler.raw(bytes([byte]))
        time.sleep(1)


def cut_in_a_token(handler: Handler) -> None:
    handler.start()
    handler.event(PIECES[0])
    handler.raw(b'data: {"choices": [{"index": 0, "delta": {"conte')


def garbage(handler: Handler) -> None:
    handler.start()
    handler.raw(b"data: {this is no json\n\n")


def broken_utf8(handler: Handler) -> None:
    handler.start()
    handler.raw(b'data: {"choices": "\xff\xfe"}\n\n')


def ten_megabytes(handler: Handler) -> None:
    handler.start()
    for _ in range(1000):
        handler.event("x" * 10_000)
    handler.finish_well()


def a_page(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.raw(b"<html>Welcome</html>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`url`: of a server elsewhere, from the faulty one's; `ends`: what every run must end with, and its words."""

    behaviour: Callable[[Handler], None] = lambda handler: handler.say(*PIECES)
    url: Callable[[Faulty], str] = lambda server: server.url
    words: str = ""  # of the error; empty: it is answered


FAULTS: dict[str, Fault] = {
    "refused": Fault(url=lambda _: unused_url(), words="could not be reached"),
    "no such host": Fault(url=lambda _: "http://nowhere.invalid/v1", words="could not be reached"),
    "no TLS there": Fault(url=lambda server: server.url.replace("http:", "https:"), words="could not be reached"),
    "401": Fault(behaviour=lambda handler: handler.fail(401, f"bad key {KEY}"), words="refused the key"),
    "429": Fault(behaviour=lambda handler: handler.fail(429), words="too many requests"),
    "429 with Retry-After": Fault(behaviour=with_retry_after, words="too many requests"),
    "500": Fault(behaviour=lambda handler: handler.fail(500), words="status 500"),
    "503 now and then": Fault(behaviour=flapping),
    "hang before headers": Fault(behaviour=hang, words="did not start"),
    "hang after three tokens": Fault(behaviour=hang_after_three, words="stopped in the middle"),
    "a byte a second": Fault(behaviour=a_byte_a_second, words="did not start"),
    "cut in a token": Fault(behaviour=cut_in_a_token, words="broke off|not its protocol"),
    "garbage": Fault(behaviour=garbage, words="not its protocol"),
    "broken UTF-8": Fault(behaviour=broken_utf8, words="not its protocol"),
    "ten megabytes": Fault(behaviour=ten_megabytes, words="far more text"),
    "empty": Fault(behaviour=lambda handler: handler.say(), words="empty answer"),
    "a page instead of a stream": Fault(behaviour=a_page, words="not its protocol"),
}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("faults")) as made:
        fill(made)
        with serving(lambda handler: handler.say(*PIECES)) as server:  # what the first request loads is no fault
            assert asked(made, llm_at(server.url, Limits()))[-1].name == "done"
        yield made


def llm_at(url: str, limits: Limits = LIMITS, breaker: Breaker | None = None) -> ChatLLM:
    return ChatLLM(openai_like("m", base_url=url, api_key=KEY), limits=limits, breaker=breaker)


def asked(team: House, llm: ChatLLM) -> list[Event]:
    return list(replace(team.answerer, writer=PointerWriter(llm=llm)).stream(ask(DTYPE)))


def settled(count: Callable[[], int], most: int) -> int:
    """What it counts once it is no more than `most`, or after a while."""
    end = time.monotonic() + SLACK
    while count() > most and time.monotonic() < end:
        time.sleep(0.05)
    return count()


def last_turn(team: House) -> dict[str, Any]:
    [conversation] = team.services.conversations.of("mira", limit=1)[0]
    return team.services.conversations.turns(conversation["id"], "mira")[-1]


@pytest.mark.parametrize("name", FAULTS)
def test_every_run_shows_its_sources_ends_once_and_leaves_nothing_behind(team: House, name: str) -> None:
    fault, process = FAULTS[name], psutil.Process()
    threads, files = threading.active_count(), process.num_fds()
    for _ in range(RUNS):
        with serving(fault.behaviour) as server:
            began = time.monotonic()
            events = asked(team, llm_at(fault.url(server)))
            assert time.monotonic() - began < LIMITS.total + SLACK
            server.gone.set()
        check(events, fault)
        assert last_turn(team)["state"] == ("incomplete" if fault.words else "complete")
    assert settled(threading.active_count, threads) <= threads
    assert settled(process.num_fds, files) <= files


def check(events: list[Event], fault: Fault) -> None:
    ends = [event for event in events if event.name in ("done", "error")]
    assert ends == events[-1:]
    assert events[0].name == "passages"
    assert events[0].data
    [end] = ends
    if not fault.words:
        assert isinstance(end.data, Answer)
        assert end.data.citations
        return
    assert isinstance(end.data, BackendFailed)
    assert any(words in end.data.what for words in fault.words.split("|")), end.data.what
    assert end.data.fix
    for secret in (KEY, DTYPE, "Traceback"):
        assert secret not in str(end.data)


def test_after_five_failures_it_is_left_alone_until_one_question_tries_again(team: House) -> None:
    now, up = [0.0], threading.Event()

    def down(handler: Handler) -> None:
        handler.say(*PIECES) if up.is_set() else handler.fail(500)

    with serving(down) as server:
        llm = llm_at(server.url, replace(LIMITS, retries=0), Breaker(clock=lambda: now[0]))
        for _ in range(MOST):
            assert asked(team, llm)[-1].name == "error"
        assert len(server.bodies) == MOST
        [*_, end] = asked(team, llm)
        assert isinstance(end.data, BackendFailed)
        assert "left alone" in end.data.what
        assert len(server.bodies) == MOST  # nobody asked it
        now[0] += 31
        assert asked(team, llm)[-1].name == "error"  # one try, and it rests again
        assert asked(team, llm)[-1].name == "error"
        assert len(server.bodies) == MOST + 1
        up.set()
        now[0] += 31
        assert [asked(team, llm)[-1].name for _ in range(3)] == ["done"] * 3


def test_an_asker_who_leaves_ends_the_request_and_the_turn_is_kept(team: House) -> None:
    with serving(hang_after_three) as server:
        stream = replace(team.answerer, writer=PointerWriter(llm=llm_at(server.url))).stream(ask(DTYPE))
        names = []
        for event in stream:
            names.append(event.name)
            if event.name == "delta":
                break
        stream.close()  # type: ignore[attr-defined] # a generator
        server.gone.set()
    assert last_turn(team)["state"] == "cancelled"
    assert names[0] == "passages"
