"""`result.json` of Telegram Desktop: one chat, or all chats of an account. A day of a chat is a document.

Days and not chains of replies, as with Discord: where a chain begins would depend on where an export begins.
Of direct chats and small groups each member has own ids of messages: exports by two members do not merge.
Unverified on real data.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, moment, shown
from ingest.readers._loose import Record, dig, first, load, records, string
from ingest.readers._posts import Notes, Post, Room, newest, spanned
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity
from rag.domain.types import Parsed

DIRECT = frozenset({"personal_chat", "bot_chat", "saved_messages"})
KINDS = rb"personal_chat|bot_chat|saved_messages|private_group|(?:private|public)_(?:supergroup|channel)"
KIND = re.compile(rb'"type"\s{0,9}:\s{0,9}"(?:' + KINDS + rb')"')
MESSAGES = re.compile(rb'"messages"\s{0,9}:\s{0,9}\[')
ACCOUNT = b"Here is the data you requested"
NUMBER = re.compile(r"-?[0-9]{1,20}")
LINKED = 9  # digits at least: real ids of groups and channels are not shorter
FENCE = "```"


def claims_telegram(candidate: Candidate) -> bool:
    head = candidate.head
    if candidate.suffix != ".json" or not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    return ACCOUNT in head or (KIND.search(head) is not None and MESSAGES.search(head) is not None)


def read_telegram(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    export = load(candidate.path, candidate.relative, limits)
    owner = string(export, "personal_information", "user_id")
    listed = [*records(export, "chats", "list"), *records(export, "left_chats", "list")]
    notes = Notes()
    rooms = [_chat(record, owner, notes) for record in listed]
    if isinstance(export, dict) and "messages" in export:
        rooms.append(_chat(export, owner, notes, alone=True))
    said = tuple(notes.said)
    found = False
    for room in rooms:
        for parsed in room.documents() if room else ():
            yield parsed if found else dataclasses.replace(parsed, notes=(*said, *parsed.notes))
            found = True
    if not found:
        raise UnreadableSource(
            f"{candidate.relative} holds no Telegram message with words.", fix="Export the chat again as JSON."
        )


def _chat(record: Record, owner: str, notes: Notes, *, alone: bool = False) -> Room | None:
    id, kind = string(record, "id"), string(record, "type")
    entries = record.get("messages")
    name = one_line(string(record, "name")) or ("Saved Messages" if kind == "saved_messages" else f"chat {id}")
    if not NUMBER.fullmatch(id) or not isinstance(entries, list):
        notes.add(f"{name[:80]}: no chat with an id and messages, left out")
        return None
    sign = "" if kind in DIRECT else "#"
    room = Room(key=f"telegram:{_key(id, kind, owner, entries)}", name=name, sign=sign)
    lost = _gather(room, entries, link=_link(id, kind))
    if lost:
        notes.add(f"{name[:80]}, {lost:,} of its entries: no messages, left out")
    room.exported = newest(room.posts)
    if not lost and (alone or kind in DIRECT):  # an account may have asked for its own messages only
        room.first, room.last = spanned(room.posts)
    return room


def _key(id: str, kind: str, owner: str, entries: Iterable[object]) -> str:
    """A direct chat is named by the other one: whose it is must be told too, or two people's chats would be one."""
    if kind not in DIRECT:
        return id
    senders = {string(entry, "from_id") for entry in entries} - {"", f"user{id}"}
    mine = owner or (min(senders).removeprefix("user") if len(senders) == 1 else "")
    return f"{mine}-{id}" if mine else id


def _link(id: str, kind: str) -> str:
    reachable = kind.endswith(("supergroup", "channel")) and id.isdigit() and len(id) >= LINKED
    return f"https://t.me/c/{id}/" if reachable else ""


def _gather(room: Room, entries: Iterable[object], *, link: str) -> int:
    """How many entries were no messages."""
    lost = 0
    for entry in entries:
        message = _message(entry, link) if isinstance(entry, dict) else None
        if message is not None:
            room.posts.append(Post(message=message))
        lost += message is None and string(entry, "type") != "service"
    return lost


def _message(entry: Record, link: str) -> ChatMessage | None:
    """None when it has no id or no time, and for what the service says."""
    id, who = string(entry, "id"), string(entry, "from_id")
    time = moment(string(entry, "date_unixtime")) or moment(string(entry, "date"))
    if not NUMBER.fullmatch(id) or time is None or string(entry, "type") not in ("message", ""):
        return None
    name = first(entry, "from", "author") or who
    person = who.startswith("user") and not string(entry, "via_bot")
    return ChatMessage(
        id=id,
        time=time,
        author=name,
        identity=Identity(system="telegram", id=who, name=shown(name)) if person else None,
        text="\n\n".join(filter(None, [_text(entry), _poll(entry)])),
        url=f"{link}{id}" if link and not id.startswith("-") else "",
        attachments=tuple(filter(None, [_file(entry, "file"), _file(entry, "photo")])),
        edited=moment(string(entry, "edited_unixtime")) or moment(string(entry, "edited")),
        reply_to=string(entry, "reply_to_message_id"),
    )


def _text(entry: Record) -> str:
    """What was passed on from elsewhere is a quote."""
    told = entry.get("text") or entry.get("text_entities")
    pieces = told if isinstance(told, list) else [told]
    text = "".join(map(_piece, pieces)).strip()
    source = one_line(string(entry, "forwarded_from"))
    if "forwarded_from" not in entry or not text:
        return text
    return "\n".join(f"> {line}" for line in [f"{source or 'somebody'}:", *text.split("\n")])


def _piece(piece: object) -> str:
    text = string({"text": piece} if isinstance(piece, str) else piece, "text")
    kind, address = string(piece, "type"), string(piece, "href")
    if not text.strip():
        return text
    if kind == "pre":
        return f"\n{FENCE}\n{text.strip(chr(10))}\n{FENCE}\n"
    if kind == "code":
        return f"`{text}`"
    if kind == "blockquote":
        return "\n" + "\n".join(f"> {line}" for line in text.strip("\n").split("\n")) + "\n"
    if kind == "text_link" and address.startswith(("https://", "http://")) and text not in address:
        return f"{text} ({address})"
    return text


def _poll(entry: Record) -> str:
    question = string(entry, "poll", "question")
    answers = (f"- {string(answer, 'text')} ({string(answer, 'voters') or '0'})" for answer in _answers(entry))
    return "\n".join([question, *answers]) if question.strip() else ""


def _answers(entry: Record) -> list[Record]:
    return [answer for answer in records(dig(entry, "poll"), "answers") if string(answer, "text").strip()]


def _file(entry: Record, key: str) -> str:
    """Its name. What was not exported stands there as a sentence in brackets."""
    path = string(entry, key)
    if not path or string(entry, "media_type") == "sticker":
        return ""
    named = string(entry, "file_name") if key == "file" else ""
    if named or path.startswith("("):
        return named or first(entry, "media_type") or key
    return path.replace("\\", "/").rpartition("/")[2]


READER: Reader = Reader(
    name="telegram", version=1, claims=claims_telegram, read=read_telegram, suffixes=frozenset({".json"})
)
