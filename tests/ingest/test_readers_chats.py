"""Readers of chats: one document a thread, each message once under its author and time, whatever the export holds."""

import copy
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import find_reader
from ingest.readers._chat import ChatMessage, iso, moment, render, slice_of
from ingest.readers._message_html import words_of
from ingest.readers._slack_markup import Names, plain, with_blocks
from ingest.readers.base import Limits, look_at
from ingest.readers.slack import claims_slack
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Thread
from rag.domain.sentences import sentences
from rag.domain.types import Message, Parsed

DATA = Path(__file__).parents[1] / "data" / "chats"
LIMITS = Limits()
HELP = Thread(key="slack:C1/1.000000", channel="slack:C1", name="help")
NOON = datetime(2026, 5, 18, 12, tzinfo=UTC)
Pack = Callable[[str], Path]


def read(path: Path, reader: str = "") -> list[Parsed]:
    candidate = look_at(path, path.name)
    found = find_reader(candidate)
    assert found is not None
    assert not reader or found.name == reader
    parts = list(found.read(candidate, LIMITS))
    for parsed in parts:
        assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed
    return parts


def by_part(parts: Iterable[Parsed]) -> dict[str, Parsed]:
    return {parsed.part: parsed for parsed in parts}


def slices(parsed: Parsed) -> dict[str, str]:
    """{message id: its slice}."""
    ends = [*(mark.at for mark in parsed.marks), len(parsed.text)]
    return {
        mark.locator.id: parsed.text[start:end]
        for mark, (start, end) in zip(parsed.marks, pairwise(ends), strict=True)
        if isinstance(mark.locator, Message)
    }


def all_slices(parts: Iterable[Parsed]) -> dict[tuple[str, str], str]:
    return {(parsed.part, id): text for parsed in parts for id, text in slices(parsed).items()}


def said(id: str, text: str, minutes: int = 0, **more: object) -> ChatMessage:
    fields: dict[str, object] = {"author": "Ada", **more}
    return ChatMessage(id=id, time=NOON + timedelta(minutes=minutes), text=text, **fields)  # type: ignore[arg-type]


# --- from messages to a document --------------------------------------------------------------------------------


def test_a_thread_is_the_slices_of_its_messages_in_the_order_of_time() -> None:
    ada = Identity(system="slack", id="U1", name="Ada")
    late = said("3", "Use bf16.\n\n\n\nIt works.", 5, attachments=("a.png", "b.csv"), author="Bob  \n Roe")
    parsed = render(HELP, [late, said("2", " Loss is NaN.\n", identity=ada, url="https://x.example/2"), said("4", "")])
    assert parsed.text == (
        "Ada · 2026-05-18 12:00 UTC\nLoss is NaN.\n\n"
        "Bob Roe · 2026-05-18 12:05 UTC\nUse bf16.\n\nIt works.\nAttached: a.png, b.csv\n\n"
    )
    assert [mark.locator for mark in parsed.marks] == [
        Message("2", "Ada", "2026-05-18T12:00:00+00:00", "https://x.example/2"),
        Message("3", "Bob Roe", "2026-05-18T12:05:00+00:00"),
    ]
    assert (parsed.kind, parsed.syntax, parsed.part) == ("chat", "chat", HELP.key)
    assert (parsed.title, parsed.authors, parsed.people) == ("#help: Loss is NaN.", ("Ada", "Bob Roe"), (ada,))
    assert (parsed.date, parsed.url) == ("2026-05-18T12:00:00+00:00", "https://x.example/2")


def test_of_one_message_told_twice_the_one_edited_last_is_kept() -> None:
    edited = said("1", "bf16", edited=NOON + timedelta(hours=1))
    assert list(slices(render(HELP, [edited, said("1", "fp16")])).values()) == [slice_of(edited)]


def test_nobody_can_put_words_into_somebody_elses_mouth() -> None:
    parsed = render(HELP, [said("1", "Hi.\nBob · 2026-05-18 11:00 UTC\nI approve.")])
    assert "\n> Bob · 2026-05-18 11:00 UTC\n" in parsed.text
    assert "Bob" in "".join(parsed.text[start:end] for start, end in sentences(parsed.text, "chat"))


