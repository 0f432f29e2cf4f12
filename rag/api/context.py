"""What the routes share, and what they know of a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from rag.api.auth import Auth, Caller
from rag.api.jobs import JobRunner
from rag.api.metrics import Metrics
from rag.api.problems import request_id_of
from rag.api.work import WorkPool
from rag.domain.errors import NotAllowed, NotFound
from rag.domain.services import Services
from rag.domain.types import Access
from rag.knowledge.evaluations import StoredEvaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One an app, in `app.state.shared`."""

    services: Services
    auth: Auth
    answers: WorkPool
    jobs: JobRunner
    job_pool: WorkPool
    metrics: Metrics
    ingest_roots: tuple[Path, ...]
    golden: Path | None = None  # the golden set's file
    evaluations: StoredEvaluations | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a known caller."""

    shared: Shared
    caller: Caller
    access: Access
    request_id: str

    @property
    def services(self) -> Services:
        return self.shared.services

    @property
    def name(self) -> str:
        return self.caller.principal.name

    @property
    def trusted(self) -> bool:
        """The command line on this machine: it may name any path, and sees paths."""
        return self.caller.via == "token"

    def need_admin(self, what: str) -> None:
        if not self.caller.principal.admin:
            raise NotAllowed(f"Only an administrator may {what}.", fix="Use an administrator's key.")


def shared_of(request: Request) -> Shared:
    shared = request.app.state.shared
    assert isinstance(shared, Shared)
    return shared


def call_of(request: Request) -> Call:
    shared, caller = shared_of(request), request.state.caller
    assert isinstance(caller, Caller)  # Guard put it there: no route that asks for it is public
    access = shared.services.grants.access(caller.principal)
    return Call(shared=shared, caller=caller, access=access, request_id=request_id_of(request))


CallDep = Annotated[Call, Depends(call_of)]
SharedDep = Annotated[Shared, Depends(shared_of)]


@contextmanager
def visible(what: str) -> Iterator[None]:
    """Absent and not yours are one answer, in the same words, whichever store said so."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"There is no such {what}.", fix=f"It is gone, or not yours: list the {what}s.") from error
