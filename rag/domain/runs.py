"""Experiment runs as they are looked up: what to ask for, what comes back, and the port that answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from rag.domain.records import RunRecord
from rag.domain.types import Access, DocumentInfo, Filters

RunSection = Literal["params", "metrics", "tags", "datasets", "artifacts", "attributes"]
RunSide = Literal["last", "lowest", "highest"]  # of a metric's history
Comparison = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "IN", "NOT IN", "HAS"]

# Of `attributes`: what a run has beside its own keys.
ATTRIBUTES = (
    "run_id", "run_name", "experiment", "tool", "status", "user", "start_time", "end_time", "duration", "parent",
    "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """`params.lr`; `side` chooses among a metric's values. Attributes are those of ATTRIBUTES."""

    section: RunSection
    key: str
    side: RunSide = "last"

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCondition:
    """A number compares numbers, a moment times (start_time, end_time), words the text as written; duration is seconds.

    `values` has one entry but for IN and NOT IN (any number) and HAS (none; of a metric: a finite one). LIKE takes %
    and _; ILIKE folds case, and so does = on `status`. A run that lacks the key fulfils nothing, not even !=.
    """

    on: RunKey
    is_: Comparison
    values: tuple[str | float | datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """Runs without a finite number (or without the words, where none is a number) come last either way."""

    by: RunKey
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Runs of documents that `access` allows, valid at `as_of`, that fulfil every group by one of its members."""

    access: Access
    filters: Filters | None = None
    as_of: datetime | None = None
    groups: tuple[tuple[RunCondition, ...], ...] = ()  # and of ors
    text: str = ""  # every word stands in the name, experiment, id, note or a tag
    documents: tuple[str, ...] = ()  # only runs of these
    keys: tuple[RunKey, ...] | None = None  # which values to bring; None: all, without histories
    order: RunOrder = RunOrder(by=RunKey(section="attributes", key="start_time"), descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run and the document that says so. Histories are left out of lists."""

    document: DocumentInfo
    run: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunName:
    """How a run can be called."""

    document: str
    id: str
    name: str
    experiment: str
    tool: str
    user: str
    started: str  # ISO 8601 in UTC, empty when not known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunVocabulary:
    """What a question may name. Compared by identity: the same object as long as nothing has changed."""

    runs: tuple[RunName, ...] = ()
    keys: tuple[tuple[RunSection, str], ...] = ()
    values: tuple[tuple[RunSection, str, str], ...] = ()  # (section, key, text) of params and tags that are short words
    datasets: tuple[str, ...] = ()


class Runs(Protocol):
    """Thread-safe. A run that two sources hold (the same tool, experiment and id) is one: what was recorded last."""

    def vocabulary(
        self, access: Access, *, filters: Filters | None = None, as_of: datetime | None = None
    ) -> RunVocabulary:
        """Cheap when nothing has changed since it was last asked, and when no run is stored at all."""
        ...

    def find(self, query: RunQuery, *, limit: int = 50, cursor: str = "") -> tuple[list[StoredRun], str]:
        """In order, and the cursor of the next page ("" when there is none). Raises BadInput for a foreign cursor."""
        ...

    def count(self, query: RunQuery) -> int: ...

    def get(self, documents: Sequence[str], access: Access, *, as_of: datetime | None = None) -> list[StoredRun]:
        """The runs of these documents, whole, with histories, in the order asked; those that are there."""
        ...

    def named(self, name: str, access: Access, *, as_of: datetime | None = None) -> StoredRun:
        """By id, by a prefix of it that no other run has, or by name; whole.

        Raises NotFound (absent, or not allowed), BadInput naming the candidates.
        """
        ...
