"""Transcripts of meetings: WebVTT and SubRip (Teams, Zoom, Meet), and plain text whose lines begin with who speaks.

    Ada Lovelace: The loss went to NaN again. We should lower the learning rate.

A paragraph is what somebody says until somebody else does; its mark says who, and how far into the recording
(`00:12:05`). A cue that names nobody is nobody's.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ingest.readers._builder import Builder, one_line
from ingest.readers.base import Candidate, Limits, Reader, read_whole
from ingest.text.dates import iso_date
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed

SUFFIXES = frozenset({".vtt", ".srt"})
MAYBE = frozenset({".txt", ".text", ".transcript"})
LONGEST = 1_500  # characters of a turn; what is longer gets a mark for its next part
FEWEST = 6  # turns that a plain transcript is known by
MOST_SPEAKERS = 20
SURE = 0.6  # of the head's lines begin with a speaker
CLOCK = r"(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d{1,2}):(?P<seconds>\d{2})(?:[.,]\d{1,6})?"
TIMING = re.compile(rf"\s*{CLOCK}\s+-->\s+\d")
VOICE = re.compile(r"<v(?:\.[^\s>]{0,60})?[ \t]+([^<>]{1,120})>")
TAG = re.compile(r"</?(?:[a-z]{1,5}(?:\.[^\s<>]{0,60})?(?:[ \t][^<>]{0,120})?|[\d:.]{5,15})>")
NAME = r"(?P<name>[^\W\d_a-z][\w.'’-]{0,40}(?: [\w.'’()-]{1,40}){0,4})"
SPEAKS = re.compile(rf"(?:[\[(]?{CLOCK}[\])]?[ \t:-]{{1,4}})?{NAME}:[ \t]+(?P<words>\S.*)", re.DOTALL)
HEADED = re.compile(rf"{NAME}[ \t]{{1,8}}[\[(]?{CLOCK}[\])]?")
ONLY_TIME = re.compile(rf"[\[(]?{CLOCK}[\])]?")
NO_NAMES = frozenset({
    "info", "warning", "warn", "error", "debug", "trace", "fatal", "critical", "note", "todo", "fixme", "tip",
    "example", "usage", "http", "https", "file", "see",
})  # fmt: skip
ENDS = (".", "?", "!", "…")  # of a sentence: `Size: 3` has none
DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Something said in one go; `second` from the beginning of the recording, None where nobody says when."""

    speaker: str
    second: int | None
    text: str


def claims_transcript(candidate: Candidate) -> bool:
    if candidate.is_dir:
        return False
    head = candidate.head.decode("utf-8", "replace")
    if candidate.suffix in SUFFIXES:
        return "-->" in head or head.lstrip("\ufeff").startswith("WEBVTT")
    return candidate.suffix in MAYBE and (_has_cues(head) or _is_talk(head))


def read_transcript(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    decoded = read_whole(candidate, limits)
    if _has_cues(decoded.text[:8192]) or candidate.suffix in SUFFIXES:
        before, turns = _title(decoded.text), list(_cues(decoded.text))
    else:
        before, turns = _talk(decoded.text.split("\n"))
    turns = _joined(turns)
    if not turns:
        raise UnreadableSource(f"{candidate.relative}: nobody says a word in it.", fix="Leave it out.")
    builder = Builder(limits)
    builder.block(before)
    for number, turn in enumerate(turns, 1):
        builder.place(Message(id=str(number), author=turn.speaker, time=_clock(turn.second)))
        builder.block(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text)
    found = DATE.search(candidate.relative) or DATE.search(before[:500])
    yield Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=one_line(before.partition("\n")[0])[:120] or PurePosixPath(candidate.relative).stem,
        kind="meeting",
        authors=tuple(dict.fromkeys(turn.speaker for turn in turns if turn.speaker)),
        date=_day(found[0]) if found else "",
        notes=(*decoded.notes, *builder.notes),
    )


