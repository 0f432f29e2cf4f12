"""Transcripts of meetings: who says what, and how far into the recording."""

from pathlib import Path

import pytest

from ingest.readers import find_reader, transcript
from ingest.readers.base import Limits, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed

SAMPLES = Path(__file__).parents[1] / "data" / "chats"

PLAIN = """Weekly sync, 2026-05-18
Attendees: Ada, Bob

[00:00:12] Ada Lovelace: Hello.
[00:00:15] Bob: How is the run doing?
[00:00:19] Ada Lovelace: It diverged,
  and we stopped it.
[00:00:25] Bob: OK.
[00:00:26] Ada Lovelace: Let us lower the rate.
[01:00:29] Bob: Agreed.
"""
HEADED = "\n".join(f"{who}  0:{n:02}\nWords {n}.\n" for n in range(10, 16) for who in ("Ada Lovelace", "Bob"))


def read(path: Path, text: str) -> Parsed:
    path.write_text(text)
    candidate = look_at(path, path.name)
    assert find_reader(candidate) is transcript.READER
    (parsed,) = transcript.read_transcript(candidate, Limits())
    return parsed


def turns(parsed: Parsed) -> list[tuple[str, str, str]]:
    marks = [mark for mark in parsed.marks if isinstance(mark.locator, Message)]
    ends = [*(mark.at for mark in marks[1:]), len(parsed.text)]
    return [
        (mark.locator.time, mark.locator.author, parsed.text[mark.at : end].strip())
        for mark, end in zip(marks, ends, strict=True)
        if isinstance(mark.locator, Message)
    ]


def test_cues_of_one_speaker_become_one_turn_at_the_time_of_the_first(tmp_path: Path) -> None:
    parsed = read(tmp_path / "2026-05-18 sync.vtt", (SAMPLES / "sync.vtt").read_text())
    assert turns(parsed) == [
        (
            "00:00:01",
            "Ada Lovelace",
            "Ada Lovelace: The loss went to NaN. We lowered the rate & it holds.",
        ),
        ("00:01:06", "Charles Babbage", "Charles Babbage: Which rate?"),
        ("00:01:06", "Ada Lovelace", "Ada Lovelace: 1e-4."),
        ("01:00:10", "", "(laughter)"),
    ]
    assert (parsed.kind, parsed.title, parsed.date) == ("meeting", "Weekly sync", "2026-05-18")
    assert parsed.authors == ("Ada Lovelace", "Charles Babbage")


def test_subrip_names_stand_in_front_of_the_words(tmp_path: Path) -> None:
    cues = ["Ada: It broke.", "Note: be careful", "<i>Ada: we fixed it</i>", "Bob: good\nand now?", "Bob: hm"]
    text = "\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{cue}\n" for n, cue in enumerate(cues, 1))
    assert turns(read(tmp_path / "a.srt", text)) == [
        ("00:00:01", "Ada", "Ada: It broke."),
        ("00:00:02", "", "Note: be careful"),
        ("00:00:03", "Ada", "Ada: we fixed it"),
        ("00:00:04", "Bob", "Bob: good and now? hm"),
    ]


def test_plain_lines_that_begin_with_a_name_are_turns_and_what_stands_before_is_kept(tmp_path: Path) -> None:
    parsed = read(tmp_path / "sync.txt", PLAIN)
    assert parsed.text.startswith("Weekly sync, 2026-05-18\nAttendees: Ada, Bob\n\nAda Lovelace: Hello.")
    assert turns(parsed)[2] == ("00:00:19", "Ada Lovelace", "Ada Lovelace: It diverged, and we stopped it.")
    assert turns(parsed)[-1] == ("01:00:29", "Bob", "Bob: Agreed.")


def test_names_above_the_words_are_speakers(tmp_path: Path) -> None:
    assert turns(read(tmp_path / "a.txt", HEADED))[:2] == [
        ("00:00:10", "Ada Lovelace", "Ada Lovelace: Words 10."),
        ("00:00:10", "Bob", "Bob: Words 10."),
    ]


def test_a_long_monologue_has_a_time_every_few_paragraphs(tmp_path: Path) -> None:
    cues = "".join(f"00:{n:02}:00.000 --> 00:{n:02}:50.000\n<v Ada>{'word ' * 100}</v>\n\n" for n in range(12))
    found = turns(read(tmp_path / "a.vtt", f"WEBVTT\n\n{cues}"))
    assert [time for time, _, _ in found] == ["00:00:00", "00:03:00", "00:06:00", "00:09:00"]
    assert sum(text.count("word") for _, _, text in found) == 1200


@pytest.mark.parametrize(
    "text",
    [
        "INFO: a b.\nINFO: c d.\nERROR: e f.\nINFO: g.\n" * 3,
        "Name: x\nSize: 3\nColour: red\nPath: /x\n" * 3,
        "We met on Monday.\nThere was cake.\nThe run failed.\nNobody knows why.\nWe try again.\nBye.\n",
    ],
)
def test_what_only_has_colons_is_no_transcript(text: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    assert not transcript.claims_transcript(look_at(path, "notes.txt"))


def test_cues_without_words_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ada></v>\n")
    with pytest.raises(UnreadableSource, match="nobody says a word"):
        next(transcript.read_transcript(look_at(path, "a.vtt"), Limits()))
