"""What people look at to see why an item scored as it did: the JSON beside its metrics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from eval.metrics.base import Found
from eval.metrics.evidence import holds
from eval.packs.samples import BETWEEN, Sample
from eval.runs.places import Places
from rag.answering.citations import standing_beside
from rag.domain.types import Answer, Citation, SearchHit

PASSAGES = 5
CHARACTERS = 600  # of a passage, from the chunk that brought it
_ABOUT = ("id", "kind", "document")  # of a question, neither what is asked nor what is held to be true


def gold(sample: Sample) -> dict[str, Any]:
    evidence = [{**_file(one.file), "quote": one.quote} for one in sample.evidence]
    said = {"answers": list(sample.answers), "evidence": evidence, "answerable": sample.answerable}
    said |= {"asked": asked(sample)}
    return {**said, "turns": list(sample.turns)} if sample.turns else said


def asked(sample: Sample) -> str:
    """Another one as soon as the question, its earlier turns or anything of its gold is another."""
    known = {name: value for name, value in asdict(sample).items() if name not in _ABOUT}
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]


def _file(file: str) -> dict[str, str]:
    source, between, path = file.partition(BETWEEN)
    return {"file": path, "source": source} if between else {"file": file}


def passages(hits: Sequence[SearchHit], places: Places, pack: str) -> list[dict[str, Any]]:
    return [
        {"source": places.name(hit.citation.document, pack), "text": _text(hit), "score": round(hit.score, 6)}
        for hit in hits[:PASSAGES]
    ]


def _text(hit: SearchHit) -> str:
    quote = hit.citation.quote
    first = hit.best[0] - hit.citation.start if hit.best else 0
    start = max(0, min(first, len(quote) - CHARACTERS))
    return quote[start : start + CHARACTERS]


def ranks_of_relevant(ranking: Sequence[str], judgements: Mapping[str, int]) -> dict[str, Any]:
    """From 1. `relevant`: how many there are in all."""
    relevant = {document for document, grade in judgements.items() if grade > 0}
    ranks = [rank for rank, document in enumerate(ranking, 1) if document in relevant]
    return {"ranks": ranks, "relevant": len(relevant)}


def ranks_of_evidence(sample: Sample, found: Sequence[Found]) -> dict[str, Any]:
    """Of the passages, from 1, that hold a piece of evidence. Without evidence nothing is said."""
    if not sample.evidence:
        return {}
    ranks = [n for n, passage in enumerate(found, 1) if any(holds(passage, one) for one in sample.evidence)]
    return {"ranks": ranks}


def said(answer: Answer, places: Places, pack: str) -> dict[str, Any]:
    return {
        "status": answer.status,
        "answer": answer.text,
        "statements": [
            {
                "text": one.text,
                "support": one.support,
                "citations": list(one.citations),
                "failed": [f"{check.name}: {check.detail}".strip(": ") for check in one.checks if not check.passed],
            }
            for one in answer.statements
        ],
        "citations": [_citation(one, places, pack) for one in answer.citations],
        "refusal": answer.refusal.reason if answer.refusal else None,
        "confidence": answer.confidence,
        "timings_ms": {name: round(value, 3) for name, value in answer.timings_ms.items()},
    }


def _citation(citation: Citation, places: Places, pack: str) -> dict[str, Any]:
    name, beside = places.name(citation.document, pack), standing_beside(citation)
    return {"source": name, "quote": citation.quote, "n": citation.n, "beside": beside}
