"""Purge: what it takes to leave nothing of a document behind."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, exists, insert, select, update

from rag.domain.errors import NotFound
from rag.domain.people import TEAM_FILE, Match
from rag.domain.types import Access
from rag.registry.chats import erase_messages
from rag.registry.database import finish_scrub, writing
from rag.registry.ledger import forget_files
from rag.registry.people_rows import forget_people, people_of
from rag.registry.people_settling import settle
from rag.registry.rows import batches
from rag.registry.schema import (
    authors,
    chunks,
    document_people,
    documents,
    facts,
    purged,
    run_values,
    runs,
    texts,
    turn_documents,
    turns,
    upkeep,
    vectors,
    versions,
)
from rag.registry.writing import feed_removals

ERASED = "[erased]"
KEPT = {"document_id", "version", "n", "start", "end"}  # of a citation of what was erased


def purge(engine: Engine, document: str, match: Match | None = None) -> None:
    """One transaction; then the file is rewritten, for SQLite leaves traces of deleted rows in it.

    When a long read keeps old pages in use, the rewriting is done at the next purge or start. `match` puts the people
    together again in whom the document had a part; without it that is left to the next settling.
    """
    with writing(engine) as connection:
        row = connection.execute(select(documents).where(documents.c.id == document)).one_or_none()
        if row is None:
            raise NotFound(f"There is no document {document}.", fix="`teamlore search` shows the ids of documents.")
        feed_removals(connection, [document])
        erase_messages(connection, document)
        named = people_of(connection, document)
        _erase_rows(connection, document)
        forget_people(connection, named, team_file=row.source if row.path == TEAM_FILE else "")
        if match is not None:
            settle(connection, match)
        _erase_quotes(connection, document)
        forget_files(connection, row.source, [row.path])
        connection.execute(insert(purged).values(document=document, latest=row.latest))
        connection.execute(delete(upkeep))
        connection.execute(insert(upkeep).values(id=1, scrub=True))
    finish_scrub(engine)


def _erase_rows(connection: Connection, document: str) -> None:
    connection.execute(delete(purged).where(purged.c.document == document))
    own = select(chunks.c.hash).where(chunks.c.document == document).distinct()
    hashes = connection.execute(own).scalars().all()
    for table in (chunks, authors, texts, facts, runs, run_values, document_people, versions):
        connection.execute(delete(table).where(table.c.document == document))
    connection.execute(delete(documents).where(documents.c.id == document))
    used = exists().where(chunks.c.hash == vectors.c.hash)
    for batch in batches(hashes):
        connection.execute(delete(vectors).where(vectors.c.hash.in_(batch), ~used))


def _erase_quotes(connection: Connection, document: str) -> None:
    quoting = (
        select(turns.c.id, turns.c.answer)
        .join(turn_documents, turn_documents.c.turn == turns.c.id)
        .where(turn_documents.c.document == document)
    )
    for turn, answer in connection.execute(quoting).all():
        connection.execute(update(turns).where(turns.c.id == turn).values(answer=erase(answer, document)))
    connection.execute(delete(turn_documents).where(turn_documents.c.document == document))


# --- pure ---------------------------------------------------------------------------------------------------------


def quoted_documents(answer: dict[str, Any]) -> set[str]:
    """Ids of all documents an answer (wire JSON) cites or names as nearest."""
    return {place["document_id"] for place in _resting_on(answer)}


def _resting_on(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """All that it shows or was understood from: each with `document_id` and `space`, "" when erased."""
    nearest = (answer.get("refusal") or {}).get("nearest", ())
    explained = [entry["citation"] for entry in answer.get("glossary", ())]
    return [*answer["citations"], *nearest, *explained, *answer.get("understood_from", ())]


def closed_documents(answer: dict[str, Any], access: Access) -> set[str]:
    """Those it rests on that the caller may not read today."""
    return {p["document_id"] for p in _resting_on(answer) if p["space"] and not access.allows(p["space"])}


def readable(answer: dict[str, Any], access: Access) -> dict[str, Any]:
    """A stored answer as the caller may read it today: a grant that is gone takes its quotes along."""
    for document in closed_documents(answer, access):
        answer = erase(answer, document)
    return answer


def shown_to(turns: Sequence[dict[str, Any]], access: Access) -> list[dict[str, Any]]:
    """Of a conversation of somebody else: the turns of which nothing is closed to the reader and nothing was erased.

    The others go whole, the question too: it may name what its answer rests on. So does a follow-up behind one of them.
    """
    shown, gap = list[dict[str, Any]](), False
    for turn in turns:
        answer = turn["answer"]
        whole = all(place["space"] and access.allows(place["space"]) for place in _resting_on(answer))
        if whole and not (gap and answer.get("understood_as")):
            shown.append(turn)
        else:
            gap = True
    return shown


def erase(answer: dict[str, Any], document: str) -> dict[str, Any]:
    """The answer (wire JSON) without a word of the document.

    Statements that cite it, or cite nothing and so may come from it, go too; the answer's text is put together again
    from those that stay.
    """
    gone = {citation["n"] for citation in answer["citations"] if citation["document_id"] == document}
    statements = [_erase_statement(statement, gone) for statement in answer["statements"]]
    refusal = answer.get("refusal")
    cleared = dict(answer)
    if gone:
        cleared |= {"text": " ".join(_shown(statement) for statement in statements) or ERASED, "warnings": []}
    if refusal:
        near = any(citation["document_id"] == document for citation in refusal["nearest"])
        refusal = {
            **refusal,
            "nearest": [_erase_citation(c, document) for c in refusal["nearest"]],
            "people": [] if near else refusal["people"],
        }
    citations = [_erase_citation(citation, document) for citation in answer["citations"]]
    cleared |= {"statements": statements, "citations": citations, "refusal": refusal}
    return _erase_around(cleared, document)


def _erase_around(answer: dict[str, Any], document: str) -> dict[str, Any]:
    """What an answer says beside its statements: how it was understood, its terms, what may be asked instead."""
    kept = dict(answer)
    if "glossary" in answer:
        kept["glossary"] = [one for one in answer["glossary"] if one["citation"]["document_id"] != document]
    if any(place["document_id"] == document for place in answer.get("understood_from", ())):
        kept |= {"understood_as": "", "understood_from": [{"document_id": document, "space": ""}]}
    if answer.get("suggestions") and document in quoted_documents(answer):
        kept["suggestions"] = []
    return kept


def _erase_statement(statement: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    cited = set(statement["citations"])
    if not gone:
        return statement
    unsaid = {**statement, "note": ""}  # a note may name the other document
    return unsaid if cited and not cited & gone else {**unsaid, "text": ERASED, "checks": []}


def _shown(statement: dict[str, Any]) -> str:
    marks = "".join(f"[{n}]" for n in statement["citations"])
    parts = (statement.get("note", ""), statement["text"], marks)
    return " ".join(part for part in parts if part) if statement["text"] != ERASED else ERASED


def _erase_citation(citation: dict[str, Any], document: str) -> dict[str, Any]:
    if citation["document_id"] != document:
        return citation
    return {key: value if key in KEPT else _blank(value) for key, value in citation.items()}


def _blank(value: object) -> object:
    if isinstance(value, str):
        return ""
    return [] if isinstance(value, list) else {} if isinstance(value, dict) else value
