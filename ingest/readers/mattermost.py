"""A bulk export of Mattermost: JSON Lines, of which the first tells the version. Unverified on real data.

Written to its published description. It names neither server nor posts: a channel is known by the names of its team
and itself, a post by its time and author.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment, shown
from ingest.readers._loose import Record, dig, first, records, string, strings
from ingest.readers._posts import Notes, Post, Room, newest, spanned
from ingest.readers.base import Candidate, Limits, Reader, too_large
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity
from rag.domain.types import Parsed

SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
FIRST_LINE = re.compile(
    rb'(?:\xef\xbb\xbf)?\s{0,9}\{\s{0,9}"type"\s{0,9}:\s{0,9}"version"\s{0,9},\s{0,9}"version"\s{0,9}:'
)
MENTION = re.compile(r"@([a-z0-9][a-z0-9._-]{0,63})", re.IGNORECASE)
SAYS_WHO = re.compile(r"(\S{1,64}) (?:joined|left|added to|removed from) the (?:channel|team)( by \S{1,64})?\.")
MOST_LINE = 8 * 2**20  # bytes; a thread of thousands of replies is one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    email: str = ""
    bot: bool = False


@dataclass(slots=True)
class Export:
    """What comes together line by line: users and channels stand before the posts."""

    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)  # {team/name: as shown}
    rooms: dict[str, Room] = field(default_factory=dict)
    ids: set[tuple[str, str]] = field(default_factory=set)  # (room, message)
    notes: Notes = field(default_factory=Notes)
    made: str = ""
    lost: int = 0

    def name(self, user: str) -> str:
        member = self.members.get(user)
        return member.name if member else user


def claims_mattermost(candidate: Candidate) -> bool:
    return candidate.suffix in SUFFIXES and FIRST_LINE.match(candidate.head) is not None


def read_mattermost(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.path.stat().st_size > limits.archive_bytes:
        raise too_large(candidate.relative, dataclasses.replace(limits, file_bytes=limits.archive_bytes))
    export = Export()
    for number, line in _lines(candidate.path, export):
        try:
            _take(load_json(line, f"line {number:,}"), export)
        except UnreadableSource as error:
            export.notes.add(error.what)
    if export.lost:
        export.notes.add(f"{export.lost:,} of its posts and replies: no messages, left out")
    notes = tuple(export.notes.said)
    found = False
    for parsed in _documents(export):
        yield parsed if found else dataclasses.replace(parsed, notes=(*notes, *parsed.notes))
        found = True
    if not found:
        why = f" {notes[0]}" if notes else ""
        raise UnreadableSource(
            f"{candidate.relative} holds no Mattermost post with words.{why}", fix="Export again, posts included."
        )


def _lines(path: Path, export: Export) -> Iterator[tuple[int, str]]:
    number, skipping = 0, False
    with path.open("rb") as file:
        while line := file.readline(MOST_LINE):
            whole = line.endswith(b"\n") or len(line) < MOST_LINE
            number += not skipping
            if whole and not skipping and line.strip():
                yield number, line.decode("utf-8-sig", "replace")
            elif not whole and not skipping:
                export.notes.add(f"line {number:,} is longer than {MOST_LINE // 2**20} MiB, left out")
            skipping = not whole


def _take(line: object, export: Export) -> None:
    kind = string(line, "type")
    found = dig(line, kind)
    if kind == "version":
        made = moment(string(line, "info", "created"))
        export.made = iso(made) if made else ""
    elif not isinstance(found, dict):
        export.lost += kind in ("post", "direct_post")
    elif kind in ("user", "bot"):
        full = f"{string(found, 'first_name')} {string(found, 'last_name')}"
        name = one_line(first(found, "nickname")) or one_line(full) or first(found, "display_name", "username")
        member = Member(name=name, email=string(found, "email"), bot=kind == "bot")
        export.members[string(found, "username")] = member
    elif kind == "channel":
        key = f"{string(found, 'team')}/{string(found, 'name')}"
        export.channels[key] = one_line(first(found, "display_name", "name"))
    elif kind in ("post", "direct_post"):
        _post(found, _room(found, export, direct=kind == "direct_post"), export)


def _room(record: Record, export: Export, *, direct: bool) -> Room:
    if direct:
        people = sorted(set(strings(record, "channel_members") or strings(record, "participants")))
        key, name, sign = f"direct/{','.join(people)}", ", ".join(sorted(map(export.name, people))), ""
    else:
        key, sign = f"{string(record, 'team')}/{string(record, 'channel')}", "#"
        name = export.channels.get(key) or string(record, "channel")
    return export.rooms.setdefault(key, Room(key=f"mattermost:{key}", name=name or "unnamed", sign=sign))


def _post(record: Record, room: Room, export: Export) -> None:
    """The post and its replies; a root that nobody can read does not take its replies along."""
    root = _message(record, room, export)
    replies = [(reply, _message(reply, room, export)) for reply in records(record, "replies")]
    export.lost += (root is None) + sum(message is None for _, message in replies)
    began = root.id if root else next((message.id for _, message in replies if message), "")
    thread = began if any(message for _, message in replies) else ""
    for told, message in ((record, root), *replies):
        if message and not _is_system(told):
            answers = thread if message.id != began else ""
            room.posts.append(Post(message=dataclasses.replace(message, reply_to=answers), thread=thread))


def _message(record: Record, room: Room, export: Export) -> ChatMessage | None:
    """None when it has no time or no author."""
    time, user = moment(string(record, "create_at"), per_second=1000), string(record, "user")
    if time is None or not user:
        return None
    member, props = export.members.get(user, Member(name=user)), dig(record, "props")
    hook = string(props, "from_webhook") == "true" or string(props, "from_bot") == "true" or member.bot
    edited = moment(string(record, "edit_at"), per_second=1000)
    files = [string(file, "path").replace("\\", "/").rpartition("/")[2] for file in records(record, "attachments")]
    name = (first(props, "override_username") if hook else "") or member.name
    parts = [_named(string(record, "message"), export.members), *_cards(props)]
    return ChatMessage(
        id=_id(f"{string(record, 'create_at')}-{user}", room, export),
        time=time,
        author=name,
        identity=None if hook else Identity(system="mattermost", id=user, name=shown(name), email=member.email),
        text="\n\n".join(part for part in parts if part.strip()),
        attachments=tuple(filter(None, files)),
        edited=edited if edited and edited > time else None,
    )


def _id(id: str, room: Room, export: Export) -> str:
    """Two posts of one author in one millisecond are told apart by their order."""
    unique, n = id, 1
    while (room.key, unique) in export.ids:
        n += 1
        unique = f"{id}-{n}"
    export.ids.add((room.key, unique))
    return unique


def _is_system(record: Record) -> bool:
    """Older exports do not mark them: who joined is told in the same few words."""
    if string(record, "type").startswith("system_"):
        return True
    match = SAYS_WHO.fullmatch(string(record, "message"))
    return match is not None and (match[1] == string(record, "user") or match[2] is not None)


def _named(text: str, members: Mapping[str, Member]) -> str:
    def word(match: re.Match[str]) -> str:
        user = match[1].lower()
        bare = user.rstrip("._-")
        known = user if user in members else bare
        return f"@{members[known].name}{match[1][len(known) :]}" if known in members else match[0]

    return MENTION.sub(word, text)


def _cards(props: object) -> Iterator[str]:
    """What an integration says beside its message."""
    for card in records(props, "attachments"):
        rows = (f"{string(row, 'title')}: {string(row, 'value')}" for row in records(card, "fields"))
        told = [string(card, "pretext"), string(card, "title"), string(card, "text"), *rows]
        yield "\n".join(part for part in told if part.strip()) or string(card, "fallback")


def _documents(export: Export) -> Iterator[Parsed]:
    """A bulk export holds every channel whole; from the first message on, for a server may forget what is older."""
    everything = [post for room in export.rooms.values() for post in room.posts]
    made = export.made or newest(everything)
    for key in sorted(export.rooms):
        room = export.rooms[key]
        room.exported = made
        if not export.notes.said:  # what could not be read would count as deleted
            room.first, last = spanned(room.posts)
            room.last = max(last, made)
        yield from room.documents()


READER: Reader = Reader(
    name="mattermost", version=1, large=True, claims=claims_mattermost, read=read_mattermost, suffixes=SUFFIXES
)