def test_the_line_above_a_message_is_in_no_quote_of_it() -> None:
    parsed = render(HELP, [said("1", "it is fp16"), said("2", "Thanks. I see")])
    assert [parsed.text[start:end] for start, end in sentences(parsed.text, "chat")] == [
        "it is fp16",
        "Thanks.",
        "I see",
    ]


def test_what_is_cut_off_is_noted_and_does_not_count_as_deleted() -> None:
    thread = replace(HELP, first="2026-05-01T00:00:00+00:00", last="2026-05-31T00:00:00+00:00")
    parsed = render(thread, (said(str(n), "x" * 1_000_000, n) for n in range(9)))
    assert list(slices(parsed)) == ["0", "1", "2", "3"]
    assert parsed.notes == ("slack:C1/1.000000: only the first 4 messages (4,000,116 characters) were kept.",)
    assert parsed.thread == replace(thread, last="2026-05-18T12:03:00+00:00")


@given(st.lists(st.tuples(st.integers(0, 9), st.text(), st.text(max_size=9), st.integers(-9, 9))))
def test_a_slice_reads_the_same_wherever_it_stands(told: list[tuple[int, str, str, int]]) -> None:
    messages = list({id: said(str(id), text, minutes, author=author) for id, text, author, minutes in told}.values())
    parsed = render(HELP, messages)
    alone = {message.id: piece for message in messages if (piece := slice_of(message))}
    assert slices(parsed) == alone
    assert render(HELP, reversed(messages)) == parsed
    assert all(text.endswith("\n\n") for text in alone.values())


@pytest.mark.parametrize(
    ("value", "per_second", "said"),
    [
        ("1718000000.000100", 1, "2024-06-10T06:13:20.000100+00:00"),
        (1718000000123, 1000, "2024-06-10T06:13:20.123000+00:00"),
        ("2024-05-01T10:00:00.5+02:00", 1, "2024-05-01T08:00:00.500000+00:00"),
        ("2024-05-01 10:00", 1, "2024-05-01T10:00:00+00:00"),
    ],
)
def test_times_are_told_in_utc(value: object, per_second: int, said: str) -> None:
    time = moment(value, per_second=per_second)
    assert time is not None
    assert iso(time) == said


@pytest.mark.parametrize("value", [None, True, [], "", "soon", "9" * 16, float("nan"), 1e300, "2024-13-01", "1e5"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment(value) is None


# --- Slack --------------------------------------------------------------------------------------------------------

NAMES = Names(users={"U0ADA": "Ada"}, channels={"C0HELP": "help"})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<@U0ADA> <@U0BOB|bob> <@U0ZZZ>", "@Ada @bob @U0ZZZ"),
        ("<#C0HELP> <#C0OLD|old> <!here> <!subteam^S1|@gpu>", "#help #old @here @gpu"),
        ("<https://a.example/b|b> <https://a.example/b|the run>", "https://a.example/b the run (https://a.example/b)"),
        ("<mailto:a@b.example|a@b.example> <!date^1^{date}|18 May>", "a@b.example 18 May"),
        ("1 &lt; 2 &amp;&amp; x &gt; 0 and &amp;lt;", "1 < 2 && x > 0 and &lt;"),
        ("*bold* _it_ `code` <not a token>", "*bold* _it_ `code` <not a token>"),
        ("so ```a\nb``` yes ``` no", "so \n```\na\nb\n```\nyes ``` no"),
    ],
)
def test_slack_markup_is_read_as_it_is_shown(typed: str, read: str) -> None:
    assert plain(typed, NAMES) == read


def test_blocks_are_read_where_they_hold_more_than_the_text() -> None:
    more = [{"type": "section", "text": {"type": "mrkdwn", "text": "Deploy failed: node 7 is out of memory"}}]
    same = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}
    ]
    assert with_blocks("Deploy failed", more, NAMES) == "Deploy failed: node 7 is out of memory"
    assert with_blocks("See below", more, NAMES) == "See below\n\nDeploy failed: node 7 is out of memory"
    assert with_blocks("*x*", same, NAMES) == "*x*"


