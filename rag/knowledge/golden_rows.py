"""One row of a golden set: JSON that is a row of questions*.jsonl too, with what a person said of it."""

import json
from dataclasses import fields
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.domain.errors import BadInput
from rag.domain.golden import GoldenEvidence, GoldenItem, Review

SCHEMA = 1
EXAMPLE = (
    '{"id": "q1", "question": "Which dtype?", "answer": "bf16", '
    '"evidence": [{"file": "guide.md", "quote": "We train in bf16."}]}'
)


class _EvidenceRow(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    file: str = Field(min_length=1)
    quote: str = Field(min_length=1)
    source: str = ""


class _Row(BaseModel):
    """Of schema 1. A row without `review` was written by hand: it counts as accepted."""

    model_config = ConfigDict(extra="allow", strict=True)

    version: int = Field(SCHEMA, ge=1, alias="schema")
    id: str = Field(min_length=1)
    kind: str = ""
    question: str = Field(min_length=1)
    answer: str = ""
    answerable: bool = True
    gold_files: list[str] = []
    evidence: list[_EvidenceRow] = []
    made_by: str = ""
    why: str = ""
    review: Review = "accepted"
    reviewed_by: str = ""
    reviewed_at: str = ""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, row: object) -> object:
        """A pack says null for what it does not know."""
        if not isinstance(row, dict):
            return row
        return {name: value for name, value in row.items() if value is not None or name not in cls.model_fields}


def item_row(item: GoldenItem) -> dict[str, Any]:
    """Its JSON, keys in the order of the file; readable as a row of questions*.jsonl."""
    rest = {name: value for name, value in item.rest.items() if name != "gold_files"}
    files = [*(one.file for one in item.evidence), *item.rest.get("gold_files", ())]
    return {
        "schema": SCHEMA,
        "id": item.id,
        "kind": item.kind,
        "question": item.question,
        "answer": item.answer,
        "answerable": item.answerable,
        "gold_files": list(dict.fromkeys(files)),
        "evidence": [_evidence_row(one) for one in item.evidence],
        "made_by": item.made_by,
        "why": item.why,
        "review": item.review,
        "reviewed_by": item.reviewed_by,
        "reviewed_at": item.reviewed_at,
        "note": item.note,
        **rest,
    }


def etag(item: GoldenItem) -> str:
    """Another one as soon as anything of the item is another."""
    return sha256(item_line(item).encode()).hexdigest()[:16]


def item_line(item: GoldenItem) -> str:
    return json.dumps(item_row(item), ensure_ascii=False)


def _evidence_row(one: GoldenEvidence) -> dict[str, str]:
    return {"file": one.file, "quote": one.quote, **({"source": one.source} if one.source else {})}


def read_item(line: str, where: str) -> GoldenItem:
    """`where` names the line in the words of BadInput, which says what is wrong with it."""
    try:
        row = _Row.model_validate_json(line)
    except ValidationError as error:
        raise _broken(error, where) from error
    if row.version > SCHEMA:
        raise BadInput(f"{where}: schema {row.version}, written by a newer teamlore.", fix="Update teamlore.")
    plain = row.model_dump(exclude={"version", "gold_files", "evidence"}, exclude_none=False)
    known = {field.name for field in fields(GoldenItem)} - {"rest", "evidence"}
    evidence = tuple(GoldenEvidence(file=e.file, quote=e.quote, source=e.source) for e in row.evidence)
    rest = {name: value for name, value in plain.items() if name not in known}
    if further := [file for file in row.gold_files if file not in {e.file for e in evidence}]:
        rest["gold_files"] = further
    return GoldenItem(**{name: plain[name] for name in known}, evidence=evidence, rest=rest)


def _broken(error: ValidationError, where: str) -> BadInput:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return BadInput(f"{where}: no JSON: {first['ctx']['error']}.", fix=f"Mend that line; a row is {EXAMPLE}.")
    name = ".".join(str(part) for part in first["loc"]) or "row"
    return BadInput(f"{where}: {name}: {first['msg']}.", fix=f"Mend that line; a row is {EXAMPLE}.")
