"""Asking and searching, whole and streamed."""

import time

import httpx
import pytest

from rag.client import ApiError
from tests.api.parts import House


def events(reply: httpx.Response) -> list[str]:
    return [line.removeprefix("event: ") for line in reply.text.splitlines() if line.startswith("event: ")]


def test_an_answer_has_the_shape_of_the_contract(house: House) -> None:
    http = house.http(house.app())
    document = house.put("retro.md", "Use bf16 on the new cards.")
    answer = http.post("/v1/ask", json={"question": "which dtype: bf16 ?"}).json()
    assert answer["status"] == "answered"
    citation = answer["citations"][0]
    assert citation["document_id"] == document
    assert citation["quote"] == "Use bf16 on the new cards."
    assert citation["locator"] == {"type": "lines", "first": 1, "last": 1}
    assert citation["link"] == f"/ui/source/{document}/1?start=0&end=26"
    assert set(answer) >= {"answer_id", "text", "statements", "refusal", "warnings", "model", "timings_ms"}


def test_nothing_found_is_an_answer_that_refuses(http: httpx.Client) -> None:
    answer = http.post("/v1/ask", json={"question": "what is the password ?"}).json()
    assert answer["status"] == "refused"
    assert answer["refusal"]["reason"] == "Nothing was found."


def test_a_stream_gives_the_steps_and_then_the_answer_that_ask_gives(house: House) -> None:
    house.put("retro.md", "Use bf16 on the new cards.")
    client = house.client(house.app())
    steps = list(client.ask_stream("bf16 ?"))
    assert [name for name, _ in steps] == ["passages", "delta", "citation", "done"]
    assert steps[0][1]["hits"][0]["quote"] == "Use bf16 on the new cards."
    assert steps[1][1] == {"text": "Use bf16 on the new cards. [1]"}
    assert steps[-1][1]["citations"] == client.ask("bf16 ?")["citations"]


@pytest.mark.parametrize(
    ("question", "code"),
    [("explode", "internal-error"), ("no backend", "backend-failed"), ("no end", "answer-broken-off")],
)
def test_a_stream_always_ends_with_one_terminal_event_that_tells_no_secret(
    http: httpx.Client, question: str, code: str
) -> None:
    reply = http.post("/v1/ask", json={"question": question, "stream": True})
    assert reply.status_code == 200
    assert events(reply) == ["passages", "error"]
    assert f'"code": "{code}"' in reply.text
    assert "canary" not in reply.text
    assert "/opt/models" not in reply.text


def test_the_client_raises_what_a_stream_ended_with(house: House) -> None:
    client = house.client(house.app())
    with pytest.raises(ApiError, match="went away") as caught:
        list(client.ask_stream("no backend"))
    assert (caught.value.code, caught.value.fix) == ("backend-failed", "Start it again.")


def test_a_reader_who_goes_away_closes_the_answer(house: House) -> None:
    client = house.client(house.app())
    stream = client.ask_stream("endless")
    assert [next(stream)[0], next(stream)[0]] == ["passages", "delta"]
    assert not house.answerer.closed.is_set()
    stream.close()  # type: ignore[attr-defined] # it is a generator
    assert house.answerer.closed.wait(2)


def test_more_questions_than_fit_are_told_to_come_back(house: House) -> None:
    app = house.app()
    http = house.http(app)
    pool = app.state.shared.answers
    waiting = [pool.submit(lambda: house.answerer.gate.wait(10)) for _ in range(pool.room)]
    for body in ({"question": "x"}, {"question": "x", "stream": True}):
        reply = http.post("/v1/ask", json=body)
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "5"
        assert reply.json()["code"] == "too-busy"
    assert http.get("/live").status_code == 200
    house.answerer.gate.set()
    assert all(task.result() for task in waiting)
    assert http.post("/v1/ask", json={"question": "x"}).status_code == 200


