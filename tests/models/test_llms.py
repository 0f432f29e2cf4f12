"""The openai backend against a server that misbehaves: typed errors in time, nothing secret in them."""

import time
from collections.abc import Callable

import pytest

from rag.domain.errors import BackendFailed, BadSetting
from rag.models.chat import ChatLLM, Limits
from rag.models.llms import Reach, load_llm
from rag.models.openai import openai_like
from tests.models.faulty import Handler, serving, unused_url

pytestmark = pytest.mark.slow  # deadlines are waited out, and llama-index takes seconds to import
KEY, PROMPT = "sk-canary-7391", "canary-question-5512"
SHORT = Limits(connect=0.5, first_token=0.4, idle=0.4, total=0.9, pause=0.01)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def llm_at(url: str, limits: Limits = SHORT) -> ChatLLM:
    return ChatLLM(openai_like("m", base_url=url, api_key=KEY), limits=limits)


def ask(url: str, limits: Limits = SHORT) -> str:
    return "".join(llm_at(url, limits).stream("be brief", PROMPT, max_tokens=20))


def hang(handler: Handler) -> None:
    handler.server.gone.wait(3)


def hang_after_a_word(handler: Handler) -> None:
    handler.start()
    handler.event("one")
    handler.server.gone.wait(3)


def comment_forever(handler: Handler) -> None:
    handler.start()
    for _ in range(100):
        handler.raw(b": keep-alive\n\n")
        time.sleep(0.05)


def cut(handler: Handler) -> None:
    handler.start()
    handler.event("one")


def garbage(handler: Handler) -> None:
    handler.start()
    handler.raw(b"data: {this is no json\n\n")


def odd_json(handler: Handler) -> None:
    handler.start()
    handler.raw(b'data: {"choices": 7}\n\ndata: [DONE]\n\n')


