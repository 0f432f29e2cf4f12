"""People over HTTP: who may see whom, who may say who is who, what a refusal names."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from rag.answering.refusal import in_person
from rag.client import ApiError, Client
from rag.domain.records import Identity
from rag.domain.types import Chunk, Citation, Document, DocumentInfo, PathUpdate, Prepared, Refusal
from rag.registry.identity import document_id
from tests.api.parts import TOKEN, House
from tests.fakes import WordEmbedder
from tests.registry.parts import ALL, citation

ADDRESS = "ada@example.org"
GIT = Identity(system="git", id=ADDRESS, name="Ada Lovelace", email=ADDRESS)
SLACK = Identity(system="slack", id="U1", name="ada", email=ADDRESS)
BOB = Identity(system="slack", id="U2", name="bob")


def put(house: House, name: str, *who: Identity, space: str = "default") -> str:
    """A document that names them; returns its id."""
    catalog, embedder = house.services.catalog, WordEmbedder()
    source = catalog.put_source(name="notes", root=f"/{space}", space=space)
    document = Document(
        id=document_id(source.id, name, ""),
        source=source.id,
        path=name,
        space=space,
        title=name,
        kind="chat",
        text=name,
        authors=tuple(one.name for one in who),
        fingerprint=name,
        people=who,
    )
    prepared = Prepared(
        document=document, chunks=(Chunk(n=0, start=0, end=len(name), text=name),), vectors=embedder.embed([name])
    )
    catalog.commit([PathUpdate(source=source.id, path=name, prepared=(prepared,))], model=embedder.fingerprint)
    house.services.people.settle()
    return document.id


@pytest.fixture
def local(house: House) -> Client:
    put(house, "log", GIT)
    put(house, "chat", SLACK)
    put(house, "other", BOB)
    return house.client(house.app(), token=TOKEN)


def names(page: dict[str, Any]) -> list[str]:
    return [person["name"] for person in page["people"]]


def test_people_are_listed_page_by_page_and_shown_with_why(local: Client) -> None:
    first = local.get("/v1/people", limit=1)
    rest = local.get("/v1/people", cursor=first["next_cursor"])
    assert (names(first), names(rest), first["total"]) == (["Ada Lovelace"], ["bob"], 2)
    assert names(local.get("/v1/people", query="LOVE")) == ["Ada Lovelace"]
    shown = local.get("/v1/people/ada")
    assert [one["evidence"] for one in shown["identities"]] == [f"same e-mail: {ADDRESS}"] * 2
    assert shown["documents"] == 2


def test_they_are_merged_split_settled_and_all_of_it_taken_back(local: Client) -> None:
    assert len(local.post("/v1/people/merge", {"a": "ada", "b": "bob"})["identities"]) == 3
    assert local.post("/v1/people/split", {"identity": "slack:U1"})["name"] == "ada"
    assert local.patch("/v1/people/bob", {"state": "left"})["state"] == "left"
    told = [local.post("/v1/people/undo", {})["undone"] for _ in range(4)]
    assert told == ["Ada Lovelace is left", "split slack:U1 from Ada Lovelace", "merged Ada Lovelace and bob", ""]
    assert names(local.get("/v1/people")) == ["Ada Lovelace", "bob"]


def test_a_file_settles_who_is_who_and_says_where_it_is_wrong(local: Client) -> None:
    text = "- {name: Bo Ray, slack: [U1, U2], state: left}\n"
    assert local.post("/v1/people/load", {"text": text}) == {"people": 1}
    assert local.get("/v1/people/bo ray")["state"] == "left"
    with pytest.raises(ApiError, match="line 2: stat is nothing known") as refused:
        local.post("/v1/people/load", {"text": "- name: Ada\n  stat: left\n"})
    assert refused.value.fix == "Did you mean state?"


def test_addresses_are_for_administrators_and_so_is_saying_who_is_who(house: House) -> None:
    put(house, "log", GIT)
    put(house, "chat", SLACK, Identity(system="git", id="root", name="ada@home.example"))
    put(house, "closed", BOB, space="closed")
    house.services.grants.grant("all", "default")
    app = house.app("keys")
    anybody = house.client(app, key=house.key("ann", "all"))
    assert "bob" not in names(anybody.get("/v1/people"))
    shown = [anybody.get(f"/v1/people/{person['person_id']}") for person in anybody.get("/v1/people")["people"]]
    assert len(shown) == 2
    assert "example" not in str(shown)
    for verb, body in (("merge", {"a": "x", "b": "y"}), ("split", {"identity": "slack:U1"}), ("undo", {})):
        with pytest.raises(ApiError) as refused:
            anybody.post(f"/v1/people/{verb}", body)
        assert refused.value.status == httpx.codes.FORBIDDEN
    with pytest.raises(ApiError) as refused:
        anybody.patch("/v1/people/ada", {"state": "left"})
    assert refused.value.status == httpx.codes.FORBIDDEN
    with pytest.raises(ApiError) as unknown:
        anybody.get("/v1/people/bob")
    assert unknown.value.status == httpx.codes.NOT_FOUND
    assert ADDRESS in str(house.client(app, key=house.key("root", admin=True)).get("/v1/people/ada lovelace"))


def test_who_opted_out_is_somebody_to_everyone_but_can_be_found_by_an_administrator(local: Client) -> None:
    local.patch("/v1/people/ada", {"state": "opted-out"})
    assert names(local.get("/v1/people")) == ["bob", "somebody who opted out"]
    assert names(local.get("/v1/people", query="ada")) == []
    assert local.patch("/v1/people/ada", {"state": "active"})["name"] == "Ada Lovelace"


def test_a_search_by_author_means_the_person(local: Client) -> None:
    found = local.search("log chat other", filters={"authors": ["ada lovelace"]})
    assert sorted(hit["source"] for hit in found["hits"]) == ["chat", "log"]


def test_a_refusal_names_each_person_once_says_who_left_and_not_who_opted_out(house: House) -> None:
    written = [put(house, "log", GIT), put(house, "chat", SLACK, BOB)]
    infos = [house.services.catalog.text(key, ALL).info for key in written]
    nearest = tuple(_citing(info) for info in infos)
    people = house.services.people
    refused = Refusal(reason="thin", nearest=nearest, people=("Ada Lovelace", "ada", "bob"))
    assert in_person(refused, people).people == ("Ada Lovelace", "bob")
    people.put_state(people.named("bob", ALL).id, "left")
    assert in_person(refused, people).people == ("Ada Lovelace", "bob (left)")
    people.put_state(people.named("ada", ALL).id, "opted-out")
    assert in_person(refused, people).people == ("bob (left)",)


def _citing(info: DocumentInfo) -> Citation:
    return replace(citation(info.id, 1, "x"), document=info)
