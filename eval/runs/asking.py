"""One question put to the service, seen by the metrics."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from eval.metrics import METRICS
from eval.metrics.agreement import AGREEMENT
from eval.metrics.base import Observation, Similarity, TextOf
from eval.metrics.citations import CITATIONS
from eval.metrics.conversation import CONVERSATION
from eval.metrics.correctness import CORRECTNESS
from eval.metrics.evidence import EVIDENCE
from eval.metrics.likely import LIKELY
from eval.metrics.refusal import REFUSAL
from eval.metrics.retrieval import RETRIEVAL
from eval.metrics.similarity import SIMILARITY
from eval.metrics.support import SUPPORT
from eval.packs.loading import Layout, Pack, Sample
from eval.runs.details import gold, passages, ranks_of_evidence, ranks_of_relevant, said
from eval.runs.hearing import hear, withheld
from eval.runs.places import EVERYTHING, Places
from rag.domain.errors import TeamloreError
from rag.domain.ports import Remembered
from rag.domain.services import Services
from rag.domain.types import Answer, Query, Question, SearchHit

Command = Literal["retrieval", "answers"]
ASKER = "eval"
DEEP = 200  # passages asked for, so that 100 different documents come out
SHOWN = 10  # passages that evidence is looked for in
SUPPORTED = (*SUPPORT, *AGREEMENT)
LIKE_GOLD = (*LIKELY, *SIMILARITY)

MEASURED: dict[tuple[Command, Layout], tuple[str, ...]] = {
    ("retrieval", "beir"): tuple(RETRIEVAL),
    ("retrieval", "files"): tuple(EVIDENCE),
    ("answers", "beir"): (*CITATIONS, *SUPPORTED, *CORRECTNESS, *LIKE_GOLD, *REFUSAL),
    ("answers", "files"): (*EVIDENCE, *CITATIONS, *SUPPORTED, *CORRECTNESS, *LIKE_GOLD, *REFUSAL),
    ("retrieval", "home"): tuple(EVIDENCE),
    ("answers", "home"): (*EVIDENCE, *CITATIONS, *SUPPORTED, *CORRECTNESS, *LIKE_GOLD, *REFUSAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question after it was asked. `details` are for people who look why."""

    sample: Sample
    metrics: Mapping[str, float | None]
    latency_ms: float | None
    details: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    command: Command
    services: Services
    places: Places
    text_of: TextOf
    similarity: Similarity | None = None
    memory: Remembered | None = None  # of a home, where nothing may be kept; None: the service's own conversations

    def item(self, pack: Pack, sample: Sample) -> Item:
        names = MEASURED[self.command, pack.layout]
        if self.command == "answers" and sample.turns:
            names += tuple(CONVERSATION)
        try:
            seen, latency, details = self._observe(pack, sample)
        except TeamloreError as error:
            unscored = dict.fromkeys(names)
            return Item(sample=sample, metrics=unscored, latency_ms=None, details=gold(sample), error=str(error))
        scores = {name: METRICS[name](seen).value for name in names}
        return Item(sample=sample, metrics=scores, latency_ms=latency, details={**gold(sample), **details})

    def _observe(self, pack: Pack, sample: Sample) -> tuple[Observation, float, dict[str, Any]]:
        if self.command == "answers":
            return self._answered(pack, sample)
        started = time.perf_counter()
        hits = self.services.searcher.search(_query(sample), DEEP if pack.layout == "beir" else SHOWN)
        latency = (time.perf_counter() - started) * 1000
        if pack.layout == "beir":
            ranking = self.places.ranking(hits)
            seen = Observation(sample=sample, ranking=ranking)
            return seen, latency, {"ranking": list(ranking[:SHOWN]), **self._shown(seen, hits, pack)}
        seen = Observation(sample=sample, found=self.places.found(hits, pack.name))
        return seen, latency, self._shown(seen, hits, pack)

    def _answered(self, pack: Pack, sample: Sample) -> tuple[Observation, float, dict[str, Any]]:
        question = _question(sample, self._conversation(sample))
        heard = hear(self.services.answerer, question)
        # A search knows no conversation: of a follow-up, what its answer was made from is what was found.
        hits = heard.passages if sample.turns else self.services.searcher.search(_query(sample), SHOWN)
        seen = self._seen(pack, sample, heard.answer, hits)
        if sample.turns and sample.standalone:
            seen = replace(seen, alone=self._alone(pack, sample))
        unsaid = withheld(self.services.answerer, question, sample, heard.answer)
        details = {
            **self._shown(seen, hits, pack),
            **said(heard.answer, self.places, pack.name),
            "first_statement_ms": heard.first_ms,
            "tokens": heard.tokens,
            **({"withheld": unsaid} if unsaid else {}),
        }
        return seen, heard.total_ms, details

    def _shown(self, seen: Observation, hits: Sequence[SearchHit], pack: Pack) -> dict[str, Any]:
        if pack.layout == "beir":
            ranks = ranks_of_relevant(seen.ranking or (), seen.sample.judgements)
        else:
            ranks = ranks_of_evidence(seen.sample, (seen.found or ())[:SHOWN])
        return {**_shown(hits), "passages": passages(hits, self.places, pack.name), **ranks}

    def _alone(self, pack: Pack, sample: Sample) -> Observation:
        spelled = replace(sample, question=sample.standalone, turns=())
        heard = hear(self.services.answerer, _question(spelled, None))
        return self._seen(pack, spelled, heard.answer, heard.passages)

    def _seen(self, pack: Pack, sample: Sample, answer: Answer, hits: Sequence[SearchHit]) -> Observation:
        return Observation(
            sample=sample,
            ranking=self.places.ranking(hits) if pack.layout == "beir" else None,
            found=self.places.found(hits, pack.name),
            answer=answer,
            cited=self.places.cited(answer.citations, pack.name),
            text_of=self.text_of,
            similarity=self.similarity,
        )

    def _conversation(self, sample: Sample) -> str | None:
        """The asker's earlier turns, asked for real."""
        if not sample.turns:
            return None
        conversation = (self.memory or self.services.conversations).start(ASKER)
        for turn in sample.turns:
            query = Query(text=turn, access=EVERYTHING)
            self.services.answerer.answer(Question(query=query, conversation_id=conversation, asker=ASKER))
        return conversation


def _query(sample: Sample) -> Query:
    return Query(text=sample.question, access=EVERYTHING)


def _question(sample: Sample, conversation: str | None) -> Question:
    return Question(query=_query(sample), conversation_id=conversation, asker=ASKER)


def _shown(hits: Sequence[SearchHit]) -> dict[str, Any]:
    found = [hit.citation.document.path for hit in hits[:SHOWN]]
    cosines = [hit.why.raw["cosine"] for hit in hits if "cosine" in hit.why.raw]
    return {
        "found": found,
        "top_score": hits[0].score if hits else None,
        "top_cosine": max(cosines, default=None),
    }
