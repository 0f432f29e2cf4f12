"""Who gets in: hosts, origins, keys, cookies, tenants."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute

from rag.client import ApiError
from tests.api.parts import BASE, TOKEN, House

PUBLIC = {
    ("GET", "/"),
    ("GET", "/live"),
    ("GET", "/ready"),
    ("GET", "/signin"),
    ("GET", "/v1/session"),  # answers 401 itself
    ("POST", "/v1/session"),
    ("DELETE", "/v1/session"),
}
SIGNED_IN = {
    ("POST", "/v1/ask"),
    ("POST", "/v1/search"),
    ("POST", "/v1/ingest"),
    ("POST", "/v1/feedback"),
    ("POST", "/v1/rebuild"),
    ("GET", "/v1/jobs/{job}"),
    ("DELETE", "/v1/jobs/{job}"),
    ("GET", "/v1/files"),
    ("GET", "/v1/sources"),
    ("GET", "/v1/sources/{source}"),
    ("PATCH", "/v1/sources/{source}"),
    ("DELETE", "/v1/sources/{source}"),
    ("POST", "/v1/sources/{source}/sync"),
    ("GET", "/v1/documents"),
    ("GET", "/v1/documents/{document}"),
    ("GET", "/v1/documents/{document}/versions"),
    ("GET", "/v1/documents/{document}/text"),
    ("GET", "/v1/documents/{document}/diff"),
    ("DELETE", "/v1/documents/{document}"),
    ("GET", "/v1/runs"),
    ("GET", "/v1/runs/compare"),
    ("GET", "/v1/runs/{run}"),
    ("GET", "/v1/people"),
    ("GET", "/v1/people/{person}"),
    ("PATCH", "/v1/people/{person}"),
    ("POST", "/v1/people/merge"),
    ("POST", "/v1/people/split"),
    ("POST", "/v1/people/undo"),
    ("POST", "/v1/people/load"),
    ("GET", "/v1/spaces"),
    ("GET", "/v1/conversations"),
    ("GET", "/v1/conversations/{conversation}"),
    ("DELETE", "/v1/conversations/{conversation}"),
    ("POST", "/v1/conversations/{conversation}/share"),
    ("DELETE", "/v1/conversations/{conversation}/share"),
    ("GET", "/v1/shared/{token}"),
    ("GET", "/v1/status"),
    ("GET", "/v1/golden"),
    ("GET", "/v1/golden/{item}"),
    ("POST", "/v1/golden/{item}"),
    ("GET", "/v1/evaluations"),
    ("GET", "/v1/evaluations/{evaluation}"),
    ("GET", "/v1/evaluations/{evaluation}/report"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/docs/{name}"),
    ("GET", "/openapi.json"),
}


def walk(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    """(method, path) of every route, those of included routers too."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        inner: Any = getattr(route, "original_router", None)
        if inner is not None:
            found |= walk(inner.routes)
        else:
            methods: set[str] = getattr(route, "methods", None) or {"MOUNT"}
            found |= {(method, getattr(route, "path", "?")) for method in methods - {"HEAD"}}
    return found


def far_away(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://lore.example", client=("203.0.113.9", 1))


def test_every_route_is_classified(house: House) -> None:
    assert walk(house.app().routes) == PUBLIC | SIGNED_IN


def test_nothing_but_the_public_routes_answers_without_a_key(house: House) -> None:
    client = far_away(house.app(auth="keys", hosts=["lore.example"]))
    for method, path in sorted(SIGNED_IN):
        names = dict.fromkeys(re.findall(r"{(\w+)}", path), "x")
        reply = client.request(method, path.format(**names))
        assert reply.status_code == 401, path
        assert reply.json()["code"] == "not-signed-in"
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/no-such-page").status_code == 401


def test_metrics_are_open_to_callers_on_the_same_machine(house: House) -> None:
    http = house.http(house.app(auth="keys"))
    http.get("/live")
    assert 'teamlore_requests_total{method="GET",route="/live",status="200"} 1.0' in http.get("/metrics").text


def test_local_sign_in_is_for_loopback_only(house: House) -> None:
    reply = far_away(house.app(hosts=["lore.example"])).get("/v1/spaces")
    assert (reply.status_code, reply.json()["code"]) == (403, "not-allowed")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "[", "a b"]
)
def test_a_foreign_host_name_is_refused_on_public_routes_too(http: httpx.Client, host: str) -> None:
    for path in ("/live", "/v1/spaces", "/docs"):
        reply = http.get(path, headers={"Host": host})
        assert (reply.status_code, reply.json()["code"]) == (421, "wrong-host")


