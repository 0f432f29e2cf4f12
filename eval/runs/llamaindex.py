"""LlamaIndex's default pipeline over the same files with the same embedding model, to stand beside ours.

SimpleDirectoryReader, SentenceSplitter of 1,024 tokens with 200 of overlap, VectorStoreIndex in memory, the best 10.
A file that it has no reader for it takes as text; `file_path` is the path inside the pack. Of each chunk the model
reads what fits its window (256 tokens of all-MiniLM-L6-v2), as it does in every LlamaIndex program.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from eval.metrics.base import Found
from eval.metrics.evidence import comparable, evidence_hit, file_hit
from eval.packs.loading import Evidence, Pack, Sample
from rag.domain.ports import Embedder

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.schema import Document

CHUNK, OVERLAP, TOP = 1024, 200, 10
BATCH = 64
LIKE_OURS = "llamaindex"  # the first 200 words of a chunk count, as evidence_hit says it of every passage
WHOLE = "llamaindex, whole chunks"  # up to 1,024 tokens each, where a passage of ours has 200 words

Chunks = tuple[Found, ...]
Find = Callable[[str, str], Chunks]  # of a question and a pack's name


def pipeline(packs: Sequence[Pack], embedder: Embedder) -> Find:
    """One index of all of them. A chunk of another pack has no files, as it is with ours."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter

    index = VectorStoreIndex.from_documents(
        [document for pack in packs for document in _documents(pack)],
        embed_model=_embedding(embedder),
        transformations=[SentenceSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)],
    )
    retriever = index.as_retriever(similarity_top_k=TOP)
    return lambda question, pack: _found(retriever, question, pack)


def hits(sample: Sample, found: Chunks) -> dict[str, Mapping[str, float | None]]:
    """{system: {metric: 0, 1 or None}}. Found is the same in both; they differ in how much of a chunk counts."""
    ks = (1, 5, 10)
    files = {f"file_hit@{k}": file_hit(sample, found, k) for k in ks}
    return {
        LIKE_OURS: files | {f"evidence_hit@{k}": evidence_hit(sample, found, k) for k in ks},
        WHOLE: {f"evidence_hit@{k}": _whole_hit(sample, found[:k]) for k in ks},
    }


def _whole_hit(sample: Sample, found: Chunks) -> float | None:
    if not sample.evidence:
        return None
    return float(any(_holds(chunk, evidence) for chunk in found for evidence in sample.evidence))


def _holds(chunk: Found, evidence: Evidence) -> bool:
    file = evidence.file
    return file in chunk.files and comparable(evidence.quote, file) in comparable(chunk.text, file)


def _documents(pack: Pack) -> "list[Document]":
    from llama_index.core import SimpleDirectoryReader

    if not (files := {str(pack.root / path): path for path in pack.files()}):
        return []
    read = SimpleDirectoryReader(
        input_files=list(files), file_metadata=lambda path: {"file_path": files[path], "pack": pack.name}
    ).load_data()
    for document in read:
        document.excluded_embed_metadata_keys.append("pack")
        document.excluded_llm_metadata_keys.append("pack")
    return read


def _found(retriever: "BaseRetriever", question: str, pack: str) -> Chunks:
    """A chunk is one piece, known by its beginning: `best` is there."""
    return tuple(
        Found(
            files=frozenset([hit.metadata["file_path"]] if hit.metadata["pack"] == pack else []),
            text=hit.text,
            best=(0, 1),
        )
        for hit in retriever.retrieve(question)
    )


def _embedding(embedder: Embedder) -> "BaseEmbedding":
    """Ours as LlamaIndex's."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Same(BaseEmbedding):
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return [[float(value) for value in row] for row in embedder.embed(texts)]

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return Same(model_name=embedder.name, embed_batch_size=BATCH)
