"""What is embedded in front of a chunk: title › headings, and the header of a table that was cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Count = Callable[[Sequence[str]], list[int]]
Titles = tuple[str, ...]  # what a document is called, outermost first
SEPARATOR = " › "
MAX_CHARS = 400  # of one part: nobody's heading is longer, and a hostile one must not cost time


@dataclass(frozen=True, slots=True)
class Contexts:
    """Makes each context once. None takes more than `limit` tokens, special ones not counted."""

    titles: Titles
    count: Count
    special: int
    limit: int
    _made: dict[tuple[tuple[str, ...], str], str] = field(default_factory=dict)

    def of(self, path: tuple[str, ...], header: str) -> str:
        """`header`: the first row of the table that the chunk continues, or empty."""
        key = (path, header)
        if key not in self._made:
            room = self.limit // 2 if header else self.limit
            above = self._headings(path, room)
            row = self._cut(header[:MAX_CHARS], room - 1) if header else ""
            self._made[key] = "\n".join(part for part in (above, row) if part)
        return self._made[key]

    def _headings(self, path: tuple[str, ...], room: int) -> str:
        parts = _distinct([*self.titles, *path])
        named = max(1, len(self.titles))
        short = [*parts[:named], "…", *parts[-1:]] if len(parts) > named + 1 else parts
        for kept in (parts, short, parts[-1:]):
            line = SEPARATOR.join(kept)
            if not line or self._tokens(line) <= room:
                return line
        return self._cut(parts[-1], room)

    def _cut(self, text: str, room: int) -> str:
        while text and (tokens := self._tokens(text)) > room:
            keep = min(len(text) - 1, len(text) * max(room, 0) // tokens)
            text = text[:keep].rstrip()
        return text

    def _tokens(self, text: str) -> int:
        return self.count([text])[0] - self.special


def _distinct(parts: list[str]) -> list[str]:
    """Without blanks, and without a heading that repeats what stands above it."""
    kept: list[str] = []
    for part in parts:
        clean = " ".join(part[:MAX_CHARS].split())
        if clean and clean.casefold() not in (above.casefold() for above in kept):
            kept.append(clean)
    return kept
