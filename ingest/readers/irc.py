"""IRC logs: each conversation is a document; what stands alone is gathered, a document a day.

Which messages belong together is guessed (ingest/text/disentangle.py), day by day (of a quiet channel some days at a
time) with what lies around. So a log that grows at its end, or loses its beginning, changes only the conversations near
the cut. A conversation's key is the id of its first message, and a message's id depends on nothing but its time, its
author and its words: what two logs tell of one channel can be merged, though each may cut the conversations
differently. `Thread.first` and `last` are empty: nothing is ever deleted on IRC, and who was not connected has a hole
in his log.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath

from ingest.readers._chat import ChatMessage, iso, render, titled
from ingest.readers._irc import Line, counts_to_twelve, moments, read_line
from ingest.readers.base import Candidate, Limits, Reader, read_text
from ingest.text.chat_log import Said
from ingest.text.disentangle import conversations
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Thread
from rag.domain.types import Parsed

SUFFIXES = frozenset({".weechatlog", ".irc"})
MAYBE = SUFFIXES | {".txt", ".log", ".text", ""}
SAYING = frozenset({"said", "did", "told"})
FEWEST = 3  # lines that a log is known by
SURE = 0.7  # of the head's lines
ALONE = 240  # characters; a longer message is a document of its own, with or without an answer
DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d{3})")
COLOURS = re.compile("\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]")
NAMED = re.compile(  # #channel, and the network in front of it
    r"(?:irc\.([A-Za-z0-9-]{1,40})\.)?([#&][^\s,]{1,64}?)"
    r"(?=[._-]?(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}|\.(?:log|txt|text|irc|weechatlog)$|$)"
)
HEAD_LINES = 2_000
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message of a log. `time` has a microsecond for each message before it in its minute (or second)."""

    line: int  # of the file, from 0
    time: datetime
    author: str  # the name it was said under
    person: str  # lower case, the same after a change of name
    text: str
    stamp: str  # the time as written, for the id


def claims_irc(candidate: Candidate) -> bool:
    """Most lines of the head have the form of an IRC log's, and somebody says something or comes or goes."""
    if candidate.is_dir or (candidate.suffix not in MAYBE and not DATE.search(candidate.suffix)):
        return False
    raw = candidate.head.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    raw = raw[:-1] if len(raw) > 1 else raw  # the last one may be cut
    lines = [read_line(COLOURS.sub("", line)) for line in raw[:HEAD_LINES] if line.strip()]
    known = [line for line in lines if line.kind != "other"]
    named = [line for line in known if line.kind == "system" and (line.channel or line.new)]
    sure = bool(named) or candidate.suffix in SUFFIXES or "#" in candidate.relative
    strong = [*named, *(line for line in known if line.kind == "said" and (sure or not line.tabbed))]
    return len(known) >= max(FEWEST, SURE * len(lines)) and len(strong) * 2 >= len(known)


