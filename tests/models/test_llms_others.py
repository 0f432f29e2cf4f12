"""The backends that are not openai: what they send, how they end, what they refuse, without a model."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.domain.errors import BackendFailed, BadSetting
from rag.domain.ports import LLM
from rag.models.chat import ChatLLM, Limits
from rag.models.llms import Reach, load_llm
from rag.models.usage import Usage, metered
from tests.models.faulty import Faulty, Handler, serving
from tests.models.llm_server import OpenAIServer

pytestmark = pytest.mark.slow
KEY, PROMPT = "sk-canary-7391", "canary-question-5512"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
SHORT = 9.0  # seconds in all: half of one to connect, one and a half to the first word


def root(server: Faulty) -> str:
    return server.url.removesuffix("/v1")


def llm_of(name: str, url: str, *, key: str = KEY, timeout: float = SHORT, context: int = 0) -> LLM:
    llm = load_llm(name, Reach(base_url=url, api_key=key, timeout=timeout, context=context))
    assert llm is not None
    return llm


def ask(llm: LLM) -> str:
    return "".join(llm.stream("be brief", PROMPT, max_tokens=20, schema=SCHEMA))


# --- ollama: by its documented protocol, lines of JSON; no real one was there ------------------------------------


def line(handler: Handler, text: str = "", **more: object) -> None:
    message = {"role": "assistant", "content": text}
    handler.raw(json.dumps({"model": "m", "message": message, "done": False, **more}).encode() + b"\n")


def ollama_says(handler: Handler) -> None:
    handler.start()
    line(handler, "The ")
    line(handler, "answer.")
    line(handler, done=True, done_reason="stop", prompt_eval_count=11, eval_count=3)


def ollama_breaks_off(handler: Handler) -> None:
    handler.start()
    line(handler, "The ")


def ollama_hangs(handler: Handler) -> None:
    handler.start()
    line(handler, "The ")
    handler.rfile.read(1)
    handler.server.gone.set()


def test_ollama_is_told_its_window_the_schema_and_how_much_to_write() -> None:
    with serving(ollama_says) as server, metered() as meter:
        llm = llm_of("ollama:m", root(server), context=16_384)
        assert ask(llm) == "The answer."
        assert isinstance(llm, ChatLLM)
        assert llm.window() == 16_384
    [body] = server.bodies
    assert body["options"] == {"temperature": 0.0, "num_ctx": 16_384, "num_predict": 20}
    assert (body["format"], body["stream"], body["model"]) == (SCHEMA, True, "m")
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert meter == [Usage(tokens_in=11, tokens_out=3)]


def test_ollama_without_a_setting_still_gets_a_window_that_cuts_nothing() -> None:
    with serving(ollama_says) as server:
        assert ask(llm_of("ollama:m", root(server))) == "The answer."
    assert server.bodies[0]["options"]["num_ctx"] == 8192


# --- anthropic: by its documented protocol; a real one below ----------------------------------------------------


def send(handler: Handler, kind: str, **more: object) -> None:
    handler.raw(f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode())


def anthropic_starts(handler: Handler) -> None:
    handler.start()
    message = {"id": "1", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None}
    send(handler, "message_start", message={**message, "usage": {"input_tokens": 9, "output_tokens": 1}})
    send(handler, "content_block_start", index=0, content_block={"type": "text", "text": ""})
    send(handler, "content_block_delta", index=0, delta={"type": "text_delta", "text": "The "})


def anthropic_says(handler: Handler) -> None:
    anthropic_starts(handler)
    send(handler, "content_block_delta", index=0, delta={"type": "text_delta", "text": "answer."})
    send(handler, "content_block_stop", index=0)
    send(handler, "message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 4})
    send(handler, "message_stop")


def anthropic_hangs(handler: Handler) -> None:
    anthropic_starts(handler)
    handler.rfile.read(1)
    handler.server.gone.set()


def test_anthropic_streams_and_counts() -> None:
    with serving(anthropic_says) as server, metered() as meter:
        assert ask(llm_of("anthropic:m", root(server))) == "The answer."
    [body] = server.bodies
    assert (body["max_tokens"], body["stream"]) == (20, True)
    assert "be brief" in json.dumps(body["system"])
    assert meter == [Usage(tokens_in=9, tokens_out=4)]


def test_anthropic_speaks_with_a_real_server(tiny_server: OpenAIServer) -> None:
    llm = llm_of(f"anthropic:{tiny_server.model}", tiny_server.base_url.removesuffix("/v1"), timeout=1800)
    with metered() as meter:
        pieces = [piece for piece in llm.stream("You are brief.", "Count to five.", max_tokens=16) if piece]
    assert len(pieces) > 3
    assert [usage and usage.tokens_out > 3 for usage in meter] == [True]
    long = llm.stream("s", "Write a very long story about a river.", max_tokens=4000)
    assert next(piece for piece in long if piece)
    long.close()  # type: ignore[attr-defined] # a generator
    assert "".join(llm.stream("s", "Say hello.", max_tokens=4))


# --- what all of them keep --------------------------------------------------------------------------------------

ENDS: dict[str, tuple[str, Callable[[Handler], None], str]] = {
    "ollama breaks off": ("ollama:m", ollama_breaks_off, "broke off"),
    "ollama hangs": ("ollama:m", ollama_hangs, "stopped in the middle"),
    "ollama refuses": ("ollama:m", lambda h: h.fail(404, PROMPT), "does not know this model"),
    "ollama overloaded": ("ollama:m", lambda h: h.fail(503, PROMPT), "status 503"),
    "ollama talks otherwise": ("ollama:m", lambda h: (h.start(), h.raw(b"<html>\n"))[0], "not its protocol"),
    "anthropic breaks off": ("anthropic:m", anthropic_starts, "broke off"),
    "anthropic hangs": ("anthropic:m", anthropic_hangs, "stopped in the middle"),
    "anthropic refuses": ("anthropic:m", lambda h: h.fail(401, KEY), "refused the key"),
    "anthropic overloaded": ("anthropic:m", lambda h: h.fail(529, PROMPT), "status 529"),
    "anthropic talks otherwise": ("anthropic:m", lambda h: (h.start(), h.raw(b"<html>\n"))[0], "not its protocol"),
    "groq refuses": ("groq:m", lambda h: h.fail(401, KEY), "refused the key"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_goes_wrong_is_a_typed_error_without_key_or_prompt(name: str) -> None:
    backend, behaviour, words = ENDS[name]
    pytest.importorskip("llama_index.llms." + backend.partition(":")[0])
    with serving(behaviour) as server, pytest.raises(BackendFailed, match=words) as caught:
        ask(llm_of(backend, server.url if backend == "groq:m" else root(server)))
    assert caught.value.fix
    assert KEY not in str(caught.value)
    assert PROMPT not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("backend", "behaviour"), [("ollama:m", ollama_hangs), ("anthropic:m", anthropic_hangs)])
def test_closing_the_iterator_ends_the_request_at_the_server(
    backend: str, behaviour: Callable[[Handler], None]
) -> None:
    with serving(behaviour) as server:
        pieces = llm_of(backend, root(server), timeout=600).stream("s", "u", max_tokens=20)
        assert next(piece for piece in pieces if piece) == "The "
        pieces.close()  # type: ignore[attr-defined] # a generator
        assert server.gone.wait(20)  # long before any deadline of ours


@pytest.mark.parametrize(
    ("backend", "variable", "header", "behaviour"),
    [
        ("ollama:m", "OLLAMA_API_KEY", "Authorization", ollama_says),
        ("anthropic:m", "ANTHROPIC_API_KEY", "X-Api-Key", anthropic_says),
    ],
)
def test_a_key_of_the_environment_goes_to_no_server_it_was_not_meant_for(
    backend: str, variable: str, header: str, behaviour: Callable[[Handler], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    seen: list[str] = []

    def note(handler: Handler) -> None:
        seen.append(str(handler.headers))
        behaviour(handler)

    with serving(note) as server:
        assert ask(llm_of(backend, root(server), key="")) == "The answer."
    assert header.lower() in seen[0].lower()
    assert KEY not in seen[0]


def test_an_integration_that_inherits_from_openai_is_asked_and_cancelled_like_it() -> None:
    pytest.importorskip("llama_index.llms.groq")
    with serving(lambda h: h.say("The ", "answer.")) as server:
        assert ask(llm_of("groq:m", server.url)) == "The answer."
    assert server.bodies[0]["response_format"]["type"] == "json_schema"
    with serving(lambda h: (h.start(), h.event("The "), h.rfile.read(1), h.server.gone.set())[0]) as server:
        pieces = llm_of("groq:m", server.url, timeout=600).stream("s", "u", max_tokens=20)
        assert next(piece for piece in pieces if piece) == "The "
        pieces.close()  # type: ignore[attr-defined] # a generator
        assert server.gone.wait(20)


def test_one_that_gives_no_access_to_its_socket_is_no_longer_waited_for() -> None:
    from rag.models.integrations import IntegrationDialect

    begun, may_end = threading.Event(), threading.Event()

    class Deaf:
        def __init__(self, model: str = "m") -> None: ...

        def stream_chat(self, messages: object) -> object:
            del messages
            begun.set()
            may_end.wait(30)
            raise RuntimeError(PROMPT)

    before = threading.active_count()
    dialect = IntegrationDialect("deaf:m", Deaf, place="deaf", window=lambda: None)
    with pytest.raises(BackendFailed, match="did not start"):
        ask(ChatLLM(dialect, limits=Limits.of(3.0)))
    assert begun.is_set()
    may_end.set()
    for thread in threading.enumerate():
        if thread.name == "llm-request":
            thread.join(20)
    assert threading.active_count() <= before


def test_an_integration_that_is_not_installed_names_the_command() -> None:
    with pytest.raises(BadSetting) as caught:
        load_llm("clippy:1", Reach())
    assert "pip install llama-index-llms-clippy" in caught.value.fix


def test_a_hosted_backend_without_key_and_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="where the server listens"):
        load_llm("anthropic:m", Reach(models=tmp_path))
