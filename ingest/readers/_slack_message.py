"""One record of a Slack export as a message, or nothing: joins, topics, deleted ones and bare reactions say no word."""

import re
from dataclasses import dataclass, field

from ingest.readers._chat import ChatMessage, moment, shown
from ingest.readers._loose import Record, dig, first, records, string
from ingest.readers._slack_markup import Names, blocks_text, plain, with_blocks
from rag.domain.records import Identity

TS = re.compile(r"([0-9]{8,11})(?:\.([0-9]{1,6}))?")
NOISE = frozenset({
    "bot_add", "bot_remove", "bot_enable", "bot_disable", "tombstone", "message_deleted", "pinned_item",
    "unpinned_item", "reminder_add", "reminder_delete", "slackbot_response", "sh_room_created", "sh_room_shared",
    "huddle_thread", "ekm_access_denied", "joiner_notification", "joiner_notification_for_inviter",
    "app_conversation_join", "app_conversation_leave", "assistant_app_thread", "tabbed_canvas_updated",
    "workflow_bot_add", "bot_profile_updated",
})  # fmt: skip
NOISY = ("channel_", "group_", "im_", "mpim_")  # ... joined, left, named, archived


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    email: str = ""
    full_name: str = ""
    active: bool = True
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What is said of people and channels beside the messages. `address` is empty where it is not known."""

    members: dict[str, Member] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    address: str = ""  # https://acme.slack.com


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message and the thread it stands in: `thread` is empty for one that stands in none, as far as it knows."""

    message: ChatMessage
    thread: str
    file: str


def stamp(value: object) -> str:
    """A time stamp as Slack's ids have it, six digits behind the dot; empty for what is none."""
    found = TS.fullmatch(string({"_": value}, "_"))
    return f"{found[1]}.{found[2] or '':0<6}" if found else ""


def members_of(users: object) -> dict[str, Member]:
    found = {}
    for user in records({"_": users}, "_"):
        name = shown_name(user.get("profile")) or first(user, "real_name", "name")
        if id := string(user, "id"):
            bot = user.get("is_bot") is True or id == "USLACKBOT"
            found[id] = Member(
                name=name or id,
                email=string(user, "profile", "email"),
                full_name=first(user.get("profile"), "real_name") or first(user, "real_name"),
                active=user.get("deleted") is not True,
                bot=bot,
            )
    return found


def shown_name(profile: object) -> str:
    return first(profile, "display_name", "real_name", "name")


def is_noise(record: Record) -> bool:
    kind = string(record, "subtype")
    return kind in NOISE or kind.startswith(NOISY)


def said(record: Record, workspace: Workspace, channel: str, file: str) -> Said | None:
    """None when it has no time stamp. `channel` is its id, empty where it is not known."""
    if string(record, "subtype") == "message_changed" and isinstance(record.get("message"), dict):
        return said(_changed(record), workspace, channel, file)
    ts = stamp(record.get("ts"))
    time = moment(ts)
    if time is None:
        return None
    thread = stamp(record.get("thread_ts"))
    author, identity = _author(record, workspace)
    names = tuple(first(file, "name", "title") for file in records(record, "files"))
    message = ChatMessage(
        id=ts,
        time=time,
        author=author,
        identity=identity,
        text=_text(record, workspace.names),
        url=_link(workspace.address, channel, ts, thread),
        attachments=tuple(filter(None, names)),
        edited=moment(stamp(dig(record, "edited", "ts"))),
        reply_to=thread if thread != ts else "",
    )
    return Said(message=message, thread=thread, file=file)


def _changed(record: Record) -> Record:
    inner = record["message"]
    return {**inner, "subtype": ""} if isinstance(inner, dict) else {}


def _author(record: Record, workspace: Workspace) -> tuple[str, Identity | None]:
    id = string(record, "user")
    member = workspace.members.get(id)
    told = shown_name(record.get("user_profile"))
    name = member.name if member else told
    if id and string(record, "subtype") != "bot_message" and not (member and member.bot):
        return name or id, _identity(id, name or id, member)
    bot = first(record, "username") or string(record, "bot_profile", "name") or name
    return bot or first(record, "bot_id") or id, None


def _identity(id: str, name: str, member: Member | None) -> Identity:
    if member is None:
        return Identity(system="slack", id=id, name=shown(name))
    full = shown(member.full_name) if member.full_name and member.full_name != name else ""
    return Identity(system="slack", id=id, name=shown(name), email=member.email, full_name=full, active=member.active)


def _text(record: Record, names: Names) -> str:
    text = with_blocks(string(record, "text"), record.get("blocks"), names)
    parts = [text, *(_attachment(item, names) for item in records(record, "attachments"))]
    return "\n\n".join(part for part in parts if part.strip())


def _attachment(item: Record, names: Names) -> str:
    """What an app says in one (an alert), or the message that was passed on; previews of links are left out."""
    passed_on = item.get("is_share") is True or item.get("is_msg_unfurl") is True
    if string(item, "from_url") and not passed_on:
        return ""
    told = [plain(string(item, key), names) for key in ("pretext", "title", "text")]
    told += [f"{first(row, 'title')}: {plain(string(row, 'value'), names)}" for row in records(item, "fields")]
    if blocks := blocks_text(item.get("blocks"), names):
        told = [blocks]
    text = "\n".join(part for part in told if part.strip()) or plain(string(item, "fallback"), names)
    if not passed_on:
        return text
    author = first(item, "author_name", "author_subname")
    return "\n".join(f"> {line}" for line in (f"{author}: {text}" if author else text).split("\n"))


def _link(address: str, channel: str, ts: str, thread: str) -> str:
    if not address or not channel:
        return ""
    within = f"?thread_ts={thread}&cid={channel}" if thread and thread != ts else ""
    return f"{address}/archives/{channel}/p{ts.replace('.', '')}{within}"
