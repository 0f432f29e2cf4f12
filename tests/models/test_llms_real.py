"""The openai backend against llama.cpp's own server with real small models."""

import json
import threading

import pytest

from rag.domain.ports import LLM
from rag.models.llms import Reach, load_llm
from tests.models.llm_server import OpenAIServer

pytestmark = pytest.mark.slow

POINTERS = {
    "type": "object",
    "properties": {"sentences": {"type": "array", "items": {"type": "integer"}, "maxItems": 3}},
    "required": ["sentences"],
    "additionalProperties": False,
}


def llm_at(server: OpenAIServer, timeout: float = 1800.0) -> LLM:  # the machine may have much else to do
    llm = load_llm(f"openai:{server.model}", Reach(base_url=server.base_url, timeout=timeout))
    assert llm is not None
    return llm


def test_a_tiny_model_streams_in_several_pieces(tiny_server: OpenAIServer) -> None:
    pieces = [p for p in llm_at(tiny_server).stream("You are brief.", "Count to five.", max_tokens=24) if p]
    assert len(pieces) > 3
    assert "".join(pieces).strip()


def test_closing_early_frees_the_server_for_the_next_question(tiny_server: OpenAIServer) -> None:
    llm = llm_at(tiny_server, 600.0)
    for _ in range(3):  # more than its two slots
        long = llm.stream("s", "Write a very long story about a river.", max_tokens=6000)
        assert next(piece for piece in long if piece)
        long.close()  # type: ignore[attr-defined] # a generator
    assert "".join(llm.stream("s", "Say hello.", max_tokens=4))  # the stories would outlast its deadline


def test_two_questions_at_once_get_their_own_answers(tiny_server: OpenAIServer) -> None:
    llm, answers = llm_at(tiny_server), [""] * 3

    def ask(i: int) -> None:
        answers[i] = "".join(llm.stream("s", f"Say the word {i}.", max_tokens=8))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers)


def test_a_schema_binds_a_small_model(openai_server: OpenAIServer) -> None:
    text = "".join(
        llm_at(openai_server).stream(
            "Answer with the numbers of the sentences that answer the question, as JSON.",
            "[1] The sky was grey that day.\n[2] We trained with a learning rate of 3e-4.\n[3] Lunch was late.\n"
            "Question: Which learning rate was used?",
            max_tokens=40,
            schema=POINTERS,
        )
    )
    assert 2 in json.loads(text)["sentences"]
