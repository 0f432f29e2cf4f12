"""A model file on this machine, with a real small model: loaded once, bound, cancelled, told what is missing."""

import gc
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rag.domain.errors import BackendFailed, ModelMissing
from rag.models.chat import Limits
from rag.models.llama_cpp import LlamaCppLLM
from rag.models.llms import Reach, load_llm
from rag.models.usage import metered
from tests.models.llm_server import MODELS, QWEN, SMOL, model_file

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow
PATIENT = Limits.of(600.0)


def children() -> set[psutil.Process]:
    return {one for one in psutil.Process().children() if "rag.models.llama_child" in " ".join(one.cmdline())}


@pytest.fixture(scope="module")
def tiny() -> Iterator[LlamaCppLLM]:
    model_file(SMOL)
    yield LlamaCppLLM(SMOL, models=MODELS, context=2048, threads=2, limits=PATIENT)
    gc.collect()


def said(llm: LlamaCppLLM, text: str = "Say hello.", tokens: int = 6) -> str:
    return "".join(llm.stream("You are brief.", text, max_tokens=tokens))


def test_it_is_loaded_once_and_every_question_is_counted(tiny: LlamaCppLLM) -> None:
    before = children()
    with metered() as meter:
        assert said(tiny)
        assert said(LlamaCppLLM(SMOL, models=MODELS, context=2048, threads=2, limits=PATIENT))
    assert len(children() - before) <= 1
    assert [usage is not None and usage.tokens_out > 0 for usage in meter] == [True, True]


def test_its_window_is_what_was_asked_for_and_no_more_than_the_model_has(tiny: LlamaCppLLM) -> None:
    assert said(tiny)
    assert tiny.window() == 2048
    large = LlamaCppLLM(SMOL, models=MODELS, context=1_000_000, threads=2, limits=PATIENT)
    assert large.window() == 1_000_000  # nothing is loaded yet


def test_closing_early_frees_it_for_the_next_question(tiny: LlamaCppLLM) -> None:
    for _ in range(3):  # more than it answers at once
        long = tiny.stream("s", "Write a very long story about a river.", max_tokens=1500)
        assert next(piece for piece in long if piece)
        long.close()  # type: ignore[attr-defined] # a generator
    ended: list[str] = []
    asking = threading.Thread(target=lambda: ended.append(said(tiny, tokens=2)))
    story = tiny.stream("s", "Write a very long story about a river.", max_tokens=1500)
    assert next(piece for piece in story if piece)
    asking.start()
    asking.join(60)
    assert ended  # the story goes on: a slot was free for this one
    story.close()  # type: ignore[attr-defined] # as above


def test_a_model_that_is_not_here_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    llm = load_llm(f"llama-cpp:{SMOL}", Reach(models=tmp_path))
    assert llm is not None
    with pytest.raises(ModelMissing) as caught:
        next(llm.stream("s", "u", max_tokens=2))
    assert f"teamlore models pull {SMOL}" in caught.value.fix


def test_a_file_that_is_no_model_is_said_to_be_none_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    before = children()
    llm = LlamaCppLLM(str(path), models=tmp_path, context=512, threads=1, limits=PATIENT)
    with pytest.raises(BackendFailed, match=r"could not load broken\.gguf"):
        list(llm.stream("s", "u", max_tokens=2))
    assert children() == before


def test_it_is_started_again_when_its_process_has_ended(tiny: LlamaCppLLM) -> None:
    assert said(tiny)
    first = tiny._found().running().result().child
    first.kill()
    first.wait()
    assert said(tiny)
    assert tiny._found().running().result().child.pid != first.pid


def test_its_process_ends_with_the_last_who_could_ask() -> None:
    model_file(SMOL)
    llm = LlamaCppLLM(SMOL, models=MODELS, context=1024, threads=1, limits=PATIENT)
    assert said(llm, tokens=1)
    process = llm._found().running().result().child
    del llm
    gc.collect()
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert process.poll() is not None


def test_a_schema_binds_it() -> None:
    model_file(QWEN)
    llm = LlamaCppLLM(QWEN, models=MODELS, context=1024, threads=2, limits=PATIENT)
    schema = {"type": "object", "properties": {"sentences": {"type": "array", "items": {"type": "integer"}}}}
    text = "".join(
        llm.stream(
            "Answer with the numbers of the sentences that answer the question, as JSON.",
            "[1] The sky was grey.\n[2] We trained with a learning rate of 3e-4.\nQuestion: Which learning rate?",
            max_tokens=40,
            schema={**schema, "required": ["sentences"], "additionalProperties": False},
        )
    )
    assert 2 in json.loads(text)["sentences"]
