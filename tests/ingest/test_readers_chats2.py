"""Readers of Mattermost, Teams, Telegram and mailing lists: each message once, in its thread, under its author."""

import gzip
import json
import mailbox
import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.merging import exports_of, merge
from ingest.readers import find_reader
from ingest.readers._mail_words import own_words
from ingest.readers.base import Limits, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed, Source

LIMITS = Limits()
Json = dict[str, object]


def read(path: Path, reader: str) -> list[Parsed]:
    candidate = look_at(path, path.name)
    found = find_reader(candidate)
    assert found is not None
    assert found.name == reader
    parts = list(found.read(candidate, LIMITS))
    for parsed in parts:
        assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed
    return parts


def by_key(parts: Iterable[Parsed]) -> dict[str, Parsed]:
    return {parsed.part: parsed for parsed in parts}


def slices(parsed: Parsed) -> dict[str, str]:
    """{message id: its slice}."""
    ends = [*(mark.at for mark in parsed.marks), len(parsed.text)]
    return {
        mark.locator.id: parsed.text[start:end]
        for mark, (start, end) in zip(parsed.marks, pairwise(ends), strict=True)
        if isinstance(mark.locator, Message)
    }


def count(parts: Iterable[Parsed]) -> int:
    return sum(len(parsed.marks) for parsed in parts)


def spoiled(value: object, chance: random.Random) -> object:
    """The same with some of it replaced by what nobody expects."""
    if chance.random() < 0.08:
        return chance.choice([None, 7, -1, "", "x" * 40, [], {}, [[]], True, {"id": []}, "\ud800", 1e300])
    if isinstance(value, dict):
        return {key: spoiled(item, chance) for key, item in value.items()}
    return [spoiled(item, chance) for item in value] if isinstance(value, list) else value


# --- Mattermost ---------------------------------------------------------------------------------------------------

VERSION: Json = {"type": "version", "version": 1, "info": {"created": "2026-05-20T00:00:00.123456789Z"}}
NINE = 1_779_095_640_000  # 2026-05-18 09:14 UTC


def post(user: str, message: str, minute: int, **more: object) -> Json:
    told: Json = {"team": "lab", "channel": "train", "user": user, "message": message}
    return {"type": "post", "post": {**told, "create_at": NINE + minute * 60_000, **more}}


def reply(user: str, message: str, minute: int, **more: object) -> Json:
    return {"user": user, "message": message, "create_at": NINE + minute * 60_000, **more}


BULK: list[Json] = [
    VERSION,
    {"type": "team", "team": {"name": "lab", "display_name": "Lab"}},
    {"type": "channel", "channel": {"team": "lab", "name": "train", "display_name": "Training", "type": "O"}},
    {
        "type": "user",
        "user": {"username": "ada", "email": "ada@x.example", "first_name": "Ada", "last_name": "Lovelace"},
    },
    {"type": "user", "user": {"username": "bob", "nickname": "Bobby", "first_name": "Bob"}},
    post("ada", "ada joined the channel.", 0),
    post("ada", "bob", 0, type="system_add_to_channel"),
    post("ada", "Loss is NaN, @bob.", 1, replies=[reply("bob", "Use bf16.", 3, edit_at=NINE + 300_000)]),
    post("bob", "Lunch?", 2, attachments=[{"path": "2026/teams/noteam/menu.pdf"}], replies=None),
    {
        "type": "direct_post",
        "direct_post": {"channel_members": ["bob", "ada"], **reply("ada", "Thanks!", 4), "replies": []},
    },
    {"type": "emoji", "emoji": {"name": "tick", "image": "x.png"}},
]


