"""Secrets that a line break cuts: wrapped at a column, quoted in a mail, continued with a backslash."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.secrets.rules import Rule, Span, Text

RUN = re.compile(r"[A-Za-z0-9_.+/=~%!$*-]{1,400}+")
BREAK = re.compile(r"(?:[\"'][ \t]{0,4}\+?)?[ \t]{0,4}\\?\r?\n[ \t>|]{0,16}[\"']?")
CLOSED = re.compile(r"[\"'`,;)\]}.@]{0,4}[ \t]{0,8}(?=\r?\n|$)|[\"'`@]")
LONGEST_LINE = 300
MOST_LINES = 24  # that a pattern is tried over; what was found may go on below
AFTER = 120  # characters of the last line that a pattern may look at
SURE = 16  # length of a piece that is a secret's, whatever stands behind it


def wrapped(text: Text, places: Sequence[tuple[Rule, list[int]]], found: Sequence[Span]) -> Iterator[Span]:
    """What a rule finds only across line breaks, and how far what was found goes on below its line."""
    whole = {(span.start, span.rule) for span in found}  # on its line
    spans, breaks = list(found), Breaks(text.raw)
    for rule, starts in places:
        done = -1
        for at in starts if rule.seek is None else ():
            joined = _joined(breaks, rule, at) if at >= done else None
            if joined is not None and (joined.start, joined.rule) not in whole:
                done = joined.end
                spans.append(joined)
                yield joined
    done = -1
    for span in sorted(spans, key=lambda span: span.end):
        done = max(done, _continued(breaks, span.end)) if span.end > done else done
        if done > span.end:
            yield Span(span.start, done, span.rule)


@dataclass(frozen=True, slots=True)
class Break:
    """A line's last word and the next line's first, where both may be halves of one."""

    end: int  # of the first half
    mixed: bool  # the first half, as the second is


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of a secret at the beginning of a line."""

    start: int
    end: int
    mixed: bool


@dataclass(slots=True)
class Breaks:
    raw: str
    _known: dict[int, Break | None] = field(default_factory=dict)
    _next: dict[int, Run | None] = field(default_factory=dict)

    def next(self, end: int) -> Run | None:
        """What the next line begins with, where the line ends at `end`."""
        if end not in self._next:
            broken = BREAK.match(self.raw, end)
            run = RUN.match(self.raw, broken.end()) if broken else None
            self._next[end] = None if run is None else Run(run.start(), run.end(), _mixed(run.group()))
        return self._next[end]

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
        run = self.next(end) if words[-1] else None
        return None if run is None else Break(end, run.mixed and _mixed(words[-1]))


def _joined(breaks: Breaks, rule: Rule, at: int) -> Span | None:
    """A match of the text from `at` on, with its line breaks taken out."""
    cut = breaks.after(at)
    if cut is None or not (rule.wraps or cut.mixed):
        return None
    raw, start = breaks.raw, max(0, at - rule.back)
    pieces, places, end, length = [raw[start : cut.end]], [(0, start)], cut.end, cut.end - start
    while len(pieces) <= MOST_LINES:
        run = breaks.next(end)
        if run is None or not (run.mixed or (rule.wraps and len(pieces) == 1)):
            break
        places.append((length, run.start))
        pieces.append(raw[run.start : run.end])
        length += run.end - run.start
        end = run.end
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


def _continued(breaks: Breaks, end: int) -> int:
    """Further lines that hold nothing but letters and digits mixed as no word is."""
    while (run := breaks.next(end)) is not None and run.mixed:
        if run.end - run.start < SURE and CLOSED.match(breaks.raw, run.end) is None:
            break
        end = run.end
    return end


def _mixed(run: str) -> bool:
    """Letters and digits, or large and small letters, as a word does not have them."""
    digits = sum(char.isdigit() for char in run)
    upper = sum(char.isupper() for char in run[1:])
    lower = sum(char.islower() for char in run)
    return (digits > 0 and digits < len(run) and (len(run) < 8 or digits > 1)) or (upper > 1 and lower > 1)
