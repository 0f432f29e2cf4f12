"""When: the period that a question names in words, compared with documents' own dates. Pure; `today` is given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.retrieval.hints import Sure

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONGEST = 2_000  # characters that are looked at: a question stands in them, a pasted log does not matter
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_YEAR = r"(?:19|20)\d\d"
_UNIT = "day|week|month|quarter|year"
_POINT = re.compile(
    rf"""(?<![\w./$€£\#@:+=-])(?:
      (?P<y1>{_YEAR})\s?[-–]\s?(?P<y2>{_YEAR})
    | (?P<iso>{_YEAR}[-/]\d\d(?:[-/]\d\d)?)
    | (?P<part>[QH][1-4])(?:\s|/|-|\sof\s)?(?P<py>{_YEAR}) | (?P<py2>{_YEAR})[\s/-]?(?P<part2>[QH][1-4])
    | (?P<d>\d\d?)(?:st|nd|rd|th)?(?:\sof)?\s(?P<dm>{_MONTH})\b\.?(?:,?\s(?P<dy>{_YEAR}))?
    | (?P<md>{_MONTH})\.?\s(?P<d2>\d\d?)(?:st|nd|rd|th)?(?!\w)(?:,?\s(?P<mdy>{_YEAR}))?
    | (?P<m>{_MONTH})\b\.?(?:,|\sof)?\s(?P<my>{_YEAR})
    | (?P<alone>january|february|march|april|may|june|july|august|september|october|november|december)
    | (?P<relative>yesterday|(?<!\ba\s)(?:this|last|past|previous)\s(?:week|month|quarter|year))
    | last\s(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)
    | (?:last|past|previous)\s(?P<count>\d\d?)\s(?P<counted>{_UNIT})s?
    | (?P<ago>\d\d?|an?|one|two|three)\s(?P<agos>{_UNIT})s?\sago
    | (?P<year>{_YEAR})
    )(?![\w%]|[./:,-]\d|-[A-Za-z])""",
    re.I | re.X,
)
_LEAD = re.compile(
    r"\b(?P<word>since|starting(?: in| from)?|after|later than|newer than|before|prior to|earlier than|older than|"
    r"until|till|up to|no later than|as of|by|between|from|in|on|during|throughout|of|for|over|last|this)"
    r"\s+(?P<the>the\s+)?"
    r"(?:(?:early|mid|late)[\s-]|(?:beginning|start|middle|end) of\s)?$",
    re.I,
)
_JOIN = re.compile(r"\s?(?:-|–|,? and|to|until|till|through|or|vs\.?|versus)\s?", re.I)
_SINCE = frozenset({"since", "starting", "starting in", "starting from"})
_AFTER = frozenset({"after", "later than", "newer than"})
_BEFORE = frozenset({"before", "prior to", "earlier than", "older than"})
_UNTIL = frozenset({"until", "till", "up to", "no later than", "as of", "by"})
_COUNTED = re.compile(r"\s(?!(?:was|is|has|does|as|this|its|us|vs|pass|discuss)\b)[a-z]+s\b")  # "in 2000 steps"
_NUMBERED = re.compile(  # "step 2010" is no year, nor is "a size of 2000"
    r"(?:\b(?:iterations?|steps?|ports?|pages?|lines?|issues?|pep|rfc|adr|checkpoints?|numbers?|no\.?|id|size|seed|"
    r"version|than|top|first|about|around|batch|only|least|most|exactly|and|or|to)|[-=:(#$])\s?$",
    re.I,
)
_OF_TRAINING = re.compile(r"\sof\b", re.I)  # "the last week of training" is no week of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the day `after` on, to before the day `before`; None: open. As `Filters` has them."""

    after: date | None
    before: date | None
    sure: Sure
    words: str

    def holds(self, day: date) -> bool:
        return (self.after is None or self.after <= day) and (self.before is None or day < self.before)


def read_period(text: str, today: date | None = None) -> Period | None:
    """The time that is asked for. Without `today`, "last week" and "since June" say nothing.

    A condition ("since", "in", "last") is explicit, a year that only stands there a mention. Several conditions
    give the span that holds them; one open end each way, the time between.
    """
    found = list(_periods(text[:LONGEST], today))
    explicit = [period for period in found if period.sure == "explicit"]
    if not explicit:
        return found[0] if found else None
    closed = [period for period in explicit if period.after and period.before]
    words = ", ".join(period.words for period in closed or explicit)
    if closed:
        after = min(period.after for period in closed if period.after)
        return Period(after=after, before=max(p.before for p in closed if p.before), sure="explicit", words=words)
    since = next((period.after for period in explicit if period.after), None)
    until = next((period.before for period in explicit if period.before), None)
    if since and until and until <= since:
        return explicit[0]
    return Period(after=since, before=until, sure="explicit", words=words)


def words_of_periods(text: str) -> list[str]:
    """Lower-case words by which points in time are named: of "since 3 May 2026", 3, may and 2026."""
    return [word for point in _POINT.finditer(text[:LONGEST]) for word in re.findall(r"\w+", point[0].lower())]


def _periods(text: str, today: date | None) -> Iterator[Period]:
    points = list(_POINT.finditer(text))
    n = 0
    while n < len(points):
        point = points[n]
        following = points[n + 1] if n + 1 < len(points) else None
        joined = following is not None and _JOIN.fullmatch(text, point.end(), following.start())
        n += 1
        if following is not None and joined:
            both = _both(point, following, text, today)
            if both:
                yield both
                n += 1
                continue
        one = _one(point, _lead(text, point), text, today)
        if one:
            yield one


def _lead(text: str, point: re.Match[str]) -> tuple[str, bool]:
    """The word that makes it a condition, and whether "the" stands between: "in 2023", but "in the 2023 course"."""
    lead = _LEAD.search(text[max(0, point.start() - 40) : point.start()])
    return (" ".join(lead["word"].lower().split()), bool(lead["the"])) if lead else ("", False)


def _both(first: re.Match[str], second: re.Match[str], text: str, today: date | None) -> Period | None:
    end = _span(second, today)
    if end is None:
        return None
    start = _span(first, end[1] - timedelta(days=1))  # "between May and July 2024": the nearest May before
    lead, the = _lead(text, first)
    sure: Sure = "explicit" if (lead and not the) or not first["year"] else "mention"
    if start is None or start[0] >= end[1] or (sure == "mention" and _in_doubt(first, text)):
        return None
    return Period(after=start[0], before=end[1], sure=sure, words=text[first.start() : second.end()])


def _one(point: re.Match[str], led: tuple[str, bool], text: str, today: date | None) -> Period | None:
    lead, the = led
    span = _span(point, today)
    if span is None or not _is_time(point, lead, text):
        return None
    start, end = span
    words = f"{lead} {point[0]}".strip()
    weak = point["year"] and (the or lead in ("of", "for", "over", "from"))
    moving = point["relative"] or point["weekday"] or point["counted"] or point["ago"]
    sure: Sure = "explicit" if moving or (lead and not weak) else "mention"
    if lead in _SINCE:
        return Period(after=start, before=None, sure=sure, words=words)
    if lead in _AFTER:
        return Period(after=end, before=None, sure=sure, words=words)
    if lead in _BEFORE:
        return Period(after=None, before=start, sure=sure, words=words)
    if lead in _UNTIL:
        return Period(after=None, before=end, sure=sure, words=words)
    return Period(after=start, before=end, sure=sure, words=words)


def _is_time(point: re.Match[str], lead: str, text: str) -> bool:
    """Whether it is meant as a time: `may` is a verb, 2000 a number of steps."""
    if point["relative"] or point["counted"]:
        return not _OF_TRAINING.match(text, point.end())
    if point["alone"]:
        verb = point["alone"] in ("may", "march") and lead not in ("since", "until", "before", "in", "last")
        return bool(lead) and not verb and lead not in ("on", "of", "for", "over")
    day_only = (point["d"] and not point["dy"]) or (point["d2"] and not point["mdy"])
    if day_only:
        return bool(lead) and (point["dm"] or point["md"])[0].isupper()
    if point["year"]:
        doubt = _in_doubt(point, text) or (point["year"] == "2000" and lead not in ("in", "since"))
        return not (doubt or int(point["year"]) > 2040)
    return True


def _in_doubt(point: re.Match[str], text: str) -> bool:
    before = text[max(0, point.start() - 20) : point.start()]
    return bool(_COUNTED.match(text, point.end()) or _NUMBERED.search(before))


def _span(point: re.Match[str], today: date | None) -> tuple[date, date] | None:
    """[first day, day after the last); None for a day that no calendar has, or that hangs on an unknown today."""
    try:
        return _fixed(point) or (_moving(point, today) if today else None)
    except (ValueError, OverflowError):
        return None


def _fixed(point: re.Match[str]) -> tuple[date, date] | None:
    if point["y1"]:
        first, last = int(point["y1"]), int(point["y2"])
        return (date(first, 1, 1), date(last + 1, 1, 1)) if first < last else None
    if point["iso"]:
        return read_days(point["iso"])
    part = point["part"] or point["part2"]
    if part:
        months = 3 if part[0] in "Qq" else 6
        first = (int(part[1]) - 1) * months + 1
        return _months(int(point["py"] or point["py2"]), first, months) if first <= 12 else None
    if point["dy"] or point["mdy"]:
        month, day = point["dm"] or point["md"], int(point["d"] or point["d2"])
        return _day(date(int(point["dy"] or point["mdy"]), _number(month), day))
    if point["my"]:
        return _months(int(point["my"]), _number(point["m"]), 1)
    return _months(int(point["year"]), 1, 12) if point["year"] else None


def _moving(point: re.Match[str], today: date) -> tuple[date, date] | None:
    if point["alone"]:
        month = _number(point["alone"])
        return _months(today.year - (month > today.month), month, 1)
    if point["dm"] or point["md"]:
        month, day = _number(point["dm"] or point["md"]), int(point["d"] or point["d2"])
        return _day(date(today.year - ((month, day) > (today.month, today.day)), month, day))
    if point["counted"]:
        return _back(today, point["counted"].lower(), int(point["count"]))[0], today + timedelta(days=1)
    if point["agos"]:
        count = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}.get(point["ago"].lower())
        return _back(today, point["agos"].lower(), int(point["ago"]) if count is None else count)
    if point["weekday"]:
        number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(point["weekday"][:3].lower())
        return _day(today - timedelta(days=(today.weekday() - number - 1) % 7 + 1))
    if not point["relative"]:
        return None
    if point["relative"].lower() == "yesterday":
        return today - timedelta(days=1), today
    which, unit = point["relative"].lower().split()
    if which == "past":
        return _back(today, unit, 1)[0], today + timedelta(days=1)
    return _whole(today, unit, 0 if which == "this" else 1)