def _day(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    return iso_date(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")


def _clock(second: int | None) -> str:
    return "" if second is None else f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _seconds(found: re.Match[str]) -> int | None:
    if found["seconds"] is None:
        return None
    return int(found["hours"] or 0) * 3600 + int(found["minutes"]) * 60 + int(found["seconds"])


def _joined(turns: Iterable[Turn]) -> list[Turn]:
    """One after the other of a speaker as one, up to LONGEST characters. A speaker without a name is nobody."""
    joined: list[Turn] = []
    for turn in turns:
        text = one_line(turn.text)
        if not text:
            continue
        last = joined[-1] if joined else None
        if last and last.speaker == turn.speaker and len(last.text) + len(text) < LONGEST:
            joined[-1] = replace(last, text=f"{last.text} {text}")
        else:
            joined.append(replace(turn, text=text))
    return joined


# --- WebVTT and SubRip ------------------------------------------------------------------------------------------


def _has_cues(head: str) -> bool:
    return head.lstrip("\ufeff").startswith("WEBVTT") or sum(1 for line in head.split("\n") if TIMING.match(line)) > 1


def _title(text: str) -> str:
    """What stands behind the signature."""
    first = text.partition("\n")[0]
    return first.removeprefix("WEBVTT").strip(" -–:") if first.startswith("WEBVTT") else ""


def _cues(text: str) -> Iterator[Turn]:
    """Blocks with a timing; the others (NOTE, STYLE, REGION, the signature) are nobody's words."""
    cues: list[tuple[int | None, str]] = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip("\n").split("\n")
        for n, line in enumerate(lines[:2]):
            if timing := TIMING.match(line):
                cues.append((_seconds(timing), "\n".join(lines[n + 1 :])))
                break
    names = _speakers(payload for _, payload in cues)
    for second, payload in cues:
        pieces = VOICE.split(payload)
        if len(pieces) == 1:
            yield _said(payload, second, names)
            continue
        yield Turn(speaker="", second=second, text=_plain(pieces[0]))
        for voice, words in zip(pieces[1::2], pieces[2::2], strict=True):
            yield Turn(speaker=one_line(html.unescape(voice)), second=second, text=_plain(words))


def _said(payload: str, second: int | None, names: frozenset[str]) -> Turn:
    text = _plain(payload)
    found = SPEAKS.match(text)
    if found and found["name"] in names:
        return Turn(speaker=found["name"], second=second, text=text[found.start("words") :])
    return Turn(speaker="", second=second, text=text)


def _speakers(payloads: Iterable[str]) -> frozenset[str]:
    """Names in front of a colon: of several cues, or of most; `Note: ...` in one cue of many is none."""
    texts = [_plain(payload) for payload in payloads]
    counts = Counter(found["name"] for text in texts if (found := SPEAKS.match(text)))
    most = sum(counts.values()) * 2 > len(texts)
    return frozenset(name for name, n in counts.items() if (n > 1 or most) and name.lower() not in NO_NAMES)


def _plain(payload: str) -> str:
    return html.unescape(TAG.sub("", payload)).strip().removeprefix("- ").strip()


# --- plain text -------------------------------------------------------------------------------------------------


def _is_talk(head: str) -> bool:
    """Most lines begin with one of a few names that come back, at a time or with a sentence, or stand below one."""
    lines = [line.strip() for line in head.split("\n")[:-1] if line.strip()]
    named = [found for line in lines if (found := SPEAKS.fullmatch(line))]
    headed = [found for line in lines if (found := HEADED.fullmatch(line))]
    turns, share = (headed, 2 * len(headed)) if len(headed) > len(named) else (named, len(named))
    names = Counter(found["name"] for found in turns)
    if any(name.lower() in NO_NAMES or len(name) < 2 for name in names):
        return False
    talks = sum(found["seconds"] is not None or found["words"].endswith(ENDS) for found in turns)
    enough = len(turns) >= FEWEST and share >= SURE * len(lines) and talks * 2 >= len(turns)
    return enough and 2 <= len(names) <= MOST_SPEAKERS and len(names) * 2 <= len(turns)


def _talk(lines: Sequence[str]) -> tuple[str, list[Turn]]:
    """(what stands before the first turn, the turns)"""
    stripped = [line.strip() for line in lines]
    found = [SPEAKS.fullmatch(line) or HEADED.fullmatch(line) for line in stripped]
    counts = Counter(match["name"] for match in found if match)
    before: list[str] = []
    turns: list[tuple[str, int | None, list[str]]] = []
    second = None
    for line, match in zip(stripped, found, strict=True):
        if match and counts[match["name"]] > 1:
            own = _seconds(match)
            second = second if own is None else own
            turns.append((match["name"], second, [match["words"]] if match.re is SPEAKS else []))
        elif alone := ONLY_TIME.fullmatch(line):
            second = _seconds(alone)
        else:
            (turns[-1][2] if turns else before).append(line)
    said = [Turn(speaker=speaker, second=at, text=" ".join(texts)) for speaker, at, texts in turns]
    return "\n".join(before).strip(), said


READER = Reader(name="transcript", version=1, claims=claims_transcript, read=read_transcript, suffixes=SUFFIXES)
