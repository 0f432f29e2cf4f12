"""What a home holds, with questions about it, as a folder in the BEIR layout: for other tools, and as a frozen corpus.

corpus.jsonl (_id, title, text, metadata), queries.jsonl (_id, text, answers, answerable), qrels.tsv. What is judged is
what stands in corpus.jsonl, a passage or a whole document, so that a reader that knows nothing of groups scores it
right; a passage names its document as `metadata.document`. The same content gives the same bytes, wherever its folder
lies and however often it was ingested: ids come from names and places, never from a chunk's id.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from eval.packs.samples import BETWEEN, Evidence, Sample
from eval.runs.places import EVERYTHING
from rag.domain.errors import BadInput, StorageFailed
from rag.domain.golden import GoldenEvidence
from rag.domain.ports import Catalog
from rag.domain.types import DocumentInfo, DocumentText
from rag.knowledge.golden_places import QuotePlaces, find_quote

By = Literal["passage", "document"]
EVERY_CHUNK = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of corpus.jsonl. `start` and `end` count characters of the document's text."""

    id: str
    title: str
    text: str
    start: int
    end: int
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """`lost`: "question: file" of evidence that stands nowhere in what was exported; it is judged by what remains."""

    rows: int
    queries: int
    judged: int  # queries with a relevant row
    lost: tuple[str, ...]


@dataclass(slots=True)
class _Corpus:
    """Rows in the order of the file, and by document for looking up evidence."""

    rows: list[Row] = field(default_factory=list)
    of: dict[str, list[Row]] = field(
        default_factory=lambda: defaultdict(list)
    )  # {id of a document in the catalog: rows}


