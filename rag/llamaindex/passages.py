"""Search as a LlamaIndex retriever."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from rag.client import Filters, Json

SHOWN = frozenset({"source", "title", "date"})  # of the metadata, what an LLM reads in front of the text


class Searched(Protocol):
    """A `rag.client.Client`, or a home of this process as `open_home` gives it. Thread-safe."""

    def search(self, query: str, *, k: int = 10, filters: Filters | None = None, as_of: str | None = None) -> Json: ...


class TeamloreRetriever(BaseRetriever):
    """Passages as nodes, best first. `k`: 1 to 50. `as_of`: ISO 8601, what was valid then.

    `node.text` is exactly `start_char_idx` to `end_char_idx` of that version of the document. Metadata: document_id,
    version, source (the path inside what was ingested), part, start, end, locator, section, title, kind, space,
    authors, date, url, link, why (parts of the score, their weights, raw measures, conditions), copies (documents that
    say the same), and `as_of` as it was asked, "" for now.

    Raises what the service or home raises: ApiError or Unreachable of `rag.client`, TeamloreError.
    """

    def __init__(
        self, service: Searched, *, k: int = 10, filters: Filters | None = None, as_of: str | None = None
    ) -> None:
        super().__init__()
        self._service = service
        self._k = k
        self._filters = filters
        self._as_of = as_of

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._service.search(query_bundle.query_str, k=self._k, filters=self._filters, as_of=self._as_of)
        return [node(hit, as_of=self._as_of) for hit in found["hits"]]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def node(quoted: Mapping[str, Any], *, as_of: str | None) -> NodeWithScore:
    """Of a hit, or of a citation, which has no score. The same place in the same version has the same id."""
    metadata = {name: value for name, value in quoted.items() if name not in ("n", "quote", "score")}
    metadata["as_of"] = as_of or ""
    document, version, start, end = (quoted[name] for name in ("document_id", "version", "start", "end"))
    text = TextNode(
        id_=f"{document}:{version}:{start}-{end}",
        text=quoted["quote"],
        start_char_idx=start,
        end_char_idx=end,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=[name for name in metadata if name not in SHOWN or not metadata[name]],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)},
    )
    return NodeWithScore(node=text, score=quoted.get("score"))
