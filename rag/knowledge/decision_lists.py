"""Which decisions were rejected, how many PEPs were withdrawn: counted and listed from their headers."""

import re
from dataclasses import dataclass

from rag.domain.types import Finding
from rag.knowledge.cards import Header, Shelf, joined
from rag.knowledge.header_questions import LONGEST, STATES, plain_text
from rag.knowledge.quoting import Quoter

SHOWN = 10  # of a list
_ALL = r"(?:all |all the |all of the |all our |of the |of our |the |our )?"
_SORT = r"(?P<sort>peps|adrs|rfcs|decisions|proposals|decision records)"
_STATE = rf"(?P<state>{STATES}|draft)"
_SHOW = r"(?:list|show|show me|name)"
LISTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:which|what|how many) {_ALL}{_SORT} (?:are|were|have been|are still|have the status) {_STATE}\W*",
        rf"{_SHOW} {_ALL}{_SORT} (?:that|which|with the status) ?(?:are|were|have been)? ?{_STATE}\W*",
        rf"{_SHOW} {_ALL}{_STATE} {_SORT}\W*",
    )
)
SERIES = {"peps": "PEP", "adrs": "ADR", "rfcs": "RFC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion:
    sort: str  # as asked: peps, decisions ...
    state: str


def list_question(text: str) -> ListQuestion | None:
    """None unless the question is a list or a count of one status, and nothing else."""
    plain = plain_text(text[:LONGEST])
    for pattern in LISTS:
        if found := pattern.fullmatch(plain):
            return ListQuestion(sort=found["sort"], state=found["state"])
    return None


def tell_list(question: ListQuestion, shelf: Shelf, quoter: Quoter) -> Finding | None:
    """A count, the first of them, and each one's line. None where nothing of the sort is known."""
    series = SERIES.get(question.sort, "")
    sort = [
        header
        for header in shelf.headers
        if header.status and (header.number.startswith(series) if series else header.document.kind == "decision")
    ]
    fits = [header for header in sort if header.status and header.status.value.casefold() == question.state]
    if not sort:
        return None
    noun = question.sort if not series else f"{series}s"
    if not fits:
        return Finding(reason=f"None of the {len(sort)} {noun} here has the status {question.state}.")
    fits.sort(key=_order)
    names = [header.label for header in fits[:SHOWN]]
    more = [f"{len(fits) - SHOWN} more"] if len(fits) > SHOWN else []
    text = f"{len(fits)} of the {len(sort)} {noun} here have the status {question.state}: {joined([*names, *more])}."
    lines = [status for header in fits[:SHOWN] if (status := header.status)]
    return Finding(statements=(quoter.statement(text, lines),))


def _order(header: Header) -> tuple[str, int, str]:
    series, _, number = header.number.partition(" ")
    return series, int(number or 0), header.document.path