def page(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.raw(b"<html>Welcome</html>")


def broken_utf8(handler: Handler) -> None:
    handler.start()
    handler.raw(b'data: {"choices": "\xff\xfe"}\n\n')


VECTORS: dict[str, tuple[Callable[[Handler], None], str]] = {
    "401": (lambda h: h.fail(401, f"bad key {KEY}"), "refused the key"),
    "404": (lambda h: h.fail(404), "does not know this model"),
    "400 that echoes the prompt": (lambda h: h.fail(400, PROMPT), "refused the request"),
    "429": (lambda h: h.fail(429), "too many requests"),
    "500": (lambda h: h.fail(500), "failed"),
    "hang before headers": (hang, "did not start"),
    "only comments": (comment_forever, "did not start"),
    "hang after a word": (hang_after_a_word, "stopped in the middle"),
    "drip for ever": (lambda h: (h.start(), h.drip("x", 3))[0], "took too long"),
    "cut": (cut, "broke off"),
    "garbage": (garbage, "not its protocol"),
    "odd JSON": (odd_json, "not its protocol"),
    "a page": (page, "not its protocol"),
    "broken UTF-8": (broken_utf8, "not its protocol"),
    "empty": (lambda h: h.say(), "empty answer"),
    "flood": (lambda h: h.say(*["x" * 500] * 10), "far more text"),
}


@pytest.fixture(scope="module", autouse=True)
def _libraries_loaded() -> None:
    """What the first request of a process loads is no part of these deadlines."""
    with serving(lambda h: h.say("fine")) as server:
        assert ask(server.url, Limits()) == "fine"


@pytest.mark.parametrize("name", VECTORS)
def test_a_faulty_server_gives_a_typed_error_without_key_or_prompt(name: str) -> None:
    behaviour, words = VECTORS[name]
    with serving(behaviour) as server, pytest.raises(BackendFailed, match=words) as caught:
        ask(server.url)  # the words say which deadline ended it
    assert caught.value.fix
    assert KEY not in str(caught.value)
    assert PROMPT not in str(caught.value)
    assert caught.value.__suppress_context__  # a log would print the server's own words


def test_a_server_that_is_not_there_says_what_to_check() -> None:
    with pytest.raises(BackendFailed, match="could not be reached") as caught:
        ask(unused_url())
    assert "TEAMLORE_LLM_BASE_URL" in caught.value.fix


def test_pieces_come_as_they_are_sent() -> None:
    with serving(lambda h: h.say("The ", "answer", ".")) as server:
        pieces = [piece for piece in llm_at(server.url).stream("s", "u", max_tokens=20) if piece]
    assert pieces == ["The ", "answer", "."]
    [body] = server.bodies
    assert body["messages"] == [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert (body["model"], body["max_tokens"], body["stream"], body["temperature"]) == ("m", 20, True, 0.0)


def test_a_failure_before_the_first_token_is_tried_once_more() -> None:
    def flaky(handler: Handler) -> None:
        handler.fail(503) if len(handler.server.bodies) == 1 else handler.say("fine")

    with serving(flaky) as server:
        assert ask(server.url) == "fine"
        assert len(server.bodies) == 2


def test_nothing_is_tried_again_after_the_first_token() -> None:
    with serving(cut) as server:
        with pytest.raises(BackendFailed):
            ask(server.url)
        assert len(server.bodies) == 1


def test_a_schema_is_sent_and_left_out_for_good_when_the_server_refuses_it() -> None:
    def plain(handler: Handler) -> None:
        handler.fail(400) if "response_format" in handler.server.bodies[-1] else handler.say("fine")

    with serving(plain) as server:
        llm = llm_at(server.url)
        for _ in range(2):
            assert "".join(llm.stream("s", "u", max_tokens=9, schema=SCHEMA)) == "fine"
    assert [body.get("response_format", {}).get("type") for body in server.bodies] == [
        "json_schema",
        "json_schema",  # without a count of tokens: it might have been that
        None,
        None,
    ]
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_closing_the_iterator_cancels_the_request() -> None:
    def talk(handler: Handler) -> None:
        handler.start()
        handler.drip("word ", 30)

    with serving(talk) as server:
        pieces = llm_at(server.url, Limits()).stream("s", "u", max_tokens=2000)
        assert next(piece for piece in pieces if piece) == "word "
        pieces.close()  # type: ignore[attr-defined] # an iterator of the port; a generator here
        assert server.gone.wait(20)  # any deadline of ours comes later


def test_a_caller_can_close_it_while_nothing_has_come_yet() -> None:
    with serving(hang_reading) as server:
        pieces = llm_at(server.url, Limits()).stream("s", "u", max_tokens=20)
        assert next(pieces) == ""
        pieces.close()  # type: ignore[attr-defined] # as above
        assert server.gone.wait(20)  # any deadline of ours comes later


def hang_reading(handler: Handler) -> None:
    """Says nothing and waits until the client closes its side."""
    if handler.rfile.read(1) == b"":
        handler.server.gone.set()


def test_the_key_of_the_environment_goes_to_no_server_it_was_not_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    seen: list[str] = []

    def note(handler: Handler) -> None:
        seen.append(str(handler.headers["Authorization"]))
        handler.say("fine")

    with serving(note) as server:
        llm = load_llm("openai:m", Reach(base_url=server.url, api_key=""))
        assert llm is not None
        assert "".join(llm.stream("s", "u", max_tokens=5)) == "fine"
    assert seen == ["Bearer none"]


def test_extractive_is_no_model() -> None:
    assert load_llm("extractive", Reach(base_url="", api_key="")) is None


@pytest.mark.parametrize("name", ["Open AI:1", "openai:", "openai", ""])
def test_an_unknown_model_is_refused_naming_the_known_ones(name: str) -> None:
    with pytest.raises(BadSetting, match="extractive, llama-cpp:MODEL, openai:MODEL"):
        load_llm(name, Reach(base_url="", api_key="k"))


def test_a_model_without_an_address_is_refused() -> None:
    with pytest.raises(BadSetting, match="TEAMLORE_LLM_BASE_URL"):
        load_llm("openai:m", Reach(base_url="", api_key=""))