def read_irc(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_text(candidate, limits)
    written = datetime.fromtimestamp(candidate.path.stat().st_mtime, UTC).date()
    log = parse(decoded.text, first_day(candidate.relative, decoded.text) or written)
    if not log:
        raise UnreadableSource(f"{candidate.relative}: nobody says a word in it.", fix="Leave it out.")
    lines = [read_line(line) for line in decoded.text.split("\n", HEAD_LINES)[:HEAD_LINES]]
    channel = _channel(candidate.relative, lines)
    notes = (*decoded.notes, *_doubts(candidate, lines))
    for parsed in _documents(channel, log):
        if parsed.text:
            yield replace(parsed, notes=(*notes, *parsed.notes)) if notes else parsed
            notes = ()


def parse(text: str, begin: date) -> list[Entry]:
    """The messages of a log; a line that is none goes on with the message above it. Comings and goings are left out.

    `begin` is the first day where no line says it.
    """
    lines = [read_line(raw) for raw in COLOURS.sub("", text).split("\n")]
    people: dict[str, str] = {}
    log: list[Entry] = []
    more: dict[int, list[str]] = defaultdict(list)
    last, repeats = None, 0
    for number, (line, moment) in enumerate(zip(lines, moments(lines, begin), strict=True)):
        if line.new:
            people[line.new.lower()] = people.get(line.old.lower(), line.old.lower())
        if line.kind in SAYING:
            repeats = repeats + 1 if moment == last else 0
            last = moment
            log.append(_entry(line, moment + repeats * MICROSECOND, number, people))
        elif line.kind == "other" and line.text.strip() and log:
            more[len(log) - 1].append(line.text.strip())
    for at, texts in more.items():
        log[at] = replace(log[at], text="\n".join([log[at].text, *texts]))
    return log


def _entry(line: Line, moment: datetime, number: int, people: dict[str, str]) -> Entry:
    text = line.text.strip()
    return Entry(
        line=number,
        time=moment,
        author=line.nick,
        person=people.get(line.nick.lower(), line.nick.lower()),
        text=f"* {line.nick} {text}".rstrip() if line.kind == "did" else text,
        stamp=f"{moment:%Y%m%dT%H%M%S}" if line.stamp.precise else f"{moment:%Y%m%dT%H%M}",
    )


def said(log: Sequence[Entry]) -> list[Said]:
    """As `conversations` wants it: minutes since 1970."""
    return [
        Said(author=entry.author, person=entry.person, minute=int(entry.time.timestamp()) // 60, text=entry.text)
        for entry in log
    ]


# --- documents --------------------------------------------------------------------------------------------------


def _documents(channel: str, log: Sequence[Entry]) -> Iterator[Parsed]:
    numbered = messages(log)
    exported = iso(log[-1].time)
    groups: dict[int, list[ChatMessage]] = defaultdict(list)
    for message, start in zip(numbered, conversations(said(log)), strict=True):
        groups[start].append(message)
    alone: dict[str, list[ChatMessage]] = defaultdict(list)
    key = f"irc:{channel}"
    for group in groups.values():
        if len(group) == 1 and len(group[0].text) <= ALONE:
            alone[iso(group[0].time)[:10]].append(group[0])
        else:
            yield render(Thread(key=f"{key}/{group[0].id}", channel=key, name=_name(channel), exported=exported), group)
    for day, group in alone.items():
        thread = Thread(key=f"{key}/day/{day}", channel=key, name=_name(channel), exported=exported)
        yield render(thread, group, title=titled(f"#{_name(channel)}", f"other messages of {day}"))


def messages(log: Sequence[Entry]) -> list[ChatMessage]:
    """The second of two that are the same in all but their place gets `-2`."""
    counts: Counter[str] = Counter()
    made = []
    for entry in log:
        words = f"{entry.author.lower()}\0{entry.text}".encode("utf-8", "replace")
        id = f"{entry.stamp}-{hashlib.sha256(words).hexdigest()[:12]}"
        counts[id] += 1
        made.append(
            ChatMessage(
                id=id if counts[id] == 1 else f"{id}-{counts[id]}",
                time=entry.time,
                author=entry.author,
                text=entry.text,
                identity=Identity(system="irc", id=entry.person, name=entry.author),
            )
        )
    return made


# --- what the file is -------------------------------------------------------------------------------------------


def first_day(name: str, text: str) -> date | None:
    """From the file's name, else from its first lines; None when neither says it."""
    for where in (name, text[:2000]):
        for found in DATE.finditer(where):
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                continue
    return None


def _doubts(candidate: Candidate, lines: Sequence[Line]) -> Iterator[str]:
    dated = any(line.stamp.day for line in lines) or DATE.search(candidate.relative)
    if not dated:
        yield "The log does not say its day: the day its file was written on was taken for the first one."
    if counts_to_twelve(lines):
        yield "The log counts its hours to twelve: whether a time is of the morning is a guess."


def _channel(relative: str, lines: Sequence[Line]) -> str:
    """`#name`, a network in front where the file's name says it: from the name, the lines, the folder."""
    path = PurePosixPath(relative)
    for part in reversed(path.parts):
        if found := NAMED.search(part):
            network = f"{found[1].lower()}/" if found[1] else ""
            return f"{network}{found[2].lower().rstrip('._-')}"
    counts = Counter(line.channel.lower() for line in lines if line.channel)
    if counts:
        name = counts.most_common(1)[0][0]
        return name if name.startswith(("#", "&")) else f"#{name}"
    stem = re.sub(r"[\W_]*\d*\.(?:log|txt|text|irc|weechatlog)$", "", DATE.sub("", path.name)).strip(" ._-")
    return f"#{stem or path.parent.name or 'irc'}".lower()


def _name(channel: str) -> str:
    return channel.rpartition("/")[2].lstrip("#&")


READER = Reader(name="irc", version=2, claims=claims_irc, read=read_irc, suffixes=SUFFIXES)
