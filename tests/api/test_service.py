"""How the service speaks of itself, fails, and limits what comes in."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.typing import EventDict

from rag.api.problems import STATUS, problem_of, without_paths
from rag.api.sessions import Sessions, Throttle
from rag.client import ApiError, Client, Unreachable
from rag.domain import errors
from tests.api.parts import BASE, TOKEN, House


def all_errors(kind: type[errors.TeamloreError] = errors.TeamloreError) -> list[type[errors.TeamloreError]]:
    """Those of the tree; a private kind of one of them is told as its parent."""
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [kind, *(below for child in children for below in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.code)
def test_every_error_has_its_status(kind: type[errors.TeamloreError]) -> None:
    problem = problem_of(kind("It did not work.", fix="Do it again."))
    assert kind in STATUS
    assert problem.status == STATUS[kind]
    assert (problem.code, problem.detail, problem.fix) == (kind.code, "It did not work.", "Do it again.")
    assert ("Retry-After" in problem.headers) == kind.retryable


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("full: /home/ann/lore.db (disk)", "full: (a path of the server) (disk)"),
        ("at '/srv/x/y z'", "at '(a path of the server) z'"),
        ("C:\\Users\\ann\\lore.db gone", "(a path of the server) gone"),
        ("~/.teamlore/x is locked", "(a path of the server) is locked"),
        ("docs/retro.md and http://127.0.0.1:8000/v1 stay, 3/4 too", None),
    ],
)
def test_paths_of_the_host_are_not_told(said: str, told: str | None) -> None:
    assert without_paths(said) == (said if told is None else told)


def test_an_unexpected_error_tells_nothing_but_an_id(http: httpx.Client) -> None:
    reply = http.post("/v1/ask", json={"question": "explode"}, headers={"X-Request-ID": "seen-by-me-1"})
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["X-Request-ID"] == "seen-by-me-1"
    assert reply.json() == {
        "type": "urn:teamlore:problem:internal-error",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong inside teamlore.",
        "code": "internal-error",
        "request_id": "seen-by-me-1",
        "fix": "Try again; if it stays, look for the request_id in the service's log.",
    }


@pytest.mark.parametrize("given_id", ["", "short", "x" * 65, "a\tb c d e f", "naïve-naïve"])
def test_a_request_id_that_is_none_is_replaced(http: httpx.Client, given_id: str) -> None:
    reply = http.get("/live", headers=[(b"X-Request-ID", given_id.encode())])
    assert len(reply.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v1/nothing", 404, "not-found"), ("PUT", "/v1/ask", 405, "method-not-allowed")],
)
def test_what_is_not_there_is_a_problem_too(http: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    reply = http.request(method, path)
    assert (reply.status_code, reply.json()["code"], reply.json()["status"]) == (status, code, status)
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_wrong_body_names_the_field_and_does_not_repeat_it(http: httpx.Client) -> None:
    reply = http.post("/v1/ask", json={"question": "x", "filters": {"kinds": "canary"}, "strem": True})
    problem = reply.json()
    assert (reply.status_code, problem["code"]) == (422, "invalid-request")
    assert {item["field"] for item in problem["errors"]} == {"body.filters.kinds", "body.strem"}
    assert "canary" not in reply.text


@pytest.mark.parametrize(
    "body",
    [
        {"question": ""},
        {"question": " \n"},
        {"question": "\0"},
        {"question": "x" * 8001},
        {"question": "x", "as_of": "0001-01-01T00:00:00+14:00"},
        {"question": "x", "as_of": "yesterday"},
        {"question": "x", "filters": {"spaces": ["x"] * 101}},
        {"question": "x", "filters": {"after": "2024-13-01"}},
        {"question": "x", "audience": "nobody"},
        {"question": "x", "unknown": 1},
        {"question": 3},
        [],
    ],
)
def test_questions_have_limits(http: httpx.Client, body: object) -> None:
    assert http.post("/v1/ask", json=body).status_code == 422


@pytest.mark.parametrize("k", [0, -1, 51, 10**30, 1.5, "ten", None])
def test_k_has_limits(http: httpx.Client, k: object) -> None:
    assert http.post("/v1/search", json={"query": "x", "k": k}).status_code == 422


def test_nul_and_lone_surrogates_are_cleaned(http: httpx.Client) -> None:
    body = b'{"question": "bf16\\u0000 or \\ud800 fp8?", "filters": {"kinds": ["a\\ud800"]}}'
    reply = http.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 200
    assert reply.json()["question"] == "bf16 or \ufffd fp8?"


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b"x" * 65_536


def test_a_body_too_large_is_refused_whether_it_says_so_or_not(house: House) -> None:
    http = house.http(house.app(max_upload_bytes=2 << 20))
    announced = http.post("/v1/ingest", files={"files": ("a.md", b"x" * (2 << 20))})
    json_body = http.post("/v1/ask", json={"question": "x" * (1 << 20)})
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    silent = http.post("/v1/ingest", content=chunks(3 << 20), headers=head)
    silent_json = http.post("/v1/ask", content=chunks(2 << 20), headers={"Content-Type": "application/json"})
    for reply in (announced, json_body, silent, silent_json):
        assert (reply.status_code, reply.json()["code"]) == (413, "limit-exceeded")
        assert reply.headers["content-type"] == "application/problem+json"


def test_a_length_that_is_no_number_is_refused(house: House) -> None:
    client = TestClient(house.app(), base_url=BASE, client=("127.0.0.1", 1))
    for length in ("-1", "x", "1e9"):
        assert client.post("/v1/ask", content=b"{}", headers={"Content-Length": length}).status_code == 413


@pytest.mark.parametrize("path", ["/live", "/v1/spaces", "/v1/nothing", "/ui/", "/docs", "/signin", "/v1/jobs/x"])
def test_every_answer_carries_safe_headers(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Request-ID"]
    assert ("'unsafe-eval'" in headers["Content-Security-Policy"]) == path.startswith(("/ui", "/docs"))


def test_failures_at_the_door_carry_them_too(house: House) -> None:
    reply = house.http(house.app()).get("/live", headers={"Host": "evil.example"})
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.json()["request_id"] == reply.headers["X-Request-ID"]


def test_readiness_says_how_the_indexes_are_and_no_more(house: House) -> None:
    http = house.http(house.app("keys"))
    for state, status in {"ready": "ready", "behind": "ready", "rebuilding": "degraded", "exact": "degraded"}.items():
        house.indexes.state = state
        assert http.get("/ready").json() == {"status": status, "indexes": {"dense": state, "lexical": "ready"}}


def test_no_secret_is_logged(house: House, logs: list[EventDict]) -> None:
    app, key = house.app("keys"), house.key("ann")
    http = house.http(app)
    http.post("/v1/session", json={"key": key, "next": "/ui/canary"})
    http.get("/v1/documents?cursor=canary", headers={"X-Teamlore-Token": TOKEN})
    http.get("/v1/canary/canary", headers={"Authorization": "Bearer canary"})
    http.post("/v1/ask", json={"question": "canary"}, headers={"Authorization": f"Bearer {key}"})
    told = str(logs)
    assert [entry["route"] for entry in logs] == ["/v1/session", "/v1/documents", "unmatched", "/v1/ask"]
    for secret in (key, TOKEN, "canary", http.cookies["teamlore_session"]):
        assert secret not in told
    for secret in (key, TOKEN, "canary"):
        assert secret not in http.get("/metrics").text


def test_status_tells_an_administrator_more_than_others(house: House) -> None:
    app = house.app(auth="keys")
    assert house.client(app, key=house.key("root", admin=True)).status()["home"] == "/home/somebody/teamlore"
    told = house.client(app, key=house.key("ann")).status()
    assert "/home" not in str(told)
    assert told["indexes"] == {"dense": "ready", "lexical": "ready"}


def test_a_rebuild_is_a_job_of_administrators(house: House) -> None:
    app = house.app(auth="keys")
    with pytest.raises(ApiError, match="Only an administrator"):
        house.client(app, key=house.key("ann")).rebuild()
    root = house.client(app, key=house.key("root", admin=True))
    assert root.wait(root.rebuild()["id"], timeout=5)["state"] == "done"
    assert house.indexes.rebuilt == 1


def test_the_documentation_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    assert http.get("/docs/swagger-ui.css").headers["content-type"].startswith("text/css")
    assert http.get("/docs/../../x").status_code == 404


def test_openapi_names_every_body_and_the_problem(http: httpx.Client) -> None:
    schema = http.get("/openapi.json").json()
    assert set(schema["paths"]["/v1/ingest"]["post"]["requestBody"]["content"]) == {
        "application/json",
        "multipart/form-data",
    }
    assert "text/event-stream" in schema["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]
    assert {"AnswerShape", "CitationShape", "ProblemShape", "JobShape"} <= set(schema["components"]["schemas"])
    content = schema["paths"]["/v1/search"]["post"]["responses"]["default"]["content"]
    assert list(content) == ["application/problem+json"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_a_session_ends_when_idle_or_old() -> None:
    now = [0.0]
    sessions = Sessions(idle=10, lifetime=25, clock=lambda: now[0])
    session = sessions.begin("key")
    for now[0] in (9.0, 18.0):
        assert sessions.key(session) == "key"
    now[0] = 26.0
    assert sessions.key(session) is None
    idle = sessions.begin("key")
    now[0] = 37.0
    assert sessions.key(idle) is None


def test_a_throttled_caller_may_try_again_after_the_window() -> None:
    now = [0.0]
    throttle = Throttle(failures=2, window=60, clock=lambda: now[0])
    for _ in range(2):
        throttle.failed("1.2.3.4", "wrong")
    assert throttle.wait("1.2.3.4", "other") == 60
    assert throttle.wait("5.6.7.8", "other") == 0
    now[0] = 61.0
    assert throttle.wait("1.2.3.4", "other") == 0


def test_no_service_is_said_in_plain_words() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(Unreachable, match="teamlore serve"):
        client.ready()


def test_something_else_that_answers_is_not_mistaken_for_teamlore() -> None:
    stranger = httpx.MockTransport(lambda _: httpx.Response(200, text="hello"))
    with Client(BASE, transport=stranger) as client, pytest.raises(Unreachable, match="not teamlore"):
        client.ready()
    broken = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    with Client(BASE, transport=broken) as client, pytest.raises(ApiError, match="answered 502"):
        client.ready()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=20)
    | st.sampled_from(["x" * 9000, "0001-01-01", "9999-12-31T23:59:59-14:00", "\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    (
        "question",
        "query",
        "k",
        "cursor",
        "filters",
        "as_of",
        "conversation_id",
        "audience",
        "answer_id",
        "value",
        "paths",
    )
)
BODIES = st.dictionaries(FIELDS, JSON, max_size=5) | st.fixed_dictionaries(
    {"question": st.text(max_size=9)},
    optional={
        "as_of": st.datetimes().map(str) | JSON,
        "conversation_id": JSON,
        "filters": st.dictionaries(st.sampled_from(["spaces", "kinds", "authors", "after", "before"]), JSON),
    },
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES | JSON)
def test_no_body_whatever_breaks_a_route(http: httpx.Client, body: object) -> None:
    import json

    content = json.dumps(body)
    for path in ("/v1/ask", "/v1/search", "/v1/ingest", "/v1/feedback", "/v1/session"):
        reply = http.post(path, content=content, headers={"Content-Type": "application/json"})
        assert reply.status_code < 500, (path, content, reply.text)