def bulk(path: Path, lines: Iterable[object]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_a_mattermost_post_with_replies_is_a_thread_and_the_others_are_days(tmp_path: Path) -> None:
    parts = by_key(read(bulk(tmp_path / "import.jsonl", BULK), "mattermost"))
    root = f"{NINE + 60_000}-ada"
    assert list(parts) == [
        "mattermost:direct/ada,bob/day/2026-05-18",
        f"mattermost:lab/train/{root}",
        "mattermost:lab/train/day/2026-05-18",
    ]
    found = parts[f"mattermost:lab/train/{root}"]
    assert found.text == (
        "Ada Lovelace · 2026-05-18 09:15 UTC\nLoss is NaN, @Bobby.\n\nBobby · 2026-05-18 09:17 UTC\nUse bf16.\n\n"
    )
    assert found.title == "#Training: Loss is NaN, @Bobby."
    assert [(who.system, who.id, who.email) for who in found.people] == [
        ("mattermost", "ada", "ada@x.example"),
        ("mattermost", "bob", ""),
    ]
    assert parts["mattermost:lab/train/day/2026-05-18"].text.endswith("Lunch?\nAttached: menu.pdf\n\n")
    assert parts["mattermost:direct/ada,bob/day/2026-05-18"].title == "Ada Lovelace, Bobby: 2026-05-18"
    assert found.thread is not None
    assert (found.thread.first, found.thread.last) == ("2026-05-18T09:15:00+00:00", "2026-05-20T00:00:00.123456+00:00")


def test_every_mattermost_post_is_there_once_and_a_later_export_keeps_the_keys(tmp_path: Path) -> None:
    lines = [VERSION]
    for n in range(40):
        more = [reply("bob", f"reply {n} {m}", n * 1500 + m + 1) for m in range(n % 3)]
        lines.append(post("ada", f"post {n}", n * 1500, replies=more))
    all_of_it = by_key(read(bulk(tmp_path / "b.jsonl", lines), "mattermost"))
    half = by_key(read(bulk(tmp_path / "a.jsonl", lines[:20]), "mattermost"))
    assert count(all_of_it.values()) == 40 + 13 + 2 * 13
    assert sum("/day/" not in key for key in all_of_it) == 26
    assert half.keys() <= all_of_it.keys()
    assert all(slices(half[key]).items() <= slices(all_of_it[key]).items() for key in half)


def test_two_posts_in_one_millisecond_are_two(tmp_path: Path) -> None:
    parts = read(bulk(tmp_path / "a.jsonl", [VERSION, post("ada", "one", 1), post("ada", "two", 1)]), "mattermost")
    assert count(parts) == 2


def test_mattermost_lines_that_cannot_be_read_are_noted_and_nothing_counts_as_deleted(tmp_path: Path) -> None:
    path = bulk(tmp_path / "a.jsonl", [*BULK, {"type": "post", "post": 7}, {"type": "post", "post": {"user": "x"}}])
    path.write_bytes(path.read_bytes() + b'{"type": "post", "po\n\xff\xfe\n')
    first, *_ = parts = read(path, "mattermost")
    assert count(parts) == 4
    assert len(first.notes) == 3
    assert first.thread is not None
    assert first.thread.first == ""


def test_a_spoiled_mattermost_export_is_read_or_refused_in_words(tmp_path: Path) -> None:
    chance = random.Random(7)
    for n in range(40):
        lines = [VERSION, *(spoiled(line, chance) for line in BULK[1:])]
        path = bulk(tmp_path / f"{n}.jsonl", lines)
        with suppress(UnreadableSource):
            read(path, "mattermost")


# --- Telegram -----------------------------------------------------------------------------------------------------


def told(id: int, text: object, minute: int, who: int = 7, **more: object) -> Json:
    seconds = NINE // 1000 + minute * 60
    head: Json = {"id": id, "type": "message", "date": "2026-05-18T11:14:00", "date_unixtime": f"{seconds}"}
    return {**head, "from": f"User {who}", "from_id": f"user{who}", "text": text, **more}


def chat(messages: Iterable[object], **more: object) -> Json:
    head: Json = {"name": "Training", "type": "private_supergroup", "id": 1234567890}
    return {**head, **more, "messages": list(messages)}


def result(path: Path, export: object) -> Path:
    path.write_text(json.dumps(export, indent=1))
    return path


SAID: list[object] = [
    {"id": 1, "type": "service", "date_unixtime": f"{NINE // 1000}", "actor": "User 7", "action": "create_group"},
    told(2, "Loss is NaN.", 1, edited_unixtime=f"{NINE // 1000 + 99}"),
    told(
        3, ["Use ", {"type": "code", "text": "bf16"}, {"type": "pre", "text": "x = 1\n"}], 2, 8, reply_to_message_id=2
    ),
    told(4, "", 3, photo="photos/photo_1.jpg"),
    told(5, "", 4, file="(File not included. Change data exporting settings to download.)", file_name="run.log"),
    told(6, [{"type": "text_link", "text": "the log", "href": "https://x.example/log"}], 5, forwarded_from="Grace"),
    told(7, "Tomorrow.", 24 * 60),
]


def test_a_telegram_chat_is_a_document_a_day(tmp_path: Path) -> None:
    monday, tuesday = read(result(tmp_path / "result.json", chat(SAID)), "telegram")
    assert monday.text == (
        "User 7 · 2026-05-18 09:15 UTC\nLoss is NaN.\n\n"
        "User 8 · 2026-05-18 09:16 UTC\nUse `bf16`\n```\nx = 1\n```\n\n"
        "User 7 · 2026-05-18 09:17 UTC\nAttached: photo_1.jpg\n\n"
        "User 7 · 2026-05-18 09:18 UTC\nAttached: run.log\n\n"
        "User 7 · 2026-05-18 09:19 UTC\n> Grace:\n> the log (https://x.example/log)\n\n"
    )
    assert (monday.part, tuesday.part) == ("telegram:1234567890/day/2026-05-18", "telegram:1234567890/day/2026-05-19")
    assert (monday.title, monday.url) == ("#Training: 2026-05-18", "https://t.me/c/1234567890/2")
    assert [who.id for who in monday.people] == ["user7", "user8"]
    assert monday.thread is not None
    assert (monday.thread.first, monday.thread.last) == ("2026-05-18T09:15:00+00:00", "2026-05-19T09:14:00+00:00")


def test_the_chats_of_an_account_are_told_apart_and_groups_may_be_held_in_part(tmp_path: Path) -> None:
    bob = chat([told(2, "Hi", 1), told(3, "Hello", 2, 8)], name="User 8", type="personal_chat", id=8)
    chats = [chat(SAID), bob, chat([told(9, "Note", 1)], name=None, type="saved_messages", id=7)]
    about = "Here is the data you requested. Remember: ..."
    export = {"about": about, "personal_information": {"user_id": 7}, "chats": {"list": [*chats, 5, {"id": "x"}]}}
    parts = by_key(read(result(tmp_path / "result.json", export), "telegram"))
    assert sorted(parts) == [
        "telegram:1234567890/day/2026-05-18",
        "telegram:1234567890/day/2026-05-19",
        "telegram:7-7/day/2026-05-18",
        "telegram:7-8/day/2026-05-18",
    ]
    threads = {key: parsed.thread for key, parsed in parts.items() if parsed.thread}
    assert threads["telegram:1234567890/day/2026-05-18"].first == ""
    assert threads["telegram:7-8/day/2026-05-18"].first == "2026-05-18T09:15:00+00:00"
    alone = read(result(tmp_path / "alone.json", bob), "telegram")
    assert [parsed.part for parsed in alone] == ["telegram:7-8/day/2026-05-18"]


def test_every_telegram_message_is_there_once_and_overlapping_exports_share_their_keys(tmp_path: Path) -> None:
    messages = [told(n, f"message {n}", n * 60) for n in range(1, 201)]
    early = by_key(read(result(tmp_path / "a.json", chat(messages[:120])), "telegram"))
    late = by_key(read(result(tmp_path / "b.json", chat(messages[80:])), "telegram"))
    both = {id: text for part in (early, late) for parsed in part.values() for id, text in slices(parsed).items()}
    assert (count(early.values()), count(late.values()), len(both)) == (120, 120, 200)
    assert len(early.keys() | late.keys()) == 9
    assert len(early.keys() & late.keys()) == 3


def test_a_spoiled_telegram_export_is_read_or_refused_in_words(tmp_path: Path) -> None:
    chance = random.Random(7)
    for n in range(40):
        path = result(tmp_path / f"{n}.json", {**chat([]), "messages": [spoiled(entry, chance) for entry in SAID]})
        with suppress(UnreadableSource):
            read(path, "telegram")


# --- Teams --------------------------------------------------------------------------------------------------------

PLACE: Json = {"teamId": "T", "channelId": "19:abc@thread.tacv2"}


def message(n: int, html: str, who: str = "ada", more: Json | None = None, **also: object) -> Json:
    """Of minute `n`."""
    made = NINE + n * 60_000
    return {
        "id": f"{made}",
        "replyToId": None,
        "messageType": "message",
        "createdDateTime": f"2026-05-18T{9 + (14 + n) // 60:02}:{(14 + n) % 60:02}:00Z",
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "subject": None,
        "chatId": None,
        "webUrl": f"https://teams.microsoft.com/l/message/19%3Aabc/{made}",
        "channelIdentity": PLACE,
        "from": {"application": None, "user": {"id": f"id-{who}", "displayName": who.title()}},
        "body": {"contentType": "html", "content": html},
        "attachments": [],
        **(more or {}),
        **also,
    }


def answer(n: int, html: str, to: int, **more: object) -> Json:
    return message(n, html, "bob", {"replyToId": f"{NINE + to * 60_000}", **more})


def page(path: Path, entries: Iterable[object], **more: object) -> Path:
    path.write_text(json.dumps({"@odata.context": "https://x.example/$metadata#m", **more, "value": list(entries)}))
    return path


def capital(value: object) -> object:
    """As PowerShell writes it."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: capital(item) for key, item in value.items()}
    return [capital(item) for item in value] if isinstance(value, list) else value


TALK: list[Json] = [
    answer(3, "<p>Use <code>bf16</code>.</p>", 1, lastEditedDateTime="2026-05-18T09:20:00Z"),
    message(1, '<p>Loss is NaN, <at id="0">Bob</at> <emoji alt="👻" title="Ghost"></emoji></p>', subject="NaN at 40k"),
    message(2, "<systemEventMessage/>", more={"messageType": "systemEventMessage", "from": None}),
    message(4, "<p>Secret</p>", deletedDateTime="2026-05-18T10:00:00Z"),
    message(5, "<p>Lunch?</p>", attachments=[{"contentType": "reference", "name": "menu.pdf"}]),
]


def test_a_page_of_teams_is_threads_and_days(tmp_path: Path) -> None:
    parts = by_key(read(page(tmp_path / "page.json", TALK), "teams"))
    thread, day = f"teams:19:abc@thread.tacv2/{NINE + 60_000}", "teams:19:abc@thread.tacv2/day/2026-05-18"
    assert list(parts) == [thread, day]
    assert parts[thread].text == (
        "Ada · 2026-05-18 09:15 UTC\nLoss is NaN, @Bob 👻\n\nBob · 2026-05-18 09:17 UTC\nUse `bf16`.\n\n"
    )
    assert parts[thread].title.endswith(": NaN at 40k")
    assert parts[thread].url == f"https://teams.microsoft.com/l/message/19%3Aabc/{NINE + 60_000}"
    assert parts[day].text == "Ada · 2026-05-18 09:19 UTC\nLunch?\nAttached: menu.pdf\n\n"
    assert [(who.system, who.id) for who in parts[thread].people] == [("teams", "id-ada"), ("teams", "id-bob")]
    found = parts[thread].thread
    assert found is not None
    assert (found.first, found.last, found.exported) == ("", "", "2026-05-18T10:00:00+00:00")


def test_replies_may_stand_in_their_message_or_on_another_page(tmp_path: Path) -> None:
    root, *replies = message(1, "Loss is NaN"), answer(2, "bf16", 1), answer(3, "Lower the rate", 1)
    nested = read(page(tmp_path / "nested.json", [{**root, "replies": replies}]), "teams")
    folder = tmp_path / "pages"
    folder.mkdir()
    page(folder / "1.json", [replies[1], root], **{"@odata.nextLink": "https://x.example/2"})
    page(folder / "2.json", [replies[0], root])
    page(folder / "channels.json", [{"id": PLACE["channelId"], "displayName": "training"}])
    paged = [parsed for parsed in read(folder, "teams") if parsed.thread]
    assert [(parsed.text, parsed.part) for parsed in paged] == [(parsed.text, parsed.part) for parsed in nested]
    assert count(nested) == 3
    assert paged[0].title == "#training: Loss is NaN"
    assert paged[0].files == ("1.json", "2.json") or paged[0].files == ("2.json", "1.json")


def test_what_another_page_says_is_deleted_is_left_out(tmp_path: Path) -> None:
    gone = message(1, "Secret", deletedDateTime="2026-05-19T10:00:00Z")
    page(tmp_path / "1.json", [gone])
    page(tmp_path / "2.json", [message(1, "Secret"), message(2, "Hello")])
    assert "Secret" not in "".join(parsed.text for parsed in read(tmp_path, "teams"))


def test_chats_are_days(tmp_path: Path) -> None:
    chat_id: Json = {"chatId": "19:ada_bob@unq.gbl.spaces", "channelIdentity": None}
    talk = [message(1, "Hi", more=chat_id), message(2, "Hello", "bob", chat_id)]
    (parsed,) = read(page(tmp_path / "chat.json", talk), "teams")
    assert (parsed.part, parsed.title) == ("teams:19:ada_bob@unq.gbl.spaces/day/2026-05-18", "Ada, Bob: 2026-05-18")


def test_the_dump_of_powershell_names_its_channels_and_says_what_it_holds(tmp_path: Path) -> None:
    for folder in ("users/id-ada", "teams/T"):
        (tmp_path / folder).mkdir(parents=True)
    user = {"Id": "id-ada", "DisplayName": "Ada Lovelace", "Mail": "ada@x.example"}
    files: dict[str, object] = {
        "users/usersList.json": [user],
        "teams/teamsList.json": [{"GroupsId": "T", "Name": "Lab"}],
        "teams/T/channels_T.json": {"Id": PLACE["channelId"], "DisplayName": "General"},
        "teams/T/messages_T.json": capital(TALK),
        "users/id-ada/messages_id-ada.json": capital([message(9, "Hi", chatId="19:c@thread.v2", channelIdentity=None)]),
    }
    for name, value in files.items():
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-16" if "messages_T" in name else "utf-8")
    (tmp_path / "README.md").write_text("# How this was made\n")
    parts = by_key(read(tmp_path, "teams"))
    assert sorted(parts) == [
        "README.md",
        f"teams:19:abc@thread.tacv2/{NINE + 60_000}",
        "teams:19:abc@thread.tacv2/day/2026-05-18",
        "teams:19:c@thread.v2/day/2026-05-18",
    ]
    found = parts[f"teams:19:abc@thread.tacv2/{NINE + 60_000}"]
    assert found.title == "#Lab/General: NaN at 40k"
    assert found.people[0].email == "ada@x.example"
    assert found.files == ("teams/T/messages_T.json",)
    assert found.thread is not None
    assert (found.thread.first, found.thread.last) == ("2026-05-18T09:15:00+00:00", "2026-05-18T09:19:00+00:00")


def test_every_teams_message_is_there_once(tmp_path: Path) -> None:
    roots = [message(n * 3, f"root {n}") for n in range(60)]
    replies = [answer(n * 3 + m, f"reply {n} {m}", n * 3) for n in range(0, 60, 2) for m in (1, 2)]
    everything: list[object] = [*roots, *replies]
    random.Random(7).shuffle(everything)
    parts = by_key(read(page(tmp_path / "all.json", everything), "teams"))
    part = by_key(read(page(tmp_path / "some.json", [*roots[:20], *replies[:40]]), "teams"))
    assert count(parts.values()) == 120
    assert sum("/day/" not in key for key in parts) == 30
    assert part.keys() <= parts.keys()


def test_a_spoiled_page_of_teams_is_read_or_refused_in_words(tmp_path: Path) -> None:
    chance = random.Random(7)
    for n in range(40):
        entries = [*(spoiled(entry, chance) for entry in TALK), {**message(1, "x"), "id": ""}]
        with suppress(UnreadableSource):
            read(page(tmp_path / f"{n}.json", [entries[-1], *entries]), "teams")


# --- mailing lists ------------------------------------------------------------------------------------------------

LIST = "Developers <dev.x.example>"
MINUTE = timedelta(minutes=1)


def mail(n: int, subject: str, text: str, *above: int, **heads: str) -> EmailMessage:
    """The mail of minute `n`, which answers the mails `above`."""
    made = EmailMessage()
    named = {"From": "Ada Lovelace <Ada@x.example>", "Subject": subject, "Message-ID": f"<{n}@x.example>", **heads}
    for key, value in named.items():
        made[key.replace("_", "-")] = value
    made["Date"] = format_datetime(datetime(2026, 5, 18, 11, 14, tzinfo=timezone(timedelta(hours=2))) + n * MINUTE)
    if above:
        made["In-Reply-To"] = f"<{above[-1]}@x.example>"
        made["References"] = " ".join(f"<{id}@x.example>" for id in above)
    made.set_content(text)
    return made


def box(path: Path, mails: Iterable[EmailMessage]) -> Path:
    made = mailbox.mbox(path)
    for one in mails:
        made.add(one)
    made.close()
    return path


def test_a_thread_of_a_list_holds_what_each_has_written_and_not_what_they_quote(tmp_path: Path) -> None:
    first = mail(
        1,
        "[dev] NaN at 40k",
        "The loss is NaN.\nFrom here on nothing helps.\n-- \nAda, Analytical Engines",
        List_Id=LIST,
    )
    second = mail(
        2,
        "Re: [dev] NaN at 40k",
        "On Monday, 18 May 2026,\nAda Lovelace wrote:\n\n> The loss is NaN.\n> > deeper\n\nUse bf16.\n\n"
        "_______________________________________________\ndev mailing list\nhttps://x.example/mailman/listinfo/dev\n",
        1,
        From="Bob <bob@x.example>",
        Archived_At="<https://lists.x.example/m/2>",
    )
    second.add_attachment(b"x", maintype="image", subtype="png", filename="loss.png")
    (parsed,) = read(box(tmp_path / "dev.mbox", [second, first]), "mbox")
    assert parsed.text == (
        "Ada Lovelace · 2026-05-18 09:15 UTC\nThe loss is NaN.\nFrom here on nothing helps.\n\n"
        "Bob · 2026-05-18 09:16 UTC\nUse bf16.\nAttached: loss.png\n\n"
    )
    assert (parsed.part, parsed.kind) == ("mail:dev.x.example/1@x.example", "mail")
    assert parsed.title == "[dev] NaN at 40k"
    assert [(who.system, who.id, who.name) for who in parsed.people] == [
        ("mail", "ada@x.example", "Ada Lovelace"),
        ("mail", "bob@x.example", "Bob"),
    ]
    assert parsed.marks[1].locator == Message(
        "2@x.example", "Bob", "2026-05-18T09:16:00+00:00", "https://lists.x.example/m/2"
    )


def test_replies_that_name_no_mail_join_the_thread_of_their_subject(tmp_path: Path) -> None:
    mails = [mail(1, "Loss", "one"), mail(2, "Loss", "two"), mail(3, "RE: Loss", "three"), mail(4, "Re: Other", "four")]
    parts = by_key(read(box(tmp_path / "dev.mbox", mails), "mbox"))
    assert {key.rpartition("/")[2]: list(slices(parsed)) for key, parsed in parts.items()} == {
        "1@x.example": ["1@x.example"],
        "2@x.example": ["2@x.example", "3@x.example"],
        "4@x.example": ["4@x.example"],
    }


def test_a_quote_from_elsewhere_stays_and_html_gives_its_words(tmp_path: Path) -> None:
    quoting = mail(1, "Fwd: the paper", "> We train in bf16.\n\nWorth a look.", 99)
    web = mail(2, "Re: web", "x", 1)
    web.set_content("<p>Use <code>bf16</code>.</p><p>Ada wrote:</p><blockquote>Which?</blockquote>", subtype="html")
    strange = mail(3, "Strange", "x")
    strange.set_payload(b"caf\xe9 and more")
    strange.set_param("charset", "klingon")
    told = "".join(parsed.text for parsed in read(box(tmp_path / "dev.mbox", [quoting, web, strange]), "mbox"))
    assert "> We train in bf16.\n\nWorth a look." in told
    assert "UTC\nUse `bf16`.\n\n" in told
    assert "and more" in told
    assert "Which?" not in told


PIPERMAIL = b"""From ada at x.example  Mon May 18 09:15:00 2026
From: ada at x.example (Ada =?utf-8?q?L=C3=B6w?=)
Date: Mon, 18 May 2026 11:15:00 +0200
Subject: [Dev] NaN at 40k
Message-ID: <1@x.example>

The loss is NaN.

>From here on nothing helps.
-------------- next part --------------
A non-text attachment was scrubbed...
Name: loss.png
Type: image/png
Size: 12 bytes
Desc: not available
URL: <https://x.example/loss.png>

From bob at x.example  Mon May 18 09:16:00 2026
From: bob at x.example (Bob)
Date: nonsense
Subject: [Dev] NaN at 40k
In-Reply-To: <1@x.example>
Message-ID: <2@x.example>

Use bf16.

From the paper, 10:30 it was in 2026
and no header follows.

"""


@pytest.mark.parametrize("name", ["2026-May.txt", "2026-May.txt.gz"])
def test_the_text_archives_of_mailman_are_read_packed_or_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(PIPERMAIL) if name.endswith(".gz") else PIPERMAIL)
    (parsed,) = read(path, "mbox")
    assert parsed.text == (
        "Ada Löw · 2026-05-18 09:15 UTC\nThe loss is NaN.\n\nFrom here on nothing helps.\nAttached: loss.png\n\n"
        "Bob · 2026-05-18 09:16 UTC\nUse bf16.\n\nFrom the paper, 10:30 it was in 2026\nand no header follows.\n\n"
    )
    assert parsed.part == "mail:dev/1@x.example"
    assert [who.id for who in parsed.people] == ["ada@x.example", "bob@x.example"]


def test_every_mail_is_there_once_and_a_later_archive_keeps_the_keys(tmp_path: Path) -> None:
    mails = []
    for n in range(0, 90, 3):
        mails += [mail(n, f"Thread {n}", f"root {n}", List_Id=LIST), mail(n + 1, f"Re: Thread {n}", f"one {n}", n)]
        mails.append(mail(n + 2, f"Re: Thread {n}", f"two {n}", n, n + 1))
    whole = by_key(read(box(tmp_path / "a.mbox", mails), "mbox"))
    later = by_key(read(box(tmp_path / "b.mbox", mails[30:]), "mbox"))
    assert (len(whole), count(whole.values()), count(later.values())) == (30, 90, 60)
    assert later.keys() <= whole.keys()
    assert all(slices(later[key]).items() <= slices(whole[key]).items() for key in later)


def test_a_damaged_mbox_is_read_or_refused_in_words(tmp_path: Path) -> None:
    chance = random.Random(7)
    path = tmp_path / "dev.mbox"
    start = PIPERMAIL.index(b"\n", 60)
    for _ in range(30):
        data = bytearray(PIPERMAIL)
        for _ in range(40):
            data[chance.randrange(start, len(data))] = chance.choice(b'\0\xff\n<>@:;"(')
        path.write_bytes(bytes(data))
        with suppress(UnreadableSource):
            read(path, "mbox")
    packed = tmp_path / "x.txt.gz"
    packed.write_bytes(gzip.compress(PIPERMAIL)[:-20])
    with pytest.raises(UnreadableSource, match="damaged"):
        read(packed, "mbox")


@pytest.mark.parametrize(
    "date", ["Mon, 18 May 99999999999999999999 11:15:00 +0200", "Mon, 18 May 2026 11:15 +9999999999"]
)
def test_a_mail_of_an_impossible_date_keeps_its_words_and_its_box(tmp_path: Path, date: str) -> None:
    path = tmp_path / "dev.mbox"
    path.write_bytes(PIPERMAIL.replace(b"Mon, 18 May 2026 11:15:00 +0200", date.encode()))
    (parsed,) = read(path, "mbox")
    assert count([parsed]) == 2
    assert parsed.text.startswith("Ada Löw · 2026-05-18 09:15 UTC\nThe loss is NaN.")


@pytest.mark.slow
def test_a_mail_nested_without_end_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "dev.mbox"
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1200))
    path.write_bytes(PIPERMAIL.partition(b"\n")[0] + b"\n" + deep + b"\n\n" + PIPERMAIL)
    (parsed,) = read(path, "mbox")
    assert count([parsed]) == 2
    assert parsed.notes[0].startswith("mail 1 cannot be read")


def test_mails_that_name_each_other_in_a_circle_are_one_thread(tmp_path: Path) -> None:
    mails = [mail(1, "a", "one", 2, 3), mail(2, "b", "two", 3, 1), mail(3, "c", "three", 1, 2)]
    assert count(read(box(tmp_path / "dev.mbox", mails), "mbox")) == 3


def test_quotes_and_signatures_depend_on_the_mail_alone() -> None:
    quoted = "Yes.\n\n> Which dtype?\n\nbf16\n--\nBob"
    assert own_words(quoted, answers=True) == ("Yes.\n\n\nbf16", ())
    assert own_words(quoted, answers=False) == ("Yes.\n\n> Which dtype?\n\nbf16", ())
    outlook = "Fine.\n\n________________________________\nFrom: Ada <a@x.example>\nSent: Monday\n\nThe loss"
    assert own_words(outlook, answers=True) == ("Fine.", ())


# --- together -----------------------------------------------------------------------------------------------------

LAB = Source(id="lab", name="lab", root="lab", space="lab")


def merged(*exports: tuple[Path, str]) -> dict[str, list[str]]:
    """{thread: ids of its messages} of all exports."""
    told = [
        export
        for path, reader in exports
        for export in exports_of(LAB, look_at(path, path.name), read(path, reader), "")
    ]
    channels = {export.channel: [one for one in told if one.channel == export.channel] for export in told}
    return {thread.key: [said.id for said in thread.messages] for same in channels.values() for thread in merge(same)}


def test_what_a_later_mattermost_export_no_longer_holds_is_gone(tmp_path: Path) -> None:
    old = bulk(tmp_path / "old.jsonl", [VERSION, *(post("ada", f"post {n}", n) for n in range(5))])
    later: Json = {**VERSION, "info": {"created": "2026-05-21T00:00:00Z"}}
    new = bulk(tmp_path / "new.jsonl", [later, *(post("ada", f"post {n}", n) for n in (1, 3, 4, 9))])
    (ids,) = merged((old, "mattermost"), (new, "mattermost")).values()
    assert [(int(id.partition("-")[0]) - NINE) // 60_000 for id in ids] == [0, 1, 3, 4, 9]


def test_archives_and_pages_only_add_to_each_other(tmp_path: Path) -> None:
    mails = [mail(n, "Loss", f"mail {n}", *range(n), List_Id=LIST) for n in range(6)]
    boxes = [(box(tmp_path / f"{n}.mbox", mails[n : n + 3]), "mbox") for n in (0, 3)]
    assert merged(*boxes) == {"mail:dev.x.example/0@x.example": [f"{n}@x.example" for n in range(6)]}
    first = page(tmp_path / "1.json", [message(1, "Loss is NaN")])
    second = page(tmp_path / "2.json", [answer(2, "bf16", 1), message(3, "Lunch?")])
    threads = merged((first, "teams"), (second, "teams"))
    assert sorted(map(len, threads.values())) == [1, 2]
