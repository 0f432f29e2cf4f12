"""From a query to hits: both indexes, one pool, one join with the registry, one ranking."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rag.domain.ports import Catalog, Dense, Embedder, Lexical
from rag.domain.types import Hit, IndexEntry, Matrix, Query, StoredChunk
from rag.retrieval.analysis import analyse
from rag.retrieval.plan import SearchPlan, plan
from rag.retrieval.ranking import Candidates, Ranker, lead

POOL = 200  # from each index
JOINED = 150  # candidates whose rows are read, at least, and JOINED_PER_HIT for each hit that is wanted
JOINED_PER_HIT = 3
FEW = 5_000  # chunks within reach, that are searched exactly at once
WIDE = 4  # times as many are fetched where the reach is wide: the join drops the rest
EXACT_LIMIT = 100_000  # whose reach is narrower than this many chunks is searched exactly, without an index
MOST_THEN = 2_000_000  # the same, where a time is asked for: no index holds what was superseded since
MOST_PAST = 5_000  # of these the nearest, whose words are looked at too: a second at most
NO_VECTOR: Matrix = np.zeros(0, dtype=np.float32)
NONE = np.zeros((0, 1))
NOTHING = Candidates(chunks=(), vectors=NO_VECTOR, cosines=NONE, bm25=NONE, floors=((), ()))

Found = dict[str, float]  # {chunk id: score}, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRetriever:
    """Pools hits of both indexes, completes their cosines, ranks them.

    Every hit passes the registry's join, so what is not current, not allowed or not wanted never comes out,
    whatever an index still holds.
    """

    embedder: Embedder
    dense: Dense
    lexical: Lexical
    catalog: Catalog
    ranker: Ranker
    today: Callable[[], date] = date.today

    def retrieve(self, query: Query, k: int) -> list[Hit]:
        asked, found = self.gather(query, k)
        return self.ranker.rank(asked, found, k, today=self._day(query))

    def gather(self, query: Query, k: int) -> tuple[SearchPlan, Candidates]:
        """What the query asks for, and all that may answer it, in no order; at least POOL of each index looked at."""
        asked = plan(analyse(query.text, today=self._day(query)))
        filters = asked.operators.narrowed(query.filters)
        if filters is None or not asked.texts[0].strip() or not (query.access.everything or query.access.spaces):
            return asked, NOTHING
        query = replace(query, filters=filters)
        vectors = np.asarray(self.embedder.embed(asked.texts), dtype=np.float32)
        pools = [
            self._pool(replace(query, text=text), vector, max(POOL, k))
            for text, vector in zip(asked.texts, vectors, strict=True)
        ]
        return asked, self._candidates(query, asked, vectors, pools, max(JOINED, JOINED_PER_HIT * k))

    def _day(self, query: Query) -> date:
        return query.as_of.date() if query.as_of else self.today()

    def _candidates(
        self, query: Query, asked: SearchPlan, texts: Matrix, pools: Sequence[tuple[Found, Found]], joined: int
    ) -> Candidates:
        """All that are within reach are scored; of those that lead the rows are read."""
        pooled = list(dict.fromkeys(key for pool in pools for found in pool for key in found))
        ids = self.catalog.reachable(pooled, query.access, filters=query.filters, as_of=query.as_of)
        within = set(ids)
        pools = [(_only(meant, within), _only(said, within)) for meant, said in pools]
        vectors = self._vectors(ids)
        cosines = (vectors @ texts.T).astype(np.float64)
        bm25 = np.array([[words.get(key, 0.0) for _, words in pools] for key in ids]).reshape(len(ids), len(pools))
        floors = (
            [_floor(found, min(found.values(), default=0.0)) for found, _ in pools],
            [_floor(found, 0.0 if found else math.inf) for _, found in pools],  # no word is shared
        )
        leading = lead(cosines, bm25, floors)[:joined].tolist() if ids else []
        read = self.catalog.chunks(
            [ids[row] for row in leading], query.access, filters=query.filters, as_of=query.as_of
        )
        rows = [row for row in leading if ids[row] in read and asked.operators.admits(read[ids[row]].document)]
        return Candidates(
            chunks=[read[ids[row]] for row in rows],
            vectors=vectors[rows],
            cosines=cosines[rows],
            bm25=bm25[rows],
            floors=floors,
            conditions=replace(asked.operators, filters=query.filters).written(),
        )

    def _vectors(self, ids: Sequence[str]) -> Matrix:
        """Zeros for a chunk that this model has not embedded."""
        rows = np.zeros((len(ids), self.embedder.dimension), dtype=np.float32)
        place = {key: row for row, key in enumerate(ids)}
        known, found = self.dense.vectors(list(place))
        if known:
            rows[[place[key] for key in known]] = found
        return rows

    def _pool(self, query: Query, vector: Matrix, size: int) -> tuple[Found, Found]:
        """By meaning and by words."""
        unfiltered = query.access.everything and not query.filters.any and query.as_of is None
        if unfiltered:
            return dict(self.dense.search(vector, size)), dict(self.lexical.search(query.text, size))
        allowed = self._listed(query, FEW if query.as_of is None else MOST_THEN)
        if allowed is None and query.as_of is None:
            if (wide := self._wide(query, vector, size)) is not None:
                return wide
            allowed = self._listed(query, EXACT_LIMIT)
        if allowed is None:
            return dict(self.dense.search(vector, WIDE * size)), dict(self.lexical.search(query.text, WIDE * size))
        lexical = self._words(query, set(allowed), size)
        if query.as_of is not None:
            lexical |= self._past_words(query, vector, allowed)
        best = sorted(lexical.items(), key=lambda hit: (-hit[1], hit[0]))[:size]
        return dict(self.dense.search(vector, size, only=allowed)), dict(best)

    def _listed(self, query: Query, limit: int) -> list[str] | None:
        return self.catalog.allowed_ids(query.access, filters=query.filters, as_of=query.as_of, limit=limit)

    def _wide(self, query: Query, vector: Matrix, size: int) -> tuple[Found, Found] | None:
        """What the indexes bring anyway, less what is out of reach; None when too little is left of either.

        Of words too little is enough where the index has no more.
        """
        meant, said = self.dense.search(vector, WIDE * size), self.lexical.search(query.text, WIDE * size)
        ids = list({**dict(meant), **dict(said)})
        within = set(self.catalog.reachable(ids, query.access, filters=query.filters, as_of=query.as_of))
        dense = [hit for hit in meant if hit[0] in within][:size]
        lexical = [hit for hit in said if hit[0] in within][:size]
        enough = len(dense) == size and (len(lexical) == size or len(said) < WIDE * size)
        return (dict(dense), dict(lexical)) if enough else None

    def _words(self, query: Query, reachable: set[str], size: int) -> Found:
        """Widened until enough are allowed."""
        lexical: Found = {}
        wanted = size
        while len(lexical) < min(size, len(reachable)) and wanted <= 64 * size:
            found = self.lexical.search(query.text, wanted)
            lexical = {key: score for key, score in found if key in reachable}
            if len(found) < wanted:
                break
            wanted *= 4
        return lexical

    def _past_words(self, query: Query, vector: Matrix, allowed: list[str]) -> Found:
        """Of what was valid then and is no more: an index of words follows the present."""
        still = self.catalog.allowed_ids(query.access, filters=query.filters, as_of=None, limit=MOST_THEN)
        past = set(allowed).difference(still or ())
        if len(past) > MOST_PAST:
            past = {key for key, _ in self.dense.search(vector, MOST_PAST, only=sorted(past))}
        chunks = self.catalog.chunks(sorted(past), query.access, filters=query.filters, as_of=query.as_of)
        return dict(self.lexical.scored(query.text, [_entry(chunk) for chunk in chunks.values()]))


def _only(found: Found, kept: set[str]) -> Found:
    return {key: score for key, score in found.items() if key in kept}


def _floor(found: Found, least: float) -> float:
    """What counts as nothing: the score at the end of the pool, so that who asks for more gets the same order."""
    scores = list(found.values())
    return scores[POOL - 1] if len(scores) >= POOL else least


def _entry(chunk: StoredChunk) -> IndexEntry:
    return IndexEntry(
        chunk_id=chunk.id,
        vector=NO_VECTOR,
        text=chunk.text,
        title=chunk.document.title,
        headings=" › ".join(chunk.locator_section),
        path=chunk.document.path,
        people=", ".join(chunk.document.authors),
    )