def test_a_slack_thread_is_one_document_over_all_its_days() -> None:
    thread = by_part(read(DATA / "slack", "slack"))["slack:C00000HELP/1779095700.000100"]
    assert thread.text == (
        "Ada Lovelace · 2026-05-18 09:15 UTC\nLoss is NaN at <step 40,000> & I do not know why, @Bob. See the run "
        "(https://example.org/run/7) or https://example.org/plain\nAttached: loss.png\n\n"
        "Bob · 2026-05-18 09:26 UTC\nWhich dtype? @here in #general\n\n"
        "Ada Lovelace · 2026-05-19 00:01 UTC\nIt was fp16:\n```\nscaler = None\nstep()\n```\nbf16 fixed it.\n\n"
    )
    assert thread.files == ("help/2026-05-18.json", "help/2026-05-19.json")
    assert thread.title.startswith("#help: Loss is NaN at <step 40,000>")
    assert thread.people == (
        Identity(system="slack", id="U0ADA", name="Ada Lovelace", email="ada@example.org", active=True),
        Identity(system="slack", id="U0BOB", name="Bob", full_name="Robert Roe", active=True),
    )
    links = [mark.locator.url for mark in thread.marks if isinstance(mark.locator, Message)]
    base = "https://acme.slack.com/archives/C00000HELP"
    assert links[:2] == [
        f"{base}/p1779095700000100",
        f"{base}/p1779096400000200?thread_ts=1779095700.000100&cid=C00000HELP",
    ]
    assert thread.thread == Thread(
        key="slack:C00000HELP/1779095700.000100",
        channel="slack:C00000HELP",
        name="help",
        first="2026-05-18T00:00:00+00:00",
        last="2026-05-19T00:03:30.000100+00:00",
        exported="2026-05-19T00:03:30.000100+00:00",
    )


def test_what_stands_in_no_slack_thread_is_a_document_a_day() -> None:
    parts = by_part(read(DATA / "slack"))
    assert sorted(parts) == [
        "slack:C00000HELP/1779095700.000100",
        "slack:C00000HELP/day/2026-05-18",
        "slack:C00000HELP/day/2026-05-19",
        "slack:C0GENERAL0/day/2026-05-18",
        "slack:D00000ADAB/day/2026-05-18",
    ]
    general = parts["slack:C0GENERAL0/day/2026-05-18"]
    assert general.title == "#general: 2026-05-18"
    assert general.authors == ("alerts", "Ada Lovelace", "Bob")
    assert "GPU node down\nnode-7\nECC error\nSeverity: high" in general.text
    assert "preview of a link" not in general.text
    assert parts["slack:D00000ADAB/day/2026-05-18"].title == "Ada Lovelace, Bob: 2026-05-18"
    assert parts["slack:C00000HELP/day/2026-05-18"].authors == ("Nia New",)  # known by her messages alone


def test_joins_deleted_messages_and_buttons_are_no_text_and_rich_text_is() -> None:
    text = "".join(parsed.text for parsed in read(DATA / "slack"))
    assert not any(word in text for word in ("has joined", "was deleted", "Open", "Attached: \n"))
    assert "*Which dtype next?*\n:one: bf16 asked for by @Ada Lovelace" in text
    assert (
        "Two things, *both* by @Ada Lovelace\n1. lower the rate\n2. read this (https://example.org/a)\n"
        "```\nlr = 1e-4\n```\n> never again"
    ) in text


def write(folder: Path, files: Mapping[str, object]) -> Path:
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
    return folder


def files_of(folder: Path) -> dict[str, object]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in paths}


def test_a_slack_export_without_lists_is_read_under_what_it_does_say(tmp_path: Path) -> None:
    message = {"type": "message", "ts": "1779062400.1", "user": "U1", "text": "Hello <@U1> there."}
    parts = by_part(read(write(tmp_path, {"help/2026-05-18.json": [message]}), "slack"))
    assert list(parts) == ["slack:#help/day/2026-05-18"]
    assert parts["slack:#help/day/2026-05-18"].url == ""
    assert "U1 · 2026-05-18 00:00 UTC\nHello @U1 there." in parts["slack:#help/day/2026-05-18"].text


