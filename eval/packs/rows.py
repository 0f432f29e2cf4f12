"""Rows of the files of a pack: lenient to keys nobody asked for, exact about those that matter."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from eval.packs.samples import Evidence, Sample, placed
from rag.domain.errors import BadInput
from rag.knowledge.golden_rows import SCHEMA

ACCEPTED = "accepted"  # what a row without `review` counts as: a person wrote it


def _as_text(value: object) -> object:
    return value if isinstance(value, str) or value is None else str(value)


Text = Annotated[str, BeforeValidator(_as_text)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


RowT = TypeVar("RowT", bound=_Row)


class _Metadata(_Row):
    doc: Text = ""


class CorpusRow(_Row):
    id: Text = Field(validation_alias=AliasChoices("_id", "id"))
    title: str = ""
    text: str = ""
    metadata: _Metadata = _Metadata()

    @field_validator("title", "text", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("metadata", mode="before")
    @classmethod
    def _no_null_metadata(cls, value: object) -> object:
        return {} if value is None else value


class _EvidenceRow(_Row):
    file: str
    quote: str
    source: str = ""


def _turn_texts(value: object) -> list[str]:
    """Earlier turns as strings, or as {role, text}: what the asker said, not what was answered."""
    texts = []
    for turn in value if isinstance(value, list) else []:
        if isinstance(turn, str):
            texts.append(turn)
        elif isinstance(turn, dict):
            role = str(turn.get("role") or turn.get("speaker") or "user").lower()
            text = next((turn[key] for key in ("text", "content", "question") if turn.get(key)), "")
            if text and role not in {"assistant", "agent", "system", "bot"}:
                texts.append(str(text))
    return texts


class QuestionRow(_Row):
    """A row of queries.jsonl, questions*.jsonl or qa.jsonl."""

    id: Text = Field(validation_alias=AliasChoices("_id", "id"))
    question: str = Field(validation_alias=AliasChoices("question", "text", "query"))
    kind: str = ""
    answer: Text | None = None
    answers: list[Text] = []
    answerable: bool | None = None
    gold_files: list[str] = Field([], validation_alias=AliasChoices("gold_files", "files"))
    evidence: list[_EvidenceRow] = []
    turns: Annotated[list[str], BeforeValidator(_turn_texts)] = Field(
        [], validation_alias=AliasChoices("turns", "earlier_turns", "history", "conversation")
    )
    standalone: Text | None = Field(None, validation_alias=AliasChoices("standalone", "rewrite", "rewritten"))
    review: str = ACCEPTED
    version: Any = Field(None, validation_alias="schema")  # of a golden set's rows; others may mean anything by it

    @field_validator("answers", "gold_files", "evidence", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        return [] if value is None else value

    def sample(self, judgements: Mapping[str, int] | None = None, *, by_source: bool = False) -> Sample:
        answers = [text for text in [self.answer, *self.answers] if text and text.strip()]
        held = [row for row in self.evidence if row.quote.strip()]
        evidence = [Evidence(file=placed(e.source if by_source else "", e.file), quote=e.quote) for e in held]
        places = {row.file: found.file for row, found in zip(held, evidence, strict=True)}
        files = [*(places.get(file, file) for file in self.gold_files), *(e.file for e in evidence)]
        return Sample(
            id=self.id,
            question=self.question,
            kind=self.kind,
            answers=tuple(dict.fromkeys(answers)),
            answerable=self.answerable,
            gold_files=tuple(dict.fromkeys(files)),
            evidence=tuple(evidence),
            judgements=judgements or {},
            turns=tuple(self.turns),
            standalone=self.standalone or "",
        )


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """(where, line) of every line that is not blank. Raises BadInput for a file that cannot be read as text."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path.name}:{number}", line
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name}: no UTF-8 text.", fix="Save it as UTF-8, one JSON object a line.") from error
    except (OSError, EOFError) as error:
        raise BadInput(f"{path.name}: cannot be read ({error}).", fix="Name another file, or mend it.") from error


def parse(kind: type[RowT], placed: tuple[str, str]) -> RowT:
    """Raises BadInput with the line and the field."""
    where, line = placed
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {field_name or 'row'}: {first['msg']}.", fix="Correct that line.") from error


def read_questions(path: Path, *, by_source: bool = False) -> Iterator[Sample]:
    """Those that a person has accepted. `by_source`: evidence is looked for in the source that its row names."""
    for where, line in lines(path):
        row = parse(QuestionRow, (where, line))
        if isinstance(row.version, int) and row.version > SCHEMA:
            raise BadInput(f"{where}: schema {row.version}, written by a newer teamlore.", fix="Update teamlore.")
        if row.review == ACCEPTED:
            yield row.sample(by_source=by_source)
