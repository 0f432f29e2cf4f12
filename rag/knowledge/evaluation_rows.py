"""Reading a run that the evaluation suite wrote. It comes from a file, so nothing is taken on trust."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from rag.domain.errors import BadInput
from rag.domain.evaluations import (
    KEY_FIGURES,
    SEARCH_FIGURES,
    TOGETHER,
    AcceptedBy,
    AskedItem,
    Figure,
    Measured,
    MeasuredPack,
    Outcome,
)

Json = dict[str, Any]

FEW = 6  # figures of a pack that has none of those to read first
FIX = "Run it again, or remove its folder."
_SEARCHED = ("evidence_hit@10", "file_hit@10", "recall@10")  # the first that is scored says whether search did it
_ASKED_HOW = ("limit", "seed", "separate")  # a sample asks other questions; an index of its own finds others
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")  # may be half of a surrogate pair


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _null_is_absent(cls, value: object, info: ValidationInfo) -> object:
        name = info.field_name or ""
        return cls.model_fields[name].get_default(call_default_factory=True) if value is None else value


class _Figure(_Part):
    value: float | None = None
    ci95: tuple[float | None, float | None] = (None, None)
    n: int = 0


class _Pack(_Part):
    n: int = 0
    errors: int = 0
    metrics: dict[str, _Figure] = {}
    latency_ms: dict[str, float | None] = {}
    items: list[Json] = []


class _System(_Part):
    version: str = ""
    revision: str = ""
    dirty: bool = False
    data: dict[str, Any] = {}
    options: dict[str, Any] = {}


class _Run(_Part):
    started: str = ""
    command: str = ""
    packs: dict[str, _Pack]
    seconds: float | None = None
    system: _System = _System()


class _Accepted(_Part):
    at: str
    by: str = ""
    note: str = ""


def load_json(raw: bytes) -> Json:
    """An object that can be sent on as JSON: numbers are finite, texts can be encoded. Raises BadInput."""
    try:
        found = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
        if _HALF.search(raw):
            whole = json.dumps(found, ensure_ascii=False)
            found = json.loads(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except UnicodeDecodeError as error:
        raise BadInput("It is no UTF-8 text.", fix=FIX) from error
    except ValueError as error:
        raise BadInput(f"It is no JSON ({error}).", fix=FIX) from error
    except RecursionError as error:
        raise BadInput("It is nested too deeply.", fix=FIX) from error
    if not isinstance(found, dict):
        raise BadInput("It holds no object.", fix=FIX)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large")
    return value


def read_measured(run: Json) -> Measured:
    """Raises BadInput, naming the field, for what is no run."""
    try:
        found = _Run.model_validate(run)
    except ValidationError as error:
        raise _no_run(error) from error
    return Measured(
        started=found.started,
        command=found.command,
        packs=tuple(_measured(name, found) for name in shown_packs(found.packs)),
        seconds=found.seconds,
        version=found.system.version,
        revision=found.system.revision,
        dirty=found.system.dirty,
    )


def read_accepted(raw: bytes) -> AcceptedBy:
    """Raises BadInput."""
    try:
        found = _Accepted.model_validate(load_json(raw))
    except ValidationError as error:
        raise _no_run(error) from error
    return AcceptedBy(at=found.at, by=found.by, note=found.note)


def _no_run(error: ValidationError) -> BadInput:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return BadInput(f"{where}: {first['msg']}.", fix=FIX)


def shown_packs(packs: Mapping[str, object]) -> list[str]:
    """Without the packs as one where they are one; that comes last."""
    single = [name for name in packs if name != TOGETHER]
    return [*single, TOGETHER] if TOGETHER in packs and len(single) != 1 else single


def _measured(name: str, run: _Run) -> MeasuredPack:
    pack, data = run.packs[name], run.system.data
    asked = data if name == TOGETHER else data.get(name)
    how = [run.system.options.get(option) for option in _ASKED_HOW]
    scored = [metric for metric, found in pack.metrics.items() if found.value is not None]
    return MeasuredPack(
        name=name,
        n=pack.n or len(pack.items),
        errors=pack.errors,
        figures=tuple(_figure(metric, pack.metrics[metric]) for metric in key_figures(scored, run.command)),
        p50_ms=pack.latency_ms.get("p50"),
        p95_ms=pack.latency_ms.get("p95"),
        data=sha256(json.dumps([asked, how], sort_keys=True).encode()).hexdigest()[:12] if asked else "",
    )


def _figure(metric: str, found: _Figure) -> Figure:
    return Figure(metric=metric, value=found.value, low=found.ci95[0], high=found.ci95[1], n=found.n)


def key_figures(names: Sequence[str], command: str) -> list[str]:
    """The few to read first, in the order to read them."""
    wanted = SEARCH_FIGURES if command == "retrieval" and "evidence_hit@5" in names else KEY_FIGURES
    return [name for name in wanted if name in names] or list(names[:FEW])


def without_items(run: Json) -> Json:
    packs = {name: {key: value for key, value in pack.items() if key != "items"} for name, pack in run["packs"].items()}
    return {**run, "packs": packs}


def asked_items(run: Json) -> list[AskedItem]:
    """Each question once, in the order they were asked."""
    packs = run["packs"]
    single = [name for name in packs if name != TOGETHER] or list(packs)
    return [
        AskedItem(pack=name, outcome=outcome(item), item=item)
        for name in single
        for item in packs[name].get("items") or ()
    ]


def outcome(item: Mapping[str, Any]) -> Outcome:
    """What became of a question, in one word. A refusal where nothing is known is right."""
    metrics = item.get("metrics")
    scores: Mapping[str, Any] = metrics if isinstance(metrics, dict) else {}
    if item.get("error"):
        return "failed"
    if scores.get("false_answer") == 1:
        return "false answer"
    if scores.get("false_refusal") == 1:
        return "false refusal"
    if scores.get("false_answer") == 0:
        return "right"
    names = ("answer_correct",) if item.get("status") else _SEARCHED
    value = next((found for name in names if isinstance(found := scores.get(name), int | float)), None)
    return "not scored" if value is None else "right" if value > 0 else "wrong"
