"""The lines of IRC logs, as the usual clients and bouncers write them. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal

Kind = Literal["said", "did", "told", "system", "day", "other"]  # did: /me; told: a notice

STAMP = re.compile(
    r"""(?:(?P<channel>[^\s<\[(*=|]{1,80})[ ](?=\d{4}-\d\d-\d\d[ ]))?
    [\[(]?
    (?:(?P<date>\d{4}-\d\d-\d\d)(?:T|[ ]\[?)|(?P<month>[A-Z][a-z]{2})[ ]{1,2}(?P<day>\d{1,2})[ ])?
    (?:(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?
       (?P<zone>Z|[+-]\d\d:?\d\d)?(?:[ ]?(?P<half>[AaPp])[Mm])?)?
    [\])]?""",
    re.VERBOSE,
)
NICK = r"[^\s<>\t]{1,64}"
SAID = re.compile(rf"[ \t]*<[ ~&@%+]?(?P<nick>{NICK}) ?>[ \t]{{0,2}}(?P<text>.*)")
TABBED = re.compile(r"\t[ ~&@%+]?(?P<nick>[^\s\d.-]\S{0,63})\t(?P<text>.*)")  # WeeChat
DID = re.compile(rf"[ \t]*(?:\*|===)[ \t]*(?P<nick>{NICK})(?:[ \t]+(?P<text>.*))?")
TOLD = re.compile(r"[ \t]*-(?P<nick>[A-Za-z\[\]\\`_^{|}][^\s:]{0,62})(?::#[^\s]{1,64})?-[ \t]+(?P<text>.*)")
BANNER = re.compile(r"[ \t]*(?:\*{2,4}|-!-|={3}|-->|<--|--|\*)[ \t]+(?P<text>.*)")
ALWAYS_SYSTEM = re.compile(r"[ \t]*(?:\*{2,4}|-!-|-->|<--|--)[ \t]")
EVENT = re.compile(
    r"\S{1,64}(?:[ \t]{1,3}[\[(][^\s]{0,200}[\])])?[ \t]{1,3}(?:(?:has|have) (?:joined|left|quit|parted|"
    r"been kicked|kicked|changed the topic|set the topic)|(?:is|are) now known as|sets mode:|was kicked|changes topic)|"
    r"mode/[#&]|(?:Topic|Channel|Mode|Users) |(?:Joins|Parts|Quits|Netsplit|ServerMode/|Irssi)\b"
)
RENAMED = re.compile(rf"[ \t]*(?:\S{{1,4}}[ \t]+)?(?P<old>{NICK}) (?:is|are) now known as (?P<new>{NICK})")
CHANNEL = re.compile(r"(?:joined|left|parted|mode/)[ ]?(?:channel[ ])?(#[^\s,\])/;]{1,64})")
DAY = re.compile(
    r"(?:-{3} (?:Log (?:opened|closed)|Day changed)|\*{4} (?:BEGIN|ENDING) LOGGING AT|Session (?:Start|Time|Close):)"
    r"[ ](?:[A-Z][a-z]{2})[ ]{1,2}(?P<month>[A-Z][a-z]{2})[ ]{1,2}(?P<day>\d{1,2})(?:[ ]\d\d:\d\d(?::\d\d)?)?"
    r"[ ](?P<year>\d{4})"
)
MONTHS = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # noqa: SIM905
YEARS = range(1970, 3000)  # far from where the calendar of Python ends
GLITCH = 10  # minutes by which a clock may be set back
HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the front of a line says of the time; None where it does not say."""

    day: date | None = None
    month: tuple[int, int] | None = None  # (month, day) without a year
    clock: time | None = None
    offset: timedelta = timedelta()  # to be taken away for UTC
    precise: bool = False  # with seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log. `old` and `new` of a change of name."""

    kind: Kind
    stamp: Stamp = Stamp()
    nick: str = ""
    text: str = ""
    channel: str = ""
    old: str = ""
    new: str = ""
    tabbed: bool = False  # columns: a table may look like it


def read_line(raw: str) -> Line:
    if day := DAY.match(raw):
        return Line(kind="day", stamp=Stamp(day=_date(int(day["year"]), MONTHS.get(day["month"], 0), int(day["day"]))))
    front = STAMP.match(raw)
    if front is None or not front.end():
        return _body(raw, Stamp(), "") if raw.startswith("===") else Line(kind="other", text=raw)
    stamp = _stamp(front)
    if stamp is None:
        return Line(kind="other", text=raw)
    return _body(raw[front.end() :], stamp, front["channel"] or "")


def _body(body: str, stamp: Stamp, channel: str) -> Line:
    tabbed = TABBED.match(body) if stamp.day and stamp.clock else None
    if tabbed and tabbed["nick"] not in {"<--", "*", "=!="}:
        return Line(kind="said", stamp=stamp, nick=tabbed["nick"], text=tabbed["text"], channel=channel, tabbed=True)
    if said := SAID.match(body):
        return Line(kind="said", stamp=stamp, nick=said["nick"], text=said["text"], channel=channel)
    banner = BANNER.match(body)
    if banner and (ALWAYS_SYSTEM.match(body) or EVENT.match(banner["text"])):
        return _event(banner["text"], stamp, channel)
    if stamp.clock or body.startswith("==="):
        if did := DID.match(body):
            return Line(kind="did", stamp=stamp, nick=did["nick"], text=did["text"] or "", channel=channel)
        if told := TOLD.match(body):
            return Line(kind="told", stamp=stamp, nick=told["nick"], text=told["text"], channel=channel)
    return Line(kind="other", stamp=stamp, text=body)


def _event(text: str, stamp: Stamp, channel: str) -> Line:
    renamed, named = RENAMED.match(text), CHANNEL.search(text)
    return Line(
        kind="system",
        stamp=stamp,
        text=text,
        channel=channel or (named[1] if named else ""),
        old=renamed["old"] if renamed else "",
        new=renamed["new"] if renamed else "",
    )


def _stamp(front: re.Match[str]) -> Stamp | None:
    """None when the numbers are no time."""
    try:
        clock = None
        if front["hour"]:
            hour = int(front["hour"]) % 12 + 12 * (front["half"] in "Pp") if front["half"] else int(front["hour"])
            clock = time(hour, int(front["minute"]), int(front["second"] or 0))
        month = (MONTHS[front["month"]], int(front["day"])) if front["month"] else None
        day = _date(*map(int, front["date"].split("-"))) if front["date"] else None
    except (ValueError, KeyError):
        return None
    if clock is None and day is None:
        return None
    zone = front["zone"] or "Z"
    digits = zone.replace(":", "")
    offset = timedelta() if zone == "Z" else timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    offset = -offset if zone.startswith("-") else offset
    return Stamp(day=day, month=month, clock=clock, offset=offset, precise=bool(front["second"]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if found.year in YEARS else None


# --- time -------------------------------------------------------------------------------------------------------


def moments(lines: Iterable[Line], begin: date) -> Iterator[datetime]:
    """When each line was written, in UTC, never earlier than the one before it; `begin` where nothing says a day.

    A clock that runs backwards has passed midnight, or noon where the log counts to twelve.
    """
    kept = list(lines)
    to_twelve = counts_to_twelve(kept)
    turn = HALF_DAY if to_twelve else 2 * HALF_DAY
    day = last = datetime.combine(begin, time(), UTC)
    for line in kept:
        stamp = line.stamp
        said = stamp.day or _in_year(stamp.month, last)
        if said is not None:
            day = datetime.combine(said, time(), UTC)
            last = max(last, day) if line.kind == "day" else last
        if stamp.clock is not None:
            now = day + timedelta(hours=stamp.clock.hour, minutes=stamp.clock.minute, seconds=stamp.clock.second)
            now -= stamp.offset
            free = said is None or (to_twelve and said == last.date())
            if free and now < last - timedelta(minutes=GLITCH):
                turns = -((now - last) // turn)
                day, now = day + turns * turn, now + turns * turn
            last = max(last, now)
        yield last


def _in_year(month: tuple[int, int] | None, last: datetime) -> date | None:
    if month is None:
        return None
    found = _date(last.year, *month)
    if found and found < last.date() - timedelta(days=180):
        return _date(last.year + 1, *month)
    return found


def counts_to_twelve(lines: Iterable[Line]) -> bool:
    """Whether one o'clock comes after twelve on one day, and no hour is 0 or beyond 12."""
    stamps = [(line.stamp.clock.hour, line.stamp.day) for line in lines if line.stamp.clock is not None]
    if not all(1 <= hour <= 12 for hour, _ in stamps):
        return False
    return any(before == 12 and hour == 1 and was == day for (before, was), (hour, day) in pairwise(stamps))
