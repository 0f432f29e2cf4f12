"""The nouns of teamlore: frozen, slotted, without I/O. Offsets count Unicode code points of a version's text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from rag.domain.records import FileOutcome, Identity, Revision, RunRecord, Thread

Matrix = npt.NDArray[np.float32]  # shape (rows, dim); rows of length 1 unless a docstring says otherwise
Syntax = Literal["markdown", "rst", "plain", "code", "table", "data", "notebook", "chat"]  # how to cut it, and show it
Value = str | int | float | bool


# --- where something stands in its source -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines `first` to `last` of a text file, from 1, both included."""

    type: ClassVar[str] = "lines"
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page, slide or sheet, from 1; `name` where the source names it (a sheet)."""

    type: ClassVar[str] = "page"
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A notebook's cell, from 1, in the order of the file; `part` says which side of it."""

    type: ClassVar[str] = "cell"
    number: int
    part: Literal["markdown", "code", "output", "raw"] = "code"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat or mail: `time` is ISO 8601, `url` empty where no link can be rebuilt."""

    type: ClassVar[str] = "message"
    id: str
    author: str
    time: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A key (parameter, metric, tag) of an experiment run."""

    type: ClassVar[str] = "run"
    run: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The headings above, outermost first. A code file's symbols are its headings."""

    type: ClassVar[str] = "section"
    path: tuple[str, ...]


Locator = Lines | Page | Cell | Message | Run | Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """From `at` on, until the next mark of the same type, the text stands at `locator`."""

    at: int
    locator: Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A typed statement beside the text (front matter, run parameter, decision status): looked up, never guessed."""

    key: str
    value: Value
    at: int | None = None  # where the text says so, if it does


# --- from a file to chunks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a reader makes of one part of what it claimed. A chat export yields one per thread, a file mostly one."""

    text: str
    syntax: Syntax = "plain"
    marks: tuple[Mark, ...] = ()  # ascending
    facts: tuple[Fact, ...] = ()
    title: str = ""  # empty: the file's name
    kind: str = ""  # retro, decision, card, notebook, code, chat ...; empty: "document"
    authors: tuple[str, ...] = ()
    date: str = ""  # ISO 8601, the source's own; empty when it does not say
    url: str = ""
    part: str = ""  # its identity inside the claimed file or folder; empty when there is only one
    files: tuple[str, ...] = ()  # raw files it came from, relative to a claimed folder; empty: the claimed file
    notes: tuple[str, ...] = ()  # what was cut or left out, for the report
    run: RunRecord | None = None
    people: tuple[Identity, ...] = ()  # everybody the source knows by more than a name
    thread: Thread | None = None
    revision: Revision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One part of a source after reading and redaction. Offsets anywhere else count characters of its `text`."""

    id: str
    source: str  # id of the source it belongs to
    path: str  # inside the source, POSIX; with `part`, its identity
    part: str = ""
    space: str
    title: str
    kind: str
    authors: tuple[str, ...] = ()
    date: str = ""
    url: str = ""
    files: tuple[str, ...] = ()  # as the user knows them: relative to the source
    text: str
    syntax: Syntax = "plain"
    marks: tuple[Mark, ...] = ()
    facts: tuple[Fact, ...] = ()
    fingerprint: str  # of raw bytes, reader name and version, redaction rules: a new value means "read it again"
    run: RunRecord | None = None
    people: tuple[Identity, ...] = ()
    revision: Revision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """An exact quote: `text == document.text[start:end]`. `context` (title › headings) is embedded in front of it."""

    n: int
    start: int
    end: int
    text: str
    context: str = ""

    @property
    def embedded(self) -> str:
        """The string whose vector is stored; vectors are kept by its hash."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document ready to be written: row i of `vectors` belongs to chunks[i]."""

    document: Document
    chunks: tuple[Chunk, ...]
    vectors: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class PathUpdate:
    """All parts that one path of a source now has. Parts not named here are hidden; an empty tuple hides them all.

    With `gone` only some of its parts: those in `gone` are hidden, and forgotten if they come back; the others stay.
    `outcome` goes into the ledger in the same transaction; None leaves the ledger as it is, for a path that is no file.
    `forget` takes the path out of the ledger: the file is gone.
    """

    source: str
    path: str
    prepared: tuple[Prepared, ...]
    gone: tuple[str, ...] | None = None
    outcome: FileOutcome | None = None
    forget: bool = False


