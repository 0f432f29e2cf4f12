"""When: the times that a question about runs may name. Pure; `now` is given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_SINCE = ("since", "after", "from")
_UNTIL = ("before", "until", "till")
_WITHIN = ("in", "on", "during", "of")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`; None: open. `month`: of whatever year fits, when no year was said."""

    start: datetime | None
    end: datetime | None
    words: str
    month: int = 0


def read_period(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    """A time at the start of these casefolded words, and how many of them say it."""
    if not words:
        return None
    head, rest = words[0], words[1:]
    if head in ("between", "from"):
        both = _both(rest, now)
        if both is not None:
            return both[0], both[1] + 1
    if head in (*_SINCE, *_UNTIL, *_WITHIN):
        found = _point(rest, now)
        if found is None or (head in ("of", "on", "in") and rest[0].isdecimal() and not _YEAR.fullmatch(rest[0])):
            return None
        period, count = found
        return _bounded(period, head), count + 1
    found = _point(words, now)
    return None if found is None or words[0].isdecimal() or found[0].month else found  # `may` and `march` are verbs too


def _both(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    first = _point(words, now)
    if first is None or first[1] >= len(words) or words[first[1]] not in ("and", "to", "until"):
        return None
    second = _point(words[first[1] + 1 :], now)
    if second is None:
        return None
    one, other = first[0], second[0]
    if one.month and other.start:
        one = in_year(one, other.start.year)
    return Period(one.start, other.end, f"from {one.words} to {other.words}"), first[1] + 1 + second[1]


def _bounded(period: Period, head: str) -> Period:
    if head in _SINCE:
        start = period.end if head == "after" else period.start
        return Period(start, None, f"{head} {period.words}", period.month)
    if head in _UNTIL:
        end = period.start if head == "before" else period.end
        return Period(None, end, f"{head} {period.words}", period.month)
    return Period(period.start, period.end, period.words, period.month)


def in_year(period: Period, year: int) -> Period:
    """A month without a year, in that year."""
    assert period.month
    whole = _month(year, period.month)
    head = period.words.split()[0]
    named = f"{MONTHS[period.month - 1].capitalize()} {year}"
    bounded = Period(whole.start, whole.end, named)
    return _bounded(bounded, head) if head in (*_SINCE, *_UNTIL) else bounded


def _point(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    for read in (_iso, _named_month, _day_of_month, _relative):
        found = read(words, now)
        if found is not None:
            return found
    return None


def _iso(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    del now
    if not words:
        return None
    if _YEAR.fullmatch(words[0]):
        year = int(words[0])
        return Period(_at(year), _at(year + 1), words[0]), 1
    match = _ISO.fullmatch(words[0])
    if match is None:
        return None
    try:
        if match[3] is None:
            return _month(int(match[1]), int(match[2])), 1
        day = _at(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return Period(day, day + timedelta(days=1), words[0]), 1


def _named_month(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    """March, March 2026, March 5 2026."""
    del now
    month = _month_of(words[0]) if words else 0
    if not month:
        return None
    if len(words) > 1 and _YEAR.fullmatch(words[1]):
        return _month(int(words[1]), month), 2
    if len(words) > 2 and _YEAR.fullmatch(words[2]):
        day = _day(int(words[2]), month, words[1])
        if day is not None:
            return day, 3
    return Period(None, None, MONTHS[month - 1].capitalize(), month), 1


def _day_of_month(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    """5 March 2026."""
    del now
    if len(words) < 3 or not _month_of(words[1]) or not _YEAR.fullmatch(words[2]):
        return None
    day = _day(int(words[2]), _month_of(words[1]), words[0])
    return None if day is None else (day, 3)


def _relative(words: Sequence[str], now: datetime) -> tuple[Period, int] | None:
    today = _at(now.year, now.month, now.day)
    one = timedelta(days=1)
    monday = today - today.weekday() * one
    this_month = _at(now.year, now.month)
    before = this_month - one
    known = {
        ("today",): (today, today + one),
        ("yesterday",): (today - one, today),
        ("this", "week"): (monday, monday + 7 * one),
        ("last", "week"): (monday - 7 * one, monday),
        ("this", "month"): (this_month, None),
        ("last", "month"): (_at(before.year, before.month), this_month),
        ("this", "year"): (_at(now.year), None),
        ("last", "year"): (_at(now.year - 1), _at(now.year)),
    }
    for phrase, (start, end) in known.items():
        if tuple(words[: len(phrase)]) == phrase:
            shown = f"{' '.join(phrase)} ({start.date()}{f' to {(end - one).date()}' if end else ''})"
            return Period(start, end, shown), len(phrase)
    return None


def _day(year: int, month: int, word: str) -> Period | None:
    match = _DAY.fullmatch(word)
    try:
        start = _at(year, month, int(match[1])) if match else None
    except ValueError:
        return None
    return Period(start, start + timedelta(days=1), start.date().isoformat()) if start else None


def _month_of(word: str) -> int:
    for number, name in enumerate(MONTHS, 1):
        if word == name or (word == name[:3] and word != "mar" and word != "may"):
            return number
    return 0


def _month(year: int, month: int) -> Period:
    start = _at(year, month)
    end = _at(year + month // 12, month % 12 + 1)
    return Period(start, end, f"{MONTHS[month - 1].capitalize()} {year}")


def _at(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)
