"""Questions about experiment runs, answered by code from what is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.domain.ports import Catalog
from rag.domain.runs import Runs
from rag.domain.types import Finding, Query
from rag.knowledge.run_context import Context
from rag.knowledge.run_gist import Verb
from rag.knowledge.run_questions import read_question
from rag.knowledge.run_rankings import tell_average, tell_best, tell_many
from rag.knowledge.run_values import tell_differences, tell_missing, tell_values
from rag.knowledge.run_vocabulary import arranged

VERBS: dict[Verb, Callable[[Context], Finding | None]] = {
    "value": tell_values,
    "missing": tell_missing,
    "compare": tell_differences,
    "best": tell_best,
    "count": tell_many,
    "list": tell_many,
    "aggregate": tell_average,
}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentLookup:
    """`clock` says what `last week` means, unless the question asks as of a time."""

    runs: Runs
    catalog: Catalog
    clock: Callable[[], datetime] = utc_now

    def look_up(self, query: Query) -> Finding | None:
        """None when it is not about stored runs, or holds a word that means nothing among them."""
        stored = self.runs.vocabulary(query.access, filters=query.filters, as_of=query.as_of)
        if not stored.runs:
            return None
        asked = read_question(query.text, arranged(stored), query.as_of or self.clock())
        if asked is None:
            return None
        return VERBS[asked.verb](Context(self.runs, self.catalog, query, asked))
