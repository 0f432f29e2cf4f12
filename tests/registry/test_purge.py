"""What a purge leaves behind: not a byte."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from rag.domain.types import Answer, Refusal
from rag.domain.wire import answer_json
from rag.registry.catalog import SqlCatalog
from rag.registry.conversations import SqlConversations
from rag.registry.database import open_database, reading, writing
from rag.registry.erasing import erase, quoted_documents
from rag.registry.schema import upkeep
from tests.registry.parts import answer, citation, put, source

CANARY = "xylophone-canary-4711"


def bytes_on_disk(url: str) -> bytes:
    folder = Path(url.removeprefix("sqlite:///")).parent
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def filled(engine: Engine) -> tuple[SqlCatalog, str]:
    """A registry where one document of many says the canary, in every place, in two versions, quoted in an answer."""
    catalog, conversations = SqlCatalog(engine), SqlConversations(engine)
    of = source(catalog)
    for n in range(60):
        put(catalog, of, f"{n}", f"{n} " * 200)
    meta = {"title": CANARY, "authors": (CANARY,), "url": CANARY, "files": (CANARY,)}
    for n in range(2):
        key = put(catalog, of, f"{CANARY}.md", f"{CANARY} {n}\n" * 100, **meta)
    talk = conversations.start("ann")
    quoting = answer("1", "q?", key)
    conversations.record(
        talk,
        "ann",
        Answer(
            id="1",
            question="q?",
            status="answered",
            text=CANARY,
            statements=quoting.statements,
            citations=(citation(key, 1, CANARY),),
        ),
        state="complete",
    )
    for n in range(60):
        put(catalog, of, f"{n}", f"{n + 1} " * 200)
    return catalog, key


@pytest.mark.slow
def test_a_purged_document_leaves_no_byte_in_the_files(disk: Engine, url: str) -> None:
    catalog, key = filled(disk)
    assert CANARY.encode() in bytes_on_disk(url)
    catalog.purge(key)
    assert CANARY.encode() not in bytes_on_disk(url)


@pytest.mark.slow
def test_a_purge_that_was_cut_off_is_finished_at_the_next_start(disk: Engine, url: str) -> None:
    """Stands for a crash between the erasing and the rewriting: the mark is there, the file is not rewritten."""
    filled(disk)
    with writing(disk) as connection:
        connection.execute(insert(upkeep).values(id=1, scrub=True))
    disk.dispose()
    again = open_database(url)
    with reading(again) as connection:
        assert connection.execute(select(upkeep.c.scrub)).scalar() is None
    again.dispose()


def test_only_what_cites_the_erased_document_is_taken_from_an_answer() -> None:
    wire = erase(answer_json(answer("1", "q?", "gone", "kept")), "gone")
    assert "words of gone" not in str(wire)
    assert wire["text"] == "[erased] words of kept [2]"
    assert [statement["text"] for statement in wire["statements"]] == ["[erased]", "words of kept"]
    assert [cited["quote"] for cited in wire["citations"]] == ["", "words of kept"]
    assert (wire["citations"][0]["document_id"], wire["citations"][0]["n"]) == ("gone", 1)


def test_an_answer_that_does_not_cite_it_stays_as_it_is() -> None:
    wire = answer_json(answer("1", "q?", "kept"))
    assert erase(wire, "gone") == wire


def test_the_nearest_passages_of_a_refusal_are_erased_too() -> None:
    nearest = (citation("gone", 1, "secret"), citation("kept", 2, "fine"))
    refusal = Refusal(reason="thin", nearest=nearest)
    wire = answer_json(Answer(id="1", question="q?", status="refused", text="thin", refusal=refusal))
    assert quoted_documents(wire) == {"gone", "kept"}
    erased = erase(wire, "gone")
    assert "secret" not in str(erased)
    assert erased["refusal"]["nearest"][1] == wire["refusal"]["nearest"][1]
