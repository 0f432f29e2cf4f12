"""IRC logs and transcripts of meetings: their layouts, what becomes a message, what is claimed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.readers import find_reader, irc, transcript
from ingest.readers.base import Limits, look_at
from ingest.readers.irc import parse
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed

SAMPLES = Path(__file__).parents[1] / "data" / "chats"
DAY = date(2026, 5, 18)

LAYOUTS = {  # the same talk: bob asks, comes back under another name, acts, and answers on the next day
    "irssi": """--- Log opened Mon May 18 23:57:01 2026
23:57 -!- bob [~bob@example.org] has joined #ml
23:58 <@bob> which seed?
23:58 -!- bob is now known as bob|away
23:59 -!- mode/#ml [+o ada] by ChanServ
23:59  * bob|away waits
--- Day changed Tue May 19 2026
00:01 < ada> seven
""",
    "ubuntu": """=== bob [~bob@example.org]  has joined #ml
[23:58] <bob> which seed?
=== bob is now known as bob|away
=== mode/#ml [+o ada]  by ChanServ
=== bob|away waits
[00:01] <ada> seven
""",
    "znc": """[23:57:00] *** Joins: bob (~bob@example.org)
[23:58:00] <bob> which seed?
[23:58:30] *** bob is now known as bob|away
[23:59:00] *** ChanServ sets mode: +o ada
[23:59:00] * bob|away waits
[00:01:00] <ada> seven
""",
    "weechat": """2026-05-18 23:57:00\t-->\tbob (~bob@example.org) has joined #ml
2026-05-18 23:58:00\tbob\twhich seed?
2026-05-18 23:58:30\t--\tbob is now known as bob|away
2026-05-18 23:59:00\t--\tMode #ml [+o ada] by ChanServ
2026-05-18 23:59:00\t *\tbob|away waits
2026-05-19 00:01:00\t@ada\tseven
""",
    "hexchat": """**** BEGIN LOGGING AT Mon May 18 23:57:00 2026

May 18 23:57:00 *\tbob (~bob@example.org) has joined #ml
May 18 23:58:00 <bob>\twhich seed?
May 18 23:58:30 *\tbob is now known as bob|away
May 18 23:59:00 *\tbob|away waits
May 19 00:01:00 <ada>\tseven
""",
    "iso": """2026-05-18T23:58:00Z <bob> which seed?
2026-05-18T23:58:30Z *** bob is now known as bob|away
2026-05-19T01:59:00+02:00 * bob|away waits
2026-05-19T00:01:00Z <ada> seven
""",
    "channel first": """ml 2026-05-18 [23:58:00] <bob> which seed?
ml 2026-05-18 === bob is now known as bob|away
ml 2026-05-18 [23:59:00] * bob|away waits
ml 2026-05-19 [00:01:00] <ada> seven
""",
    "twelve hours": """[11:58 PM] <bob> which seed?
