"""The export of a Zulip realm: `realm.json` and pages of messages, which are Markdown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, moment, shown
from ingest.readers._loose import Record, first, load, records, string
from ingest.readers._zulip_topics import BOTS, Place, Topics
from ingest.readers.base import Limits
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity

PAGE = re.compile(r"messages-[0-9]{1,9}\.json")
ALSO = ("attachment.json", "analytics.json", "stats.json", "migration_status.json", "export_settings.json")
PEOPLE = ("zerver_userprofile", "zerver_userprofile_mirrordummy", "zerver_userprofile_crossrealm")
PERSONAL, STREAM, GROUP = "1", "2", "3"
MENTION = re.compile(r"@_?\*\*([^*|\n]{1,100})(?:\|[0-9]{1,12})?\*\*")
STREAM_LINK = re.compile(r"#\*\*([^*\n]{1,200})\*\*")
UPLOAD = re.compile(r"!?\[([^\]\n]{0,200})\]\(/user_uploads/[^)\s]{1,400}\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    email: str = ""
    active: bool | None = None
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    key: str
    members: dict[str, Member] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)  # {id: name}
    recipients: dict[str, tuple[str, str]] = field(default_factory=dict)  # {id: (type, id of what it is)}
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # {id of the recipient: ids of members}


def gather(folder: Path, topics: Topics, limits: Limits) -> list[str]:
    """The files it has used. Raises UnreadableSource when realm.json cannot be read."""
    realm = _realm(load(folder / "realm.json", "realm.json", limits))
    pages = sorted(path.name for path in folder.iterdir() if PAGE.fullmatch(path.name) and path.is_file())
    for page in pages:
        try:
            found = load(folder / page, page, limits)
        except UnreadableSource as error:
            topics.damage(error.what)
            continue
        lost = 0
        for record in records(found, "zerver_message"):
            place, message = _place(record, realm), _message(record, realm)
            if place is None or message is None:
                lost += 1
            elif message.author.casefold() not in BOTS:
                topics.add(place, message, page)
        if lost:
            topics.note(f"{page}, {lost} of its entries: no messages, left out")
    below = [f"{path.parent.name}/records.json" for path in folder.glob("*/records.json")]
    return ["realm.json", *ALSO, *pages, *below]


def _realm(found: object) -> Realm:
    about: Record = next(iter(records(found, "zerver_realm")), {})
    founded = string(about, "date_created").partition(".")[0]
    members = {
        string(row, "id"): Member(
            name=first(row, "full_name", "short_name", "email"),
            email=first(row, "delivery_email", "email"),
            active=active if isinstance(active := row.get("is_active"), bool) else None,
            bot=row.get("is_bot") is True,
        )
        for table in PEOPLE
        for row in records(found, table)
    }
    groups: dict[str, tuple[str, ...]] = {}
    for row in records(found, "zerver_subscription"):
        recipient = string(row, "recipient")
        groups[recipient] = (*groups.get(recipient, ()), string(row, "user_profile"))
    return Realm(
        key=f"zulip:{string(about, 'string_id') or 'root'}-{founded}",  # ids count from 1 on each server
        members=members,
        streams={string(row, "id"): one_line(string(row, "name")) for row in records(found, "zerver_stream")},
        recipients={
            string(row, "id"): (string(row, "type"), string(row, "type_id"))
            for row in records(found, "zerver_recipient")
        },
        groups=groups,
    )


def _place(record: Record, realm: Realm) -> Place | None:
    recipient = string(record, "recipient")
    kind, id = realm.recipients.get(recipient, ("", ""))
    if kind == STREAM:
        topic = one_line(first(record, "subject", "topic_name")) or "(no topic)"
        return Place(channel=f"{realm.key}/{id}", name=realm.streams.get(id) or f"stream {id}", topic=topic)
    if kind == PERSONAL:
        return _direct(realm, {string(record, "sender"), id})
    return _direct(realm, realm.groups.get(recipient, ())) if kind == GROUP else None


def _direct(realm: Realm, people: Iterable[str]) -> Place:
    ids = sorted(set(people), key=lambda id: (len(id), id))
    names = sorted(realm.members[id].name if id in realm.members else id for id in ids)
    return Place(channel=f"{realm.key}/direct/{'-'.join(ids)}", name=", ".join(names), sign="")


def _message(record: Record, realm: Realm) -> ChatMessage | None:
    id, time = string(record, "id"), moment(first(record, "date_sent", "pub_date"))
    sender = string(record, "sender")
    if not id or time is None:
        return None
    member = realm.members.get(sender, Member(name=sender))
    identity = Identity(
        system="zulip",
        id=f"{realm.key}/{sender}",
        name=shown(member.name),
        email=member.email,
        active=member.active,
    )
    text = string(record, "content")
    return ChatMessage(
        id=id,
        time=time,
        author=member.name,
        identity=identity if sender in realm.members and not member.bot else None,
        text=_plain(text),
        edited=moment(string(record, "last_edit_time")),
    )


def _plain(text: str) -> str:
    """Mentions and files by their names."""
    text = UPLOAD.sub(lambda match: match[1] or "file", text)
    return STREAM_LINK.sub(r"#\1", MENTION.sub(r"@\1", text))
