"""Spans out, masks in: one text changed, and where its places went."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.secrets.rules import Span


def merged(spans: Iterable[Span]) -> list[Span]:
    """Ascending, without overlaps: of overlapping ones the union, named by the first that was found."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if kept and span.start < kept[-1].end:
            last = kept[-1]
            kept[-1] = Span(last.start, max(last.end, span.end), last.rule)
        else:
            kept.append(span)
    return kept


def mask_of(rule: str, words: str) -> str:
    """Line breaks stay, so that the lines below keep their numbers."""
    return f"[masked:{rule}]" + "\n" * words.count("\n")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text after masking; `place` maps an offset of the old text to the new one."""

    text: str
    spans: tuple[Span, ...]
    _old: Sequence[int]  # where each mask's words ended
    _shift: Sequence[int]  # what is added from there on

    def place(self, at: int) -> int:
        """Never descending; a place inside a secret becomes the start of its mask."""
        n = bisect_right(self._old, at)
        shift = self._shift[n - 1] if n else 0
        if n < len(self.spans) and at > self.spans[n].start:
            return self.spans[n].start + shift
        return at + shift


def masked(text: str, spans: Iterable[Span]) -> Masked:
    pieces, old, shift, at, moved = [], [], [], 0, 0
    ordered = tuple(merged(spans))
    for span in ordered:
        mask = mask_of(span.rule, text[span.start : span.end])
        pieces += [text[at : span.start], mask]
        moved += len(mask) - (span.end - span.start)
        at = span.end
        old.append(at)
        shift.append(moved)
    return Masked("".join([*pieces, text[at:]]), ordered, old, shift)