def check_target(folder: Path) -> None:
    """Before anything long begins. Raises BadInput for a file, and for a folder that holds anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: something is there.", fix="Name a folder that is empty or does not exist yet.")


def export(
    catalog: Catalog, samples: Sequence[Sample], folder: Path, *, by: By = "passage", spaces: Iterable[str] = ()
) -> Exported:
    """Write the folder whole or not at all. `spaces`: only what is in them; none: everything.

    Raises BadInput (see check_target; nothing to export), StorageFailed.
    """
    check_target(folder)
    places = QuotePlaces(catalog, EVERYTHING)
    corpus = _corpus(catalog, places, by, frozenset(spaces))
    if not corpus.rows:
        raise BadInput("Nothing is there to export.", fix="Ingest something, or name other spaces.")
    judged, lost = dict[str, list[str]](), list[str]()
    for sample in samples:
        judged[sample.id] = list(dict.fromkeys(_relevant(sample, corpus, places, by, lost)))
    _write(folder, corpus.rows, samples, judged)
    answered = sum(bool(rows) for rows in judged.values())
    return Exported(rows=len(corpus.rows), queries=len(samples), judged=answered, lost=tuple(lost))


# --- the corpus -------------------------------------------------------------------------------------------------


def _corpus(catalog: Catalog, places: QuotePlaces, by: By, spaces: frozenset[str]) -> _Corpus:
    names, seen, corpus = {source.id: source.name for source in catalog.sources()}, Counter[str](), _Corpus()
    kept = [info for info in places.documents() if not spaces or info.space in spaces]
    for info in sorted(kept, key=lambda info: (names.get(info.source, ""), info.space, info.path, info.part, info.id)):
        document = places.text(info)
        if document is None:  # gone since it was listed
            continue
        where = [names.get(info.source, ""), info.space, info.path, info.part]
        id = sha256("\0".join(where).encode()).hexdigest()[:16]
        seen[id] += 1
        id = id if seen[id] == 1 else f"{id}.{seen[id]}"  # two folders of one name in one space
        rows = list(_passages(catalog, info, id, where) if by == "passage" else _whole(document, id, where))
        corpus.rows += rows
        corpus.of[info.id] += rows
    return corpus


def _passages(catalog: Catalog, info: DocumentInfo, id: str, where: Sequence[str]) -> Iterator[Row]:
    for chunk in catalog.neighbours(info.id, info.version, 0, EVERY_CHUNK):
        metadata = {**_metadata(info, where), "document": id, "section": list(chunk.locator_section)}
        yield Row(
            id=f"{id}-{chunk.n}", title=info.title, text=chunk.text, start=chunk.start, end=chunk.end, metadata=metadata
        )


def _whole(document: DocumentText, id: str, where: Sequence[str]) -> Iterator[Row]:
    end = len(document.text)
    metadata = _metadata(document.info, where)
    yield Row(id=id, title=document.info.title, text=document.text, start=0, end=end, metadata=metadata)


def _metadata(info: DocumentInfo, where: Sequence[str]) -> dict[str, Any]:
    source, space, path, part = where
    return {"source": source, "space": space, "path": path, "part": part, "kind": info.kind}


# --- the judgements ---------------------------------------------------------------------------------------------


def _relevant(sample: Sample, corpus: _Corpus, places: QuotePlaces, by: By, lost: list[str]) -> Iterator[str]:
    """Rows that hold the evidence. Of whole documents, where a file is gold without a quote, all that it made."""
    for evidence in sample.evidence:
        rows = [row.id for row in _holding(evidence, corpus, places)]
        if not rows:
            lost.append(f"{sample.id}: {evidence.file.replace(BETWEEN, '/')}")
        yield from rows
    quoted = {evidence.file for evidence in sample.evidence}
    for file in sample.gold_files if by == "document" else ():
        if file not in quoted:
            yield from (row.id for info in places.candidates(_golden(file, "")) for row in corpus.of.get(info.id, []))


def _holding(evidence: Evidence, corpus: _Corpus, places: QuotePlaces) -> list[Row]:
    """Every row of its file with the whole quote; where none has it whole, those that hold a part of it."""
    golden = _golden(evidence.file, evidence.quote)
    rows = [row for info in places.candidates(golden) for row in corpus.of.get(info.id, [])]
    if whole := [row for row in rows if find_quote(row.text, evidence.quote)]:
        return whole
    placed = places.place(golden)
    if placed.standing != "stands" or placed.document is None:
        return []
    return [
        row for row in corpus.of.get(placed.document.info.id, []) if row.start < placed.end and placed.start < row.end
    ]


def _golden(file: str, quote: str) -> GoldenEvidence:
    source, between, path = file.partition(BETWEEN)
    return GoldenEvidence(file=path if between else file, quote=quote, source=source if between else "")


# --- the folder -------------------------------------------------------------------------------------------------


def _write(folder: Path, rows: Sequence[Row], samples: Sequence[Sample], judged: dict[str, list[str]]) -> None:
    qrels = [f"{query}\t{row}\t1\n" for query, relevant in judged.items() for row in relevant]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            _write_lines(made / "corpus.jsonl", (_line(_row_json(row)) for row in rows))
            _write_lines(made / "queries.jsonl", (_line(_query_json(sample)) for sample in samples))
            _write_lines(made / "qrels.tsv", ["query-id\tcorpus-id\tscore\n", *qrels])
            made.rename(folder)  # an empty folder of that name gives way
    except OSError as error:
        raise StorageFailed(f"{folder}: cannot be written ({error.strerror}).", fix="Name another folder.") from error


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _row_json(row: Row) -> dict[str, Any]:
    place = {"start": row.start, "end": row.end}
    return {"_id": row.id, "title": row.title, "text": row.text, "metadata": {**row.metadata, **place}}


def _query_json(sample: Sample) -> dict[str, Any]:
    known = {
        "kind": sample.kind,
        "answerable": sample.answerable,
        "answers": list(sample.answers),
        "turns": list(sample.turns),
        "standalone": sample.standalone,
    }
    return {"_id": sample.id, "text": sample.question, **{key: value for key, value in known.items() if value != ""}}