def test_our_own_host_names_are_served(house: House) -> None:
    http = house.http(house.app(hosts=["lore.example:8000", "fd00::1"]))
    for host in ("127.0.0.1", "localhost:9", "LOCALHOST", "[::1]:8000", "lore.example:443", "[fd00::1]:8000"):
        assert http.get("/live", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "file://127.0.0.1:8000"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(http: httpx.Client, headers: dict[str, str]) -> None:
    reply = http.post("/v1/ask", json={"question": "x"}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, "wrong-origin")


def test_a_link_from_another_site_may_be_followed(http: httpx.Client) -> None:
    assert http.get("/docs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    assert http.get("/v1/spaces", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_key_becomes_a_cookie_that_scripts_cannot_read(house: House) -> None:
    app = house.app(auth="keys")
    key = house.key("ann", "staff")
    http = house.http(app)
    reply = http.post("/v1/session", json={"key": key})
    assert reply.json() == {"name": "ann", "admin": False, "auth": "keys"}
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert key not in cookie
    assert "Secure" not in cookie
    assert http.get("/v1/session").json()["name"] == "ann"
    assert http.get("/v1/spaces").status_code == 200


def test_over_https_the_cookie_stays_on_https(house: House) -> None:
    http = house.http(house.app(auth="keys"), base_url="https://127.0.0.1:8000")
    assert "Secure" in http.post("/v1/session", json={"key": house.key("ann")}).headers["set-cookie"]


def test_a_cookie_changes_something_only_from_our_own_page(house: House) -> None:
    http = house.http(house.app(auth="keys"))
    http.post("/v1/session", json={"key": house.key("ann", admin=True)})
    body = {"question": "x"}
    assert http.post("/v1/ask", json=body).status_code == 403
    assert http.post("/v1/ask", json=body, headers={"Origin": "http://evil.example"}).status_code == 403
    assert http.post("/v1/ask", json=body, headers={"Origin": BASE}).status_code == 200
    assert http.post("/v1/ask", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_signing_out_kills_the_session_on_the_server(house: House) -> None:
    http = house.http(house.app(auth="keys"))
    http.post("/v1/session", json={"key": house.key("ann")})
    stolen = http.cookies["teamlore_session"]
    assert http.delete("/v1/session", headers={"Origin": BASE}).status_code == 204
    assert "teamlore_session" not in http.cookies
    assert http.get("/v1/spaces", headers={"Cookie": f"teamlore_session={stolen}"}).status_code == 401


def test_signing_in_anew_ends_the_session_before(house: House) -> None:
    http = house.http(house.app(auth="keys"))
    key = house.key("ann")
    http.post("/v1/session", json={"key": key})
    old = http.cookies["teamlore_session"]
    http.post("/v1/session", json={"key": key})
    assert http.get("/v1/spaces").status_code == 200
    assert http.get("/v1/spaces", headers={"Cookie": f"teamlore_session={old}"}).status_code == 401


def test_a_revoked_key_is_dead_at_once_also_behind_a_cookie(house: House) -> None:
    key_id, key = house.services.grants.create_key("ann", frozenset(), admin=False)
    http = house.http(house.app(auth="keys"))
    http.post("/v1/session", json={"key": key})
    assert http.get("/v1/spaces").status_code == 200
    house.services.grants.revoke_key(key_id)
    assert http.get("/v1/spaces").status_code == 401
    assert http.get("/v1/spaces", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_the_page_acts_for_the_browser_and_not_for_itself(house: House) -> None:
    app = house.app(auth="keys")
    house.put("a.md", "bf16", space="team")
    http = house.http(app)
    http.post("/v1/session", json={"key": house.key("ann")})
    page = house.client(app, token=TOKEN)
    assert page.search("bf16")["hits"]
    visitor = page.for_session(http.cookies["teamlore_session"])
    assert visitor.who_am_i()["name"] == "ann"
    assert visitor.search("bf16")["hits"] == []


def test_the_sign_in_form_works_without_scripts_and_sends_on_only_to_our_pages(house: House) -> None:
    http = house.http(house.app(auth="keys"))
    reply = http.get("/ui/source/d/1?start=1", headers={"Accept": "text/html"})
    assert reply.status_code == 303
    assert reply.headers["location"] == "/signin?next=%2Fui%2Fsource%2Fd%2F1%3Fstart%3D1"
    assert 'value="/ui/source/d/1?start=1"' in http.get(reply.headers["location"]).text
    wrong = http.post("/v1/session", data={"key": "nope", "next": '/ui/"><script>'})
    assert wrong.status_code == 401
    assert "<script>" not in wrong.text
    for onwards in ("//evil.example", "https://evil.example", "/ui\\evil", ""):
        reply = http.post("/v1/session", data={"key": house.key(f"ann {onwards}"), "next": onwards})
        assert (reply.status_code, reply.headers["location"]) == (303, "/ui/")


def test_too_many_wrong_keys_must_wait_while_a_good_one_goes_on(house: House) -> None:
    app = house.app(auth="keys")
    good = house.client(app, key=house.key("ann"))
    good.spaces()
    bad = house.http(app, headers={"Authorization": "Bearer nope"})
    codes = [bad.get("/v1/spaces").status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert int(bad.get("/v1/spaces").headers["Retry-After"]) > 0
    assert good.spaces() == []


@pytest.mark.parametrize("token", ["", "nope", TOKEN + "x", "ü"])
def test_a_wrong_local_token_is_nobody(house: House, token: str) -> None:
    for app in (house.app("local"), house.app("keys")):
        http = house.http(app)
        assert http.get("/v1/spaces", headers=[(b"X-Teamlore-Token", token.encode())]).status_code == 401


def test_without_a_local_token_an_empty_one_opens_nothing(house: House) -> None:
    http = house.http(house.app(auth="keys", local_token=""))
    assert http.get("/v1/spaces", headers={"X-Teamlore-Token": ""}).status_code == 401


def test_the_local_token_works_from_this_machine_only(house: House) -> None:
    app = house.app(auth="keys", hosts=["lore.example"])
    assert house.client(app, token=TOKEN).status()["home"]
    assert far_away(app).get("/v1/spaces", headers={"X-Teamlore-Token": TOKEN}).status_code == 403


def test_who_has_no_groups_sees_nothing(house: House) -> None:
    house.put("a.md", "bf16", space="team")
    client = house.client(house.app(auth="keys"), key=house.key("nobody"))
    assert client.spaces() == []
    assert client.documents()["documents"] == []
    assert client.search("bf16", filters={"spaces": ["team"]})["hits"] == []
    assert client.ask("bf16")["citations"] == []
    with pytest.raises(ApiError, match="may not add"):
        client.upload([("b.md", b"x")], space="team")


def test_no_id_of_another_tenant_opens_anything_and_absent_looks_the_same(house: House) -> None:
    app = house.app(auth="keys")
    for group in ("red", "blue"):
        house.services.grants.grant(group, group)
    red, blue = (house.client(app, key=house.key(group, group)) for group in ("red", "blue"))
    job = red.wait(red.upload([("plan.md", b"the red plan")], space="red")["id"], timeout=5)["id"]
    document = red.documents()["documents"][0]["document_id"]
    answer = red.ask("the red plan")
    conversation = answer["conversation_id"]
    assert answer["citations"]
    calls: dict[str, Any] = {
        "document": lambda i: blue.document(i),
        "versions": lambda i: blue.versions(i),
        "text": lambda i: blue.text(i),
        "hide": lambda i: blue.hide(i),
        "purge": lambda i: blue.purge(i),
        "job": lambda i: blue.job(i),
        "conversation": lambda i: blue.conversation(i),
        "delete": lambda i: blue.delete_conversation(i),
        "ask": lambda i: blue.ask("x", conversation_id=i),
        "stream": lambda i: list(blue.ask_stream("x", conversation_id=i)),
        "feedback": lambda i: blue.feedback(i, 1),
    }
    owned = {"job": job, "feedback": answer["answer_id"]}
    owned |= dict.fromkeys(("document", "versions", "text", "hide", "purge"), document)
    owned |= dict.fromkeys(("conversation", "delete", "ask", "stream"), conversation)
    for name, call in calls.items():
        told = []
        for identifier in (owned[name], owned[name][:-1] + ("0" if owned[name][-1] != "0" else "1")):
            with pytest.raises(ApiError) as caught:
                call(identifier)
            told.append((caught.value.status, caught.value.code, caught.value.detail, caught.value.fix))
        assert told[0] == told[1], name
        assert told[0][0] == 404, name
    assert blue.search("red plan")["hits"] == []
    assert red.text(document)["text"] == "the red plan"
    assert len(red.conversation(conversation)) == 1
