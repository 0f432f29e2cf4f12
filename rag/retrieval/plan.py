"""What to search for a question, what to prefer, and what to insist on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rag.domain.people import fold_name
from rag.domain.types import DocumentInfo
from rag.retrieval.analysis import Analysis
from rag.retrieval.dates import Period, read_days
from rag.retrieval.hints import Sure
from rag.retrieval.operators import Operators
from rag.retrieval.sources import KindHint

STRENGTH: dict[Sure, float] = {"explicit": 1.0, "mention": 0.3}
ONE_NAME = 0.5  # "Anna" may be any Anna


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Only `operators` shut documents out; the rest are wishes that a ranker may weigh."""

    texts: tuple[str, ...]  # the question first, then its parts
    operators: Operators = field(default_factory=Operators)
    kinds: tuple[KindHint, ...] = ()
    people: tuple[str, ...] = ()
    period: Period | None = None

    @property
    def prefers_any(self) -> bool:
        return bool(self.kinds or self.people or self.period)

    def prefers(self, document: DocumentInfo) -> Mapping[str, float]:
        """{"kind", "people", "period"}: each in [0, 1], 0 where nothing is wished or the document does not say."""
        return {
            "kind": max((STRENGTH[hint.sure] for hint in self.kinds if hint.kind == document.kind), default=0.0),
            "people": _likeness(self.people, document.authors),
            "period": _within(self.period, document.date),
        }


def plan(analysis: Analysis) -> SearchPlan:
    """From hints to a search. Nothing that was guessed from words becomes a condition."""
    return SearchPlan(
        texts=tuple(dict.fromkeys((analysis.text, *analysis.parts))),
        operators=analysis.operators,
        kinds=analysis.kinds,
        people=analysis.people,
        period=analysis.period,
    )


def _likeness(people: tuple[str, ...], authors: tuple[str, ...]) -> float:
    """1 for the whole name, ONE_NAME for one word of it."""
    wanted = [fold_name(name) for name in people]
    known = [fold_name(name) for name in authors]
    if set(wanted) & set(known):
        return 1.0
    single = {name for name in wanted if " " not in name}
    return ONE_NAME if any(single.intersection(name.split()) for name in known) else 0.0


def _within(period: Period | None, day: str) -> float:
    own = first_day(day) if period else None
    return STRENGTH[period.sure] if period and own and period.holds(own) else 0.0


def first_day(said: str) -> date | None:
    """The first day of an ISO date, month or year."""
    days = read_days(said[:10])
    return days[0] if days else None
