"""/v1/golden: who may see it, where quotes stand, judgements and their conflicts."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.knowledge.golden import change_golden, decide, load_golden, save_golden
from tests.api.parts import House

TEXT = "Before it. We train in bf16. After it.\n"
STANDS = GoldenEvidence(file="guide.md", quote="We train in bf16.")
LOST = GoldenEvidence(file="guide.md", quote="We train in fp16.")
GONE = GoldenEvidence(file="gone.md", quote="Nothing.")
ITEMS = [
    GoldenItem(id="a", kind="fact", question="Which dtype?", answer="bf16", evidence=(STANDS,), made_by="headings/1"),
    GoldenItem(id="b", kind="fact", question="Which one?", answer="fp16", evidence=(LOST, GONE), review="accepted"),
    GoldenItem(id="c", kind="gap", question="Who?", why="asked twice"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_golden(tmp_path / "golden.jsonl", ITEMS)
    return tmp_path / "golden.jsonl"


@pytest.fixture
def http(house: House, path: Path) -> httpx.Client:
    house.put("guide.md", TEXT)
    return house.http(house.app(golden=path))


def listed(http: httpx.Client, **params: Any) -> Any:  # noqa: ANN401 - whatever the answer holds
    reply = http.get("/v1/golden", params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_an_item_tells_where_its_quote_stands(http: httpx.Client) -> None:
    first, second, _ = listed(http)["items"]
    (stands,) = first["evidence"]
    assert (stands["standing"], stands["before"], stands["after"]) == ("stands", "Before it. ", " After it.\n")
    assert TEXT[stands["citation"]["start"] : stands["citation"]["end"]] == STANDS.quote
    assert [one["standing"] for one in second["evidence"]] == ["changed", "gone"]
    assert [one["citation"] for one in second["evidence"]] == [None, None]


def test_items_come_by_review_by_kind_and_in_pages(http: httpx.Client) -> None:
    page = listed(http, review="candidate")
    assert [item["id"] for item in page["items"]] == ["a", "c"]
    assert page["counts"] == {"candidate": 2, "accepted": 1, "rejected": 0}
    assert page["kinds"] == {"fact": 2, "gap": 1}
    assert [item["id"] for item in listed(http, kind="gap")["items"]] == ["c"]
    first = listed(http, limit=2)
    rest = listed(http, limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in [*first["items"], *rest["items"]]] == ["a", "b", "c"]
    assert rest["next_cursor"] == ""


def test_a_page_goes_on_where_it_was_though_its_last_item_was_judged(http: httpx.Client) -> None:
    first = listed(http, review="candidate", limit=1)
    http.post("/v1/golden/a", json={"review": "rejected", "etag": first["items"][0]["etag"]})
    rest = listed(http, review="candidate", limit=1, cursor=first["next_cursor"])
    assert [item["id"] for item in rest["items"]] == ["c"]


def test_a_judgement_is_written_with_who_and_when(http: httpx.Client, path: Path) -> None:
    seen = http.get("/v1/golden/a").json()
    body = {"review": "accepted", "etag": seen["etag"], "question": "Which dtype now?", "note": "fine"}
    reply = http.post("/v1/golden/a", json=body)
    assert reply.status_code == 200, reply.text
    item = load_golden(path)[0]
    assert (item.review, item.question, item.reviewed_by, item.note) == (
        "accepted", "Which dtype now?", "local", "fine",
    )  # fmt: skip
    assert reply.json()["etag"] != seen["etag"]
    assert reply.json()["reviewed_at"] == item.reviewed_at != ""


def test_a_judgement_of_what_was_changed_since_is_refused(http: httpx.Client, path: Path) -> None:
    etag = http.get("/v1/golden/a").json()["etag"]
    change_golden(path, lambda items: [decide(items[0], "rejected", by="bob", at="now"), *items[1:]])
    reply = http.post("/v1/golden/a", json={"review": "accepted", "etag": etag})
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    assert "bob" in reply.json()["detail"]
    assert load_golden(path)[0].review == "rejected"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"review": "accepted"}, 422),
        ({"review": "maybe", "etag": "x"}, 422),
        ({"review": "accepted", "etag": "x", "by": "somebody"}, 422),
        ({"review": "accepted", "etag": "x", "question": ""}, 400),
    ],
)
def test_a_judgement_that_is_none_is_told(http: httpx.Client, body: dict[str, Any], status: int) -> None:
    reply = http.post("/v1/golden/a", json=body)
    assert reply.status_code == status
    assert reply.json()["fix"]


def test_an_item_or_a_file_that_is_not_there_is_told_without_the_hosts_paths(house: House, tmp_path: Path) -> None:
    http = house.http(house.app(golden=tmp_path / "none.jsonl"))
    reply = http.get("/v1/golden")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert "golden make" in reply.json()["fix"]
    assert str(tmp_path) not in reply.text
    assert house.http(house.app()).get("/v1/golden").status_code == 404
    save_golden(tmp_path / "none.jsonl", ITEMS)
    assert http.get("/v1/golden/zz").status_code == 404
    (tmp_path / "none.jsonl").write_text("{\n")
    broken = http.get("/v1/golden")
    assert (broken.status_code, "line 1" in broken.json()["detail"]) == (400, True)


def test_only_administrators_see_and_judge(house: House, path: Path) -> None:
    house.put("guide.md", TEXT)
    app = house.app("keys", golden=path)
    etag = {"review": "accepted", "etag": "x"}
    member = house.http(app, headers={"Authorization": f"Bearer {house.key('ann', 'team')}"})
    assert member.get("/v1/golden").status_code == 403
    assert member.get("/v1/golden/a").status_code == 403
    assert member.post("/v1/golden/a", json=etag).status_code == 403
    admin = house.http(app, headers={"Authorization": f"Bearer {house.key('eve', admin=True)}"})
    seen = admin.get("/v1/golden/a").json()["etag"]
    assert admin.post("/v1/golden/a", json={"review": "accepted", "etag": seen}).json()["reviewed_by"] == "eve"


def test_a_cursor_nobody_gave_out_is_refused(http: httpx.Client) -> None:
    assert http.get("/v1/golden", params={"cursor": "nonsense"}).status_code == 400
