"""The JSON shapes of the public surface, made in one place so that every door shows the same."""

import dataclasses
from typing import Any
from urllib.parse import quote

from rag.domain.types import Answer, Citation, DocumentInfo, IngestReport, Job, Locator, SearchHit


def locator_json(locator: Locator) -> dict[str, Any]:
    return {"type": locator.type, **dataclasses.asdict(locator)}


def document_json(document: DocumentInfo) -> dict[str, Any]:
    """A document's metadata; `source` is its path inside what was ingested."""
    return {
        "document_id": document.id,
        "version": document.version,
        "source": document.path,
        "part": document.part,
        "files": list(document.files),
        "title": document.title,
        "kind": document.kind,
        "space": document.space,
        "authors": list(document.authors),
        "date": document.date,
        "url": document.url,
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    document = citation.document
    return {
        "n": citation.n,
        **document_json(document),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "locator": locator_json(citation.locator),
        "section": list(citation.section),
        "link": f"/ui/source/{quote(document.id)}/{document.version}?start={citation.start}&end={citation.end}",
    }


def hit_json(hit: SearchHit) -> dict[str, Any]:
    return {
        **citation_json(hit.citation),
        "score": round(hit.score, 6),
        "why": {name: round(value, 6) for name, value in hit.why.items()},
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    refusal = answer.refusal
    return {
        "answer_id": answer.id,
        "question": answer.question,
        "status": answer.status,
        "text": answer.text,
        "statements": [
            {
                "text": s.text,
                "support": s.support,
                "citations": list(s.citations),
                "checks": [dataclasses.asdict(c) for c in s.checks],
            }
            for s in answer.statements
        ],
        "citations": [citation_json(c) for c in answer.citations],
        "refusal": None
        if refusal is None
        else {
            "reason": refusal.reason,
            "nearest": [citation_json(c) for c in refusal.nearest],
            "people": list(refusal.people),
        },
        "warnings": list(answer.warnings),
        "model": dict(answer.model),
        "timings_ms": {name: round(value, 2) for name, value in answer.timings_ms.items()},
        "conversation_id": answer.conversation_id,
    }


def report_json(report: IngestReport) -> dict[str, Any]:
    """The shape of `ingest --json`."""
    return {**dataclasses.asdict(report), "seconds": round(report.seconds, 3)}


def job_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": None if job.progress is None else dataclasses.asdict(job.progress),
        "report": None if job.report is None else report_json(job.report),
        "error": job.error,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
