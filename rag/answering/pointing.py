"""Small models point loosely: a statement keeps the sentences that bear it, or gets the one that does."""

from collections.abc import Mapping

from rag.answering.checks import check_statement
from rag.answering.compose import Draft
from rag.index.analysis import terms


def anchored(draft: Draft, shown: Mapping[int, str]) -> Draft:
    """The draft with pointers into `shown` (sentences by number) only.

    Sentences that share no term with it are dropped. When those left do not bear it, and the shown sentence that shares
    most terms bears it alone, that one is named instead. A statement that nothing bears keeps what it pointed at.
    """
    named = tuple(n for n in draft.pointers if n in shown)
    own = set(terms(draft.text))
    overlap = {n: len(own.intersection(terms(text))) for n, text in shown.items()}
    bearing = tuple(n for n in named if overlap[n])
    if _borne(draft.text, [shown[n] for n in bearing]):
        return Draft(text=draft.text, pointers=bearing)
    best = max(shown, key=lambda n: (overlap[n], -n), default=None)
    if best is not None and overlap[best] and _borne(draft.text, [shown[best]]):
        return Draft(text=draft.text, pointers=(best,))
    return Draft(text=draft.text, pointers=named)


def _borne(text: str, quotes: list[str]) -> bool:
    return bool(quotes) and all(check.passed for check in check_statement(text, quotes))
