"""The API behind the real server, over real sockets."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from rag.client import ApiError, Client, Unreachable
from tests.api.parts import House

pytestmark = pytest.mark.slow


@contextmanager
def served(house: House, *, max_upload_bytes: int = 1 << 20) -> Iterator[tuple[str, uvicorn.Server]]:
    app = house.app(max_upload_bytes=max_upload_bytes)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.should_exit = True
        house.answerer.gate.set()
        thread.join(20)
        assert not thread.is_alive()


def test_the_sender_of_too_much_hears_why(house: House) -> None:
    with served(house) as (url, _), Client(url) as client:
        with pytest.raises(ApiError) as caught:
            client.upload([("big.bin", b"x" * (3 << 20))])
        assert caught.value.code == "limit-exceeded"


def test_a_reader_who_hangs_up_frees_the_answer(house: House) -> None:
    with served(house) as (url, _), Client(url) as client:
        for _ in range(10):
            house.answerer.closed.clear()
            stream = client.ask_stream("endless")
            assert [next(stream)[0], next(stream)[0]] == ["passages", "delta"]
            stream.close()  # type: ignore[attr-defined] # it is a generator
            assert house.answerer.closed.wait(20)
        deadline = time.monotonic() + 20
        while client.status()["work"]["answers"]["running"] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.status()["work"]["answers"] == {"running": 0, "waiting": 0}


def test_stopping_lets_an_answer_end_and_closes_the_services(house: House) -> None:
    house.put("a.md", "please wait here")
    with served(house) as (url, server), Client(url) as client:
        stream = client.ask_stream("wait")
        assert next(stream)[0] == "passages"
        server.should_exit = True
        threading.Timer(0.5, house.answerer.gate.set).start()
        assert [name for name, _ in stream] == ["delta", "citation", "done"]
    assert house.closed == [True]


def test_a_service_that_dies_in_the_middle_is_told_from_an_answer(house: House) -> None:
    with served(house) as (url, server), Client(url) as client:
        stream = client.ask_stream("wait")
        next(stream)
        server.force_exit = server.should_exit = True
        with pytest.raises(Unreachable):
            list(stream)


def test_readers_do_not_wait_for_each_other(house: House) -> None:
    with served(house) as (url, _):
        stop, reading = threading.Event(), threading.Barrier(4)

        def read() -> None:
            with Client(url) as client:
                stream = client.ask_stream("endless")
                next(stream)
                reading.wait(60)
                for _ in stream:
                    if stop.is_set():
                        return

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            reading.wait(60)
            for _ in range(20):
                assert httpx.get(f"{url}/live", timeout=60).status_code == 200
            assert all(reader.is_alive() for reader in readers)  # none had to end first
        finally:
            stop.set()
            for reader in readers:
                reader.join(10)
