"""ragas itself is tried where RAGAS_PYTHON names a Python that has it; see eval.judges.ragas.INSTALL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.judges.judged import JudgedItem
from eval.judges.llm import FAILED, NO_LABEL
from eval.judges.ragas import WORKER, RagasJudge, Reached
from rag.domain.errors import BadInput, BadSetting
from tests.eval.judges.scripted import Endpoint, endpoint

ANSWER = JudgedItem(
    id="a", task="answers", text="Six.", label="", cluster="c", question="How many?", golds=("6", "six")
)
CLAIM = JudgedItem(id="c", task="claims", text="It rose.", label="", cluster="c", sources=("It rose.",))

CONFINED = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from ragas_worker import confine
confine(sys.argv[2])
for attempt in (
    lambda: socket.create_connection(("127.0.0.2", 9)),
    lambda: socket.create_connection(("192.0.2.1", 443), timeout=1),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.getaddrinfo(b"example.org", 443),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("192.0.2.1", 53)),
    lambda: socket.getaddrinfo("localhost", 80) and socket.getaddrinfo(b"localhost", 80) and None,
    lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2].rpartition(":")[2]))).close(),
):
    try:
        print("went through" if attempt() is None else "sent")
    except PermissionError:
        print("refused")
"""


@pytest.fixture
def server() -> Iterator[Endpoint]:
    best = {True: 4, False: 2}  # of answers, and of claims
    with endpoint(lambda asked: json.dumps({"rating": best["User Answer" in asked]})) as found:
        yield found


def spoken(folder: Path, *replies: object) -> Reached:
    """A Python that is none: it says `replies` one after the other."""
    lines = "\n".join(f"read -r line; echo '{json.dumps(reply)}'" for reply in replies)
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{lines}\n")
    script.chmod(0o700)
    return Reached(model="m", url="http://127.0.0.1:1/v1", python=str(script))


@pytest.mark.slow
def test_only_the_model_s_server_is_reached(server: Endpoint) -> None:
    url = f"http://localhost:{server.port}"
    shown = subprocess.run(
        [sys.executable, "-c", CONFINED, str(WORKER.parent), url], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split("\n")[:-1] == ["refused"] * 7 + ["went through"] * 2


def test_a_score_above_a_half_is_good_and_none_is_no_verdict(tmp_path: Path) -> None:
    scores = [{"score": 0.75}, {"score": 0.5}, {"score": None}, {"score": None, "why": "odd"}, {"error": "status 500"}]
    judge = RagasJudge(spoken(tmp_path, {"ragas": "0.4.3"}, *scores), {})
    said = [judge.judge(ANSWER) for _ in scores]
    assert judge.name == "ragas:m 0.4.3"
    assert [verdict.label for verdict in said] == ["correct", "incorrect", None, None, None]
    assert [(verdict.missing, verdict.why) for verdict in said[2:]] == [
        (NO_LABEL, NO_LABEL),
        (NO_LABEL, "odd"),
        (FAILED, "status 500"),
    ]


def test_what_cannot_be_judged_is_not_asked(tmp_path: Path) -> None:
    judge = RagasJudge(spoken(tmp_path, {"ragas": "0.4.3"}), {})
    without_source = JudgedItem(id="c", task="claims", text="It rose.", label="", cluster="c")
    without_gold = JudgedItem(id="a", task="answers", text="Six.", label="", cluster="c", question="How many?")
    assert [judge.judge(item).why for item in (without_source, without_gold)] == ["no source", "no gold answer"]


@pytest.mark.slow
def test_a_python_without_ragas_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="No module named") as missing:
        RagasJudge(Reached(model="m", url="http://127.0.0.1:1/v1"), {})
    assert "langchain-community<0.4" in missing.value.fix
    with pytest.raises(BadInput, match="does not start"):
        RagasJudge(Reached(model="m", url="http://127.0.0.1:1/v1", python=str(tmp_path / "none")), {})


def test_a_server_s_name_that_is_not_known_is_no_missing_ragas(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="is not found: no such name") as unknown:
        RagasJudge(spoken(tmp_path, {"unreachable": "no such name"}), {})
    assert "--judge-url" in unknown.value.fix


@pytest.fixture
def ragas() -> str:
    python = os.environ.get("RAGAS_PYTHON", "")
    if not python:
        pytest.skip("RAGAS_PYTHON names no Python that has ragas")
    return python


@pytest.mark.slow
def test_ragas_rates_through_a_server_like_openai_s(ragas: str, server: Endpoint) -> None:
    judge = RagasJudge(Reached(model="m", url=server.url, key="k", python=ragas), {})
    assert [judge.judge(item).score for item in (ANSWER, CLAIM)] == [1.0, 1.0]
    assert set(server.paths) == {"/v1/chat/completions"}
    assert set(server.keys) == {"Bearer k"}


@pytest.mark.slow
@pytest.mark.parametrize(("reply", "missing"), [("fail", FAILED), ("page", FAILED), ("I would say four.", NO_LABEL)])
def test_ragas_without_a_rating_is_told_from_a_server_that_fails(ragas: str, reply: str, missing: str) -> None:
    with endpoint(lambda _: reply) as server:
        verdict = RagasJudge(Reached(model="m", url=server.url, python=ragas), {}).judge(ANSWER)
    assert (verdict.label, verdict.missing) == (None, missing)


@pytest.mark.slow
def test_ragas_with_nobody_there_is_a_server_that_fails(ragas: str) -> None:
    verdict = RagasJudge(Reached(model="m", url="http://127.0.0.1:1/v1", python=ragas), {}).judge(ANSWER)
    assert verdict.missing == FAILED
