"""Batches of documents: chunked, embedded where no vector is known yet, written in one transaction each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ingest.chunking import chunk_document
from rag.domain.ports import Catalog, Embedder, Indexes, OnProgress
from rag.domain.records import FileOutcome
from rag.domain.types import Chunk, Document, Matrix, PathUpdate, Prepared, Progress
from rag.registry.identity import text_hash

BATCH_CHUNKS = 256  # a transaction: a few seconds of embedding
EMBED_AT_ONCE = 64  # between two signs of progress
REMOVE_AT_ONCE = 500
COMMITS_PER_CATCH_UP = 4

Part = tuple[Document, tuple[Chunk, ...]]


@dataclass(slots=True)
class Writer:
    """Holds at most a batch and the parts of one more path; nothing of it is stored before `flush`."""

    catalog: Catalog
    embedder: Embedder
    indexes: Indexes
    on_progress: OnProgress
    batch_chunks: int = BATCH_CHUNKS
    chunks: int = 0  # written
    embedded: int = 0
    commits: int = 0
    _waiting: list[tuple[str, FileOutcome, list[Part]]] = field(default_factory=list)
    _parts: dict[tuple[str, str], list[Part]] = field(default_factory=dict)  # waiting, by source and path
    _held: int = 0  # chunks waiting

    def add(self, source: str, outcome: FileOutcome, documents: Sequence[Document]) -> None:
        """All parts of one path: they are written together, and the ledger with them.

        What `outcome` counts already is kept elsewhere: threads of chats.
        """
        parts = [self._cut(document) for document in documents]
        chunks = sum(len(chunks) for _, chunks in parts)
        counted = replace(outcome, documents=outcome.documents + len(parts), chunks=outcome.chunks + chunks)
        self._waiting.append((source, counted, parts))
        self._hold(chunks)

    def put(self, document: Document) -> None:
        """One part of a path whose other parts stay as they are."""
        part = self._cut(document)
        self._parts.setdefault((document.source, document.path), []).append(part)
        self._hold(len(part[1]))

    def hide(self, source: str, path: str, parts: Sequence[str]) -> None:
        """Some parts of a path are no more."""
        if parts:
            self._commit([PathUpdate(source=source, path=path, prepared=(), gone=tuple(parts))])

    def remove(self, source: str, paths: Sequence[str]) -> None:
        """Hide what is gone."""
        for first in range(0, len(paths), REMOVE_AT_ONCE):
            gone = paths[first : first + REMOVE_AT_ONCE]
            self._commit([PathUpdate(source=source, path=path, prepared=(), forget=True) for path in gone])

    def flush(self) -> None:
        """Raises what the embedder and the catalog raise; then nothing of the batch is stored."""
        if not (self._waiting or self._parts):
            return
        waiting = [
            *(PathUpdate(source=source, path=path, prepared=(), gone=()) for source, path in self._parts),
            *(PathUpdate(source=source, path=row.path, prepared=(), outcome=row) for source, row, _ in self._waiting),
        ]
        cut = [*self._parts.values(), *(parts for _, _, parts in self._waiting)]
        self._waiting, self._parts, self._held = [], {}, 0
        vectors = self._vectors([chunk.embedded for parts in cut for _, chunks in parts for chunk in chunks])
        self._commit(
            [
                replace(update, prepared=tuple(self._prepared(*part, vectors) for part in parts))
                for update, parts in zip(waiting, cut, strict=True)
            ]
        )

    def _cut(self, document: Document) -> Part:
        return document, chunk_document(document, self.embedder.count_tokens, self.embedder.window)

    def _hold(self, chunks: int) -> None:
        self._held += chunks
        if self._held >= self.batch_chunks:
            self.flush()

    def _commit(self, updates: list[PathUpdate]) -> None:
        self.chunks += self.catalog.commit(updates, model=self.embedder.fingerprint)[0]
        self.commits += 1
        if self.commits % COMMITS_PER_CATCH_UP == 0:
            self.indexes.catch_up(self.on_progress)

    def _vectors(self, texts: list[str]) -> dict[str, Matrix]:
        """{hash: vector} of all, embedding each text once and only when the registry has no vector of it."""
        by_hash = {text_hash(text): text for text in texts}
        vectors = dict(self.catalog.known_vectors(list(by_hash), self.embedder.fingerprint))
        new = sorted((len(text), key) for key, text in by_hash.items() if key not in vectors)
        keys = [key for _, key in new]  # by length: what is embedded together is padded to the longest
        for first in range(0, len(keys), EMBED_AT_ONCE):
            some = keys[first : first + EMBED_AT_ONCE]
            self.on_progress(Progress(stage="embedding", done=first, total=len(keys)))
            vectors.update(zip(some, self.embedder.embed([by_hash[key] for key in some]), strict=True))
        self.embedded += len(keys)
        return vectors

    def _prepared(self, document: Document, chunks: tuple[Chunk, ...], vectors: dict[str, Matrix]) -> Prepared:
        rows = [vectors[text_hash(chunk.embedded)] for chunk in chunks]
        matrix = np.stack(rows) if rows else np.zeros((0, self.embedder.dimension), dtype=np.float32)
        return Prepared(document=document, chunks=chunks, vectors=matrix)
