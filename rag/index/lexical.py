"""BM25 by tantivy over terms of our own analysis, one index a directory (or in memory)."""

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.domain.errors import StorageFailed
from rag.domain.types import IndexEntry
from rag.index.analysis import terms

if TYPE_CHECKING:
    import tantivy

# What a term weighs in each field; chosen on the packs. `body` holds title and headings too, so most of the work is
# done there, with lengths that BM25 can compare; the others are an extra for a term that stands in a short field.
BOOSTS = {"body": 1.0, "title": 0.3, "headings": 0.3, "path": 0.2, "people": 0.3}
MOST_TERMS = 64  # of a question, the rarest kept: a pasted page is a question too
HEAP_BYTES = 64 * 2**20  # the writer's; it flushes a segment when full
POSITION = "#position"  # id of the one document that holds it; no chunk is called so


class TantivyIndex:
    """A LexicalIndex. Thread-safe; one process writes, others open it `read_only` and call `reload`.

    Raises StorageFailed when the directory cannot be used: it is derived, so the caller builds it anew.
    """

    def __init__(self, directory: Path | None, *, read_only: bool = False) -> None:
        self._writer: tantivy.IndexWriter | None = None
        self._read_only = read_only
        self._in_memory = directory is None
        self._position = 0
        self._lock = threading.Lock()  # of the writer
        with _damage_named(directory):
            self._index = _open(directory, read_only=read_only)
            self._schema = self._index.schema
            self._refresh()

    def apply(self, entries: Sequence[IndexEntry], removed: Sequence[str], *, position: int) -> None:
        documents = [_document(entry) for entry in entries]
        with self._lock, _damage_named(None):
            try:
                writer = self._writing()
                for chunk_id in (*removed, *(entry.chunk_id for entry in entries), POSITION):
                    writer.delete_documents_by_term("id", chunk_id)
                for document in documents:
                    writer.add_document(document)
                if not self._in_memory:  # where it would count as a text, and few texts have an average to spoil
                    writer.add_document(_position_document(position))
                writer.commit()
            except BaseException:
                self._writer = None  # drops what was not committed, and the lock with it
                raise
            self._position = position
            self._refresh()

    @property
    def position(self) -> int:
        return self._position

    def count(self) -> int:
        return int(self._searcher.num_docs) - self._has_position

    def search(self, text: str, k: int, *, statistics: "TantivyIndex | None" = None) -> list[tuple[str, float]]:
        """`statistics`: the larger index whose term frequencies count, so that scores of both compare."""
        with _damage_named(None):
            searcher = self._searcher
            query = self._query(terms(text), searcher, statistics or self)
            if query is None or k < 1:
                return []
            hits = [
                (str(searcher.doc(address).get_first("id")), float(score))
                for score, address in searcher.search(query, k, count=False).hits
            ]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def reload(self) -> None:
        """See what another process has committed."""
        with _damage_named(None):
            self._refresh()

    def close(self) -> None:
        with self._lock:
            if self._writer is not None:
                with _damage_named(None):
                    self._writer.wait_merging_threads()
                self._writer = None

    def _writing(self) -> "tantivy.IndexWriter":
        if self._read_only:
            raise StorageFailed("This process reads the lexical index only.", fix="Write in the process that owns it.")
        if self._writer is None:
            self._writer = self._index.writer(HEAP_BYTES, 1)
        return self._writer

    def _refresh(self) -> None:
        from tantivy import Query

        self._index.reload()
        self._searcher = self._index.searcher()
        found = self._searcher.search(Query.term_query(self._schema, "id", POSITION), 1).hits
        self._has_position = len(found)
        if found:
            self._position = self._stored_position(found[0][1])

    def _stored_position(self, address: "tantivy.DocAddress") -> int:
        stored = self._searcher.doc(address).get_first("position")
        return int(stored) if stored is not None else 0

    def _query(
        self, words: Sequence[str], searcher: "tantivy.Searcher", statistics: "TantivyIndex"
    ) -> "tantivy.Query | None":
        from tantivy import Occur, Query

        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        counts = Counter(words)
        rarest = sorted(counts, key=lambda word: statistics._searcher.doc_freq("body", word))[:MOST_TERMS]
        for word in rarest if len(counts) > MOST_TERMS else counts:
            for field, boost in BOOSTS.items():
                frequency = searcher.doc_freq(field, word)
                if frequency:
                    weight = boost * counts[word]
                    if statistics is not self:
                        weight *= statistics._rarity(field, word) / _idf(frequency, searcher.num_docs)
                    clauses.append(
                        (Occur.Should, Query.boost_query(Query.term_query(self._schema, field, word, "freq"), weight))
                    )
        return Query.boolean_query(clauses) if clauses else None

    def _rarity(self, field: str, word: str) -> float:
        return _idf(self._searcher.doc_freq(field, word), max(1, self._searcher.num_docs))


def _idf(frequency: int, documents: int) -> float:
    """As Lucene and tantivy have it; above 0 always."""
    return math.log(1 + (max(documents, frequency) - frequency + 0.5) / (frequency + 0.5))


def _open(directory: Path | None, *, read_only: bool) -> "tantivy.Index":
    from tantivy import Index, SchemaBuilder

    if read_only and directory is not None:
        return Index.open(str(directory))
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("position", stored=True)
    for field in BOOSTS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    if directory is None:
        return Index(builder.build())
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Index(builder.build(), path=str(directory))


def _document(entry: IndexEntry) -> "tantivy.Document":
    from tantivy import Document

    fields = {
        "title": terms(entry.title),
        "headings": terms(entry.headings),
        "path": terms(entry.path),
        "people": terms(entry.people),
    }
    fields["body"] = [*fields["title"], *fields["headings"], *terms(entry.text)]
    document = Document()
    document.add_text("id", entry.chunk_id)
    for field, words in fields.items():
        document.add_text(field, " ".join(words))
    return document


def _position_document(position: int) -> "tantivy.Document":
    from tantivy import Document

    document = Document()
    document.add_text("id", POSITION)
    document.add_unsigned("position", position)
    return document


@contextmanager
def _damage_named(directory: Path | None) -> Iterator[None]:
    """tantivy reports damage as ValueError or OSError, or panics, which arrives as a BaseException of its own."""
    try:
        yield
    except StorageFailed:
        raise
    except BaseException as error:
        if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
            raise
        where = f" in {directory}" if directory else ""
        raise StorageFailed(
            f"The lexical index{where} cannot be used: {str(error)[:200]}",
            fix="`teamlore rebuild` builds it anew from the registry; check that the disk is not full.",
        ) from error
