"""Answers with citations, as a LlamaIndex query engine and as a tool for agents."""

import asyncio
from typing import Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle
from llama_index.core.tools import FunctionTool

from rag.client import Filters, Json
from rag.llamaindex.passages import node

NAME = "teamlore"
DESCRIPTION = (
    "Answers a question from what the team has written down: documents, chats, decisions, experiment runs. "
    "Every statement carries [n], and below the answer stands the exact quote behind each n. "
    "When the documents do not hold an answer, it says so. Ask one whole question in plain words."
)


class Asked(Protocol):
    """A `rag.client.Client`, or a home of this process as `open_home` gives it. Thread-safe."""

    def ask(self, question: str, *, filters: Filters | None = None, as_of: str | None = None) -> Json: ...


class TeamloreQueryEngine(BaseQueryEngine):
    """teamlore's own answer, with the LLM of the service or none; no LLM of the program is called.

    `response` has the markers [n]; `source_nodes[n - 1]` is the exact quote behind n, without a score. Metadata:
    answer_id, status (answered, partial or refused), confidence, statements, refusal, warnings, model, `as_of`.

    Raises what the service or home raises: ApiError or Unreachable of `rag.client`, TeamloreError.
    """

    def __init__(self, service: Asked, *, filters: Filters | None = None, as_of: str | None = None) -> None:
        super().__init__(callback_manager=None)
        self._service = service
        self._filters = filters
        self._as_of = as_of

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._service.ask(query_bundle.query_str, filters=self._filters, as_of=self._as_of)
        metadata = {name: value for name, value in answer.items() if name not in ("text", "citations")}
        return Response(
            response=answer["text"],
            source_nodes=[node(cited, as_of=self._as_of) for cited in answer["citations"]],
            metadata={**metadata, "as_of": self._as_of or ""},
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def teamlore_tool(
    service: Asked,
    *,
    name: str = NAME,
    description: str = DESCRIPTION,
    filters: Filters | None = None,
    as_of: str | None = None,
) -> FunctionTool:
    """A tool of one argument, `question`. Its content is the answer and the quotes; `raw_output` the JSON of `/v1/ask`.

    Raises what the service or home raises; an agent of LlamaIndex shows the words, with the fix, to its LLM.
    """

    def ask(question: str) -> Json:
        return service.ask(question, filters=filters, as_of=as_of)

    return FunctionTool.from_defaults(fn=ask, name=name, description=description, callback=told)


def told(answer: Json) -> str:
    """The answer, and for each citation where it is, and the words; only ours begin a line without a blank."""
    quotes = [_indented(f"[{cited['n']}] {cited['source']}: “{cited['quote']}”") for cited in answer["citations"]]
    return "\n\n".join(part for part in (answer["text"], "\n".join(quotes)) if part)


def _indented(text: str) -> str:
    return "\n    ".join(text.splitlines())
