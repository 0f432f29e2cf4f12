"""A run as its reports read it. Every block that an older or another kind of run lacks is simply empty."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, field_validator

from eval.runs.results import TOGETHER
from rag.domain.errors import BadInput
from rag.domain.evaluations import Outcome as Outcome
from rag.knowledge.evaluation_rows import outcome

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(value: object) -> object:
    """Neither XML nor UTF-8 can hold control characters and halves of surrogate pairs."""
    return _UNPRINTABLE.sub("\ufffd", value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(clean)]
Names = dict[Text, Any]
Interval = tuple[float | None, float | None]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _null_is_absent(cls, value: object, info: ValidationInfo) -> object:
        name = info.field_name or ""
        return cls.model_fields[name].get_default(call_default_factory=True) if value is None else value


class Figure(_Part):
    value: float | None = None
    ci95: Interval = (None, None)
    n: int = 0
    people: Text = ""  # of a judge's figure: how far that judge agrees with people


class Evidence(_Part):
    file: Text = ""
    quote: Text = ""


class Passage(_Part):
    source: Text = ""
    text: Text = ""
    score: float | None = None


class Cited(_Part):
    source: Text = ""
    quote: Text = ""


class Statement(_Part):
    text: Text = ""
    support: Text = ""
    failed: tuple[Text, ...] = ()  # checks, with what they say


class Item(_Part):
    id: Text
    kind: Text = ""
    question: Text = ""
    metrics: dict[Text, float | None] = {}
    cluster: Text = ""
    latency_ms: float | None = None
    error: Text = ""
    answers: tuple[Text, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answerable: bool | None = None
    found: tuple[Text, ...] = ()
    passages: tuple[Passage, ...] = ()
    ranks: tuple[int, ...] | None = None
    relevant: int | None = None
    status: Text = ""
    answer: Text = ""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Cited, ...] = ()
    turns: tuple[Text, ...] = ()
    confidence: float | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of the question, in one word."""
        return outcome({"error": self.error, "status": self.status, "metrics": self.metrics})

    @property
    def is_wrong(self) -> bool:
        return self.outcome not in {"right", "not scored"}


class Kind(_Part):
    n: int = 0
    metrics: dict[Text, Figure] = {}


class Bin(_Part):
    low: float = 0.0
    high: float = 1.0
    confidence: float | None = None
    correct: float | None = None
    n: int = 0


class Point(_Part):
    coverage: float
    risk: float
    confidence: float | None = None


class Reference(_Part):
    """A plain threshold instead of confidence. `gain`: AUROC of confidence less its own."""

    auroc: float | None = None
    aurc: float | None = None
    gain: float | None = None
    gain_ci95: Interval = (None, None)
    curve: tuple[Point, ...] = ()


class Today(_Part):
    coverage: float | None = None
    risk: float | None = None


class Refusal(_Part):
    """How well confidence tells right from wrong, over the items of a pack."""

    n: int = 0
    not_scored: int = 0
    n_answerable: int = 0
    n_unanswerable: int = 0
    aurc: float | None = None
    auroc: float | None = None
    ece: float | None = None
    ece_if_calibrated: float | None = None
    ci95: dict[Text, Interval] = {}
    curve: tuple[Point, ...] = ()
    bins: tuple[Bin, ...] = ()
    today: Today = Today()
    references: dict[Text, Reference] = {}


class Cost(_Part):
    per_question: float | None = None


class Pack(_Part):
    n: int = 0
    metrics: dict[Text, Figure] = {}
    by_kind: dict[Text, Kind] = {}
    latency_ms: dict[Text, float | None] = {}
    errors: int = 0
    ingest: Names = {}
    items: tuple[Item, ...] = ()
    refusal: Refusal | None = None
    baselines: Names = {}
    cost: Cost = Cost()


class RunView(_Part):
    id: Text = ""
    started: Text = ""
    command: Text = ""
    packs: dict[Text, Pack]
    system: Names = {}
    seconds: float | None = None

    @property
    def shown(self) -> dict[str, Pack]:
        """The packs, without the one that repeats a single file pack."""
        return {name: p for name, p in self.packs.items() if name != TOGETHER or len(p.ingest) > 1} or self.packs

    @property
    def single(self) -> dict[str, Pack]:
        """Each question once: without the packs together, unless they are all there is."""
        return {name: pack for name, pack in self.packs.items() if name != TOGETHER} or self.packs


def read_run(run: Mapping[str, Any]) -> RunView:
    """Raises BadInput, naming the field, for a run that was edited into something else."""
    try:
        return RunView.model_validate(run)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"Not a run: {where}: {first['msg']}.", fix="Name a run that `teamlore eval` wrote.") from error
