"""One file a resource; found by grep, put together here."""

from fastapi import APIRouter

from rag.api.routes import (
    ask,
    conversations,
    docs,
    documents,
    evaluations,
    files,
    golden,
    ingest,
    jobs,
    people,
    runs,
    search,
    service,
    session,
    sources,
    spaces,
)

ROUTERS: tuple[APIRouter, ...] = (
    ask.router,
    search.router,
    ingest.router,
    jobs.router,
    sources.router,
    files.router,
    runs.router,
    people.router,
    documents.router,
    spaces.router,
    golden.router,
    evaluations.router,
    conversations.router,
    session.router,
    service.router,
    docs.router,
)