def _whole(today: date, unit: str, ago: int) -> tuple[date, date]:
    """A week from Monday, month, quarter or year of the calendar."""
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * ago)
        return monday, monday + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return _months(today.year, (today.month - 1) // months * months + 1 - ago * months, months)


def _back(today: date, unit: str, count: int) -> tuple[date, date]:
    """The day so long ago, or the week, month, quarter, year that it lies in."""
    if unit in ("day", "week"):
        day = today - timedelta(days=count * (7 if unit == "week" else 1))
        return _day(day) if unit == "day" else (day, day + timedelta(days=7))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return _months(today.year, today.month - count * months, months)


def read_days(words: str) -> tuple[date, date] | None:
    """2024, 2024-03 or 2024-03-05 as [first day, day after the last); None for anything else."""
    try:
        numbers = (
            [int(number) for number in re.split(r"[-/]", words)] if re.fullmatch(r"\d{4}([-/]\d\d){0,2}", words) else []
        )
        if len(numbers) == 3:
            return _day(date(*numbers))
        if len(numbers) == 2:
            return _months(numbers[0], date(numbers[0], numbers[1], 1).month, 1)  # date: a 13th month raises
        return _months(numbers[0], 1, 12) if numbers else None
    except (ValueError, OverflowError):
        return None


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    """`month` may lie outside of 1 to 12: other years."""
    first, last = year * 12 + month - 1, year * 12 + month - 1 + count
    return date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, 1)


def _day(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


def _number(month: str) -> int:
    return MONTHS.index(month[:3].lower()) + 1
