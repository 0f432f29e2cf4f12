import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.api.machine import listen
from rag.domain.errors import BadSetting
from rag.domain.types import Access, Query, Question
from rag.main import build, open_home
from rag.registry.home import lock_home
from rag.settings import Settings, load_settings
from tests.fakes import ScriptedLLM, WordEmbedder


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in [name for name in os.environ if name.startswith("TEAMLORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return load_settings(tmp_path / "home")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.slow
def test_importing_the_root_starts_nothing_and_imports_no_server() -> None:
    script = (
        "import sys, threading, rag.main; heavy = {'fastapi', 'gradio', 'chromadb', 'torch', 'llama_index'};"
        "sys.exit(' '.join(heavy & sys.modules.keys()) or threading.active_count() - 1)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_taken_port_is_told_and_any_port_takes_the_next(settings: Settings, taken: int) -> None:
    busy = settings.model_copy(update={"port": taken})
    with pytest.raises(BadSetting, match=f"Port {taken} on 127.0.0.1 is taken"):
        listen(busy.host, busy.port, any_port=False)
    with listen(busy.host, busy.port, any_port=True) as listening:
        assert listening.getsockname()[1] > taken


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(BadSetting, match=r"Cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0, any_port=False)


@pytest.mark.slow
def test_what_one_process_writes_another_reads_beside_it(settings: Settings, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("The node heron has a slow disk.\n")
    query = Query(text="Which node has a slow disk?", access=Access(everything=True))
    with lock_home(open_home(settings)):
        writer = build(settings, embedder=WordEmbedder())
        assert writer.ingestor.ingest([note], space="default", kind="", on_progress=None).failed == ()
        reader = build(settings, mode="read", embedder=WordEmbedder())
        answer = reader.answerer.answer(Question(query=query, asker="local"))
        reader.close()
        writer.close()
    assert [citation.quote for citation in answer.citations] == ["The node heron has a slow disk."]


@pytest.mark.slow
def test_a_language_model_that_is_passed_in_chooses_the_sentences(settings: Settings, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("The node heron has a slow disk. It was bought in 2024.\n")
    query = Query(text="Which node has a slow disk?", access=Access(everything=True))
    with lock_home(open_home(settings)):
        services = build(settings, embedder=WordEmbedder(), llm=ScriptedLLM("no sentence at all"))
        services.ingestor.ingest([note], space="default", kind="", on_progress=None)
        assert services.status()["llm"] == "scripted"
        answer = services.answerer.answer(Question(query=query, asker="local"))
        services.close()
    text = note.read_text()
    assert all(text[citation.start : citation.end] == citation.quote for citation in answer.citations)
