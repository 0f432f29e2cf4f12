"""A home in the program's own process, for programs without a running service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.client import Filters, Json
from rag.domain.errors import BadInput
from rag.domain.types import Access, Query, Question
from rag.domain.wire import answer_json, hit_json

if TYPE_CHECKING:
    from rag.domain.services import Services


@dataclass(frozen=True, slots=True)
class LocalHome:
    """Everything in it may be read. What comes back, and what is refused, is as over HTTP."""

    services: "Services"

    def search(self, query: str, *, k: int = 10, filters: Filters | None = None, as_of: str | None = None) -> Json:
        """Raises BadInput."""
        asked = _query(query, k=k, filters=filters, as_of=as_of)
        return {"hits": [hit_json(hit) for hit in self.services.searcher.search(asked, k)], "next_cursor": ""}

    def ask(self, question: str, *, filters: Filters | None = None, as_of: str | None = None) -> Json:
        """Raises BadInput; BackendFailed when the LLM of the settings does."""
        asked = _query(question, k=1, filters=filters, as_of=as_of)
        return answer_json(self.services.answerer.answer(Question(query=asked, asker="local")))


@contextmanager
def open_home(path: Path | None = None) -> Iterator[LocalHome]:
    """The home of the settings, or this one, beside whatever writes there; nothing is written.

    Raises NotFound where nothing is stored yet, and what `rag.main.build` raises.
    """
    from rag.main import build
    from rag.settings import load_settings

    services = build(load_settings(path), mode="read")
    try:
        yield LocalHome(services)
    finally:
        services.close()


def _query(text: str, *, k: int, filters: Filters | None, as_of: str | None) -> Query:
    """By the rules of the HTTP API."""
    from pydantic import ValidationError

    from rag.api.bodies import query_of
    from rag.api.routes.search import SearchBody

    try:
        body = SearchBody.model_validate({"query": text, "k": k, "filters": filters, "as_of": as_of})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise BadInput(f"This cannot be asked: {wrong}.", fix="Correct what is named.") from error
    return query_of(body.query, Access(everything=True), filters=body.filters, as_of=body.as_of)
