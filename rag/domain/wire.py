"""The JSON shapes of the public surface, made in one place so that every door shows the same."""

import dataclasses
from typing import Any
from urllib.parse import quote

from rag.domain.syncing import FileRow, SourceInfo, SourcePlan
from rag.domain.types import Answer, Citation, DocumentInfo, IngestReport, Job, Locator, SearchHit, Why


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
        "current": citation.current,
        "link": f"/ui/source/{quote(document.id)}/{document.version}?start={citation.start}&end={citation.end}",
    }


def why_json(why: Why) -> dict[str, Any]:
    return {
        "parts": {name: round(value, 6) for name, value in why.parts.items()},
        "weights": dict(why.weights),
        "raw": {name: round(value, 6) for name, value in why.raw.items()},
        "conditions": list(why.conditions),
    }


def hit_json(hit: SearchHit) -> dict[str, Any]:
    return {
        **citation_json(hit.citation),
        "score": round(hit.score, 6),
        "why": why_json(hit.why),
        "copies": [{"document_id": info.id, "source": info.path} for info in hit.copies],
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
                "note": s.note,
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
            "kind": refusal.kind,
            "nearest": [citation_json(c) for c in refusal.nearest],
            "people": list(refusal.people),
        },
        "warnings": list(answer.warnings),
        "model": dict(answer.model),
        "timings_ms": {name: round(value, 2) for name, value in answer.timings_ms.items()},
        "conversation_id": answer.conversation_id,
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "understood_as": answer.understood.text if answer.understood else "",
        "understood_from": [
            {"document_id": document, "space": space}
            for document, space in (answer.understood.sources if answer.understood else ())
        ],
        "glossary": [
            {"term": one.term, "meaning": one.meaning, "citation": citation_json(one.citation)}
            for one in answer.glossary
        ],
        "suggestions": list(answer.suggestions),
    }


def report_json(report: IngestReport) -> dict[str, Any]:
    """The shape of `ingest --json`."""
    return {**dataclasses.asdict(report), "seconds": round(report.seconds, 3)}


def plan_json(plan: SourcePlan) -> dict[str, Any]:
    """The shape of `ingest --plan --json`, one source; `root` is for who may name paths."""
    told = dataclasses.asdict(plan)
    return {**told, "moved": [{"from": old, "to": new} for old, new in plan.moved]}


def source_json(info: SourceInfo, *, root: bool) -> dict[str, Any]:
    """`root`: whether the caller may see where it lies."""
    return {
        "source_id": info.source.id,
        "name": info.source.name,
        "space": info.source.space,
        "kind": info.kind,
        "every": info.every,
        "synced_at": info.synced_at.isoformat() if info.synced_at else None,
        "problem": info.problem,
        "files": {state: info.files.get(state, 0) for state in ("indexed", "skipped", "failed", "parked")},
        **({"root": info.source.root} if root else {}),
    }


def file_json(row: FileRow) -> dict[str, Any]:
    outcome = row.outcome
    return {
        "file": outcome.path,
        "source": row.source.name,
        "source_id": row.source.id,
        "space": row.source.space,
        "state": outcome.state,
        "reason": outcome.reason,
        "reader": outcome.reader,
        "seconds": round(outcome.seconds, 3),
        "documents": outcome.documents,
        "chunks": outcome.chunks,
        "tries": outcome.tries,
        "at": outcome.at.isoformat(),
        "next_try": outcome.next_try.isoformat() if outcome.next_try else None,
    }


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
