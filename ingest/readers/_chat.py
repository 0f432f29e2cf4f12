"""From messages to a document: what all readers of chats share. Pure.

    Ada Lovelace · 2026-05-18 09:14 UTC
    The loss went to NaN at step 40,000.
    Attached: loss.png

A blank line ends a message. Its slice of the text depends on nothing but the message, so that the threads of two
exports can be merged by message id.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.readers._builder import one_line, tidy
from rag.domain.records import Identity, Thread
from rag.domain.sentences import CHAT_HEAD
from rag.domain.types import Mark, Message, Parsed

NOBODY = "unknown"
LONGEST_NAME = 80
TITLE_CHARS = 80
MOST_CHARS = 5_000_000
MOST_MESSAGES = 50_000
RESOLUTION = datetime.resolution  # a microsecond
BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One thing somebody said, as it reads now. Without words and attachments it is left out of the text."""

    id: str  # unique in the thread, the same in every export
    time: datetime  # aware
    author: str  # as shown
    text: str  # marks of the chat system resolved: names, links
    identity: Identity | None = None  # of the author
    url: str = ""  # empty where it cannot be rebuilt
    attachments: tuple[str, ...] = ()  # names only
    edited: datetime | None = None
    reply_to: str = ""  # id of the message it answers


def render(
    thread: Thread,
    messages: Iterable[ChatMessage],
    *,
    title: str = "",
    files: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Parsed:
    """The document of a thread: by time, each id once (as last edited). `files` are relative to the claimed folder.

    `part` is the thread's key. An empty title becomes "#channel: first words of the first message".
    What is beyond the limits is left out with a note. When nobody said a word `text` is empty: do not yield it.
    """
    kept: list[tuple[int, ChatMessage]] = []
    pieces: list[str] = []
    length = 0
    for message in in_order(messages):
        piece = slice_of(message)
        if len(kept) >= MOST_MESSAGES or length + len(piece) > MOST_CHARS:
            notes = (*notes, f"{thread.key}: only the first {len(kept):,} messages ({length:,} characters) were kept.")
            thread = _up_to(thread, kept[-1][1].time if kept else None)
            break
        if piece:
            kept.append((length, message))
            pieces.append(piece)
            length += len(piece)
    return Parsed(
        text="".join(pieces),
        syntax="chat",
        kind="chat",
        marks=tuple(Mark(at=at, locator=_locator(message)) for at, message in kept),
        title=title or titled(f"#{thread.name}", kept[0][1].text if kept else ""),
        authors=tuple(dict.fromkeys(shown(message.author) for _, message in kept)),
        date=iso(kept[0][1].time) if kept else "",
        url=kept[0][1].url if kept else "",
        part=thread.key,
        files=tuple(dict.fromkeys(files)),
        notes=tuple(notes),
        people=tuple(dict.fromkeys(message.identity for _, message in kept if message.identity)),
        thread=thread,
    )


def _up_to(thread: Thread, last: datetime | None) -> Thread:
    """What was left out is not told of: it would count as deleted."""
    return dataclasses.replace(
        thread, first=thread.first if last else "", last=iso(last) if last and thread.last else ""
    )


def slice_of(message: ChatMessage) -> str:
    """Its head line, its text, the names of what is attached, a blank line; empty when there is nothing to read."""
    text = BLANK_LINES.sub("\n\n", tidy(message.text)).strip()
    names = ", ".join(filter(None, map(one_line, message.attachments)))
    body = [*([_no_head(text)] if text else []), *([f"Attached: {names}"] if names else [])]
    if not body:
        return ""
    minute = utc(message.time).isoformat(sep=" ")[:16]
    return "\n".join([f"{shown(message.author)} · {minute} UTC", *body]) + "\n\n"


def _no_head(text: str) -> str:
    """A line that looks like a head would put the words below it into somebody else's mouth."""
    if " UTC" not in text:
        return text
    lines = text.split("\n")
    return "\n".join(f"> {line}" if CHAT_HEAD.fullmatch(line) else line for line in lines)


def in_order(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """By time, of equal times by id; of two with one id the one edited last."""
    by_id: dict[str, ChatMessage] = {}
    for message in messages:
        other = by_id.get(message.id)
        if other is None or _edited(other) <= _edited(message):
            by_id[message.id] = message
    return sorted(by_id.values(), key=lambda message: (utc(message.time), len(message.id), message.id))


def titled(channel: str, words: str) -> str:
    """`channel: words`, the words cut at white space when they are long."""
    line = one_line(words)
    if len(line) > TITLE_CHARS:
        line = line[:TITLE_CHARS].rsplit(" ", 1)[0].rstrip(" ,.;:") + " …"
    return f"{channel}: {line}" if line else channel


def shown(name: str) -> str:
    return one_line(name).lstrip("> ")[:LONGEST_NAME].rstrip() or NOBODY


def iso(time: datetime) -> str:
    """ISO 8601 in UTC; microseconds only where there are some. Sorts as the times do."""
    return utc(time).isoformat()


def utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def moment(value: object, *, per_second: int = 1) -> datetime | None:
    """The time that ISO 8601 or a number of seconds since 1970 says (`per_second=1000`: milliseconds), in UTC.

    An ISO time without a zone is UTC. None for what is no time: a wrong type, words, a year that does not exist.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,16}(?:\.[0-9]{1,9})?", value):
            return utc(datetime.fromisoformat(value)) if len(value) <= 40 else None
        whole, _, rest = f"{value}".partition(".")
        microseconds = int(whole) * 1_000_000 + int(f"{rest}000000"[:6])
        return datetime.fromtimestamp(0, UTC) + microseconds // per_second * RESOLUTION
    except (ValueError, OverflowError):
        return None


def _edited(message: ChatMessage) -> datetime:
    return utc(message.edited or message.time)


def _locator(message: ChatMessage) -> Message:
    return Message(id=message.id, author=shown(message.author), time=iso(message.time), url=message.url)
