"""What people judged: answers, claims and summaries with a label each, to see how far a metric or judge can be trusted.

A pack is a folder of `*.jsonl[.gz]` files, or one such file. The keys of a row say what it is:
answers: question, gold_answer, model_answer, label (correct | incorrect | refusal);
claims: claim, sentences, label (support | contradict | neutral), rationale (places of the sentences that prove it),
and for a statement of an answer its question and beside (titles, dates: what stands next to the sentences);
summaries: source, summary, worst_label (faithful | unfaithful | questionable), detectors ({name: score}).
Other keys are ignored, and other spellings of the labels understood: see LABELS.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rag.domain.errors import BadInput

Task = Literal["answers", "claims", "summaries"]
Half = Literal["fit", "held-out"]

CLASSES: Mapping[Task, tuple[str, ...]] = {
    "answers": ("correct", "incorrect", "refusal"),
    "claims": ("support", "contradict", "neutral"),
    "summaries": ("faithful", "unfaithful", "questionable"),
}
GOOD: Mapping[Task, str] = {"answers": "correct", "claims": "support", "summaries": "faithful"}  # against all others
LABELS: Mapping[Task, Mapping[str, str]] = {
    "answers": {
        **dict.fromkeys(("correct", "correct answer", "right", "yes", "true", "1", "good"), "correct"),
        **dict.fromkeys(("incorrect", "incorrect answer", "wrong", "no", "false", "0", "bad"), "incorrect"),
        **dict.fromkeys(("refusal", "refused", "abstained"), "refusal"),
    },
    "claims": {
        **dict.fromkeys(("support", "supports", "supported", "entailment"), "support"),
        **dict.fromkeys(("contradict", "contradicts", "refutes", "refuted", "contradiction"), "contradict"),
        **dict.fromkeys(("neutral", "not_enough_info", "nei", "unsupported"), "neutral"),
    },
    "summaries": {
        **dict.fromkeys(("faithful", "consistent", "benign"), "faithful"),
        **dict.fromkeys(("unfaithful", "unwanted", "inconsistent"), "unfaithful"),
        "questionable": "questionable",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedItem:
    """`text` is what people judged: an answer, a claim, a summary; `label` is one of CLASSES[task]."""

    id: str
    task: Task
    text: str
    label: str
    cluster: str  # items on one question, claim or source are not independent
    question: str = ""
    beside: str = ""  # of a statement: what stands next to its sources, and it may name
    golds: tuple[str, ...] = ()  # of an answer
    sources: tuple[str, ...] = ()  # sentences or passages that a claim or a summary is held against
    rationale: tuple[int, ...] = ()  # places in `sources`, from 0
    by: str = ""  # the system that wrote the text
    detectors: Mapping[str, float] = field(default_factory=dict)  # scores others gave it; at least .5: faithful

    @property
    def half(self) -> Half:
        """Where it falls when something is fitted: by a hash of the cluster, so that no question is on both sides."""
        return "held-out" if sha256(self.cluster.encode()).digest()[0] & 1 else "fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPack:
    """Items of one task."""

    name: str
    task: Task
    items: tuple[JudgedItem, ...]


def _as_text(value: object) -> object:
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _as_texts(value: object) -> object:
    return [] if value is None else value if isinstance(value, list) else [value]


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[list[Text], BeforeValidator(_as_texts)]
_ID = Field("", validation_alias=AliasChoices("id", "_id"))


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: Text = _ID


class _AnswerRow(_Row):
    question: str
    golds: Texts = Field(validation_alias=AliasChoices("gold_answer", "gold_answers", "gold", "answer"))
    text: Text = Field(validation_alias=AliasChoices("model_answer", "response"))
    label: Text
    model: str = ""
    mode: str = ""

    def item(self, where: str) -> JudgedItem:
        return JudgedItem(
            id=self.id or where,
            task="answers",
            text=self.text,
            label=_label("answers", self.label, where),
            cluster=self.question.strip(),
            question=self.question,
            golds=tuple(self.golds),
            by="/".join(part for part in (self.model, self.mode) if part),
        )


class _ClaimRow(_Row):
    claim: str
    sentences: Texts = Field(validation_alias=AliasChoices("sentences", "sources", "source", "evidence"))
    label: Text
    rationale: list[int] = []
    question: str = ""
    beside: str = ""

    def item(self, where: str) -> JudgedItem:
        return JudgedItem(
            id=self.id or where,
            task="claims",
            text=self.claim,
            label=_label("claims", self.label, where),
            cluster=self.question.strip() or self.claim.strip(),
            question=self.question,
            beside=self.beside,
            sources=tuple(self.sentences),
            rationale=tuple(self.rationale),
        )


class _SummaryRow(_Row):
    source: str
    summary: str
    label: Text = Field(validation_alias=AliasChoices("worst_label", "label"))
    summarizer: str = ""
    detectors: dict[str, float | None] = {}

    def item(self, where: str) -> JudgedItem:
        return JudgedItem(
            id=self.id or where,
            task="summaries",
            text=self.summary,
            label=_label("summaries", self.label, where),
            cluster=sha256(self.source.encode()).hexdigest()[:16],
            sources=(self.source,),
            by=self.summarizer,
            detectors={name: score for name, score in self.detectors.items() if score is not None},
        )


_ROWS: Mapping[str, type[_AnswerRow | _ClaimRow | _SummaryRow]] = {
    "model_answer": _AnswerRow,
    "response": _AnswerRow,
    "claim": _ClaimRow,
    "summary": _SummaryRow,
}


def _label(task: Task, label: str, where: str) -> str:
    known = LABELS[task].get(label.strip().lower())
    if known is None:
        raise BadInput(f"{where}: label {label!r} is unknown.", fix=f"Use one of {', '.join(CLASSES[task])}.")
    return known


def is_judged(path: Path) -> bool:
    """Whether a folder or file holds labelled rows; looks at the first row of each file only."""
    try:
        return any(_kind_of(line) for file in _files(path) for _, line in _first(file))
    except (OSError, ValueError):
        return False


def load_judged(path: Path) -> JudgedPack:
    """Raises BadInput for a missing path, one without labelled rows, a broken row, and rows of several tasks."""
    if not path.exists():
        raise BadInput(f"{path}: no such folder or file.", fix="Name a folder of labelled items, or one JSONL file.")
    items = tuple(item for file in _files(path) for item in _items(file))
    if not items:
        raise BadInput(f"{path}: no labelled items.", fix="Rows hold question, gold_answer, model_answer and label.")
    if len({item.task for item in items}) > 1:
        raise BadInput(f"{path}: answers, claims or summaries are mixed.", fix="Put each into a folder of its own.")
    return JudgedPack(name=path.resolve().name, task=items[0].task, items=items)


def _files(path: Path) -> Sequence[Path]:
    return [path] if path.is_file() else sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")])


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """(where, line) of every line that is not blank."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"{path.name}:{number}", line


def _first(file: Path) -> Iterator[tuple[str, str]]:
    for placed in _lines(file):
        yield placed
        return


def _kind_of(line: str) -> type[_AnswerRow | _ClaimRow | _SummaryRow] | None:
    row = json.loads(line)
    if not isinstance(row, dict):
        return None
    return next((kind for key, kind in _ROWS.items() if key in row and ("label" in row or "worst_label" in row)), None)


def _items(file: Path) -> Iterator[JudgedItem]:
    for where, line in _lines(file):
        try:
            kind = _kind_of(line)
        except ValueError as error:
            raise BadInput(f"{where}: not JSON.", fix="Correct that line.") from error
        if kind is None:
            raise BadInput(
                f"{where}: no labelled answer, claim or summary.",
                fix="A row needs a label beside model_answer, claim or summary; keep other JSONL files elsewhere.",
            )
        try:
            yield kind.model_validate_json(line).item(where)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{where}: {place or 'row'}: {first['msg']}.", fix="Correct that line.") from error
