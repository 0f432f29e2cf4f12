"""The one place that knows every class: settings in, services out."""

import functools
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingest.history import Depth
from ingest.people import match
from ingest.pipeline import Pipeline
from ingest.redaction import Redactor, kinds_of
from ingest.sandbox import ReaderPool
from ingest.tracking import mlflow_opener
from rag.answering.answerer import EvidenceAnswerer
from rag.answering.compose import ExtractiveWriter, Writer
from rag.answering.conversation import AS_ASKED, Understanding, understanding_of
from rag.answering.currency import Currency
from rag.answering.looking_up import FactSearcher
from rag.answering.prompt import PointerWriter
from rag.answering.refusal import DEFAULT
from rag.client import Client
from rag.domain.ports import LLM, Embedder, Lookup, OnProgress
from rag.domain.services import Services
from rag.index.generations import HomeIndexes
from rag.knowledge.changes import ChangeLookup
from rag.knowledge.decisions import DecisionLookup
from rag.knowledge.experiments import ExperimentLookup
from rag.knowledge.glossary import Glossary
from rag.knowledge.succession import Succession
from rag.models.beside import FEW, BesideEmbedder
from rag.models.embedder import OnnxEmbedder, load_embedder
from rag.models.llms import Reach, load_llm
from rag.models.usage import Prices
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.conversations import SqlConversations
from rag.registry.database import open_database
from rag.registry.facts import SqlFacts
from rag.registry.generations import SqlGenerations
from rag.registry.grants import SqlGrants
from rag.registry.home import Home, lock_home
from rag.registry.jobs import SqlJobs
from rag.registry.ledger import SqlLedger
from rag.registry.people import SqlPeople
from rag.registry.runs import SqlRuns
from rag.registry.sources import SqlSources
from rag.retrieval.expansion import Expansion
from rag.retrieval.ranking import Ranker
from rag.retrieval.retrievers import HybridRetriever
from rag.retrieval.searcher import PassageSearcher
from rag.settings import Settings, load_settings

Mode = Literal["read", "write", "serve"]
SYNC_TICK = 10.0  # seconds: the shortest interval of a source is a minute

if TYPE_CHECKING:  # FastAPI is imported by who serves
    from fastapi import FastAPI
    from sqlalchemy import Engine


def open_home(settings: Settings) -> Home:
    return Home(settings.home)


