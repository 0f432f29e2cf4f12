"""Small models point loosely: a statement keeps the sentences that bear it, or gets the one that does."""

from collections.abc import Mapping, Sequence

from rag.answering.checks import check_statement
from rag.answering.compose import Draft
from rag.index.analysis import terms


def anchored(draft: Draft, shown: Mapping[int, str], *, asked: str = "") -> Draft:
    """The draft with pointers into `shown` (sentences by number) only; `asked`: the question.

    Of those it named the ones that its words need stay: a sentence adds terms that the others lack. When they do not
    bear it, and the shown sentence that shares most terms bears it alone, that one is named instead. A statement that
    nothing bears keeps what it pointed at.
    """
    named = tuple(dict.fromkeys(n for n in draft.pointers if n in shown))
    own = set(terms(draft.text))
    held = {n: own.intersection(terms(text)) for n, text in shown.items()}
    best = max(shown, key=lambda n: (len(held[n]), -n), default=None)
    bearing = tuple(n for n in named if held[n])
    for some in (_needed(named, held), bearing, (best,) if best is not None and held[best] else ()):
        if some and _borne(draft.text, [shown[n] for n in some], asked):
            return Draft(text=draft.text, pointers=some)
    return Draft(text=draft.text, pointers=named)


def _needed(named: Sequence[int], held: Mapping[int, set[str]]) -> tuple[int, ...]:
    """As few as hold every term that any of them holds, in the order in which they were named."""
    taken: set[int] = set()
    left = set[str]().union(*(held[n] for n in named))
    while left:
        n = max(named, key=lambda n: len(left & held[n]))
        taken.add(n)
        left -= held[n]
    return tuple(n for n in named if n in taken)


def _borne(text: str, quotes: Sequence[str], asked: str) -> bool:
    return all(check.passed for check in check_statement(text, quotes, asked=asked))