def test_parts_of_a_slack_export_say_the_same_of_a_message_as_the_whole(tmp_path: Path) -> None:
    whole = all_slices(read(DATA / "slack"))
    files = files_of(DATA / "slack")
    lists = {name: value for name, value in files.items() if "/" not in name}
    first = {name: value for name, value in files.items() if "2026-05-18" in name}
    second = {name: value for name, value in files.items() if "2026-05-19" in name}
    early = all_slices(read(write(tmp_path / "a", {**lists, **first})))
    late = all_slices(read(write(tmp_path / "b", {**lists, **second, "README.md": "# Of the second export"})))
    late.pop(("README.md", ""), None)
    assert early | late == whole
    assert set(early) & set(late) == set()


def test_a_renamed_channel_keeps_its_key(tmp_path: Path) -> None:
    files = {name.replace("help/", "ask/"): value for name, value in files_of(DATA / "slack").items()}
    renamed = json.loads(json.dumps(files).replace('"name": "help"', '"name": "ask"'))
    parts = by_part(read(write(tmp_path, renamed)))
    assert parts["slack:C00000HELP/day/2026-05-18"].title == "#ask: 2026-05-18"


def test_what_cannot_be_read_of_an_export_is_noted_and_the_rest_is_there(tmp_path: Path) -> None:
    files = files_of(DATA / "slack")
    entry = {"type": "message", "ts": "soon", "text": "x"}
    broken = {**files, "help/2026-05-20.json": "[{", "users.json": "nothing", "general/2026-05-19.json": [entry, 7]}
    parts = read(write(tmp_path, broken))
    notes = [note for parsed in parts for note in parsed.notes]
    assert len(parts) == 5
    assert any("help/2026-05-20.json is not valid JSON" in note for note in notes)
    assert any("users.json" in note for note in notes)
    assert "general/2026-05-19.json, 2 of its entries: no messages, left out" in notes


def test_what_is_missing_from_a_damaged_export_does_not_count_as_deleted(tmp_path: Path) -> None:
    slack = {**files_of(DATA / "slack"), "help/2026-05-19.json": "[{"}
    covered = {p.thread.name: p.thread.first for p in read(write(tmp_path / "a", slack)) if p.thread is not None}
    assert covered["help"] == ""
    assert covered["general"].startswith("2026-05-18")
    zulip = {**files_of(DATA / "zulip-export"), "messages-000002.json": "{"}
    threads = [parsed.thread for parsed in read(write(tmp_path / "b", zulip))]
    assert {(thread.first, thread.last) for thread in threads if thread is not None} == {("", "")}


def test_a_file_beside_a_slack_export_is_read_too(tmp_path: Path) -> None:
    parts = by_part(read(write(tmp_path, {**files_of(DATA / "slack"), "README.md": "# What this is\n"})))
    assert parts["README.md"].text == "# What this is\n"


def test_a_folder_of_diaries_is_no_slack_export(tmp_path: Path) -> None:
    diary = {"users.json": [], "log/2026-05-18.json": [{"ts": 1, "loss": 2}], "log/2026-05-19.json": "x"}
    assert not claims_slack(look_at(write(tmp_path / "a", diary), "a"))
    assert not claims_slack(look_at(DATA, "chats"))
    assert not claims_slack(look_at(DATA / "slack" / "help", "help"))


# --- Discord ------------------------------------------------------------------------------------------------------


def test_a_discord_thread_is_one_document() -> None:
    (thread,) = read(DATA / "discord" / "thread.json", "discord")
    assert thread.text == (
        "Ada Lovelace · 2026-05-18 23:59 UTC\nLoss is NaN, @Bob. :sad:\nAttached: loss.png\n\n"
        "Bob · 2026-05-19 00:02 UTC\nWhich dtype?\n\n"
        "CI · 2026-05-19 00:03 UTC\nBuild 7 failed\nout of memory\nStage: train\n\n"
    )
    assert (thread.part, thread.title) == ("discord:900000000000000020", "#help: NaN at step 40k")
    assert thread.url == "https://discord.com/channels/900000000000000001/900000000000000020/900000000000000020"
    assert [identity.name for identity in thread.people] == ["Ada Lovelace", "Bob"]  # and not the bot
    assert thread.thread is not None
    assert thread.thread.exported == "2026-05-20T08:00:00+00:00"


