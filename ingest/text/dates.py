"""Dates as people write them, made ISO 8601 where they can mean one day only."""

import re
from datetime import date, datetime

LONGEST = 60  # characters of a date
MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY, _MONTH, _YEAR = r"(\d{1,2})(?:st|nd|rd|th)?", r"([a-z]{3,9})\.?", r"(\d{4})(?:[ ,T]+\d\d?:\d\d.*)?"
DAY_FIRST = re.compile(rf"(?:[a-z]{{3,9}},?\s+)?{_DAY}[-\s]+{_MONTH},?[-\s]+{_YEAR}", re.I)
MONTH_FIRST = re.compile(rf"(?:[a-z]{{3,9}},\s+)?{_MONTH}\s+{_DAY},?\s+{_YEAR}", re.I)


def iso_date(value: object) -> str:
    """`2021-05-12` or `2021-05-12T10:00:00+00:00`; empty when it is no date or could be two (03/04/2021)."""
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    text = value.strip()
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return _written(text)
    if len(text) < 8:
        return ""
    return parsed.date().isoformat() if len(text) <= 10 else parsed.isoformat()


def _written(text: str) -> str:
    if match := ISO.fullmatch(text):
        return _day(*match.groups())
    if match := DAY_FIRST.fullmatch(text):
        return _day(match[3], _month(match[2]), match[1])
    if match := MONTH_FIRST.fullmatch(text):
        return _day(match[3], _month(match[1]), match[2])
    return ""


def _month(name: str) -> str:
    short = name[:3].lower()
    return str(MONTHS.index(short)) if short in MONTHS else "0"


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
