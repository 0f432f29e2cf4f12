"""Strict answers: what the sources do not carry is left out, and the citations that stay are numbered anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.domain.types import Citation, Statement

NOTHING_LEFT = "An answer was written, but the sources do not carry any statement of it."


@dataclass(slots=True)
class Sieve:
    """Of one answer. `dropped`: the statements left out, in order."""

    dropped: list[Statement] = field(default_factory=list)
    _known: dict[int, Citation] = field(default_factory=dict)  # as they were numbered before
    _numbers: dict[int, int] = field(default_factory=dict)  # before: now

    def keep(self, statement: Statement, fresh: Sequence[Citation]) -> tuple[Statement, list[Citation]] | None:
        """The statement and the citations that it is the first to use; None where it is left out.

        A citation that only a statement left out had used waits for one that stays.
        """
        self._known.update((citation.n, citation) for citation in fresh)
        if statement.support != "verified":
            self.dropped.append(statement)
            return None
        first = [n for n in statement.citations if n not in self._numbers]
        self._numbers |= {n: place for place, n in enumerate(first, len(self._numbers) + 1)}
        numbered = tuple(self._numbers[n] for n in statement.citations)
        return replace(statement, citations=numbered), [replace(self._known[n], n=self._numbers[n]) for n in first]

    @property
    def warnings(self) -> tuple[str, ...]:
        """One where something was left out, and something stayed."""
        count = len(self.dropped)
        if not count or not self._numbers:
            return ()
        what = "One statement was" if count == 1 else f"{count} statements were"
        return (f"{what} left out: the words cited do not carry what was written.",)