def test_a_discord_channel_is_a_document_a_day_of_utc() -> None:
    days = read(DATA / "discord" / "channel.json")
    assert [parsed.part for parsed in days] == [
        "discord:900000000000000010/day/2026-05-18",
        "discord:900000000000000010/day/2026-05-19",
    ]
    assert [parsed.title for parsed in days] == ["#help: 2026-05-18", "#help: 2026-05-19"]
    assert "preview of a link" not in days[0].text
    assert days[1].text == "Ada Lovelace · 2026-05-19 10:00 UTC\nThanks!\n\n> a word from elsewhere\n\n"
    covered = days[0].thread
    assert covered is not None
    assert (covered.first, covered.last) == ("2026-05-18T00:00:00+00:00", "2026-05-20T00:00:00+00:00")


def test_a_link_is_not_made_of_ids_that_are_none(tmp_path: Path) -> None:
    export = json.loads((DATA / "discord" / "thread.json").read_text())
    export["guild"]["id"] = "1"
    (thread,) = read(write(tmp_path, {"t.json": export}) / "t.json", "discord")
    assert thread.url == ""


def test_a_part_of_a_split_discord_export_covers_no_more_than_its_messages(tmp_path: Path) -> None:
    export = (DATA / "discord" / "channel.json").read_text()
    (day, _) = read(write(tmp_path, {"help [part 2].json": export}) / "help [part 2].json")
    assert day.thread is not None
    assert (day.thread.first, day.thread.last) == ("2026-05-18T07:00:00+00:00", "2026-05-19T10:00:00+00:00")


# --- Zulip --------------------------------------------------------------------------------------------------------


def test_a_topic_of_a_zulip_realm_is_one_document_resolved_or_not() -> None:
    parts = by_part(read(DATA / "zulip-export", "zulip"))
    topic = parts["zulip:acme-1500000000/7/nan loss"]
    assert topic.title == "#ml runs: NaN loss"
    assert topic.text == (
        "Ada Lovelace · 2026-05-18 09:15 UTC\nLoss is NaN at step 40,000.\n\n"
        "Bob · 2026-05-18 09:16 UTC\n@Ada Lovelace which dtype? See #ml runs>data and loss.png\n\n"
    )
    assert topic.notes == ("messages-000001.json, 1 of its entries: no messages, left out",)
    assert [identity.email for identity in topic.people] == ["ada@example.org", "bob@example.org"]
    assert parts["zulip:acme-1500000000/direct/11-12"].title == "Ada Lovelace, Bob: A word in private."
    assert parts["zulip:acme-1500000000/direct/11-12-13"].people == ()


def test_the_archive_of_zulip_is_read_with_topics_whose_files_look_hidden() -> None:
    parts = by_part(read(DATA / "zulip-archive", "zulip"))
    assert sorted(parts) == ["zulip:7-ml runs/data", "zulip:7-ml runs/nan loss."]
    topic = parts["zulip:7-ml runs/nan loss."]
    assert topic.text.startswith("Ada Lovelace · 2026-05-18 09:15 UTC\nLoss is NaN, @Bob. See the run (https://")
    assert "`opt.step()`:\n\n```\nlr = 1e-4\n" in topic.text
    assert "resolved" not in topic.text
    assert topic.files == ("7-ml-runs/.E2.9C.94.20NaN.20loss.2E.json",)


def test_html_of_a_message_is_read_without_what_it_hides() -> None:
    html = (
        '<p>a &lt; b</p><p hidden>secret</p><script>x()</script><pre>one\n  two</pre><code> </code><a href="/x">y</a>'
    )
    assert words_of(html, "m", LIMITS) == "a < b\n\n```\none\n  two\n```\n\ny"
    assert words_of("plain words", "m", LIMITS) == "plain words"


# --- whatever stands in the files -----------------------------------------------------------------------------------

