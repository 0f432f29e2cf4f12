"""Dates and times of day, in any notation, compared by what both of them say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SHORT = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: n for n, name in enumerate(_SHORT.split(), 1)}
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>(?:1[5-9]|20|21)\d\d)"
_BEFORE = r"(?:in|since|of|until|till|by|during|last|next|early|mid|late|from|to|before|after|and|through|this)[\s-]"
_PATTERNS = [
    re.compile(rf"(?<![\w-]){_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?!\d)"),
    re.compile(rf"\b{_DAY}[\s-](?:of\s)?{_MONTH},?[\s-]{_YEAR}\b", re.I),
    re.compile(rf"\b{_MONTH}\s{_DAY}(?:,?\s(?:of\s)?{_YEAR})(?!\d)", re.I),
    re.compile(rf"\b{_MONTH},?[\s-](?:of\s)?{_YEAR}\b", re.I),
    re.compile(rf"(?<!\d)(?<!\d\.){_DAY}\s(?:of\s)?{_MONTH}(?!\w)", re.I),
    re.compile(rf"\b{_MONTH}\s{_DAY}(?![\d.,]*\d|\s?[%a-z]{{0,2}}\d)(?!\w)", re.I),
    re.compile(rf"\bQ(?P<quarter>[1-4])[\s/-]?(?:of\s)?(?:{_YEAR})?(?!\w)"),
    re.compile(rf"(?<![\w-]){_YEAR}[\s-]?Q(?P<quarter>[1-4])(?!\w)"),
    re.compile(rf"(?<![\w-]){_YEAR}-(?P<month>0[1-9]|1[0-2])(?![\d-])"),
    re.compile(rf"(?i:(?<=\b){_BEFORE}){_MONTH}(?!\w)", re.I),
]
_SLASHED = re.compile(r"(?<![\w/.])(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)(?![\w/])")
_CLOCK = re.compile(
    r"(?<![\w:.])(\d{1,2}):(\d\d)(?::\d\d)?(?![\d:])\s?([ap]\.?m\b)?|(?<![\w:.])(\d{1,2})\s?([ap]m)\b", re.I
)
_YEARS = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w,]|\.\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is said of a date: year, month, day, quarter; 0 where nothing is. `minute`: of a time of day, else -1."""

    text: str
    start: int
    year: int = 0
    month: int = 0
    day: int = 0
    quarter: int = 0
    minute: int = -1

    @property
    def parts(self) -> dict[str, int]:
        said = {"year": self.year, "month": self.month, "day": self.day, "quarter": self.quarter}
        return {name: value for name, value in said.items() if value}


def moments(text: str) -> list[Moment]:
    """Dates and times of day of plain text, in order; a bare year is a number."""
    return _read(text)[0]


def without(text: str) -> str:
    """The text with dates and times blanked out, so that their digits are no numbers."""
    return _read(text)[1]


def _read(text: str) -> tuple[list[Moment], str]:
    found: list[Moment] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            moment = _moment(match)
            if moment is not None:
                found.append(moment)
                text = _blank(text, match)
    for match in _SLASHED.finditer(text):
        found += _slashed(match)
        text = _blank(text, match)
    for match in _CLOCK.finditer(text):
        minute = _minute(match)
        if minute is not None:
            found.append(Moment(text=match[0].strip(), start=match.start(), minute=minute))
            text = _blank(text, match)
    return sorted(found, key=lambda moment: moment.start), text


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " * len(match[0]) + text[match.end() :]


def _moment(match: re.Match[str]) -> Moment | None:
    said = match.groupdict()
    name = said.get("name")
    if name in {"may", "mar", "march"} and not said.get("year") and not said.get("day"):
        return None  # they may march
    month = _MONTHS[name[:3].lower()] if name else int(said.get("month") or 0)
    day = int(said.get("day") or 0)
    if month > 12 or day > 31:
        return None
    return Moment(
        text=match[0].strip(), start=match.start(), year=int(said.get("year") or 0), month=month, day=day,
        quarter=int(said.get("quarter") or 0),
    )  # fmt: skip


def _slashed(match: re.Match[str]) -> list[Moment]:
    """Either order, since nobody knows."""
    a, b, year = int(match[1]), int(match[2]), int(match[3])
    year = year + 2000 if year < 100 else year
    orders = {(a, b), (b, a)}
    return [
        Moment(text=match[0], start=match.start(), year=year, month=month, day=day)
        for month, day in sorted(orders)
        if 1 <= month <= 12 and 1 <= day <= 31
    ]


def _minute(match: re.Match[str]) -> int | None:
    hour, minute = int(match[1] or match[4]), int(match[2] or 0)
    half = (match[3] or match[5] or "").lower()[:1]
    if half == "p" and hour < 12:
        hour += 12
    if half == "a" and hour == 12:
        hour = 0
    return hour * 60 + minute if hour <= 24 and minute < 60 else None


def strange(text: str, source: str, beside: str = "") -> list[str]:
    """For each date or time of `text` that the source does not have: a line that says so."""
    there = moments(source)
    around = moments(beside)
    years = {int(year) for year in _YEARS.findall(without(source)) + _YEARS.findall(without(beside))}
    said = moments(text)
    starts = {moment.start for moment in said}
    found = []
    for start in sorted(starts):
        readings = [moment for moment in said if moment.start == start]
        if not any(_held(moment, [*there, *around], years) for moment in readings):
            found.append(_detail(readings[0], there))
    return found


def _held(said: Moment, known: Sequence[Moment], years: set[int]) -> bool:
    if said.minute >= 0:
        return any(other.minute == said.minute for other in known)
    wanted = said.parts
    for other in known:
        own = _with_quarter(other)
        shared = [name for name in wanted if name in own]
        missing = [name for name in wanted if name not in own]
        fits = bool(shared) and all(wanted[name] == own[name] for name in shared)
        if fits and all(name == "year" and _has_year(wanted["year"], known, years) for name in missing):
            return True
    return False


def _with_quarter(moment: Moment) -> dict[str, int]:
    parts = moment.parts
    return parts | {"quarter": (moment.month + 2) // 3} if moment.month else parts


def _has_year(year: int, known: Sequence[Moment], years: set[int]) -> bool:
    return year in years or any(other.year == year for other in known)


def _detail(said: Moment, there: Sequence[Moment]) -> str:
    alike = [other for other in there if (other.minute >= 0) is (said.minute >= 0)]
    nearest = max(alike, key=lambda other: len(set(other.parts.items()) & set(said.parts.items())), default=None)
    line = f"{said.text} is not in the source"
    return f"{line}, which says {nearest.text}" if nearest else line


def years(text: str) -> Iterator[int]:
    """Years that dates of the text name: known to be numbers of it as well."""
    return (moment.year for moment in moments(text) if moment.year)
