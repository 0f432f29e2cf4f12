"""From what a reader found in a file to documents with an identity. Pure."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from ingest.kinds import kind_of
from ingest.readers.base import Candidate
from rag.domain.types import Document, Parsed, Source
from rag.registry.identity import document_id


def documents_of(
    source: Source, candidate: Candidate, parts: Sequence[Parsed], *, fingerprint: str, kind: str
) -> list[Document]:
    """One a part, in their order; of two parts with one name the second gets a number. `kind` given wins."""
    path = candidate.relative
    taken: set[str] = set()
    documents = []
    for parsed in parts:
        part, n = parsed.part, 1
        while part in taken:
            n += 1
            part = f"{parsed.part}~{n}"
        taken.add(part)
        documents.append(
            Document(
                id=document_id(source.id, path, part),
                source=source.id,
                path=path,
                part=part,
                space=source.space,
                title=parsed.title or PurePosixPath(path).name,
                kind=kind_of(parsed, path, kind),
                authors=parsed.authors,
                date=parsed.date,
                url=parsed.url,
                files=files_of(candidate, parsed),
                text=parsed.text,
                syntax=parsed.syntax,
                marks=parsed.marks,
                facts=parsed.facts,
                fingerprint=fingerprint,
                run=parsed.run,
                people=parsed.people,
                revision=parsed.revision,
            )
        )
    return documents


def files_of(candidate: Candidate, parsed: Parsed) -> tuple[str, ...]:
    """As the user knows them: relative to the source."""
    if not parsed.files:
        return (candidate.relative,)
    if not candidate.is_dir or candidate.relative == ".":
        return parsed.files
    return tuple(f"{candidate.relative}/{file}" for file in parsed.files)