def build(
    settings: Settings,
    *,
    mode: Mode = "write",
    embedder: Embedder | None = None,
    llm: LLM | None = None,
    on_progress: OnProgress | None = None,
) -> Services:
    """Wire the service. What is passed in stands in for what the settings would have built.

    read: beside any writer, nothing is written. write: the caller holds the home's lock. serve: the same, and the
    indexes are probed, caught up and rebuilt in the background.
    """
    home = open_home(settings)
    base = _Base(
        settings=settings,
        mode=mode,
        home=home,
        engine=open_database(settings.registry or home.registry_url, read_only=mode == "read"),
        embedder=embedder or _embedder(settings, on_progress),
        writer=_writer(settings, llm),
    )
    catalog, generations, jobs = SqlCatalog(base.engine, match=match), SqlGenerations(base.engine), SqlJobs(base.engine)
    conversations = SqlConversations(base.engine)
    indexes = _indexes(base, catalog, generations)
    searcher = PassageSearcher(
        retriever=HybridRetriever(
            embedder=base.embedder,
            dense=indexes.dense,
            lexical=indexes.lexical,
            catalog=catalog,
            ranker=Ranker(freshness=settings.freshness),
        ),
        expansion=Expansion(catalog=catalog),
        catalog=catalog,
    )
    lookups = _lookups(base, catalog, searcher)
    pool, bulk = ReaderPool(workers=settings.parser_workers), _bulk(base)
    if mode != "read":
        jobs.interrupted()

    def close() -> None:
        pool.close()
        if isinstance(bulk, BesideEmbedder):
            bulk.close()
        indexes.close()
        base.engine.dispose()

    return Services(
        catalog=catalog,
        ledger=SqlLedger(base.engine),
        runs=SqlRuns(base.engine),
        people=SqlPeople(base.engine, match),
        sources=SqlSources(base.engine),
        generations=generations,
        grants=SqlGrants(base.engine),
        jobs=jobs,
        conversations=conversations,
        indexes=indexes,
        searcher=FactSearcher(inner=searcher, lookups=lookups, catalog=catalog),
        answerer=_answerer(base, searcher, lookups, indexes, conversations),
        ingestor=_pipeline(base, catalog, indexes, pool, bulk),
        status=functools.partial(_status, base, catalog, indexes),
        close=close,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What several parts are made of."""

    settings: Settings
    mode: Mode
    home: Home
    engine: "Engine"
    embedder: Embedder
    writer: Writer


def _embedder(settings: Settings, on_progress: OnProgress | None) -> Embedder:
    return load_embedder(
        settings.embedder,
        models=settings.models,
        backend=settings.embedder_backend,
        threads=settings.threads,
        on_progress=on_progress,
    )


def _bulk(base: _Base) -> Embedder:
    """What embeds what is ingested; while serving, others ask meanwhile."""
    if base.mode == "serve" and base.settings.embed_beside and isinstance(base.embedder, OnnxEmbedder):
        return BesideEmbedder(base.embedder, few=FEW)
    return base.embedder


def _indexes(base: _Base, catalog: SqlCatalog, generations: SqlGenerations) -> HomeIndexes:
    return HomeIndexes(
        catalog,
        generations,
        directory=base.home.indexes,
        model=base.embedder.fingerprint,
        dimension=base.embedder.dimension,
        chroma_url=base.settings.chroma,
        read_only=base.mode == "read",
        background=base.mode == "serve",
    )


def _pipeline(base: _Base, catalog: SqlCatalog, indexes: HomeIndexes, pool: ReaderPool, embedder: Embedder) -> Pipeline:
    return Pipeline(
        catalog=catalog,
        ledger=SqlLedger(base.engine),
        sources=SqlSources(base.engine),
        chats=SqlChats(base.engine),
        embedder=embedder,
        pool=pool,
        redactor=Redactor(kinds_of(base.settings.redact)),
        indexes=indexes,
        past=Depth(versions=base.settings.git_versions, commits=base.settings.git_commits),
        people=SqlPeople(base.engine, match),
        originals=base.home.originals if base.settings.keep_originals else None,
        remotes={"mlflow": mlflow_opener(os.environ)},
    )


def _lookups(base: _Base, catalog: SqlCatalog, searcher: PassageSearcher) -> tuple[Lookup, ...]:
    return (
        ExperimentLookup(runs=SqlRuns(base.engine), catalog=catalog),
        DecisionLookup(SqlFacts(base.engine), catalog),
        ChangeLookup(catalog=catalog, facts=SqlFacts(base.engine), searcher=searcher),
    )


def _answerer(
    base: _Base,
    searcher: PassageSearcher,
    lookups: tuple[Lookup, ...],
    indexes: HomeIndexes,
    conversations: SqlConversations,
) -> EvidenceAnswerer:
    return EvidenceAnswerer(
        searcher=searcher,
        embedder=base.embedder,
        writer=base.writer,
        threshold=replace(DEFAULT, least=base.settings.refuse_below),
        currency=Currency(
            succession=Succession(SqlFacts(base.engine), searcher.catalog),
            searcher=searcher,
            embedder=base.embedder,
            catalog=searcher.catalog,
        ),
        lookups=lookups,
        people=SqlPeople(base.engine, match),
        conversations=None if base.mode == "read" else conversations,
        glossary=Glossary(searcher),
        understanding=_understanding(base),
        model={"llm": base.writer.name, "embedder": base.embedder.name},
        prices=_prices(base.settings),
        strict=base.settings.strict,
        state=functools.partial(_index_warnings, indexes),
    )


def _understanding(base: _Base) -> Understanding:
    if not base.settings.follow_ups:
        return AS_ASKED
    return understanding_of(base.writer.llm if isinstance(base.writer, PointerWriter) else None)


def _writer(settings: Settings, llm: LLM | None) -> Writer:
    llm = llm or load_llm(settings.llm, reach(settings))
    quoting = settings.llm.startswith("llama-cpp:") if settings.llm_quotes is None else settings.llm_quotes
    return PointerWriter(llm=llm, quoting=quoting) if llm else ExtractiveWriter()


def reach(settings: Settings) -> Reach:
    """How the language model that the settings name is reached."""
    return Reach(
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key.get_secret_value(),
        timeout=settings.llm_timeout,
        context=settings.llm_context,
        models=settings.models,
        threads=settings.threads,
    )


def _prices(settings: Settings) -> Prices | None:
    if settings.llm_price_in is None or settings.llm_price_out is None:
        return None
    return Prices(tokens_in=settings.llm_price_in, tokens_out=settings.llm_price_out)


def _index_warnings(indexes: HomeIndexes) -> tuple[str, ...]:
    """Only what an asker should know: with exact search standing in, answers are as good, only slower."""
    return tuple(
        f"The {name} index is {state['state']}: {state['reason']}"
        for name, state in indexes.health().items()
        if state["state"] == "rebuilding" and state.get("reason")
    )


def _status(base: _Base, catalog: SqlCatalog, indexes: HomeIndexes) -> dict[str, Any]:
    return {
        "teamlore": version("teamlore"),
        "python": platform.python_version(),
        "home": str(base.settings.home),
        "counts": catalog.counts(),
        "embedder": {
            "name": base.embedder.name,
            "fingerprint": base.embedder.fingerprint[:16],
            "dimension": base.embedder.dimension,
            "note": getattr(base.embedder, "note", ""),
        },
        "llm": base.writer.name,
        "indexes": indexes.health(),
    }


def make_app(settings: Settings | None = None) -> "FastAPI":
    """Served by `uvicorn --factory rag.main:make_app`; importing this module starts nothing. Takes the home's lock."""
    settings = settings or load_settings()
    app, _ = _locked_app(settings, settings.port)
    return app


def serve(settings: Settings, *, any_port: bool = False, say: Callable[[str], None]) -> None:
    """Serve until stopped. Raises BadSetting when the port is taken, HomeLocked when the home is.

    Ctrl+C and SIGTERM end the process with 0, whether it is still starting or serves: uvicorn finishes what is in work,
    then raises the signal again.
    """
    import uvicorn

    from rag.api.machine import listen

    with listen(settings.host, settings.port, any_port=any_port) as listening:
        if threading.current_thread() is threading.main_thread():
            for stop in (signal.SIGINT, signal.SIGTERM):
                signal.signal(stop, lambda _signal, _frame: sys.exit(0))
        port = listening.getsockname()[1]
        app, url = _locked_app(settings, port)
        say(f"teamlore serves {settings.home}\n  page  {url}/ui\n  API   {url}/docs\nStop it with Ctrl+C.")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=20, access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


def _locked_app(settings: Settings, port: int) -> "tuple[FastAPI, str]":
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.home / "ui-cache"))  # read when Gradio is imported
    from rag.api.app import create_app, page_user
    from rag.api.inprocess import InProcess
    from rag.api.machine import log_to_stderr
    from ui.app import mount

    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{'127.0.0.1' if shown in ('0.0.0.0', '[::]') else shown}:{port}"
    lock = lock_home(open_home(settings), url=url)
    log_to_stderr(settings.log_level)
    try:
        services = build(settings, mode="serve")
    except BaseException:
        lock.release()
        raise

    def close() -> None:
        services.close()
        lock.release()

    app = create_app(
        replace(services, close=close),
        auth=settings.auth_mode,
        local_token=lock.owner.token,
        hosts=[settings.host, *(host.strip() for host in settings.allowed_hosts.split(",") if host.strip())],
        ingest_roots=[Path(root) for root in settings.ingest_roots.split(os.pathsep) if root],
        sync_tick=SYNC_TICK,
        golden=settings.golden_file,
        evaluations=settings.home / "evaluations",
    )
    return mount(app, Client(url, transport=InProcess(app)), page_user), url