# --- the registry's view ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was named to ingest: a file, a folder, or the uploads of a space. `root` is never shown to another user."""

    id: str
    name: str
    root: str
    space: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """One version of a document, without its text."""

    id: str
    version: int
    source: str
    path: str
    part: str
    space: str
    title: str
    kind: str
    authors: tuple[str, ...]
    date: str
    url: str
    files: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime | None  # None: current
    recorded_at: datetime
    chunks: int = 0
    revision: str = ""  # id of what made it, in its source (a commit)
    changed_by: str = ""
    reason: str = ""  # why, in the words of who changed it


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """One version of a document, whole."""

    info: DocumentInfo
    text: str
    syntax: Syntax
    marks: tuple[Mark, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk:
    """A chunk joined with the version it belongs to."""

    id: str  # {document}:{version}:{n}, never reused
    document: DocumentInfo
    n: int
    start: int
    end: int
    text: str
    context: str
    locator_section: tuple[str, ...] = ()  # headings above its start


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the change feed: a chunk came (`add`) or went. `seq` only grows."""

    seq: int
    add: bool
    chunk_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What an index needs to know of a chunk."""

    chunk_id: str
    vector: Matrix  # shape (dim,)
    text: str
    title: str
    headings: str
    path: str
    people: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One build of a derived index. At most one of a kind is `current`."""

    id: int
    kind: str  # dense | lexical
    fingerprint: str  # of the embedding model, or of the analysis
    position: int  # seq of the last change it has applied
    state: Literal["building", "current", "retired"]


# --- who asks what ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The spaces a caller may read, computed by the service. An empty set reads nothing."""

    spaces: frozenset[str] = frozenset()
    everything: bool = False

    def allows(self, space: str) -> bool:
        return self.everything or space in self.spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls. `admin` sees everything and manages keys."""

    name: str
    groups: frozenset[str] = frozenset()
    admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Narrow what is searched; an empty tuple or None does not. Dates compare with the document's own date."""

    spaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    after: date | None = None  # that day or later
    before: date | None = None  # earlier than that day
    facts: tuple[tuple[str, str], ...] = ()  # (key, value), compared without case; all of them hold
    files: tuple[str, ...] = ()  # parts of paths, or patterns with * and ?, without case: any of them

    @property
    def any(self) -> bool:
        names = self.spaces or self.kinds or self.authors or self.facts or self.files
        return bool(names or self.after or self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`as_of` searches what was valid then; None searches what is current."""

    text: str
    access: Access
    filters: Filters = Filters()
    as_of: datetime | None = None


Audience = Literal["", "engineer", "product"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query with what an answer needs beside it."""

    query: Query
    conversation_id: str | None = None
    audience: Audience = ""
    asker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a hit stands where it stands: `parts` by signal sum to its score, each its weight times a value in [0, 1]."""

    parts: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)  # of this question; a signal without a part gave 0
    raw: Mapping[str, float] = field(default_factory=dict)  # what they were scaled from: cosine, bm25
    conditions: tuple[str, ...] = ()  # what every hit of the query fulfils, as the user may type it: "kind:retro"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was found; higher scores first."""

    chunk: StoredChunk
    score: float
    why: Why = field(default_factory=Why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Neighbouring chunks of one document, merged: `text == version.text[start:end]`."""

    document: DocumentInfo
    start: int
    end: int
    text: str
    section: tuple[str, ...]
    score: float
    best: StoredChunk  # the chunk that brought it here
    why: Why = field(default_factory=Why)
    copies: tuple[DocumentInfo, ...] = ()  # other documents that say the same, and are not shown for it


# --- answers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """`text[start:end]` of that version of the document is exactly `quote`."""

    n: int  # from 1
    document: DocumentInfo
    start: int
    end: int
    quote: str
    locator: Locator
    section: tuple[str, ...] = ()
    current: bool = True  # False: something newer replaces what it cites


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One deterministic test of a statement against what it cites."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    text: str
    support: Literal["verified", "unsupported"]
    citations: tuple[int, ...]
    checks: tuple[Check, ...] = ()
    note: str = ""  # what the service says in front of it: until when it held, that another source disagrees


RefusalKind = Literal["nothing-found", "near-misses", "disagreement", "not-allowed", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no answer, what came closest, and who may know.

    "not-allowed" tells nothing of documents: the asker named spaces that are not theirs, whether or not they exist.
    "unclear" asks back: the question points to something that was not said.
    """

    reason: str
    kind: RefusalKind = "near-misses"
    nearest: tuple[Citation, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A follow-up as the question that was answered; `sources`: (document, space) of what its added words came from."""

    text: str
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A term of an answer in the team's own words: `meaning` stands in the citation, which no statement counts."""

    term: str
    meaning: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    id: str
    question: str
    status: Literal["answered", "partial", "refused"]
    text: str  # the statements with their [n]
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    model: Mapping[str, str] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    conversation_id: str | None = None
    confidence: float | None = None  # in [0, 1], that the evidence answers the question; None: nothing was found
    understood: Understood | None = None  # None: as it was asked
    glossary: tuple[Explanation, ...] = ()  # for an audience that may not know the terms
    suggestions: tuple[str, ...] = ()  # questions that say more, where this one could mean several things


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A passage as `search` shows it: a citation of the whole passage, with its score and the parts of it."""

    citation: Citation
    score: float
    why: Why
    best: tuple[int, int] | None = None  # start and end of the chunk that brought it here; None: all of it did
    copies: tuple[DocumentInfo, ...] = ()  # other documents that say the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A step of a streamed answer. The last one is always `done` (data: Answer) or `error`."""

    name: Literal["passages", "delta", "citation", "done", "error"]
    data: "tuple[SearchHit, ...] | str | Citation | Answer | Exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactStatement:
    """A statement made by code from stored facts, and the spans (document, start, end) that say so."""

    text: str
    quotes: tuple[tuple[DocumentInfo, int, int], ...]
    note: str = ""  # as of a Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What facts say to a question that asks for them. Without statements it is a refusal: `reason` says why."""

    statements: tuple[FactStatement, ...] = ()
    reason: str = ""


# --- jobs and reports -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A file that was left out or failed, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """Secrets of one kind that were masked in a file. Never the words themselves."""

    file: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    sources: int = 0
    files: int = 0
    documents: int = 0
    messages: int = 0
    runs: int = 0
    chunks: int = 0  # written now
    embedded: int = 0  # of these, with a vector not known before
    unchanged: int = 0  # files
    removed: int = 0  # files gone since the last time
    moved: int = 0  # files found again under another path, not counted as removed
    skipped: tuple[Trouble, ...] = ()
    failed: tuple[Trouble, ...] = ()
    masked: tuple[Masked, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where long work stands: `total` 0 when not known yet."""

    stage: str
    done: int
    total: int
    item: str = ""
    bytes: int = 0  # done, of bytes_total; 0 where only things are counted
    bytes_total: int = 0
    seconds_left: float | None = None  # None: nobody can say


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    kind: str
    owner: str
    state: Literal["queued", "running", "done", "failed"]
    progress: Progress | None
    report: IngestReport | None
    error: str
    created_at: datetime
    finished_at: datetime | None
