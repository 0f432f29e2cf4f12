"""What `rag.main.build` hands to the doors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rag.domain.people import People
from rag.domain.ports import (
    Answerer,
    Catalog,
    Conversations,
    Generations,
    Grants,
    Indexes,
    Ingestor,
    Jobs,
    Ledger,
    Searcher,
    Sources,
)
from rag.domain.runs import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    catalog: Catalog
    ledger: Ledger
    runs: Runs
    people: People
    sources: Sources
    generations: Generations
    grants: Grants
    jobs: Jobs
    conversations: Conversations
    indexes: Indexes
    searcher: Searcher
    answerer: Answerer
    ingestor: Ingestor
    status: Callable[[], dict[str, Any]]  # versions, model, index health, counts, home; no secrets
    close: Callable[[], None]
