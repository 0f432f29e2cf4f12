"""What the core asks of the outside. Every implementation passes the port's contract test (tests/contracts/)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rag.domain.records import FileOutcome, FileState, Revision
from rag.domain.syncing import CAREFUL, FileRow, SourceInfo, SourcePlan, SyncOptions
from rag.domain.types import (
    Access,
    Answer,
    Change,
    DocumentInfo,
    DocumentText,
    Event,
    Filters,
    Finding,
    Generation,
    Hit,
    IndexEntry,
    IngestReport,
    Job,
    Matrix,
    PathUpdate,
    Principal,
    Progress,
    Query,
    Question,
    SearchHit,
    Source,
    StoredChunk,
)

OnProgress = Callable[[Progress], None]


# --- models -----------------------------------------------------------------------------------------------------


class Embedder(Protocol):
    """Thread-safe."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Of source weights, pooling and quantisation recipe; kept with every vector. Vectors of two never meet."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def window(self) -> int:
        """How many tokens, special ones included, are read; what is longer would be cut silently."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Special tokens included, nothing cut."""
        ...

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), float32, rows of length 1; row i belongs to texts[i]."""
        ...


class LLM(Protocol):
    @property
    def name(self) -> str: ...

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """The answer as it is written. `schema`: a JSON schema that binds it, where the backend can; parse leniently.

        Raises BackendFailed (refused, timed out, broken off). Closing the iterator cancels the request.
        """
        ...


@runtime_checkable
class Windowed(Protocol):
    """A language model that may know how much it reads."""

    def window(self) -> int | None:
        """Tokens that a request may hold, its answer included; None: not known. May ask its server, once."""
        ...


# --- registry: one port a table family --------------------------------------------------------------------------


class Catalog(Protocol):
    """Sources, documents, versions, chunks, vectors and the change feed: the truth."""

    def put_source(self, *, name: str, root: str, space: str) -> Source:
        """The source of that root in that space, both made when new. Its id depends on root and space alone."""
        ...

    def sources(self) -> list[Source]: ...

    def fingerprints(self, source: str) -> dict[str, str]:
        """{path: fingerprint} of the files of a source that were read as they are now: the ledger's indexed ones."""
        ...

    def revisions(self, source: str) -> dict[str, frozenset[str]]:
        """{path: the revisions that made its versions}; "" of a version nobody said anything about."""
        ...

    def attribute(self, source: str, made: Mapping[str, Revision]) -> None:
        """{path: what made its current versions}: who and why, told after they were stored. Others stay as they are."""
        ...

    def known_vectors(self, hashes: Sequence[str], model: str) -> dict[str, Matrix]:
        """{hash of the embedded text: vector}, for those that are stored for this model's fingerprint."""
        ...

    def commit(self, updates: Sequence[PathUpdate], *, model: str) -> tuple[int, int]:
        """Write all of it in one transaction: after return it is found, before it nothing of it is.

        A document whose text, metadata and chunks are the stored ones keeps its version. Else version n+1 supersedes n
        (valid_to), and the feed gets what went and what came. Returns (chunks written, vectors stored).
        """
        ...

    def hide(self, document: str) -> None:
        """No longer current; history stays. Raises NotFound."""
        ...

    def purge(self, document: str) -> None:
        """Erase every version, text, chunk, vector no other chunk uses, and stored quote. Raises NotFound."""
        ...

    def documents(
        self, access: Access, *, filters: Filters | None = None, limit: int = 50, cursor: str = ""
    ) -> tuple[list[DocumentInfo], str]:
        """Current documents by path, and the cursor of the next page ("" when there is none)."""
        ...

    def text(self, document: str, access: Access, *, version: int | None = None) -> DocumentText:
        """A version (default: the current, else the last one), whole. Raises NotFound, also when not allowed."""
        ...

    def texts(self, named: Sequence[tuple[str, int]], access: Access) -> dict[tuple[str, int], DocumentText]:
        """{(document, version): it, whole}, of those that are there and allowed."""
        ...

    def versions(self, document: str, access: Access) -> list[DocumentInfo]:
        """Oldest first. Raises NotFound."""
        ...

    def chunks(
        self, ids: Sequence[str], access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> dict[str, StoredChunk]:
        """The join every hit goes through: the `ids` that are current (or valid at `as_of`), allowed and wanted."""
        ...

    def reachable(
        self, ids: Sequence[str], access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> list[str]:
        """Those of the `ids`, in their order, that `chunks` would give, without reading them."""
        ...

    def neighbours(self, document: str, version: int, first: int, last: int) -> list[StoredChunk]:
        """Chunks n = first..last of a version, those that exist, ascending. The caller has checked access."""
        ...

    def feed(self, after: int, limit: int) -> list[Change]:
        """Changes with seq > after, ascending."""
        ...

    def feed_end(self) -> int: ...

    def entries(self, ids: Sequence[str], model: str) -> list[IndexEntry]:
        """What an index stores for those chunks that are still current, in the order asked.

        Chunks without a vector of this model are left out; with `model` "" none is read, each has shape (0,).
        """
        ...

    def vectors(self, ids: Sequence[str], model: str) -> tuple[list[str], Matrix]:
        """Those of the `ids` (any number) that have a vector of this model, current or not, in the order asked.

        Row i of the matrix, shape (len of the list, dim), belongs to entry i of the list. No text is read: it loads
        the exact index at start. Shape (0, 0) when there are none.
        """
        ...

    def allowed_ids(
        self, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
    ) -> list[str] | None:
        """All chunk ids a query may find, or None when there are more than `limit`."""
        ...

    def counts(self) -> dict[str, int]:
        """sources, documents, versions, chunks (current), vectors, feed."""
        ...


class Ledger(Protocol):
    """What became of each file of a source; `Catalog.commit` writes the rows of what was stored."""

    def put(self, source: str, outcomes: Sequence[FileOutcome]) -> None: ...

    def stamp(self, source: str, stamps: Mapping[str, str]) -> None:
        """{path: stamp} of files that were looked at and found as they were."""
        ...

    def outcomes(self, source: str) -> dict[str, FileOutcome]:
        """By path."""
        ...

    def rows(
        self, access: Access, *, state: FileState | None = None, source: str = "", limit: int = 50, cursor: str = ""
    ) -> tuple[list[FileRow], str]:
        """By source and path, those of sources the caller may read; and the cursor of the next page."""
        ...

    def counts(self, access: Access, *, source: str = "") -> dict[str, int]:
        """Files by state."""
        ...


class Sources(Protocol):
    """What is remembered of each source beside its files."""

    def all(self, access: Access) -> list[SourceInfo]:
        """By name; not those that were forgotten."""
        ...

    def get(self, source: str, access: Access) -> SourceInfo:
        """Raises NotFound, also when not allowed."""
        ...

    def paths(self, source: str) -> list[str]:
        """Every path something is stored or known of."""
        ...

    def schedule(self, source: str, every: int) -> None:
        """Seconds; 0: only when asked. Raises NotFound."""
        ...

    def synced(self, source: str, at: datetime, *, kind: str | None = None) -> None:
        """`kind`: that was given for all of it; None leaves what is remembered. Raises NotFound."""
        ...

    def failed(self, source: str, problem: str) -> None:
        """Why a sync of it did nothing; the next one that does something clears it. Raises NotFound."""
        ...

    def forget(self, source: str) -> None:
        """No longer listed or synced, its files unknown. What is stored of it is hidden before. Raises NotFound."""
        ...


class Generations(Protocol):
    """Which build of each derived index is served, and how far it has read the feed."""

    def current(self, kind: str) -> Generation | None: ...

    def begin(self, kind: str, fingerprint: str) -> Generation: ...

    def advance(self, generation: int, position: int) -> None: ...

    def promote(self, generation: int) -> None:
        """Make it the current one of its kind; the one before is retired. One transaction."""
        ...

    def retired(self, kind: str) -> list[Generation]: ...

    def forget(self, generation: int) -> None: ...


class Grants(Protocol):
    """Spaces, the groups that may read them, and API keys (stored hashed)."""

    def spaces(self) -> list[str]: ...

    def access(self, principal: Principal) -> Access: ...

    def grant(self, group: str, space: str) -> None: ...

    def revoke(self, group: str, space: str) -> None: ...

    def create_key(self, name: str, groups: frozenset[str], *, admin: bool) -> tuple[str, str]:
        """(key id, the key itself, shown once)."""
        ...

    def keys(self) -> list[dict[str, Any]]: ...

    def revoke_key(self, key_id: str) -> None: ...

    def principal(self, key: str) -> Principal | None: ...


class Jobs(Protocol):
    def create(self, kind: str, owner: str) -> Job: ...

    def update(self, job: str, *, progress: Progress) -> None: ...

    def finish(self, job: str, *, report: IngestReport | None, error: str = "") -> None: ...

    def get(self, job: str) -> Job:
        """Raises NotFound."""
        ...

    def interrupted(self) -> int:
        """Called at start: running and queued jobs of a process that is gone become failed; returns how many."""
        ...


class Remembered(Protocol):
    """What an answer needs of conversations: where it is kept, and what was said before it."""

    def start(self, owner: str) -> str: ...

    def record(self, conversation: str, owner: str, answer: Answer, *, state: str) -> None:
        """state: complete | incomplete | cancelled. Raises NotFound for a conversation of somebody else."""
        ...

    def readable(self, conversation: str, owner: str, access: Access) -> list[dict[str, Any]]:
        """Its turns, oldest first, without a word of what the owner may not read any more. Raises NotFound."""
        ...


class Conversations(Remembered, Protocol):
    """Conversations, the questions and answers in them (as wire JSON), and feedback."""

    def of(self, owner: str, *, limit: int = 50, cursor: str = "") -> tuple[list[dict[str, Any]], str]: ...

    def turns(self, conversation: str, owner: str) -> list[dict[str, Any]]: ...

    def share(self, conversation: str, owner: str) -> str:
        """An unguessable token, by which whoever is signed in may read of it what they may read. Raises NotFound."""
        ...

    def unshare(self, conversation: str, owner: str) -> None: ...

    def shared(self, token: str, access: Access) -> dict[str, Any]: ...

    def delete(self, conversation: str, owner: str) -> None: ...

    def feedback(self, answer_id: str, owner: str, *, value: int, comment: str) -> None: ...

    def wanting(self, *, limit: int = 1_000) -> list[dict[str, Any]]:
        """{"question", "answer", "liked", "comments"} of anybody's answers that were refused or voted down, newest
        first. `liked` False: somebody voted it down; None: nobody voted. Never who asked.
        """
        ...


# --- derived indexes --------------------------------------------------------------------------------------------


class DenseIndex(Protocol):
    """One generation of vectors. Any error means "outcome unknown": reconcile by id, never repeat blindly."""

    def add(self, entries: Sequence[IndexEntry]) -> None:
        """At most 1,000; adding a present id again changes nothing."""
        ...

    def remove(self, ids: Sequence[str]) -> None: ...

    def search(self, vector: Matrix, k: int) -> list[tuple[str, float]]:
        """(chunk id, cosine), best first, fewer than k when there are fewer."""
        ...

    def count(self) -> int: ...


class LexicalIndex(Protocol):
    def apply(self, entries: Sequence[IndexEntry], removed: Sequence[str], *, position: int) -> None:
        """All of it or nothing; `position` is stored in the same commit."""
        ...

    @property
    def position(self) -> int: ...

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        """(chunk id, BM25 over the fields), best first; an empty analysis finds nothing."""
        ...

    def count(self) -> int: ...


class Dense(Protocol):
    """Dense search as the retrievers see it: the served generation, exact search over its tail or instead of it."""

    def search(self, vector: Matrix, k: int, *, only: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """`only`: search exactly these chunks (narrow access, as_of), exactly."""
        ...

    def vectors(self, ids: Sequence[str]) -> tuple[list[str], Matrix]:
        """(those of the chunks that have a vector, their rows of length 1), current or not."""
        ...


class Lexical(Protocol):
    def search(self, text: str, k: int) -> list[tuple[str, float]]: ...

    def scored(self, text: str, entries: Sequence[IndexEntry]) -> list[tuple[str, float]]:
        """Those of the entries, which no index holds, that have a word of the text; scores compare with `search`."""
        ...


class Indexes(Protocol):
    """All derived indexes of a home: they follow the feed, are probed, rebuilt, swapped."""

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Apply the feed. An index that fails is set aside and rebuilt later; this never raises for it."""
        ...

    def rebuild(self, on_progress: OnProgress | None = None) -> None:
        """Build the next generations beside the current ones, verify, swap."""
        ...

    def health(self) -> dict[str, Any]:
        """{"dense": {"state", "position", "count", "reason"}, "lexical": {...}}.

        state: ready | behind | rebuilding | exact (out of order, exact search stands in).
        """
        ...

    def close(self) -> None: ...


# --- what facts say ---------------------------------------------------------------------------------------------


class Lookup(Protocol):
    def look_up(self, query: Query) -> Finding | None:
        """What stored facts say, when the question asks for facts of this kind; None: read the passages.

        Only facts of documents the query's access allows, valid at its `as_of`.
        """
        ...


# --- what the doors call ----------------------------------------------------------------------------------------


class Retriever(Protocol):
    def retrieve(self, query: Query, k: int) -> list[Hit]: ...


class Searcher(Protocol):
    def search(self, query: Query, k: int) -> list[SearchHit]: ...


class Answerer(Protocol):
    def answer(self, question: Question) -> Answer: ...

    def stream(self, question: Question) -> Iterator[Event]:
        """passages, delta…, citation…, then one done or error. Closing it cancels; the turn is stored anyway."""
        ...


class Ingestor(Protocol):
    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        space: str,
        kind: str = "",
        options: SyncOptions = CAREFUL,
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        """One bad file never stops it: the report names it. Raises NotFound when a named path is missing.

        A `str` may also name something that is asked over the network (`mlflow:http://...`); BackendFailed when it
        does not answer.
        """
        ...

    def plan(
        self, paths: Sequence[Path | str], *, space: str, kind: str = "", options: SyncOptions = CAREFUL
    ) -> list[SourcePlan]:
        """What `ingest` would do. Writes nothing."""
        ...

    def sync(
        self, source: str, *, options: SyncOptions = CAREFUL, on_progress: OnProgress | None = None
    ) -> IngestReport:
        """All of a remembered source again. Raises NotFound, also when its root is gone, and Conflict when it held
        files and looks empty: a disk that is not mounted must not erase what is known.
        """
        ...

    def remove(self, source: str) -> int:
        """Hide all its documents and forget it; how many paths. Raises NotFound."""
        ...

    def upload(
        self, files: Sequence[tuple[str, bytes]], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        """(name, bytes) each; names are cleaned, bytes kept content-addressed in the home."""
        ...
