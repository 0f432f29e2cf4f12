"""One way to ask, whether a service runs on the home or not: what comes back is the JSON of the public surface."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from rag.cli.health import index_states
from rag.client import ApiError, Client
from rag.domain.errors import NotFound, StorageFailed
from rag.domain.ports import OnProgress
from rag.domain.services import Services
from rag.domain.syncing import SyncOptions
from rag.domain.types import Access, Audience, Filters, Progress, Query, Question
from rag.domain.wire import answer_json, document_json, hit_json, plan_json, report_json

Json = dict[str, Any]
LOCAL = "local"  # who asks on this machine
NEW, LAST = "new", "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question or query of the command line; dates and spaces as the filters of the public surface name them."""

    text: str
    filters: Filters
    as_of: Any = None
    audience: Audience = ""
    conversation: str = ""  # NEW, LAST or an id; empty: it stands alone, and is kept by a running service only


class Door(Protocol):
    @property
    def client(self) -> Client:
        """The API, for a command that has no method here: the running service's, or one made in this process."""
        ...

    def ask(self, asked: Asked) -> Json: ...
    def search(self, asked: Asked, k: int) -> list[Json]: ...
    def ingest(
        self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions, on_progress: OnProgress
    ) -> Json: ...
    def plan(self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions) -> list[Json]: ...
    def text(self, document: str, version: int | None) -> Json: ...
    def purge(self, document: str) -> None: ...
    def rebuild(self, on_progress: OnProgress) -> str: ...
    def status(self) -> Json: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class LocalDoor:
    """Works on the home itself."""

    services: Services
    _client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            from rag.api.app import create_app  # FastAPI takes a while to import, and few commands need it
            from rag.api.inprocess import InProcess
            from rag.api.machine import log_to_stderr

            log_to_stderr("warning")  # of the API in this process: standard output is for results
            token = secrets.token_hex(16)
            app = create_app(self.services, auth="local", local_token=token)
            self._client = Client("http://127.0.0.1", token=token, transport=InProcess(app))
        return self._client

    def ask(self, asked: Asked) -> Json:
        conversation = self._conversation(asked.conversation)
        question = Question(query=_query(asked), conversation_id=conversation, audience=asked.audience, asker=LOCAL)
        return answer_json(self.services.answerer.answer(question))

    def _conversation(self, named: str) -> str | None:
        conversations = self.services.conversations
        if named == NEW:
            return conversations.start(LOCAL)
        return _last(conversations.of(LOCAL, limit=1)[0]) if named == LAST else named or None

    def search(self, asked: Asked, k: int) -> list[Json]:
        return [hit_json(hit) for hit in self.services.searcher.search(_query(asked), k)]

    def ingest(
        self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions, on_progress: OnProgress
    ) -> Json:
        report = self.services.ingestor.ingest(paths, space=space, kind=kind, options=options, on_progress=on_progress)
        return report_json(report)

    def plan(self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions) -> list[Json]:
        plans = self.services.ingestor.plan(paths, space=space, kind=kind, options=options)
        return [plan_json(plan) for plan in plans]

    def text(self, document: str, version: int | None) -> Json:
        found = self.services.catalog.text(document, Access(everything=True), version=version)
        return {**document_json(found.info), "text": found.text, "syntax": found.syntax}

    def purge(self, document: str) -> None:
        self.services.catalog.purge(document)
        self.services.indexes.catch_up()

    def rebuild(self, on_progress: OnProgress) -> str:
        self.services.indexes.rebuild(on_progress)
        return "The indexes are rebuilt."

    def status(self) -> Json:
        state = self.services.status()
        return {"service": None, **state, "indexes": index_states(self.services, state["embedder"]["fingerprint"])}

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.services.close()


def _query(asked: Asked) -> Query:
    return Query(text=asked.text, access=Access(everything=True), filters=asked.filters, as_of=asked.as_of)


@dataclass(frozen=True, slots=True)
class RemoteDoor:
    """Goes through the service that owns the home."""

    client: Client
    url: str

    def ask(self, asked: Asked) -> Json:
        conversation = asked.conversation
        if conversation == LAST:
            conversation = _last(self.client.conversations(limit=1)["conversations"])
        given = None if conversation == NEW else conversation or None
        return self.client.ask(asked.text, conversation_id=given, audience=asked.audience, **_asked_json(asked))

    def search(self, asked: Asked, k: int) -> list[Json]:
        hits: list[Json] = self.client.search(asked.text, k=k, **_asked_json(asked))["hits"]
        return hits

    def ingest(
        self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions, on_progress: OnProgress
    ) -> Json:
        job = self.client.ingest_paths(_absolute(paths), space=space, kind=kind, **_options_json(options))
        finished = self.client.wait(job["id"], on_progress=lambda step: on_progress(Progress(**step)))
        if finished["state"] == "failed" or not finished["report"]:
            raise StorageFailed(
                f"The service could not finish: {finished['error']}",
                fix="What it acknowledged is kept. See its log, then run this again.",
            )
        report: Json = finished["report"]
        return report

    def plan(self, paths: Sequence[Path | str], *, space: str, kind: str, options: SyncOptions) -> list[Json]:
        told = self.client.ingest_paths(_absolute(paths), space=space, kind=kind, plan=True, **_options_json(options))
        plans: list[Json] = told["sources"]
        return plans

    def text(self, document: str, version: int | None) -> Json:
        return self.client.text(document, version=version)

    def purge(self, document: str) -> None:
        try:
            self.client.purge(document)
        except ApiError as problem:
            if problem.status != 404:
                raise
            raise NotFound(problem.detail, fix=problem.fix) from problem

    def rebuild(self, on_progress: OnProgress) -> str:
        del on_progress
        self.client.rebuild()
        return "The service rebuilds its indexes and answers meanwhile: `teamlore status` shows how far it is."

    def status(self) -> Json:
        return {"service": self.url, **self.client.status()}

    def close(self) -> None:
        self.client.close()


def _last(found: Sequence[Json]) -> str:
    if not found:
        raise NotFound("There is no conversation to continue.", fix="Begin one: teamlore ask --new QUESTION.")
    return str(found[0]["id"])


def _absolute(paths: Sequence[Path | str]) -> list[Path | str]:
    return [path.resolve() if isinstance(path, Path) else path for path in paths]


def _options_json(options: SyncOptions) -> Json:
    return {**asdict(options), "only": [str(path) for path in options.only]}


def _asked_json(asked: Asked) -> Json:
    filters = asked.filters
    return {
        "filters": {
            "spaces": list(filters.spaces),
            "kinds": list(filters.kinds),
            "authors": list(filters.authors),
            "facts": [f"{key}={value}" for key, value in filters.facts],
            **({"after": filters.after.isoformat()} if filters.after else {}),
            **({"before": filters.before.isoformat()} if filters.before else {}),
        },
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
    }
