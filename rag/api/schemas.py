"""The answers' shapes, for OpenAPI. rag.domain.wire makes them; a field it adds later passes through."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.domain.types import RefusalKind


class Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class ProblemShape(Shape):
    """application/problem+json; `code` is stable, `fix` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    fix: str = ""


class DocumentShape(Shape):
    document_id: str
    version: int
    source: str = Field(description="the path inside what was ingested")
    part: str
    files: list[str]
    title: str
    kind: str
    space: str
    authors: list[str]
    date: str
    url: str


class CitationShape(DocumentShape):
    """`text[start:end]` of that version, in Unicode code points, is exactly `quote`."""

    n: int
    start: int
    end: int
    quote: str
    locator: dict[str, Any] = Field(description="`type`: lines, page, cell, message, run or section")
    section: list[str]
    current: bool = Field(default=True, description="false: something newer replaces what it cites")
    link: str


class WhyShape(Shape):
    parts: dict[str, float] = Field(description="of the score, by signal: they sum to it")
    weights: dict[str, float] = Field(description="what a signal can add at most, in this search")
    raw: dict[str, float] = Field(description="`cosine` of meaning, `bm25` of words")
    conditions: list[str] = Field(description="what every hit fulfils, as it can be typed: kind:retro")


class CopyShape(Shape):
    document_id: str
    source: str


class HitShape(CitationShape):
    score: float
    why: WhyShape
    copies: list[CopyShape] = Field(description="other documents that say the same, and are not shown for it")


class CheckShape(Shape):
    name: str
    passed: bool
    detail: str = ""


class StatementShape(Shape):
    text: str
    note: str = Field(default="", description="what to know before reading it: until when it held, or who disagrees")
    support: Literal["verified", "unsupported"]
    citations: list[int]
    checks: list[CheckShape]


class RefusalShape(Shape):
    reason: str
    kind: RefusalKind = Field(default="near-misses", description="the reason, for programs")
    nearest: list[CitationShape]
    people: list[str]


class ExplanationShape(Shape):
    term: str
    meaning: str
    citation: CitationShape


class AnswerShape(Shape):
    answer_id: str
    question: str
    status: Literal["answered", "partial", "refused"]
    text: str
    statements: list[StatementShape]
    citations: list[CitationShape]
    refusal: RefusalShape | None
    warnings: list[str]
    model: dict[str, str]
    timings_ms: dict[str, float]
    conversation_id: str | None = None
    confidence: float | None = None
    understood_as: str = Field(
        default="", description="of a follow-up: the question that was answered; empty: as asked"
    )
    glossary: list[ExplanationShape] = Field(
        default=[], description="for a product audience: terms in the team's words"
    )
    suggestions: list[str] = Field(default=[], description="questions that say more, where this one is unclear")


class TroubleShape(Shape):
    file: str
    reason: str


class MaskedShape(Shape):
    file: str
    kind: str
    count: int


class ReportShape(Shape):
    sources: int
    files: int
    documents: int
    messages: int
    runs: int
    chunks: int
    embedded: int
    unchanged: int
    removed: int = 0
    moved: int = 0
    skipped: list[TroubleShape]
    failed: list[TroubleShape]
    masked: list[MaskedShape] = []
    seconds: float


class ProgressShape(Shape):
    stage: str
    done: int
    total: int = Field(description="0 when not known yet")
    item: str
    bytes: int = Field(0, description="done, of bytes_total; 0 where only things are counted")
    bytes_total: int = 0
    seconds_left: float | None = Field(None, description="null: nobody can say")


class JobShape(Shape):
    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    progress: ProgressShape | None
    report: ReportShape | None
    error: str
    created_at: str
    finished_at: str | None


class ConversationShape(Shape):
    id: str
    title: str
    created_at: str
    updated_at: str
    turns: int
    shared: str = Field(default="", description="the token of its link; empty: nobody else reads it")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ProblemShape, "description": "A problem: what happened, and what to do."}
}
