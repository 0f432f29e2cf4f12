"""Readers of Mattermost, Teams, Telegram and mailing lists: each message once, in its thread, under its author."""

import json
import random
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import find_reader
from ingest.readers.base import Limits, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed

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
