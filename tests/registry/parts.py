"""Documents to put into a registry, in a line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rag.domain.ports import Catalog
from rag.domain.records import FileOutcome
from rag.domain.types import (
    Access,
    Answer,
    Chunk,
    Citation,
    Document,
    DocumentInfo,
    Lines,
    Mark,
    PathUpdate,
    Prepared,
    Section,
    Source,
    Statement,
)
from rag.registry.identity import document_id
from tests.fakes import WordEmbedder

MODEL = WordEmbedder.fingerprint
ALL = Access(everything=True)
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """Says what it is told, a second later each time."""

    time: datetime = START

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def source(catalog: Catalog, space: str = "default", root: str = "/docs") -> Source:
    return catalog.put_source(name=root.strip("/"), root=root, space=space)


def document(of: Source, path: str, text: str, *, part: str = "", fingerprint: str = "1", **meta: object) -> Document:
    fixed = {"title": path, "kind": "document"} | meta
    key = document_id(of.id, path, part)
    place = {"source": of.id, "path": path, "part": part, "space": of.space}
    return Document(id=key, text=text, fingerprint=fingerprint, **(place | fixed))  # type: ignore[arg-type]


def prepared(document: Document) -> Prepared:
    """A chunk a line, embedded by its words."""
    chunks, at = [], 0
    for n, line in enumerate(document.text.splitlines(keepends=True)):
        chunks.append(Chunk(n=n, start=at, end=at + len(line), text=line, context=document.title))
        at += len(line)
    vectors = WordEmbedder().embed([chunk.embedded for chunk in chunks])
    return Prepared(document=document, chunks=tuple(chunks), vectors=vectors)


def update(of: Source, path: str, *documents: Document) -> PathUpdate:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    outcome = FileOutcome(path=path, fingerprint=documents[0].fingerprint if documents else "", state="indexed", at=at)
    return PathUpdate(source=of.id, path=path, prepared=tuple(map(prepared, documents)), outcome=outcome)


def put(catalog: Catalog, of: Source, path: str, text: str, **meta: object) -> str:
    """Commit one document; its id."""
    made = document(of, path, text, **meta)  # type: ignore[arg-type]
    catalog.commit([update(of, path, made)], model=MODEL)
    return made.id


def ids(catalog: Catalog, access: Access = ALL) -> list[str]:
    found = catalog.allowed_ids(access, filters=None, as_of=None, limit=10_000)
    assert found is not None
    return sorted(found)


def replayed(catalog: Catalog) -> list[str]:
    """The chunks an index holds that has read the whole feed."""
    held: set[str] = set()
    for change in catalog.feed(0, 1_000_000):
        (held.add if change.add else held.discard)(change.chunk_id)
    return sorted(held)


def heading(at: int, *path: str) -> Mark:
    return Mark(at=at, locator=Section(path))


def texts(catalog: Catalog, keys: Sequence[str]) -> list[str]:
    return [chunk.text for chunk in catalog.chunks(keys, ALL).values()]


def citation(document: str, n: int, quote: str) -> Citation:
    info = DocumentInfo(
        id=document,
        version=1,
        source="s",
        path=f"{quote}.md",
        part="",
        space="default",
        title=quote,
        kind="document",
        authors=(quote,),
        date="",
        url="",
        files=(quote,),
        valid_from=START,
        valid_to=None,
        recorded_at=START,
    )
    return Citation(n=n, document=info, start=0, end=len(quote), quote=quote, locator=Lines(1, 1), section=(quote,))


def answer(key: str, question: str, *documents: str) -> Answer:
    """One statement for each document, which quotes `words of DOCUMENT`."""
    quotes = [f"words of {document}" for document in documents]
    return Answer(
        id=key,
        question=question,
        status="answered",
        text=" ".join(f"{quote} [{n}]" for n, quote in enumerate(quotes, 1)),
        statements=tuple(
            Statement(text=quote, support="verified", citations=(n,)) for n, quote in enumerate(quotes, 1)
        ),
        citations=tuple(citation(document, n, quotes[n - 1]) for n, document in enumerate(documents, 1)),
    )
