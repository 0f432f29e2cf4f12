"""One collection of vectors in Chroma, embedded or behind a URL. Only ids and vectors go there, never text."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import numpy as np

from rag.domain.errors import BackendFailed, IndexMismatch
from rag.domain.types import IndexEntry, Matrix

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Result = TypeVar("Result")

# Measured (docs/measurements.md): recall@10 is .998 at 250,000 passages and .997 at a million; with an ef_search of
# 200, a millisecond faster, .971 at 250,000. Denser graphs take nearly twice as long to build. `sync_threshold`: the
# vector files are written whenever that many rows came; a kill in between costs a replay of these at the next start.
HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "ef_construction": 100,
    "ef_search": 1000,
    "max_neighbors": 16,
    "sync_threshold": 5000,
    "batch_size": 100,
}
BATCH = 1000
PAGE = 10_000  # ids read at once; 40,000 are too many variables for its SQLite
DEADLINE_SECONDS = 10.0  # of a call over the network; Chroma's own client would wait for ever
OUTCOME_UNKNOWN = "Nothing is lost: the index is checked against the registry, and built anew where it is damaged."


def collection_name(model: str, generation: int) -> str:
    return f"teamlore-{hashlib.sha256(model.encode()).hexdigest()[:16]}-{generation}"


class ChromaIndex:
    """A DenseIndex in the collection `name` at `place`: a directory of its own, or http(s)://host:port[/database].

    Thread-safe. Every failure, a passed deadline too, is BackendFailed and means "outcome unknown". One process at a
    time may have a directory open: a second one that writes destroys it. Homes that share a server need a database
    each. Raises IndexMismatch when the collection was made with another model or dimension.
    """

    def __init__(self, place: Path | str, name: str, *, model: str, dimension: int, create: bool = False) -> None:
        self._dimension = dimension
        self._deadline = DEADLINE_SECONDS if isinstance(place, str) else None
        with self._failures_named():
            self._client = self._within_deadline(lambda: _client(place))
            try:
                made_with: dict[str, str | int] = {"model": model, "dimension": dimension}
                self._collection = self._within_deadline(lambda: _collection(self._client, name, made_with, create))
            except BaseException:
                self.close()
                raise

    def add(self, entries: Sequence[IndexEntry]) -> None:
        if not entries:
            return
        unique = {entry.chunk_id: entry for entry in entries}
        ids = list(unique)
        vectors = np.stack([entry.vector for entry in unique.values()])
        if vectors.shape[1] != self._dimension:  # Chroma would take the first batch's
            raise IndexMismatch(f"Vectors of {vectors.shape[1]} dimensions do not fit an index of {self._dimension}.")
        with self._failures_named():
            self._within_deadline(lambda: self._collection.add(ids=ids, embeddings=vectors))
            held = self._within_deadline(lambda: self._collection.get(ids=ids, include=[]))
        if len(held["ids"]) != len(ids):
            raise BackendFailed(
                f"Chroma holds {len(held['ids'])} of {len(ids)} chunks just added.", fix=OUTCOME_UNKNOWN
            )

    def remove(self, ids: Sequence[str]) -> None:
        with self._failures_named():
            for at in range(0, len(ids), BATCH):
                batch = list(ids[at : at + BATCH])
                self._within_deadline(lambda batch=batch: self._collection.delete(ids=batch))  # type: ignore[misc]

    def search(self, vector: Matrix, k: int) -> list[tuple[str, float]]:
        if k < 1:
            return []
        return self.search_many(vector[np.newaxis, :], k)[0]

    def search_many(self, vectors: Matrix, k: int) -> list[list[tuple[str, float]]]:
        """Row i of `vectors` has its hits at i."""
        with self._failures_named():
            found = self._within_deadline(
                lambda: self._collection.query(query_embeddings=vectors, n_results=k, include=["distances"])
            )
        distances = found["distances"] or []
        return [
            [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(ids, row, strict=True)]
            for ids, row in zip(found["ids"], distances, strict=True)
        ]

    def count(self) -> int:
        with self._failures_named():
            return self._within_deadline(self._collection.count)

    def ids(self) -> set[str]:
        """All chunk ids it holds."""
        held: set[str] = set()
        with self._failures_named():
            while page := self._page(len(held)):
                held.update(page)
        return held

    def drop(self) -> None:
        """Remove the collection; on a server, where no directory can be removed."""
        with self._failures_named():
            self._within_deadline(lambda: self._client.delete_collection(self._collection.name))

    def close(self) -> None:
        """After it, every call fails. Closing twice is fine."""
        with self._failures_named():
            self._client.close()  # type: ignore[attr-defined]  # the client has it, its interface does not
        _close_sockets(self._client)

    def _page(self, offset: int) -> list[str]:
        found = self._within_deadline(lambda: self._collection.get(include=[], limit=PAGE, offset=offset))
        return found["ids"]

    def _within_deadline(self, call: Callable[[], Result]) -> Result:
        return call() if self._deadline is None else _call(call, self._deadline)

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        """Chroma raises its own errors, those of SQLite, httpx and Rust (as panics), and AttributeError once closed."""
        try:
            yield
        except (BackendFailed, IndexMismatch):
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise BackendFailed(
                f"Chroma failed, outcome unknown: {type(error).__name__}: {str(error)[:200]}", fix=OUTCOME_UNKNOWN
            ) from error


def _client(place: Path | str) -> "ClientAPI":
    import chromadb
    from chromadb.config import Settings
    from chromadb.utils.embedding_functions import known_embedding_functions

    known_embedding_functions.clear()  # else what a collection's configuration names would be instantiated here
    settings = Settings(anonymized_telemetry=False)
    if isinstance(place, Path):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chromadb.PersistentClient(str(place), settings=settings)
    url = urlsplit(place)
    return chromadb.HttpClient(
        host=url.hostname or "127.0.0.1",
        port=url.port or (443 if url.scheme == "https" else 8000),
        ssl=url.scheme == "https",
        settings=settings,
        database=url.path.strip("/") or "default_database",
    )


def _close_sockets(client: "ClientAPI") -> None:
    """Chroma's client for a server leaves those of its two sessions open, and keeps one of them for ever."""
    for half in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(half, "_server", None), "_session", None)
        if session is not None:
            session.close()


def _collection(client: "ClientAPI", name: str, made_with: dict[str, str | int], create: bool) -> "Collection":
    if create:
        client.get_or_create_collection(
            name,
            embedding_function=None,
            metadata=made_with,
            configuration={"hnsw": HNSW},
        )
    collection = client.get_collection(name, embedding_function=None)
    found = {key: (collection.metadata or {}).get(key) for key in made_with}
    if found != made_with:
        raise IndexMismatch(
            f"The collection {name} was made with {found}, not with {made_with}.",
            fix="`teamlore rebuild` builds an index for this model beside it.",
        )
    return collection


def _call(call: Callable[[], Result], seconds: float) -> Result:
    """A daemon thread, because a call that hangs must not keep the process from ending."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True, name="chroma call")
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise BackendFailed(f"Chroma did not answer within {seconds:.0f} s, outcome unknown.", fix=OUTCOME_UNKNOWN)
    return results[0]