[11:58 PM] *** bob is now known as bob|away
[11:59 PM] * bob|away waits
[12:01 AM] <ada> seven
""",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_who_spoke_when_under_which_name(layout: str) -> None:
    log = parse(LAYOUTS[layout], DAY)
    said = [(f"{entry.time:%d %H:%M}", entry.author, entry.person, entry.text) for entry in log]
    waited = "18 23:58" if layout == "ubuntu" else "18 23:59"  # its actions have no time of their own
    assert said == [
        ("18 23:58", "bob", "bob", "which seed?"),
        (waited, "bob|away", "bob", "* bob|away waits"),
        ("19 00:01", "ada", "ada", "seven"),
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_claimed(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "ml.log"
    path.write_text(LAYOUTS[layout])
    assert find_reader(look_at(path, "ml.log")) is irc.READER


@pytest.mark.parametrize(
    "text",
    [
        "[12:18] starting worker 1\n[12:18] starting worker 2\n[12:19] <main> ready\n[12:20] done\n[12:21] exit\n",
        "2026-05-18 23:57:00 INFO trainer: step 1\n2026-05-18 23:58:00 INFO trainer: step 2\n" * 5,
        "2026-05-18 23:57:00\t0.31\t0.7\n2026-05-18 23:58:00\t0.30\t0.7\n" * 5,
        "<html>\n<body>\n<p> hello\n<p> you\n",
        "=== Results ===\n\n* one thing\n* another thing\n--- end\n=== More ===\n* a third\n",
        "09:00 standup\n09:30 review\n12:00 lunch\n13:00 planning\n",
    ],
)
def test_what_only_looks_like_a_log_stays_plain_text(text: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    assert find_reader(look_at(path, "notes.txt")) not in (irc.READER, transcript.READER)


def read(path: Path, name: str = "") -> list[Parsed]:
    return list(irc.read_irc(look_at(path, name or path.name), Limits()))


def sample() -> list[Parsed]:
    return read(SAMPLES / "#training.2026-05-18.log")


def test_two_conversations_at_once_are_two_documents() -> None:
    loss, disk, *other = sample()
    assert "NaN" in loss.text
    assert "runbook" in loss.text
    assert "tokenizer" not in loss.text
    assert disk.text.startswith("grace · 2026-05-18 09:14 UTC\nis the new tokenizer")
    assert disk.authors == ("grace", "linus")
    assert ["good night" in other[0].text, "morning" in other[1].text] == [True, True]


def test_what_stands_alone_is_gathered_a_document_a_day(tmp_path: Path) -> None:
    path = tmp_path / "#ml.2026-05-18.log"
    path.write_text("[09:00] <ada> hi all\n[18:30] <bob> bye all\n[02:10] <eve> is it late?\n")
    gathered = [(parsed.part, parsed.title) for parsed in read(path)]
    assert gathered == [
        ("irc:#ml/day/2026-05-18", "#ml: other messages of 2026-05-18"),
        ("irc:#ml/day/2026-05-19", "#ml: other messages of 2026-05-19"),
    ]


def test_a_change_of_name_leaves_the_person_as_it_is() -> None:
    people = {identity.name: identity.id for parsed in sample() for identity in parsed.people}
    assert people["ada"] == people["ada_lovelace"] == "ada"


def test_a_message_has_the_same_id_in_a_log_that_begins_later(tmp_path: Path) -> None:
    whole = (SAMPLES / "#training.2026-05-18.log").read_text()
    path = tmp_path / "#training.2026-05-18.log"
    path.write_text(whole[whole.index("[09:15] <charles>") :])
    before, after = ids(sample()), ids(read(path))
    assert after < before
    assert len(after) == 8


def ids(parts: list[Parsed]) -> set[str]:
    return {mark.locator.id for parsed in parts for mark in parsed.marks if isinstance(mark.locator, Message)}


@pytest.mark.parametrize(
    "log",
    [
        "9999-12-31T23:59:59-1400 <ada> hi\n[23:00] <bo> x\n[01:00] <bo> y\n",
        "--- Log opened Fri Dec 31 23:00:00 9999\n23:00 <ada> x\n01:00 <bo> y\n",
        "0001-01-01T00:00:00+14:00 <ada> hi\n",
    ],
)
def test_a_day_at_the_end_of_time_is_none(log: str) -> None:
    assert {message.time.year for message in parse(log, DAY)} == {2026}


def test_the_same_words_twice_in_a_minute_are_two_messages() -> None:
    log = parse("[09:00] <ada> ping\n[09:00] <ada> ping\n[09:00] <bob> pong\n", DAY)
    messages = irc.messages(log)
    assert [message.text for message in sorted(messages, key=lambda message: message.time)] == ["ping", "ping", "pong"]
    assert len({message.id for message in messages}) == 3


def test_a_line_without_a_head_goes_on_with_the_message_above() -> None:
    log = parse("[09:00] <ada> Traceback:\n  File x\n\nValueError\n[09:01] <bob> ouch\n", DAY)
    assert [entry.text for entry in log] == ["Traceback:\nFile x\nValueError", "ouch"]


def test_a_log_that_counts_to_twelve_runs_on_after_noon() -> None:
    log = parse("[11:59] <ada> a\n[12:30] <ada> b\n[01:10] <ada> c\n[12:50] <ada> d\n[01:05] <ada> e\n", DAY)
    assert [f"{entry.time:%d %H:%M}" for entry in log] == ["18 11:59", "18 12:30", "18 13:10", "19 00:50", "19 01:05"]


def test_a_clock_that_is_set_back_a_little_does_not_make_a_new_day() -> None:
    log = parse("[09:05] <ada> a\n[09:03] <bob> b\n[09:06] <ada> c\n", DAY)
    assert {entry.time.day for entry in log} == {18}
    assert [entry.text for entry in sorted(log, key=lambda entry: entry.time)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("irc.libera.#ml.weechatlog", "libera/#ml"),
        ("logs/#ml-ops/2026-05-18.log", "#ml-ops"),
        ("#ml_20260518.log", "#ml"),
        ("2026-05-18.log", "#training"),  # as the line of a join says
    ],
)
def test_the_channel_is_told_by_the_path_or_by_who_joined(name: str, channel: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("09:00 -!- bob [~bob@example.org] has joined #training\n09:01 <bob> hi\n09:01 <ada> hi bob\n")
    assert {parsed.thread.channel for parsed in read(path, name) if parsed.thread} == {f"irc:{channel}"}


def test_a_log_in_which_nobody_speaks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "#ml.log"
    path.write_text("09:00 -!- bob [~bob@example.org] has joined #ml\n" * 4)
    with pytest.raises(UnreadableSource, match="nobody says a word"):
        read(path)


@pytest.mark.slow
def test_every_message_of_real_logs_is_in_one_document_once(pack: Callable[[str], Path]) -> None:
    """Counted apart: lines that begin with a time or `===`, but for comings, goings and changes of name or mode."""
    root = pack("chat-irc-ubuntu") / "logs"
    path = root / "test" / "2016-06-08_07.txt"
    lines = path.read_text(errors="replace").split("\n")
    spoken = [line for line in lines if line.startswith("[") and line.partition("> ")[2].strip()]
    acted = [line for line in lines if line[7:11].strip().startswith("*")]
    found = ids(read(path))
    assert len(found) == len({*spoken}) + len(acted) + (len(spoken) - len({*spoken}))
