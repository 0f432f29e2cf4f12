"""A file of DiscordChatExporter: one thread, which is a document, or a channel, of which each day is one.

Days and not chains of replies: a reply names only the message before it, so where a chain begins depends on where
an export begins, and its name with it.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment, render, shown, titled
from ingest.readers._loose import Record, dig, first, load, records, string
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Thread
from rag.domain.types import Parsed

HEAD = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"guild"\s*:\s*\{')
SYSTEM = frozenset({
    "RecipientAdd", "RecipientRemove", "Call", "ChannelNameChange", "ChannelIconChange", "ChannelPinnedMessage",
    "GuildMemberJoin", "ThreadCreated",
})  # fmt: skip
SAYING = frozenset({"0", "19", "20", "21", "23"})  # message, reply, command, start of a thread, command of a menu
TOKEN = re.compile(r"<(?:(@[!&]?|#)([0-9]{1,20})|a?(:[\w~]{1,40}:)[0-9]{1,20}|t:([0-9]{1,12})(?::[a-zA-Z])?)>")
PART = re.compile(r"\[part [0-9]{1,6}\]", re.IGNORECASE)
SNOWFLAKE = 15  # digits at least: real ids are never shorter, and a made-up one leads nowhere
EPOCH = 1_420_070_400_000  # of Discord, in milliseconds since 1970
DIRECT = "0"  # the guild of direct messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    guild: str
    id: str
    name: str  # of the channel; of a thread that of the channel above it, where it is known
    topic: str = ""  # name of the thread; empty for a channel

    @property
    def key(self) -> str:
        return f"discord:{self.id}"

    @property
    def title(self) -> str:
        return self.name if self.guild == DIRECT else f"#{self.name}"

    def link(self, message: str) -> str:
        if len(self.id) < SNOWFLAKE or (len(self.guild) < SNOWFLAKE and self.guild != DIRECT):
            return ""
        guild = "@me" if self.guild == DIRECT else self.guild
        return f"https://discord.com/channels/{guild}/{self.id}/{message}"


def claims_discord(candidate: Candidate) -> bool:
    head = candidate.head
    return candidate.suffix == ".json" and HEAD.match(head) is not None and b'"channel"' in head


def read_discord(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    export = load(candidate.path, candidate.relative, limits)
    channel = _channel(export)
    if channel is None:
        raise UnreadableSource(
            f"{candidate.relative} names no Discord channel.", fix="Export it again with DiscordChatExporter."
        )
    said: list[ChatMessage] = []
    lost = 0
    for entry in _entries(export):
        if _is_system(string(entry, "type")):
            continue
        if message := _message(entry, channel):
            said.append(message)
        else:
            lost += 1
    covered = _covered(export, said, channel, whole=not PART.search(candidate.relative))
    documents = [parsed for parsed in _documents(channel, said, covered) if parsed.text]
    if not documents:
        raise UnreadableSource(f"{candidate.relative} holds no message with words.", fix="Leave it out.")
    notes = (f"{lost} of its entries: no messages, left out",) if lost else ()
    yield dataclasses.replace(documents[0], notes=notes + documents[0].notes)
    yield from documents[1:]


def _channel(export: object) -> Channel | None:
    found = dig(export, "channel")
    id, name = string(found, "id"), one_line(string(found, "name"))
    if not id.isascii() or not id.isdigit():
        return None
    guild, above = string(export, "guild", "id"), one_line(string(found, "category"))
    if "thread" in string(found, "type").lower():
        return Channel(guild=guild, id=id, name=above or name or id, topic=name or id)
    return Channel(guild=guild, id=id, name=name or id)


def _documents(channel: Channel, said: Iterable[ChatMessage], covered: dict[str, str]) -> Iterator[Parsed]:
    groups: dict[str, list[ChatMessage]] = {}
    for message in sorted(said, key=lambda message: message.time):
        groups.setdefault("" if channel.topic else f"/day/{iso(message.time)[:10]}", []).append(message)
    for day, messages in groups.items():
        yield render(
            Thread(key=channel.key + day, channel=channel.key, name=channel.name, **covered),
            messages,
            title=titled(channel.title, channel.topic or day.rpartition("/")[2]),
        )


def _covered(export: object, said: Sequence[ChatMessage], channel: Channel, *, whole: bool) -> dict[str, str]:
    """What the export was asked for; of one that does not say it, or was split, what lies between its messages."""
    times = [message.time for message in said]
    exported = moment(string(export, "exportedAt"))
    exported = exported or max((message.edited or message.time for message in said), default=None)
    asked = dig(export, "dateRange")
    start, end = min(times, default=None), max(times, default=None)
    if isinstance(asked, dict) and whole:
        start = moment(string(asked, "after")) or _made(channel.id) or start
        end = min(filter(None, (moment(string(asked, "before")), exported)), default=end)
    named = {"first": start, "last": end, "exported": exported}
    return {name: iso(time) if time else "" for name, time in named.items()}


def _made(id: str) -> datetime | None:
    """When the channel was: its id begins with the milliseconds since 2015."""
    return moment(str((int(id) >> 22) + EPOCH), per_second=1000) if SNOWFLAKE <= len(id) <= 20 else None


def _is_system(kind: str) -> bool:
    """Joins, pins and names; kinds that the exporter has no name for are numbers."""
    return kind in SYSTEM or (kind.isdecimal() and kind not in SAYING)


def _entries(export: object) -> list[object]:
    found = dig(export, "messages")
    return found if isinstance(found, list) else []


def _message(entry: object, channel: Channel) -> ChatMessage | None:
    """None when it has no id, no time or no author."""
    id, time, author = string(entry, "id"), moment(string(entry, "timestamp")), dig(entry, "author")
    if not id or time is None or not isinstance(entry, dict) or not isinstance(author, dict):
        return None
    name, bot = first(author, "nickname", "name"), author.get("isBot") is True
    who = string(author, "id")
    parts = [_plain(string(entry, "content"), entry), _passed_on(entry), *(_embeds(entry) if bot else ())]
    return ChatMessage(
        id=id,
        time=time,
        author=name or who,
        identity=Identity(system="discord", id=who, name=shown(name or who)) if who and not bot else None,
        text="\n\n".join(part for part in parts if part.strip()),
        url=channel.link(id),
        attachments=tuple(first(file, "fileName") for file in records(entry, "attachments")),
        edited=moment(string(entry, "timestampEdited")),
        reply_to=string(entry, "reference", "messageId"),
    )


def _plain(text: str, entry: Record) -> str:
    """Mentions by name where the export names them; an own emoji as :name:, a time as its day and minute."""
    names = {string(who, "id"): first(who, "nickname", "name") for who in records(entry, "mentions")}

    def word(match: re.Match[str]) -> str:
        sign, id, emoji, seconds = match.groups()
        if emoji:
            return emoji
        if seconds:
            time = moment(seconds)
            return f"{iso(time)[:16].replace('T', ' ')} UTC" if time else seconds
        return (sign[0] + names[id]) if names.get(id) else match[0]

    return TOKEN.sub(word, text)


def _passed_on(entry: Record) -> str:
    """A message of elsewhere, as a quote."""
    text = string(entry, "forwardedMessage", "content").strip()
    return "\n".join(f"> {line}" for line in text.split("\n")) if text else ""


def _embeds(entry: Record) -> Iterator[str]:
    """What a bot says in its cards; those of people are previews of links."""
    for embed in records(entry, "embeds"):
        fields = (f"{string(row, 'name')}: {string(row, 'value')}" for row in records(embed, "fields"))
        told = [string(embed, "title"), string(embed, "description"), *fields]
        yield "\n".join(_plain(part, entry) for part in told if part.strip())


READER: Reader = Reader(
    name="discord", version=1, claims=claims_discord, read=read_discord, suffixes=frozenset({".json"})
)
