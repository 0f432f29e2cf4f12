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
