"""An answer as it arrives, and what would have been said where it was refused."""

import time
from dataclasses import dataclass, replace
from typing import Any

from eval.metrics.correctness import answer_text, correct
from eval.packs.loading import Sample
from rag.answering.answerer import EvidenceAnswerer
from rag.domain.ports import Answerer
from rag.domain.types import Answer, Question, SearchHit
from rag.models.usage import Meter, metered

MODEL_FREE = frozenset({"extractive", "facts"})  # what answers without a language model


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`first_ms`: until the first words of a statement could be read; None where none came."""

    answer: Answer
    passages: tuple[SearchHit, ...]  # those the answer was made from, best first
    first_ms: float | None
    total_ms: float
    tokens: dict[str, int] | None  # {"in", "out"}; None: not known


def hear(answerer: Answerer, question: Question) -> Heard:
    """Raises what the answerer raises."""
    started, first = time.perf_counter(), None
    passages: tuple[SearchHit, ...] = ()
    with metered() as meter:
        for event in answerer.stream(question):
            if event.name == "passages" and isinstance(event.data, tuple):
                passages = event.data
            elif event.name == "delta" and event.data and first is None:
                first = 1000 * (time.perf_counter() - started)
            elif isinstance(event.data, Answer):
                total, spent = 1000 * (time.perf_counter() - started), tokens(event.data, meter)
                return Heard(answer=event.data, passages=passages, first_ms=first, total_ms=total, tokens=spent)
            elif isinstance(event.data, Exception):
                raise event.data
    raise AssertionError("a stream ends with done or error")


def tokens(answer: Answer, meter: Meter) -> dict[str, int] | None:
    """{"in", "out"}: 0 where no model was asked, None where a server did not say."""
    known = [usage for usage in meter if usage is not None]
    without_model = answer.model.get("llm") in MODEL_FREE or (answer.status == "refused" and not meter)
    if not (known or without_model) or len(known) < len(meter):
        return None
    return {"in": sum(usage.tokens_in for usage in known), "out": sum(usage.tokens_out for usage in known)}


def withheld(answerer: Answerer, question: Question, sample: Sample, answer: Answer) -> dict[str, Any] | None:
    """What a refused question would have been answered with: {"answer", "correct"}.

    The risk of a lower threshold cannot be known without it. None when nothing was withheld: it was answered, nothing
    was found, facts or the writer themselves know no answer, or the answerer knows no threshold.
    """
    if answer.status != "refused" or not answer.confidence or not isinstance(answerer, EvidenceAnswerer):
        return None
    bold = replace(answerer, threshold=replace(answerer.threshold, least=0.0), conversations=None)
    said = bold.answer(question)
    if said.status == "refused":
        return None
    golds = sample.answers if sample.answerable is not False else ()
    return {"answer": said.text, "correct": correct(answer_text(said.text), golds, question=sample.question)}
