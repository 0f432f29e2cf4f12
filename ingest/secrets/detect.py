"""All rules over one text."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.secrets.blocks import PRIVATE_KEYS
from ingest.secrets.context import CONTEXT
from ingest.secrets.library import library_rules
from ingest.secrets.personal import EMAIL, PHONES
from ingest.secrets.rules import Rule, Span, Text
from ingest.secrets.scan import Scanner
from ingest.secrets.tokens import TOKENS
from ingest.secrets.wraps import wrapped


def rules_of(kinds: frozenset[str]) -> tuple[Rule, ...]:
    """`kinds`: secrets, email, phone."""
    secrets = (*PRIVATE_KEYS, *TOKENS, *library_rules(), *CONTEXT) if "secrets" in kinds else ()
    return (*secrets, *((EMAIL,) if "email" in kinds else ()), *(PHONES if "phone" in kinds else ()))


@dataclass(frozen=True)
class Detector:
    """Thread-safe."""

    rules: tuple[Rule, ...]

    @cached_property
    def _scanner(self) -> Scanner:
        return Scanner.of(self.rules)

    def find(self, raw: str) -> list[Span]:
        """Unordered; spans may overlap."""
        text = Text.of(raw)
        return _spans(text, self._scanner.places(text))

    def find_in(self, raw: str, starts: Iterable[int]) -> list[Span]:
        """The same for each piece that begins at one of `starts`, as if it stood alone; the first begins at 0."""
        edges = sorted({0, *starts, len(raw)})
        if len(edges) <= 2:
            return self.find(raw)
        hit = {bisect_right(edges, at) - 1 for _, places in self._scanner.places(Text.of(raw)) for at in places}
        spans = []
        for n in sorted(hit):
            start, end = edges[n], edges[n + 1]
            spans += [Span(span.start + start, span.end + start, span.rule) for span in self.find(raw[start:end])]
        return spans


def _spans(text: Text, places: Sequence[tuple[Rule, list[int]]]) -> list[Span]:
    found = [span for rule, at in places for span in rule.find(text, at)]
    return [*found, *wrapped(text, places, found)] if "\n" in text.raw else found
