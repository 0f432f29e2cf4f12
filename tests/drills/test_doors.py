"""The same question through every door: the same status, the same citations to the letter.

`DRILLS=all` asks 100 questions with the model of meaning, and opens a browser; else 20 are asked.
"""

import contextlib
import html
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.response.schema import Response

from rag.cli import main
from rag.client import Client
from rag.domain.ports import Embedder
from rag.llamaindex import TeamloreQueryEngine
from rag.llamaindex.home import LocalHome
from rag.main import build
from rag.models.embedder import load_embedder
from rag.settings import load_settings
from tests.cli.parts import real
from tests.drills.doors import Served, served_home
from tests.fakes import WordEmbedder
from tests.ui.conftest import OpenPage, ask, open_page
from ui.tabs.ask import Visit, conversation_steps

__all__ = ["open_page"]  # a fixture
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
EVERYTHING = os.environ.get("DRILLS") == "all"
ROOT = Path(__file__).parents[2]
REAL = 10 if EVERYTHING else 1  # questions asked by a command in a process of its own
Key = tuple[str, int, int, int, str]
CARD = re.compile(r'href="/ui/source/([\w-]+)/(\d+)\?start=(\d+)&amp;end=(\d+)#quote".*?<q[^>]*>(.*?)</q>', re.DOTALL)
REPHRASED: tuple[Callable[[str], str], ...] = (
    lambda question: question.lower().removesuffix("?"),
    lambda question: f"Does anybody know: {question}",
    lambda question: f"{question} Please answer with the source.",
    lambda question: f"I was wondering, {question[0].lower()}{question[1:]}",
    lambda question: " ".join(word for word in question.split() if len(word) > 3),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a door showed: `citations` of an answer, of a refusal its nearest passages."""

    status: str
    citations: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Doors:
    served: Served
    client: Client
    questions: list[str]
    local: dict[str, Told] = field(default_factory=dict)  # without a service
    program: dict[str, Told] = field(default_factory=dict)  # LlamaIndex on the home itself
    command: dict[str, Told] = field(default_factory=dict)  # a real command without a service


def told(answer: dict[str, Any]) -> Told:
    shown = answer["refusal"]["nearest"] if answer["refusal"] else answer["citations"]
    keys = ((one["document_id"], one["version"], one["start"], one["end"], one["quote"]) for one in shown)
    return Told(answer["status"], tuple(keys))


def told_to_a_program(response: object) -> Told:
    assert isinstance(response, Response)
    metadata = response.metadata or {}
    if metadata["refusal"]:
        return told({**metadata, "citations": []})
    nodes = ((one.node.metadata, one.node.get_content()) for one in response.source_nodes)
    keys = ((at["document_id"], at["version"], at["start"], at["end"], text) for at, text in nodes)
    return Told(metadata["status"], tuple(keys))


def questions() -> list[str]:
    """The golden ones, those without an answer among them, and as many told in other words."""
    lines = (ROOT / "examples" / "questions.jsonl").read_text().splitlines()
    golden = [json.loads(line)["question"] for line in lines]
    every = [*golden, *(REPHRASED[n % len(REPHRASED)](question) for n, question in enumerate(golden))]
    return every if EVERYTHING else every[::5]


def commanded(home: Path, question: str, embedder: Embedder) -> Told:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["--home", str(home), "ask", question, "--json"], embedder=embedder)
    return told(json.loads(out.getvalue()))


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The model where commands of their own open the home without a service."""
    if not EVERYTHING:
        return WordEmbedder()
    settings = load_settings()
    return load_embedder(
        settings.embedder, models=settings.models, backend=settings.embedder_backend, threads=settings.threads
    )


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Doors]:
    home, asked = tmp_path_factory.mktemp("doors") / "home", questions()
    settings = load_settings(home)
    services = build(settings, embedder=embedder)
    assert services.ingestor.ingest([ROOT / "examples" / "knowledge"], space="default").failed == ()
    services.close()
    reading = build(settings, mode="read", embedder=embedder)
    engine = TeamloreQueryEngine(LocalHome(reading))
    program = {question: told_to_a_program(engine.query(question)) for question in asked}
    reading.close()
    local = {question: commanded(home, question, embedder) for question in asked}
    command = {
        question: told(real("--home", home, "ask", question, "--json", cwd=home.parent).json)
        for question in (asked[:: len(asked) // REAL] if EVERYTHING else ())
    }
    with served_home(home, page=EVERYTHING, embedder=embedder) as served, Client(served.url) as client:
        yield Doors(served, client, asked, local, program, command)


@pytest.fixture(scope="module")
def over_http(doors: Doors) -> dict[str, Told]:
    """What every other door is held against."""
    return {question: told(doors.client.ask(question)) for question in doors.questions}


def test_the_questions_are_answered_and_refused_and_cite(over_http: dict[str, Told]) -> None:
    assert len(over_http) == (100 if EVERYTHING else 20)
    assert {"answered", "refused"} <= {one.status for one in over_http.values()}
    assert sum(len(one.citations) for one in over_http.values()) > len(over_http)


def test_a_command_without_a_service_tells_the_same(doors: Doors, over_http: dict[str, Told]) -> None:
    assert doors.local == over_http
    assert len(doors.command) >= (REAL if EVERYTHING else 0)
    assert doors.command == {question: over_http[question] for question in doors.command}


def test_a_command_through_the_service_tells_the_same(
    doors: Doors, over_http: dict[str, Told], embedder: Embedder
) -> None:
    home = doors.served.home
    assert {question: commanded(home, question, embedder) for question in doors.questions} == over_http
    for question in doors.questions[:: len(doors.questions) // REAL]:
        assert told(real("--home", home, "ask", question, "--json", cwd=home.parent).json) == over_http[question]


def test_a_stream_tells_the_same(doors: Doors, over_http: dict[str, Told]) -> None:
    for question in doors.questions:
        steps = list(doors.client.ask_stream(question))
        assert told(steps[-1][1]) == over_http[question]
        cited = [data for name, data in steps if name == "citation"]
        assert cited == steps[-1][1]["citations"]


def test_a_program_with_llamaindex_tells_the_same(doors: Doors, over_http: dict[str, Told]) -> None:
    engine = TeamloreQueryEngine(doors.client)
    assert {question: told_to_a_program(engine.query(question)) for question in doors.questions} == over_http
    assert doors.program == over_http


def test_the_page_tells_the_same(doors: Doors, over_http: dict[str, Told]) -> None:
    for question in doors.questions:
        *_, (_, history, panel, _) = conversation_steps(doors.client, question, [], Visit(), {})
        _holds(panel, str(history[-1]["content"]), over_http[question])


def _holds(panel: str, said: str, wanted: Told) -> None:
    """The cards, whose quotes may be shortened, and whether it was refused."""
    cards = [(one[0], int(one[1]), int(one[2]), int(one[3])) for one in CARD.findall(panel)]
    assert cards == [key[:4] for key in wanted.citations]
    for (*_, shown), key in zip(CARD.findall(panel), wanted.citations, strict=True):
        words = html.unescape(shown).strip("… \n").split()
        assert " ".join(words) in " ".join(key[4].split())
    assert ("](/ui/source/" in said) == (wanted.status != "refused")


@pytest.mark.skipif(not EVERYTHING, reason="DRILLS=all: a browser takes minutes")
def test_the_page_in_a_browser_tells_the_same(doors: Doors, over_http: dict[str, Told], open_page: OpenPage) -> None:
    for question in doors.questions[:: len(doors.questions) // REAL]:
        page = open_page(doors.served.url)
        ask(page, question)
        links = page.locator("#sources-panel a.tl-card").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        wanted = over_http[question].citations
        assert links == [f"/ui/source/{key[0]}/{key[1]}?start={key[2]}&end={key[3]}#quote" for key in wanted]
