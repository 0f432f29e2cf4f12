"""Documents, their versions and text; hiding and erasing; spaces."""

import httpx
import pytest

from rag.client import ApiError
from tests.api.parts import House


def test_documents_are_listed_page_by_page(house: House) -> None:
    for number in range(5):
        house.put(f"{number}.md", f"note {number}")
    client = house.client(house.app())
    first = client.documents(limit=3)
    second = client.documents(limit=3, cursor=first["next_cursor"])
    assert [d["source"] for d in first["documents"] + second["documents"]] == [f"{n}.md" for n in range(5)]
    assert second["next_cursor"] == ""


def test_the_list_is_filtered(house: House) -> None:
    house.put("a.md", "x", kind="card")
    house.put("b.md", "y", kind="retro")
    found = house.client(house.app()).documents(filters={"kinds": ["card", "decision"]})
    assert [d["source"] for d in found["documents"]] == ["a.md"]


def test_a_new_version_leaves_the_old_one_readable(house: House) -> None:
    document = house.put("a.md", "fp16 it is")
    house.put("a.md", "bf16 it is")
    client = house.client(house.app())
    assert [version["current"] for version in client.versions(document)] == [False, True]
    assert client.document(document)["version"] == 2
    assert client.text(document)["text"] == "bf16 it is"
    assert client.text(document, version=1)["text"] == "fp16 it is"


def test_a_slice_of_the_text_counts_code_points(house: House) -> None:
    document = house.put("a.md", "naïve 🙂 bf16")
    found = house.client(house.app()).text(document, start=6, end=7)
    assert (found["text"], found["start"], found["end"], found["length"]) == ("🙂", 6, 7, 12)


def test_a_slice_that_cannot_be_is_refused(house: House) -> None:
    http, document = house.http(house.app()), house.put("a.md", "short")
    for query in ("start=5&end=2", "start=99", "version=0", "start=-1", "end=x", f"version={2**70}"):
        reply = http.get(f"/v1/documents/{document}/text?{query}")
        assert reply.status_code in (400, 422)
        assert reply.json()["detail"]


def test_a_hidden_document_is_not_found_by_search_and_keeps_its_history(house: House) -> None:
    document = house.put("a.md", "bf16")
    client = house.client(house.app())
    client.hide(document)
    assert client.search("bf16")["hits"] == []
    assert client.documents()["documents"] == []
    assert client.document(document)["current"] is False


def test_a_purged_document_is_gone(house: House) -> None:
    document = house.put("a.md", "bf16")
    client = house.client(house.app())
    client.purge(document)
    with pytest.raises(ApiError, match="no such document"):
        client.versions(document)


def test_only_an_administrator_erases_for_good(house: House) -> None:
    document = house.put("a.md", "bf16", space="team")
    house.services.grants.grant("staff", "team")
    client = house.client(house.app(auth="keys"), key=house.key("ann", "staff"))
    with pytest.raises(ApiError) as caught:
        client.purge(document)
    assert caught.value.status == 403
    assert client.text(document)["text"] == "bf16"


@pytest.mark.parametrize("name", ["a%00b", "%ED%A0%80", "x" * 301, "..%2F..%2Fetc", "%F0%9F%99%82", "' OR 1=1 --"])
@pytest.mark.parametrize("route", ["/v1/documents/{}", "/v1/documents/{}/text", "/v1/jobs/{}", "/v1/conversations/{}"])
def test_an_id_that_is_no_id_is_not_found(http: httpx.Client, name: str, route: str) -> None:
    assert http.get(route.format(name)).status_code in (404, 422)


def test_a_broken_cursor_is_refused(http: httpx.Client) -> None:
    for cursor in ("x", "%00", "🙂", "9" * 400):
        assert http.get("/v1/documents", params={"cursor": cursor}).status_code in (200, 400)
        assert http.get("/v1/conversations", params={"cursor": cursor}).status_code in (200, 400)
    assert http.post("/v1/search", json={"query": "x", "cursor": "-1"}).status_code == 400


def test_the_difference_of_two_versions_is_shown(house: House) -> None:
    document = house.put("a.md", "fp16 it is")
    house.put("a.md", "bf16 it is")
    found = house.client(house.app()).get(f"/v1/documents/{document}/diff")
    assert (found["before"]["version"], found["after"]["version"]) == (1, 2)
    assert found["unified"] == "@@ -1 +1 @@\n-fp16 it is\n+bf16 it is"


def test_a_difference_from_a_version_that_is_not_there_is_not_found(house: House) -> None:
    document = house.put("a.md", "fp16 it is")
    client = house.client(house.app())
    assert client.get(f"/v1/documents/{document}/diff")["unified"] == ""
    with pytest.raises(ApiError, match="no such document"):
        client.get(f"/v1/documents/{document}/diff", before=7)
