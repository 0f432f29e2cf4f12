"""What a question asks for, read from its words alone."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from rag.index.analysis import terms
from rag.retrieval.comparison import parts_of
from rag.retrieval.dates import Period, read_period
from rag.retrieval.hints import Quantity, identifiers_of, masked, people_of, phrases_of, quantities_of
from rag.retrieval.operators import Operators, read_operators
from rag.retrieval.sources import KindHint, read_kinds

Wants = Literal["person", "time", "number", "reason", "anything"]

_QUANTITIES = "number|size|rate|value|score|accuracy|loss|learning rate|batch size|cost|price"
_WANTS: tuple[tuple[Wants, re.Pattern[str]], ...] = (
    ("person", re.compile(r"\b(who|whom|whose|which (person|people|team|author)s?)\b", re.I)),
    ("time", re.compile(r"\b(when|(what|which) (date|day|month|year|time)|since|until)\b", re.I)),
    (
        "number",
        re.compile(
            r"\b(how (many|much|long|large|big|fast|often|high|low|far|old)|what percentage|"
            rf"what (is|was|were) the ({_QUANTITIES}))\b",
            re.I,
        ),
    ),
    ("reason", re.compile(r"\b(why|what (caused|led|made)|how come|rationale|reason)\b", re.I)),
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_SIGNS: dict[Wants, re.Pattern[str]] = {
    "person": re.compile(r"@\w|\b[A-Z][a-z]+ [A-Z][a-z]+|\b(team|author|owner|lead|by)\b"),
    "time": re.compile(rf"\b(19|20)\d\d\b|\b\d{{1,2}}[:.]\d\d\b|\b({_MONTHS})", re.I),
    "number": re.compile(r"\d"),
    "reason": re.compile(
        r"\b(because|since|due to|so that|in order to|caused?|reason|therefore|thus|hence|as a result|leads? to|"
        r"led to|to avoid|prevents?|otherwise|turned out|problem|issue|fail)",
        re.I,
    ),
}
_NAMED = re.compile(
    r"[`\"“]([^`\"”]{1,300})[`\"”]|(?<![.?!]\s)(?<!^)\b([A-Z][\w.+-]*|\w*\d[\w.+-]*|\w+[_.-]\w[\w.-]*)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A question, and what its form says: hints that may be wrong, but for `operators`, which the user typed."""

    text: str  # without the operators
    terms: tuple[str, ...]  # as the lexical index knows them, each once
    names: tuple[str, ...]  # quoted words, identifiers, capitalised words, numbers: lower case
    wants: Wants
    phrases: tuple[str, ...] = ()  # in quotation marks or backticks: meant word for word
    identifiers: tuple[str, ...] = ()  # as written
    numbers: tuple[Quantity, ...] = ()
    period: Period | None = None
    people: tuple[str, ...] = ()  # candidates, to be compared with authors
    kinds: tuple[KindHint, ...] = ()  # explicit ones first
    parts: tuple[str, ...] = ()  # of a question that asks for several things: each standing alone
    operators: Operators = field(default_factory=Operators)

    def shows(self, text: str) -> bool:
        """Whether the text has the outward sign of what is wanted: a number, a date, a name, a "because"."""
        return self.wants in _SIGNS and bool(_SIGNS[self.wants].search(text))


def analyse(question: str, *, today: date | None = None) -> Analysis:
    """Never raises, in time linear in the text. Without `today`, "last week" and "since June" give no period."""
    text, operators = read_operators(question)
    unquoted = masked(text)
    return Analysis(
        text=text,
        terms=tuple(dict.fromkeys(terms(text))),
        names=tuple(dict.fromkeys((quoted or bare).lower() for quoted, bare in _NAMED.findall(text))),
        wants=next((kind for kind, pattern in _WANTS if pattern.search(text)), "anything"),
        phrases=phrases_of(text),
        identifiers=identifiers_of(text),
        numbers=quantities_of(text),
        period=read_period(unquoted, today),
        people=people_of(unquoted),
        kinds=read_kinds(unquoted),
        parts=parts_of(text),
        operators=operators,
    )
