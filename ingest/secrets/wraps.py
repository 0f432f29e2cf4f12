"""Secrets that a line break cuts: wrapped at a column, quoted in a mail, continued with a backslash."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.secrets.rules import Rule, Span, Text

RUN = re.compile(r"[A-Za-z0-9_.+/=~%!$*-]{1,400}+")
BREAK = re.compile(r"(?:[\"'][ \t]{0,4}\+?)?[ \t]{0,4}\\?\r?\n[ \t>|#*]{0,16}[\"']?")
CLOSED = re.compile(r"[\"'`,;)\]}.@]{0,4}[ \t]{0,8}(?=\r?\n|$)|[\"'`@]")
LONGEST_LINE = 300
MOST_LINES = 150
AFTER = 120  # characters of the last line that a pattern may look at
SURE = 16  # length of a piece that is a secret's, whatever stands behind it


def wrapped(text: Text, places: Sequence[tuple[Rule, list[int]]], found: Sequence[Span]) -> Iterator[Span]:
    """What a rule finds only across line breaks, and how far what was found goes on below its line."""
    ends: dict[int, int] = {}
    for span in found:
        ends[span.start] = max(span.end, ends.get(span.start, 0))
    spans, breaks = list(found), Breaks(text.raw)
    for rule, starts in places:
        for at in starts if rule.seek is None else ():
            joined = _joined(breaks, rule, at)
            if joined is not None and ends.get(joined.start, 0) < joined.end:
                spans.append(joined)
                yield joined
    for span in spans:
        end = _continued(text.raw, span.end)
        if end > span.end:
            yield Span(span.start, end, span.rule)


@dataclass(frozen=True, slots=True)
class Break:
    """A line's last word and the next line's first, where both may be halves of one."""

    end: int  # of the first half
    mixed: bool  # the first half, as the second is


@dataclass(slots=True)
class Breaks:
    raw: str
    _known: dict[int, Break | None] = field(default_factory=dict)

    def after(self, at: int) -> Break | None:
        """At the end of the line of `at`; None where no secret is cut."""
        line_end = self.raw.find("\n", at, at + LONGEST_LINE)
        if line_end < 0:
            return None
        if line_end not in self._known:
            self._known[line_end] = self._look(at, line_end)
        return self._known[line_end]

    def _look(self, at: int, line_end: int) -> Break | None:
        line = self.raw[max(at, line_end - 200) : line_end].rstrip(" \t\r\\+").rstrip("\"'")
        end = line_end - len(self.raw[max(at, line_end - 200) : line_end]) + len(line)
        words = re.split(r"[\s\"'`,;(){}\[\]|]", line)
        broken = BREAK.match(self.raw, end)
        run = RUN.match(self.raw, broken.end()) if broken and words[-1] else None
        return None if run is None else Break(end, _mixed(run.group()) and _mixed(words[-1]))


def _joined(breaks: Breaks, rule: Rule, at: int) -> Span | None:
    """A match of the text from `at` on, with its line breaks taken out."""
    cut = breaks.after(at)
    if cut is None or not (rule.wraps or cut.mixed):
        return None
    raw, start = breaks.raw, max(0, at - rule.back)
    pieces, places, end = [raw[start : cut.end]], [(0, start)], cut.end
    while len(pieces) <= MOST_LINES:
        broken = BREAK.match(raw, end)
        run = RUN.match(raw, broken.end()) if broken else None
        if run is None or not (_mixed(run.group()) or (rule.wraps and len(pieces) == 1)):
            break
        places.append((sum(map(len, pieces)), run.start()))
        pieces.append(run.group())
        end = run.end()
    if len(places) < 2:
        return None
    line_end = raw.find("\n", end, end + AFTER)
    pieces.append(raw[end : line_end if line_end >= 0 else end + AFTER])
    span = rule.at("".join(pieces), at - start)
    if span is None or span.start >= places[1][0] or span.end <= places[1][0]:
        return None
    return Span(_back(places, span.start), _back(places, span.end - 1) + 1, span.rule)


def _back(places: Sequence[tuple[int, int]], at: int) -> int:
    """The offset in the whole text of one in the joined text."""
    joined, raw = max(place for place in places if place[0] <= at)
    return raw + at - joined


def _continued(raw: str, end: int) -> int:
    """Further lines that hold nothing but letters and digits mixed as no word is."""
    for _ in range(MOST_LINES):
        broken = BREAK.match(raw, end)
        run = RUN.match(raw, broken.end()) if broken else None
        if run is None or not _mixed(run.group()):
            break
        if len(run.group()) < SURE and CLOSED.match(raw, run.end()) is None:
            break
        end = run.end()
    return end


def _mixed(run: str) -> bool:
    """Letters and digits, or large and small letters, as a word does not have them."""
    digits = sum(char.isdigit() for char in run)
    upper = sum(char.isupper() for char in run[1:])
    lower = sum(char.islower() for char in run)
    return (digits > 0 and digits < len(run) and (len(run) < 8 or digits > 1)) or (upper > 1 and lower > 1)
