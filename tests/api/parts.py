"""A service without models: the real registry, and doors' partners simple enough to see through."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from ingest.people import match
from rag.api.app import MAX_UPLOAD, create_app
from rag.api.inprocess import InProcess
from rag.client import Client
from rag.domain.errors import BackendFailed
from rag.domain.ports import Catalog, Conversations, OnProgress
from rag.domain.services import Services
from rag.domain.syncing import CAREFUL, SourcePlan, SyncOptions
from rag.domain.types import (
    Answer,
    Chunk,
    Citation,
    Document,
    Event,
    IngestReport,
    Lines,
    PathUpdate,
    Prepared,
    Progress,
    Query,
    Question,
    Refusal,
    SearchHit,
    Statement,
    Why,
)
from rag.registry.catalog import SqlCatalog
from rag.registry.conversations import SqlConversations
from rag.registry.database import open_database
from rag.registry.generations import SqlGenerations
from rag.registry.grants import SqlGrants
from rag.registry.identity import document_id
from rag.registry.jobs import SqlJobs
from rag.registry.ledger import SqlLedger
from rag.registry.people import SqlPeople
from rag.registry.runs import SqlRuns
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder

BASE = "http://127.0.0.1:8000"
TOKEN = "local-token-canary"


@dataclass
class WholeFiles:
    """Every file becomes one document of one chunk. `gate` holds an ingest up; `fail` breaks it."""

    catalog: Catalog
    gate: threading.Event = field(default_factory=threading.Event)
    fail: Exception | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    asked: list[tuple[str, SyncOptions]] = field(default_factory=list)  # what it was told beside paths

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        space: str,
        kind: str = "",
        options: SyncOptions = CAREFUL,
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        self.asked.append(("ingest", options))
        files = [(Path(path).name, Path(path).read_bytes()) for path in paths]
        return self.upload(files, space=space, kind=kind, on_progress=on_progress)

    def plan(
        self, paths: Sequence[Path | str], *, space: str, kind: str = "", options: SyncOptions = CAREFUL
    ) -> list[SourcePlan]:
        del space, kind
        self.asked.append(("plan", options))
        return [SourcePlan(source=Path(path).name, root=str(path), added=(Path(path).name,)) for path in paths]

    def sync(
        self, source: str, *, options: SyncOptions = CAREFUL, on_progress: OnProgress | None = None
    ) -> IngestReport:
        del on_progress
        self.asked.append((source, options))
        assert self.gate.wait(10)
        if self.fail:
            raise self.fail
        return IngestReport(sources=1)

    def remove(self, source: str) -> int:
        self.asked.append((source, CAREFUL))
        return 1

    def upload(
        self, files: Sequence[tuple[str, bytes]], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        assert self.gate.wait(10)
        if on_progress:
            on_progress(Progress(stage="reading", done=0, total=len(files)))
        if self.fail:
            raise self.fail
        embedder = WordEmbedder()
        source = self.catalog.put_source(name="uploads", root=f"uploads:{space}", space=space)
        for name, data in files:
            text = data.decode()
            document = Document(
                id=document_id(source.id, name, ""),
                source=source.id,
                path=name,
                space=space,
                title=name,
                kind=kind or "document",
                text=text,
                files=(name,),
                fingerprint=uuid4().hex,
            )
            chunk = Chunk(n=0, start=0, end=len(text), text=text)
            prepared = Prepared(document=document, chunks=(chunk,), vectors=embedder.embed([text]))
            update = PathUpdate(source=source.id, path=name, prepared=(prepared,))
            self.catalog.commit([update], model=embedder.fingerprint)
        return IngestReport(sources=1, files=len(files), documents=len(files), chunks=len(files))


@dataclass
class WordSearcher:
    """Finds the current documents that share a word with the query, whole."""

    catalog: Catalog

    def search(self, query: Query, k: int) -> list[SearchHit]:
        wanted = set(query.text.lower().split())
        found, _ = self.catalog.documents(query.access, filters=query.filters, limit=200)
        hits: list[SearchHit] = []
        for info in found:
            whole = self.catalog.text(info.id, query.access)
            common = wanted & set(whole.text.lower().split())
            if common:
                n, lines = len(hits) + 1, Lines(1, whole.text.count("\n") + 1)
                citation = Citation(
                    n=n, document=whole.info, start=0, end=len(whole.text), quote=whole.text, locator=lines
                )
                hits.append(
                    SearchHit(citation=citation, score=float(len(common)), why=Why(parts={"words": float(len(common))}))
                )
        return hits[:k]


@dataclass
class WordAnswerer:
    """Quotes what was found. Some questions make it misbehave: see `stream`."""

    searcher: WordSearcher
    conversations: Conversations
    closed: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    def answer(self, question: Question) -> Answer:
        for event in self.stream(question):
            if isinstance(event.data, Answer):
                return event.data
            if isinstance(event.data, Exception):
                raise event.data
        raise RuntimeError("no end")

    def stream(self, question: Question) -> Iterator[Event]:
        text = question.query.text
        try:
            hits = self.searcher.search(question.query, 3)
            yield Event(name="passages", data=tuple(hits))
            if text == "explode":
                raise RuntimeError("secret-canary at /home/somebody/.teamlore/registry.db")
            if text == "no backend":
                failure = BackendFailed("The model at /opt/models/x.gguf went away.", fix="Start it again.")
                yield Event(name="error", data=failure)
                return
            if text == "no end":
                return
            while text == "endless":
                yield Event(name="delta", data="and on ")
            if text == "wait":
                assert self.gate.wait(10)
            yield from self._say(question, hits)
        finally:
            self.closed.set()

    def _say(self, question: Question, hits: list[SearchHit]) -> Iterator[Event]:
        statements = tuple(
            Statement(text=hit.citation.quote, support="verified", citations=(hit.citation.n,)) for hit in hits
        )
        for hit in hits:
            yield Event(name="delta", data=f"{hit.citation.quote} [{hit.citation.n}]")
            yield Event(name="citation", data=hit.citation)
        status: Literal["answered", "refused"] = "answered" if hits else "refused"
        answer = Answer(
            id=uuid4().hex,
            question=question.query.text,
            status=status,
            text=" ".join(f"{s.text} {list(s.citations)}" for s in statements),
            statements=statements,
            citations=tuple(hit.citation for hit in hits),
            refusal=None if hits else Refusal(reason="Nothing was found."),
            conversation_id=question.conversation_id or self.conversations.start(question.asker),
        )
        self.conversations.record(str(answer.conversation_id), question.asker, answer, state="complete")
        yield Event(name="done", data=answer)


@dataclass
class ToldIndexes:
    """In the state it is told to be in."""

    state: str = "ready"
    rebuilt: int = 0

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        pass

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        self.rebuilt += 1
        if on_progress:
            on_progress(Progress(stage="rebuilding", done=1, total=1))

    def health(self) -> dict[str, Any]:
        one = {"state": self.state, "position": 1, "count": 1, "reason": "reason-canary in /home/somebody"}
        return {"dense": one, "lexical": {**one, "state": "ready"}}

    def close(self) -> None:
        pass


@dataclass
class House:
    """A service, its parts, and ways to call it."""

    services: Services
    ingestor: WholeFiles
    answerer: WordAnswerer
    indexes: ToldIndexes
    engine: Engine
    closed: list[bool] = field(default_factory=list)
    apps: list[FastAPI] = field(default_factory=list)
    transports: list[InProcess] = field(default_factory=list)

    def app(
        self,
        auth: Literal["local", "keys"] = "local",
        *,
        local_token: str = TOKEN,
        hosts: Sequence[str] = (),
        ingest_roots: Sequence[Path] = (),
        max_upload_bytes: int = MAX_UPLOAD,
        golden: Path | None = None,
        evaluations: Path | None = None,
    ) -> FastAPI:
        app = create_app(
            self.services,
            auth=auth,
            local_token=local_token,
            hosts=hosts,
            ingest_roots=ingest_roots,
            max_upload_bytes=max_upload_bytes,
            golden=golden,
            evaluations=evaluations,
        )
        self.apps.append(app)
        return app

    def http(self, app: FastAPI, *, base_url: str = BASE, headers: dict[str, str] | None = None) -> httpx.Client:
        transport = InProcess(app)
        self.transports.append(transport)
        return httpx.Client(base_url=base_url, transport=transport, timeout=20, headers=headers)

    def client(self, app: FastAPI, *, key: str = "", token: str = "") -> Client:
        transport = InProcess(app)
        self.transports.append(transport)
        return Client(BASE, transport=transport, key=key, token=token)

    def key(self, name: str, *groups: str, admin: bool = False) -> str:
        return self.services.grants.create_key(name, frozenset(groups), admin=admin)[1]

    def put(self, name: str, text: str, *, space: str = "default", kind: str = "") -> str:
        """A document; returns its id."""
        self.ingestor.upload([(name, text.encode())], space=space, kind=kind)
        source = self.services.catalog.put_source(name="uploads", root=f"uploads:{space}", space=space)
        return document_id(source.id, name, "")

    def tear_down(self) -> None:
        self.ingestor.gate.set()
        self.answerer.gate.set()
        for transport in self.transports:
            transport.close()
        for app in self.apps:
            app.state.shared.answers.close(wait=True)
            app.state.shared.jobs.close()
        self.engine.dispose()


def make_house() -> House:
    engine = open_database("sqlite://")
    catalog, conversations = SqlCatalog(engine), SqlConversations(engine)
    ingestor, indexes, closed = WholeFiles(catalog), ToldIndexes(), list[bool]()
    searcher = WordSearcher(catalog)
    answerer = WordAnswerer(searcher, conversations)

    services = Services(
        ledger=SqlLedger(engine),
        runs=SqlRuns(engine),
        people=SqlPeople(engine, match),
        sources=SqlSources(engine),
        catalog=catalog,
        generations=SqlGenerations(engine),
        grants=SqlGrants(engine),
        jobs=SqlJobs(engine),
        conversations=conversations,
        indexes=indexes,
        searcher=searcher,
        answerer=answerer,
        ingestor=ingestor,
        status=lambda: {"version": "0", "home": "/home/somebody/teamlore", "model": {"llm": "none"}},
        close=lambda: closed.append(True),
    )
    return House(services=services, ingestor=ingestor, answerer=answerer, indexes=indexes, engine=engine, closed=closed)
