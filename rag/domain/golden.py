"""Golden sets: questions of the team's own with the words that answer them, as a person has judged them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Review = Literal["candidate", "accepted", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenEvidence:
    """Words of a document, never a chunk's id. `file` is its path inside the source that `source` names."""

    file: str
    quote: str
    source: str = ""  # name of the source, "" where one alone has that path


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenItem:
    """One question. Only accepted ones are asked by an evaluation."""

    id: str
    kind: str  # definition, heading, run, decision, thread, unanswerable ...
    question: str
    answer: str = ""  # "" when unanswerable
    answerable: bool = True
    evidence: tuple[GoldenEvidence, ...] = ()
    made_by: str = ""  # who proposed it: headings/1, llm:NAME/1, feedback, gap, person
    why: str = ""  # of an unanswerable one, what makes it so; of one from feedback, what people said
    review: Review = "candidate"
    reviewed_by: str = ""
    reviewed_at: str = ""  # ISO 8601
    note: str = ""  # the reviewer's
    rest: Mapping[str, Any] = field(default_factory=dict, hash=False)  # further keys of its row, kept as they came
