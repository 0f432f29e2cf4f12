"""Microsoft Teams: pages of Graph (a file, or a folder of them), and the dump that PowerShell scripts write.

A page of Graph does not say what it was asked for, so that nothing counts as deleted for not being in it; the dump
holds the channels of a team from their first message to their last. Unverified on real data.
"""

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.readers._builder import one_line
from ingest.readers._loose import Record, load, records
from ingest.readers._posts import Notes, Post, Room
from ingest.readers._teams_message import Member, Told, at, told, words
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import HEAD_BYTES, Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

LOOKED_AT = 300  # entries of a folder, before it is no export
FEW = 3
LISTS = ("users/usersList.json", "teams/teamsList.json")
ABOUT = ("teamsSettings.json", "teamMembers_", "teamInstalledApps_", "channels_")
CONTEXT = re.compile(r"/channels\('([^'()]{1,200})'\)|[#/]chats\('([^'()]{1,200})'\)")
KEYS = (b'"messagetype"', b'"createddatetime"')
PLACES = (b'"channelidentity"', b'"chatid"', b'"replytoid"')


@dataclass(slots=True)
class Export:
    """What comes together while the files are read."""

    limits: Limits
    whole: bool = False
    members: dict[str, Member] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # {channel: as shown}
    told: dict[tuple[str, str], tuple[Told, str]] = field(default_factory=dict)  # {(channel, id): (entry, its file)}
    damaged: set[str] = field(default_factory=set)  # files that hold what nobody can read
    notes: Notes = field(default_factory=Notes)

    def take(self, one: Told, file: str) -> None:
        """Of two states of a message the one changed last."""
        before = self.told.get((one.channel, one.id))
        if before is None or (before[0].changed, before[0].deleted) <= (one.changed, one.deleted):
            self.told[(one.channel, one.id)] = (one, file)


def claims_teams(candidate: Candidate) -> bool:
    if not candidate.is_dir:
        return candidate.suffix == ".json" and _is_page(candidate.head)
    if any((candidate.path / name).is_file() for name in LISTS) and (candidate.path / "teams").is_dir():
        return True
    with os.scandir(candidate.path) as scanned:
        entries = [entry for entry in islice(scanned, LOOKED_AT) if not entry.name.startswith(".")]
    pages = [
        entry.path for entry in entries if entry.name.lower().endswith(".json") and entry.is_file(follow_symlinks=False)
    ]
    return 1 < len(pages) == len(entries) and any(_is_page(_head(Path(page))) for page in sorted(pages)[:FEW])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _is_page(head: bytes) -> bool:
    folded = head.replace(b"\0", b"").lower()  # PowerShell writes UTF-16
    return all(key in folded for key in KEYS) and any(place in folded for place in PLACES)


def read_teams(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    export = Export(limits)
    if candidate.is_dir:
        used = _dump(candidate.path, export) if _is_dump(candidate.path) else _pages(candidate.path, export)
        for note in (yield from read_rest(candidate.path, used, limits)):
            export.notes.add(note)
    else:
        _gather(load(candidate.path, candidate.relative, limits), "", export)
    found = False
    for parsed in _documents(export):
        yield parsed if found else dataclasses.replace(parsed, notes=(*export.notes.said, *parsed.notes))
        found = True
    if not found:
        why = f" {export.notes.said[0]}" if export.notes.said else ""
        raise UnreadableSource(f"{candidate.relative} holds no Teams message with words.{why}", fix="Export it again.")


def _is_dump(folder: Path) -> bool:
    return (folder / "teams").is_dir()


def _pages(folder: Path, export: Export) -> list[str]:
    """Pages of messages, and pages of channels and people that name them. Others are left to their own readers."""
    used = []
    for name in files_of(folder):
        if not name.lower().endswith(".json"):
            continue
        found = _load(folder, name, export)
        if _is_page(_head(folder / name)):
            _gather(found, name, export)
            used.append(name)
        else:
            _people(found, export)
            _channels(found, export)
    return used


def _dump(folder: Path, export: Export) -> list[str]:
    export.whole = True
    names = [name for name in files_of(folder) if name.endswith(".json")]
    used = [name for name in names if name in LISTS or name.rpartition("/")[2].startswith(ABOUT)]
    _people(_load(folder, LISTS[0], export), export)
    teams = {words(row, "groupsId"): words(row, "name") for row in _rows(_load(folder, LISTS[1], export))}
    for name in names:
        if name.rpartition("/")[2].startswith("channels_"):
            team = name.rpartition("channels_")[2].removesuffix(".json")
            _channels(_load(folder, name, export), export, team=teams.get(team, ""))
    for name in names:
        if name.rpartition("/")[2].startswith("messages_"):
            _gather(_load(folder, name, export), name, export)
            used.append(name)
    return used


def _load(folder: Path, name: str, export: Export) -> object:
    try:
        return load(folder / name, name, export.limits) if (folder / name).is_file() else None
    except UnreadableSource as error:
        export.damaged.add(name)
        export.notes.add(error.what)
    return None


def _rows(found: object) -> list[Record]:
    value = at(found, "value")
    return records({"": found if value is None else value}, "") or ([found] if isinstance(found, dict) else [])


def _people(found: object, export: Export) -> None:
    for row in _rows(found):
        name, email = words(row, "displayName"), words(row, "mail") or words(row, "userPrincipalName")
        if name and email:
            export.members[words(row, "id")] = Member(name=name, email=email)


def _channels(found: object, export: Export, *, team: str = "") -> None:
    for row in _rows(found):
        name = one_line(words(row, "displayName") or words(row, "topic"))
        if name and words(row, "id").startswith("19:"):
            export.names[f"teams:{words(row, 'id')}"] = f"{one_line(team)}/{name}" if team else name


def _gather(found: object, file: str, export: Export) -> None:
    match = CONTEXT.search(words(found, "@odata.context"))
    inside = (match[1] or match[2] or "") if match else ""
    lost = 0
    for entry in _rows(found):
        one = told(entry, export.members, export.limits, inside=inside)
        lost += one is None
        if one is not None:
            export.take(one, file)
        for answer in records({"": at(entry, "replies")}, ""):
            reply = told(answer, export.members, export.limits, under=words(entry, "id"), inside=inside)
            lost += reply is None
            if reply is not None:
                export.take(reply, file)
    if lost:
        export.damaged.add(file)
        export.notes.add(f"{file or 'It'}: {lost:,} of its entries are no messages, left out")


def _documents(export: Export) -> Iterator[Parsed]:
    channels: dict[str, list[tuple[Told, str]]] = {}
    for one, file in export.told.values():
        channels.setdefault(one.channel, []).append((one, file))
    for key in sorted(channels):
        yield from _room(key, channels[key], export).documents()


def _room(key: str, entries: Iterable[tuple[Told, str]], export: Export) -> Room:
    everything = [one for one, _ in entries]
    is_chat = any(one.is_chat for one in everything)
    posts = [
        Post(message=one.message, thread="" if is_chat else one.thread, title=one.title, file=file)
        for one, file in entries
        if one.message is not None
    ]
    people = ", ".join(sorted({one_line(post.message.author) for post in posts})[:5])
    name = export.names.get(key) or (people if is_chat else "") or "Teams channel"
    room = Room(key=key, name=name, sign="" if is_chat else "#", posts=posts)
    room.exported = max(one.changed for one in everything)
    if export.whole and not is_chat and not export.damaged:
        times = [one.time for one in everything]
        room.first, room.last = min(times), max(times)
    return room


READER: Reader = Reader(name="teams", version=2, claims=claims_teams, read=read_teams, suffixes=frozenset({".json"}))
