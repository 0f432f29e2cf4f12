"""Documents are narrowed by what their headers say, in the list, in a search and in an answer."""

import httpx
import pytest

from rag.client import ApiError
from rag.domain.types import Chunk, Document, Fact, PathUpdate, Prepared
from rag.registry.identity import document_id
from tests.api.parts import House
from tests.fakes import WordEmbedder


def put(house: House, name: str, text: str, status: str) -> None:
    """A document whose header says its status."""
    catalog, embedder = house.services.catalog, WordEmbedder()
    source = catalog.put_source(name="uploads", root="uploads:default", space="default")
    document = Document(
        id=document_id(source.id, name, ""),
        source=source.id,
        path=name,
        space="default",
        title=name,
        kind="decision",
        text=text,
        facts=(Fact(key="Status", value=status),),
        fingerprint=name,
    )
    chunk = Chunk(n=0, start=0, end=len(text), text=text)
    prepared = Prepared(document=document, chunks=(chunk,), vectors=embedder.embed([text]))
    catalog.commit([PathUpdate(source=source.id, path=name, prepared=(prepared,))], model=embedder.fingerprint)


def test_a_fact_narrows_the_list_the_search_and_the_answer(house: House) -> None:
    put(house, "a.md", "bf16 it is", "Accepted")
    put(house, "b.md", "bf16 it was", "Rejected")
    client = house.client(house.app())
    only = {"facts": ["status=rejected"]}
    assert [d["source"] for d in client.documents(filters=only)["documents"]] == ["b.md"]
    assert [d["source"] for d in client.search("bf16", filters=only)["hits"]] == ["b.md"]
    assert [d["source"] for d in client.ask("bf16", filters=only)["citations"]] == ["b.md"]
    both = {"facts": ["status=rejected", "status=accepted"]}
    assert client.documents(filters=both)["documents"] == []


def test_a_fact_without_its_key_is_a_bad_request(house: House) -> None:
    with pytest.raises(ApiError) as refused:
        house.client(house.app()).search("bf16", filters={"facts": ["=accepted"]})
    assert refused.value.status == httpx.codes.UNPROCESSABLE_ENTITY
