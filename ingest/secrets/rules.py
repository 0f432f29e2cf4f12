"""What a rule is, and how it is applied: a literal is looked for first, the pattern is tried only where one stands.

So a text without any of the literals costs a few scans at the speed of memory, and no pattern is ever searched through
a whole text: on hostile input the work stays proportional to its length.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

PLACEHOLDER = re.compile(r"(?i:x{5}|\.{3}|…|\*{3}|<[a-z]|[$%#]?\{|example|placeholder|redacted|masked:|dummy|your[_-])")
LEFT = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"  # no part of a longer word; `\n` of an escaped text is none
TAIL = re.compile(r"[A-Za-z0-9_-]{0,200}+")
RIGHT = r"(?![A-Za-z0-9])"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text are what `rule` looks for."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and the same in lower case with the same offsets."""

    raw: str
    low: str = field(repr=False, default="")

    @classmethod
    def of(cls, raw: str) -> "Text":
        low = raw.lower()
        if len(low) != len(raw):  # a few letters become two
            low = "".join(char.lower() if char.isascii() else char for char in raw)
        return cls(raw, low)


def plausible(value: str) -> bool:
    """No placeholder such as `hf_xxxxxxxx`, `AKIA...EXAMPLE` or `000000`."""
    return len(set(value)) > min(6, len(value) // 2) and not PLACEHOLDER.search(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`pattern` is matched where one of `anchors` stands, or searched for from `back` characters before it.

    Patterns have bounded repeats only. The group `secret` is what gets masked, without one the whole match.
    """

    name: str
    anchors: tuple[str, ...] = ()
    locate: re.Pattern[str] | None = None  # instead of anchors, where no literal is sure to stand
    pattern: re.Pattern[str]
    back: int = 0
    folded: bool = False  # anchors are lower case and found in any case
    check: Callable[[str], bool] = plausible
    seek: Callable[[str], Iterator[Span]] | None = None  # finds by code what no pattern can
    wraps: bool = False  # long enough, and sure enough, to be recognised across a line break

    @property
    def identity(self) -> str:
        return f"{self.name} {self.anchors} {self.pattern.pattern} {self.pattern.flags}"

    def find(self, text: Text, places: Iterable[int]) -> Iterator[Span]:
        """`places`: where its anchors stand."""
        if self.seek is not None:
            yield from self.seek(text.raw)
            return
        done = -1
        for at in places:
            found = self.at(text.raw, at) if at >= done else None
            if found is not None:
                yield found
                done = found.end

    def at(self, raw: str, at: int) -> Span | None:
        match = self.pattern.search(raw, max(0, at - self.back), at + 200) if self.back else self.pattern.match(raw, at)
        if match is None:
            return None
        named = "secret" in self.pattern.groupindex
        start, end = match.span("secret" if named else 0)
        if not named:  # newer tokens of a kind may be longer than the pattern knows
            end = TAIL.match(raw, end).end()  # type: ignore[union-attr]
        return Span(start, end, self.name) if end > start and self.check(raw[start:end]) else None


def token(name: str, pattern: str, *anchors: str, wraps: bool = True) -> Rule:
    """A token that its own prefix makes known; `anchors` are what it may begin with."""
    return Rule(name=name, anchors=anchors, pattern=re.compile(LEFT + pattern, re.ASCII), wraps=wraps)