JUNK: tuple[object, ...] = (
    None, True, -1, 1e308, 10**30, "", "\ud800\x00", "<@U0ADA|" * 50, "9999999999.999999", [], {}, [[]], [None, 1],
    {"id": []}, "2026-05-18", "`" * 7,
)  # fmt: skip


def spoiled(value: object, luck: random.Random) -> object:
    """A few places in it hold something else, or nothing."""
    value = copy.deepcopy(value)
    places = list(places_in(value))
    for holder, key in luck.sample(places, min(len(places), luck.choice((1, 3, 12)))):
        holder[key] = copy.deepcopy(luck.choice(JUNK))
    return value


def places_in(value: object) -> Iterator[tuple[dict[object, object], object]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key  # type: ignore[misc]
        yield from places_in(value[key])  # type: ignore[index]


@pytest.mark.parametrize("name", ["slack", "discord", "zulip-export", "zulip-archive"])
def test_spoiled_exports_are_read_as_far_as_they_go(name: str, tmp_path: Path) -> None:
    luck = random.Random(name)
    files = files_of(DATA / name)
    reader = find_reader(look_at(DATA / name / ("channel.json" if name == "discord" else ""), "channel.json"))
    assert reader is not None
    read_some = 0
    for n in range(24):
        folder = write(tmp_path / str(n), {path: spoiled(value, luck) for path, value in files.items()})
        candidate = look_at(folder / "channel.json" if name == "discord" else folder, "channel.json")
        try:
            parts = list(reader.read(candidate, LIMITS))
        except UnreadableSource:
            continue
        read_some += 1
        for parsed in parts:
            assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed
            assert parsed.text.encode()
            assert "".join(slices(parsed).values()) == parsed.text
    assert read_some > 3


# --- real ones ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_slack_pack_is_read_whole(pack: Pack) -> None:
    folder = pack("chat-slack-olake")
    parts = [parsed for parsed in read(folder, "slack") if parsed.kind == "chat"]
    raw = [
        (path.parent.name, message)
        for path in folder.glob("*/*.json")
        for message in json.loads(path.read_text())
        if message.get("subtype") not in ("bot_add", "bot_remove")
    ]
    assert {(parsed.thread.name, id) for parsed in parts if parsed.thread for id in slices(parsed)} == {
        (channel, message["ts"]) for channel, message in raw
    }
    assert sum("/day/" not in parsed.part for parsed in parts) == 37
    texts = [" ".join(parsed.text.split()) for parsed in parts]
    quotes = [
        " ".join(evidence["quote"].split())
        for line in (folder / "questions.jsonl").read_text().splitlines()
        for evidence in json.loads(line)["evidence"]
    ]
    assert [quote for quote in quotes if not any(quote in text for text in texts)] == []


@pytest.mark.slow
def test_the_discord_pack_is_read_whole(pack: Pack) -> None:
    paths = sorted(pack("chat-discord-plugins").glob("json/*/*.json"))
    parts = [parsed for path in paths for parsed in read(path, "discord")]
    raw = [message for path in paths for message in json.loads(path.read_text())["messages"]]
    with_words = {message["id"] for message in raw if message["content"].strip() or message["attachments"]}
    assert len(parts) == len(paths) == 154
    assert {id for parsed in parts for id in slices(parsed)} == with_words
    assert len({identity.id for parsed in parts for identity in parsed.people}) == 269


@pytest.mark.slow
def test_the_zulip_pack_is_read_whole(pack: Pack) -> None:
    folder = pack("chat-zulip-sample") / "zulip_json"
    parts = read(folder, "zulip")
    paths = [path for path in folder.rglob("*") if path.suffix == ".json" and path.parent != folder]
    raw = [message for path in paths for message in json.loads(path.read_text())]
    people = [message for message in raw if not message["sender_full_name"].endswith(" Bot")]
    wordless = {str(message["id"]) for message in people if message["content"] == "<p><code> </code></p>"}
    assert (len(paths), len(raw), len(people)) == (50, 231, 222)
    assert {id for parsed in parts for id in slices(parsed)} == {str(message["id"]) for message in people} - wordless