def test_a_slow_answer_is_kept_alive_by_comments(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.api.streaming.PING", 0.05)
    http = house.http(house.app())
    with http.stream("POST", "/v1/ask", json={"question": "wait", "stream": True}) as reply:
        lines = reply.iter_lines()
        assert any(line.startswith(": ping") for line in lines)
        house.answerer.gate.set()
        assert "event: done" in list(lines)


def test_search_pages_with_a_cursor(house: House) -> None:
    for number in range(5):
        house.put(f"{number}.md", f"bf16 note {number}")
    client = house.client(house.app())
    first = client.search("bf16", k=3)
    second = client.search("bf16", k=3, cursor=first["next_cursor"])
    assert [hit["n"] for hit in first["hits"] + second["hits"]] == [1, 2, 3, 4, 5]
    assert second["next_cursor"] == ""
    assert first["hits"][0]["why"] == {"parts": {"words": 1.0}, "weights": {}, "raw": {}, "conditions": []}


def test_filters_narrow_the_answer(house: House) -> None:
    house.put("a.md", "bf16 in the card", kind="card")
    house.put("b.md", "bf16 in the retro", kind="retro")
    client = house.client(house.app())
    hits = client.search("bf16", filters={"kinds": ["retro"]})["hits"]
    assert [hit["source"] for hit in hits] == ["b.md"]
    assert [c["source"] for c in client.ask("bf16", filters={"kinds": ["card"]})["citations"]] == ["a.md"]


def test_a_conversation_goes_on_and_is_the_askers_alone(house: House) -> None:
    house.put("a.md", "bf16 it is")
    app = house.app(auth="keys")
    ann, bob = (house.client(app, key=house.key(name, admin=True)) for name in ("ann", "bob"))
    first = ann.ask("bf16 ?")
    ann.ask("and why bf16 ?", conversation_id=first["conversation_id"])
    assert len(ann.conversation(first["conversation_id"])) == 2
    assert len(ann.conversations()["conversations"]) == 1
    assert bob.conversations()["conversations"] == []
    ann.feedback(first["answer_id"], 1, "thanks")
    ann.delete_conversation(first["conversation_id"])
    with pytest.raises(ApiError, match="no such conversation"):
        ann.conversation(first["conversation_id"])


def test_a_question_in_a_conversation_that_is_not_there_is_a_404_before_the_stream_begins(http: httpx.Client) -> None:
    body = {"question": "x", "conversation_id": "nope", "stream": True}
    reply = http.post("/v1/ask", json=body)
    assert (reply.status_code, reply.json()["code"]) == (404, "not-found")


def test_many_answers_leave_no_thread_behind(house: House) -> None:
    import threading

    http = house.http(house.app())
    http.post("/v1/ask", json={"question": "x", "stream": True})
    before = threading.active_count()
    for _ in range(20):
        http.post("/v1/ask", json={"question": "x", "stream": True})
    deadline = time.monotonic() + 2
    while threading.active_count() > before + 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 4  # the pool of answers


def test_a_revoked_grant_takes_the_quotes_of_stored_answers_along(house: House) -> None:
    house.put("a.md", "bf16 it is")
    house.services.grants.grant("readers", "default")
    ann = house.client(house.app(auth="keys"), key=house.key("ann", "readers"))
    asked = ann.ask("bf16 ?")["conversation_id"]
    assert "bf16 it is" in str(ann.conversation(asked))
    house.services.grants.revoke("readers", "default")
    assert "bf16 it is" not in str(ann.conversation(asked))


def test_a_conversation_is_shown_by_link_as_far_as_its_reader_may_read_it(house: House) -> None:
    house.put("a.md", "bf16 it is")
    app = house.app(auth="keys")
    ann, bob = house.client(app, key=house.key("ann", admin=True)), house.client(app, key=house.key("bob"))
    asked = ann.ask("bf16 ?")["conversation_id"]
    link = ann.share(asked)
    assert link["link"] == f"/ui/shared/{link['token']}"
    assert ann.share(asked) == link
    assert ann.conversations()["conversations"][0]["shared"] == link["token"]
    shown = ann.shared(link["token"])
    assert [turn["question"] for turn in shown["turns"]] == ["bf16 ?"]
    assert "bf16 it is" in str(shown)
    hidden = bob.shared(link["token"])
    assert hidden["turns"] == []
    assert "bf16" not in str(hidden)


def test_a_link_that_is_taken_back_leads_nowhere_and_says_the_same_as_one_that_never_was(house: House) -> None:
    house.put("a.md", "bf16 it is")
    app = house.app(auth="keys")
    ann, bob = house.client(app, key=house.key("ann", admin=True)), house.client(app, key=house.key("bob"))
    asked = ann.ask("bf16 ?")["conversation_id"]
    token = ann.share(asked)["token"]
    with pytest.raises(ApiError, match="no such conversation"):
        bob.share(asked)
    with pytest.raises(ApiError, match="no such conversation"):
        bob.unshare(asked)
    ann.unshare(asked)
    said = set()
    for gone in (token, "never-was"):
        with pytest.raises(ApiError) as refused:
            ann.shared(gone)
        said.add((refused.value.status, str(refused.value)))
    assert len(said) == 1
    token = ann.share(asked)["token"]
    ann.delete_conversation(asked)
    with pytest.raises(ApiError, match="no such shared conversation"):
        ann.shared(token)
