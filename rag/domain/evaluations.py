"""Runs of the evaluation suite as the service tells of them: what was measured, how sure it is, which is accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["done", "unfinished", "broken"]
Outcome = Literal["right", "wrong", "false answer", "false refusal", "failed", "not scored"]

TOGETHER = "*"  # the file packs of a run as one
KEY_FIGURES = (
    *("answer_correct", "citation_evidence", "evidence_hit@5", "false_answer", "false_refusal", "citation_valid"),
    *("ndcg@10", "recall@10", "recall@100", "mrr@10"),
)
SEARCH_FIGURES = tuple(f"{what}@{k}" for what in ("evidence_hit", "file_hit") for k in (1, 5, 10))
LESS_IS_BETTER = frozenset(
    {"false_answer", "false_refusal", "follow_up_loss", "latency_ms", "first_statement_ms", "cost", "aurc", "ece"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean with its 95 % interval. `n`: questions it could be scored on; what could not be is not in the mean."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def less_is_better(self) -> bool:
        return self.metric in LESS_IS_BETTER


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPack:
    """`figures`: the few to read first. `data`: the same in two runs that asked the same of the same; "" not known."""

    name: str
    n: int
    errors: int
    figures: tuple[Figure, ...]
    p50_ms: float | None = None
    p95_ms: float | None = None
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a finished run says of itself."""

    started: str  # ISO 8601
    command: str
    packs: tuple[MeasuredPack, ...]
    seconds: float | None
    version: str
    revision: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedBy:
    at: str  # ISO 8601
    by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """`id` names its folder. `trouble` says why there is no `measured`, or what else is wrong with the folder."""

    id: str
    state: State
    changed: str  # ISO 8601, UTC: when it was last written
    measured: Measured | None = None
    accepted: AcceptedBy | None = None
    has_report: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedItem:
    """One question of a pack, as the run wrote it, and what became of it in a word."""

    pack: str
    outcome: Outcome
    item: Mapping[str, Any]
