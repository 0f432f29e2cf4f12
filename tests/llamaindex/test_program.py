"""Small LlamaIndex programs, those of docs/llamaindex.md included, on the examples."""

import contextlib
import io
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag.api.app import create_app
from rag.client import Client
from rag.domain.errors import BadInput, NotFound
from rag.llamaindex import TeamloreQueryEngine, TeamloreRetriever, open_home, teamlore_tool
from rag.main import build
from rag.main import open_home as locked
from rag.registry.home import lock_home
from rag.settings import load_settings
from tests.models.llm_server import OpenAIServer

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "llamaindex.md").read_text(), re.DOTALL)
PEAK = "What peak learning rate does the training guide recommend?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the examples in it."""
    settings = load_settings(tmp_path_factory.mktemp("llamaindex") / "home")
    with lock_home(locked(settings)):
        services = build(settings)
        services.ingestor.ingest([ROOT / "examples" / "knowledge"], space="default")
        services.close()
    return settings.home


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    """Where a service on it listens."""
    settings = load_settings(home)
    with lock_home(locked(settings)):
        services = build(settings, mode="serve")
        server = uvicorn.Server(uvicorn.Config(create_app(services, auth="local"), port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


def ran(block: str, **instead: str) -> str:
    """What a program of the page prints, with our places instead of its."""
    for old, new in instead.items():
        assert old in block
        block = block.replace(old, new)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block, "docs/llamaindex.md", "exec"), {})
    return out.getvalue()


def test_the_program_of_the_page_runs(url: str) -> None:
    said = ran(BLOCKS[0], **{"http://127.0.0.1:8000": url})
    assert "postmortems/2026-03-12-nan-loss.md" in said
    assert "3e-4" in said
    assert "[1] docs/training-guide.md: “" in said


def test_the_page_s_program_with_an_llm_of_its_own_runs(url: str, openai_server: OpenAIServer) -> None:
    places = {"http://127.0.0.1:8000": url, "http://127.0.0.1:8080/v1": openai_server.base_url}
    assert "9.4 MB" in ran(BLOCKS[1], MODEL=openai_server.model, **places)


def test_the_page_s_program_on_a_home_runs(home: Path, url: str) -> None:
    del url  # beside a service that owns the home
    assert ran(BLOCKS[2], HOME=str(home)) == "10\n"


def test_the_program_s_own_llm_is_given_the_passages(url: str) -> None:
    with Client(url) as service:
        engine = RetrieverQueryEngine.from_args(TeamloreRetriever(service, k=3), llm=MockLLM())  # it repeats its prompt
        response = engine.query(PEAK)
    assert "a peak learning rate of 3e-4" in str(response)
    assert "source: docs/training-guide.md" in str(response)
    assert len(response.source_nodes) == 3


def test_a_home_and_its_service_say_the_same(home: Path, url: str) -> None:
    filters = {"kinds": ["postmortem"], "after": "2026-01-01"}
    with Client(url) as service, open_home(home) as here:
        found = [TeamloreRetriever(asked, k=3, filters=filters).retrieve("NaN loss") for asked in (service, here)]
        said = [TeamloreQueryEngine(asked).query(PEAK) for asked in (service, here)]
        told = [teamlore_tool(asked).call(question=PEAK).content for asked in (service, here)]
    assert found[0]
    assert [one.node.node_id for one in found[0]] == [one.node.node_id for one in found[1]]
    assert found[0][0].metadata == found[1][0].metadata
    assert said[0].source_nodes == said[1].source_nodes
    assert told[0] == told[1]


def test_a_home_refuses_what_the_service_refuses(home: Path, tmp_path: Path) -> None:
    with open_home(home) as here:
        with pytest.raises(BadInput, match="kind"):
            TeamloreRetriever(here, filters={"kind": ["note"]}).retrieve("warm-up")
        with pytest.raises(BadInput, match="as_of"):
            TeamloreQueryEngine(here, as_of="yesterday").query("warm-up")
        with pytest.raises(BadInput, match="k: "):
            TeamloreRetriever(here, k=51).retrieve("warm-up")
    with pytest.raises(NotFound) as caught, open_home(tmp_path / "nothing"):
        pass
    assert caught.value.fix
