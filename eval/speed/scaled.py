"""A home of any size without embedding: the passages and vectors of another home, copied with changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from eval.speed.shelves import SPACES, labels
from rag.domain.ports import Catalog, OnProgress
from rag.domain.types import Access, Chunk, Document, Matrix, PathUpdate, Prepared, Progress
from rag.registry.identity import document_id

EVERYTHING = Access(everything=True)
PAGE = 5_000
MOST = 10_000_000
DROPPED = 0.1  # share of a passage's words
SWAPPED = 0.1  # share of its words that change places with the next one
NOISE = 0.5  # length of what is added to a vector of length 1: a copy has a cosine of .89 to its original
PASSAGES_AT_ONCE = 2_000  # a transaction
PER_DOCUMENT = 50  # passages at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Documents as rows of passages: `rows[i]` of `texts` and `vectors` make up the document `names[i]`."""

    texts: Sequence[str]
    vectors: Matrix
    names: Sequence[str]
    rows: Sequence[range]


def read_base(catalog: Catalog, model: str, groups: Mapping[str, str]) -> Base:
    """`groups`: {part of a document: the document that it was cut from}; what is not in it stays by itself."""
    ids = catalog.allowed_ids(EVERYTHING, filters=None, as_of=None, limit=MOST) or []
    held = [
        chunk for at in range(0, len(ids), PAGE) for chunk in catalog.chunks(ids[at : at + PAGE], EVERYTHING).values()
    ]
    held.sort(key=lambda chunk: (groups.get(chunk.document.part, chunk.document.id), chunk.document.part, chunk.n))
    found, vectors = catalog.vectors([chunk.id for chunk in held], model)
    known = set(found)
    held = [chunk for chunk in held if chunk.id in known]
    owners = [groups.get(chunk.document.part, chunk.document.id) for chunk in held]
    starts = [at for at in range(len(owners)) if at == 0 or owners[at] != owners[at - 1]]
    runs = [range(start, end) for start, end in zip(starts, [*starts[1:], len(owners)], strict=True)]
    rows = [run[at : at + PER_DOCUMENT] for run in runs for at in range(0, len(run), PER_DOCUMENT)]
    return Base(texts=[chunk.text for chunk in held], vectors=vectors, names=[owners[r.start] for r in rows], rows=rows)


def fill(
    catalog: Catalog, documents: Iterator[Prepared], model: str, *, passages: int, on_progress: OnProgress
) -> None:
    """Commit that many more passages of them, as the product's own ingest does after embedding."""
    done = 0
    while done < passages and (some := list(_about(documents, min(PASSAGES_AT_ONCE, passages - done)))):
        updates = [PathUpdate(source=one.document.source, path=one.document.path, prepared=(one,)) for one in some]
        done += catalog.commit(updates, model=model)[0]
        on_progress(Progress(stage="registry", done=done, total=passages))


def put_sources(catalog: Catalog) -> dict[str, str]:
    """{space: id of its source}"""
    return {
        space: catalog.put_source(name=f"speed-{space}", root=f"/speed/{space}", space=space).id for space in SPACES
    }


def copies(base: Base, sources: Mapping[str, str]) -> Iterator[Prepared]:
    """Without end: the originals, then copy after copy of each, all different. Same in, same out."""
    for copy in count():
        random = np.random.default_rng(copy)
        for name, rows in zip(base.names, base.rows, strict=True):
            texts, vectors = [base.texts[row] for row in rows], base.vectors[rows.start : rows.stop]
            if copy:
                texts, vectors = [changed(text, random) for text in texts], moved(vectors, random)
            yield _prepared(f"{name}-{rows.start}-{copy}", texts, vectors, sources)


def changed(text: str, random: np.random.Generator) -> str:
    """Some words dropped, some swapped with the next one. Never empty."""
    words = text.split(" ")
    kept = [word for word, drawn in zip(words, random.random(len(words)).tolist(), strict=True) if drawn >= DROPPED]
    for at in np.flatnonzero(random.random(max(0, len(kept) - 1)) < SWAPPED).tolist():
        kept[at], kept[at + 1] = kept[at + 1], kept[at]
    return " ".join(kept) if any(kept) else text


def moved(vectors: Matrix, random: np.random.Generator) -> Matrix:
    """Rows of length 1 again."""
    noise = random.standard_normal(vectors.shape, dtype=np.float32)
    rows = vectors + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _prepared(name: str, texts: Sequence[str], vectors: Matrix, sources: Mapping[str, str]) -> Prepared:
    label = labels(name)
    source, path = sources[label.space], f"{name}.md"
    chunks, at = [], 0
    for n, text in enumerate(texts):
        chunks.append(Chunk(n=n, start=at, end=at + len(text), text=text))
        at += len(text) + 2
    document = Document(
        id=document_id(source, path),
        source=source,
        path=path,
        space=label.space,
        title=name,
        kind=label.kind,
        authors=(label.author,),
        date=label.day,
        text="\n\n".join(texts),
        fingerprint=name,
    )
    return Prepared(document=document, chunks=tuple(chunks), vectors=vectors)


def _about(documents: Iterator[Prepared], passages: int) -> Iterator[Prepared]:
    held = 0
    for one in documents:
        yield one
        held += len(one.chunks)
        if held >= passages:
            return
