"""One chatMessage of Microsoft Graph, as the service writes it or as PowerShell does: with capitals in its keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment, shown
from ingest.readers._loose import records, string
from ingest.readers._message_html import words_of
from ingest.readers.base import Limits
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity

ID = re.compile(r"[0-9]{1,16}")  # milliseconds since 1970
EMOJI = re.compile(r'<emoji\b[^<>]{0,200}\balt="([^"<>]{1,40})"[^<>]{0,200}>')
MENTION = re.compile(r"<at\b[^<>]{0,100}>(?=[^<>])")
POWERSHELL_DATE = re.compile(r"/Date\(([0-9]{1,16})(?:[+-][0-9]{4})?\)/")
CHANNEL = ("@thread.tacv2", "@thread.skype")  # ends of the ids of channels
QUOTE = "messageReference"
CARD = "application/vnd.microsoft."
MOST_BLOCKS = 50  # of a card


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry: a message, or only the place and time of one that was deleted or that the system wrote."""

    id: str
    channel: str  # "teams:" and the id of a channel or a chat
    is_chat: bool
    time: str  # ISO 8601
    changed: str  # ISO 8601
    thread: str = ""
    title: str = ""
    deleted: bool = False
    message: ChatMessage | None = None


def at(value: object, *keys: str) -> object:
    """As `dig`, whether or not the keys begin with a capital."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key, value.get(key[0].upper() + key[1:]))
    return value


def words(value: object, *keys: str) -> str:
    return string({"": at(value, *keys)}, "").strip()


def time_at(value: object, *keys: str) -> str:
    """ISO 8601; empty where no time stands."""
    written = words(value, *keys)
    if match := POWERSHELL_DATE.fullmatch(written):
        found = moment(match[1], per_second=1000)
    else:
        found = moment(written) if "-" in written else None
    return iso(found) if found else ""


def told(
    entry: object, members: Mapping[str, Member], limits: Limits, *, under: str = "", inside: str = ""
) -> Told | None:
    """None when it has no id, time or channel. `under`: the message it is a reply of; `inside`: the page's channel."""
    id = words(entry, "id")
    made = moment(id, per_second=1000) if ID.fullmatch(id) else None
    time = time_at(entry, "createdDateTime") or (iso(made) if made else "")
    chat = words(entry, "chatId")
    named = words(entry, "channelIdentity", "channelId")
    channel = named or chat or inside
    if not id or not time or not channel:
        return None
    root = words(entry, "replyToId") or under
    title = one_line(words(entry, "subject"))
    deleted = bool(words(entry, "deletedDateTime"))
    edited = time_at(entry, "lastEditedDateTime")
    return Told(
        id=id,
        channel=f"teams:{channel}",
        is_chat=not named and not channel.endswith(CHANNEL),
        time=time,
        changed=max(time, edited, time_at(entry, "lastModifiedDateTime"), time_at(entry, "deletedDateTime")),
        thread=(root if root != id else "") or (id if title else ""),
        title=title,
        deleted=deleted,
        message=None if deleted or _is_system(entry) else _message(entry, time, edited, members, limits),
    )


def _is_system(entry: object) -> bool:
    kind = words(entry, "messageType")
    return (
        kind not in ("message", "")
        or at(entry, "from") is None
        or "<systemEventMessage" in words(entry, "body", "content")
    )


def _message(
    entry: object, time: str, edited: str, members: Mapping[str, Member], limits: Limits
) -> ChatMessage | None:
    who, app = words(entry, "from", "user", "id"), words(entry, "from", "application", "displayName")
    member = members.get(who, Member(name=""))
    name = words(entry, "from", "user", "displayName") or member.name or app or who
    written = moment(time)
    if written is None:
        return None
    url = words(entry, "webUrl")
    text, names = [_body(entry, limits)], []
    for file in records({"": at(entry, "attachments")}, ""):
        kind = words(file, "contentType")
        if kind.startswith(CARD):
            text.append(_card(words(file, "content")))
        elif kind != QUOTE:
            names.append(words(file, "name"))
    return ChatMessage(
        id=words(entry, "id"),
        time=written,
        author=name,
        identity=Identity(system="teams", id=who, name=shown(name), email=member.email) if who else None,
        text="\n\n".join(part for part in text if part.strip()),
        url=url if url.startswith("https://") else "",
        attachments=tuple(filter(None, names)),
        edited=moment(edited) if edited else None,
        reply_to=words(entry, "replyToId"),
    )


def _body(entry: object, limits: Limits) -> str:
    content = words(entry, "body", "content")
    if words(entry, "body", "contentType").lower() not in ("html", "1"):
        return content
    html = MENTION.sub("@", EMOJI.sub(r"\1", content))
    try:
        return words_of(html, "a message", limits)
    except UnreadableSource:
        return content


def _card(content: str) -> str:
    """What a bot's card says at its top: a title, a text, blocks of text."""
    try:
        card = load_json(content, "a card")
    except UnreadableSource:
        return ""
    blocks = records({"": at(card, "body")}, "")[:MOST_BLOCKS]
    lines = [
        words(card, "title"),
        words(card, "subtitle"),
        words(card, "text"),
        *(words(block, "text") for block in blocks),
    ]
    return "\n".join(filter(None, lines))
