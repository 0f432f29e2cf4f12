"""A Slack export: a folder for each conversation, in it a file a day. A document is a thread, or a day of the rest."""

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.readers._chat import iso, moment, render, titled
from ingest.readers._loose import Record, load, records, string, strings
from ingest.readers._slack_markup import Names
from ingest.readers._slack_message import Member, Said, Workspace, is_noise, members_of, said
from ingest.readers._tree import read_rest
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.records import Thread
from rag.domain.types import Parsed

DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.json")
LISTS = ("channels.json", "groups.json", "mpims.json", "dms.json")
ABOUT = ("users.json", "org_users.json", "team.json", "workspace.json", "integration_logs.json", "canvases.json")
MORE = ("lists.json", "file_conversations.json", "huddle_transcripts.json")
MOST_NOTES = 100
LOOKED_AT = 300  # entries of a folder, before it is no export
FEW = 3
HEAD_BYTES = 64 * 2**10  # of a day's file: a first message may be long
ID = re.compile(r"[CDG][A-Z0-9]{8,20}")
EMOJI = re.compile(r":[a-z0-9_+-]{2,40}:(?![0-9])")
STAMP = re.compile(rb'"ts"[ ]?:[ ]?"([0-9]{10}\.[0-9]{6})"')
LINK = re.compile(rb"https:\\?/\\?/([a-z0-9][a-z0-9-]{0,60})\.slack\.com\\?/archives\\?/([A-Z0-9]{6,20})\\?/p[0-9]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation: `id` is empty when no list names it, `sign` is "#" where it has a name of its own."""

    folder: str
    id: str = ""
    team: str = ""
    name: str
    sign: str = "#"
    days: tuple[str, ...] = ()  # its files, relative to the export

    @property
    def key(self) -> str:
        return f"slack:{self.id}" if self.id else f"slack:{self.team}#{self.folder}"

    @property
    def shown(self) -> str:
        return self.sign + self.name


@dataclass(slots=True)
class Reading:
    """What comes together while an export is read."""

    notes: list[str] = field(default_factory=list)
    newest: str = ""  # time stamp of the newest message or edit
    addresses: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)  # days

    def note(self, text: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(text)

    def taken(self) -> tuple[str, ...]:
        notes = tuple(self.notes)
        self.notes.clear()
        return notes


def claims_slack(candidate: Candidate) -> bool:
    """Folders of days that hold messages, beside the lists of channels and people; only such folders without lists."""
    if not candidate.is_dir:
        return False
    with os.scandir(candidate.path) as scanned:
        entries = list(islice(scanned, LOOKED_AT))
    listed = any(entry.name in (*LISTS, "users.json") and entry.is_file() for entry in entries)
    folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != "."]
    return any(map(_holds_days, folders if listed else folders[:FEW]))


def _holds_days(folder: Path) -> bool:
    try:
        with os.scandir(folder) as scanned:
            days = [entry.path for entry in islice(scanned, LOOKED_AT) if DAY.fullmatch(entry.name)]
    except PermissionError:
        return False  # not ours to claim
    return any(_holds_messages(Path(day)) for day in days[:FEW])


def _holds_messages(day: Path) -> bool:
    with day.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return head.lstrip().startswith(b"[") and b'"ts"' in head and b'"message"' in head


def read_slack(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    folder = candidate.path
    reading = Reading()
    lists = {name: _listed(folder, name, limits, reading) for name in (*LISTS, *ABOUT) if (folder / name).is_file()}
    members = members_of(lists.get("users.json") or lists.get("org_users.json"))
    channels = list(_channels(folder, lists, members))
    used = [*LISTS, *ABOUT, *MORE, *(day for channel in channels for day in channel.days)]
    left = yield from read_rest(folder, used, limits)
    reading.notes += left[:MOST_NOTES]
    _look_through(folder, channels, limits, reading)
    names = Names(
        users={id: member.name for id, member in members.items()},
        channels={channel.id: channel.name for channel in channels if channel.sign},
    )
    workspace = Workspace(members=members, names=names, address=_address(lists, reading.addresses))
    found = False
    for channel in channels:
        for parsed in filter(lambda parsed: parsed.text, _documents(folder, channel, workspace, limits, reading)):
            found = True
            yield dataclasses.replace(parsed, notes=(*reading.taken(), *parsed.notes))
    if not found:
        why = f" {reading.notes[0]}" if reading.notes else ""
        raise UnreadableSource(
            f"{candidate.relative} holds no Slack message that can be read.{why}", fix="Export it again."
        )


def _listed(folder: Path, name: str, limits: Limits, reading: Reading) -> object:
    try:
        return load(folder / name, name, limits)
    except UnreadableSource as error:
        reading.note(error.what)
        return None


def _channels(folder: Path, lists: dict[str, object], members: dict[str, Member]) -> Iterator[Channel]:
    """One a folder of days, in the order of names."""
    known: dict[str, Channel] = {}
    for name in LISTS:
        for row in records(lists, name):
            channel = _channel(row, name, members)
            known.setdefault(channel.folder, channel)
            known.setdefault(channel.id, channel)
    team = next(filter(None, (string(user, "team_id") for user in records(lists, "users.json"))), "")
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()):
        days = sorted(path.name for path in place.iterdir() if DAY.fullmatch(path.name) and path.is_file())
        if days:
            id = place.name if ID.fullmatch(place.name) else ""
            channel = known.get(place.name) or Channel(folder=place.name, id=id, team=team, name=place.name)
            yield dataclasses.replace(channel, days=tuple(f"{place.name}/{day}" for day in days))


def _channel(row: Record, listed_in: str, members: dict[str, Member]) -> Channel:
    id, name = string(row, "id"), string(row, "name")
    if listed_in in ("dms.json", "mpims.json"):
        people = [members[member].name if member in members else member for member in strings(row, "members")]
        shown = ", ".join(sorted(people)) or name or id
        return Channel(folder=name or id, id=id, name=shown, sign="")
    return Channel(folder=name or id, id=id, name=name or id)


def _look_through(folder: Path, channels: Iterable[Channel], limits: Limits, reading: Reading) -> None:
    """What only the whole export tells: when its newest message or edit was, and links that name the workspace."""
    ids = {channel.id for channel in channels}
    for day in (day for channel in channels for day in channel.days):
        if (folder / day).stat().st_size > limits.file_bytes:
            continue  # reading it says so
        data = (folder / day).read_bytes()
        reading.addresses |= {host.decode() for host, id in LINK.findall(data) if id.decode() in ids}
        reading.newest = max(reading.newest, max(STAMP.findall(data), default=b"").decode())


def _address(lists: dict[str, object], linked: set[str]) -> str:
    """As the export says it, or as every link into its own channels does; never guessed."""
    for name in ("team.json", "workspace.json"):
        domain = string(lists, name, "domain")
        if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", domain):
            return f"https://{domain}.slack.com"
    return f"https://{min(linked)}.slack.com" if len(linked) == 1 else ""


def _documents(
    folder: Path, channel: Channel, workspace: Workspace, limits: Limits, reading: Reading
) -> Iterator[Parsed]:
    """Threads and days by the time of their first message."""
    everything = list(_said(folder, channel, workspace, limits, reading))
    threads = {one.thread for one in everything if one.thread}
    groups: dict[str, list[Said]] = {}
    for one in sorted(everything, key=lambda one: (one.message.time, one.message.id)):
        thread = one.thread or (one.message.id if one.message.id in threads else "")
        groups.setdefault(thread or f"day/{iso(one.message.time)[:10]}", []).append(one)
    covered = _covered(channel, everything, reading)
    for key, group in groups.items():
        day = key.removeprefix("day/")
        yield render(
            Thread(key=f"{channel.key}/{key}", channel=channel.key, name=channel.name, **covered),
            [one.message for one in group],
            title=titled(channel.shown, day if day != key else _first_words(group)),
            files=[one.file for one in group],
        )


def _first_words(group: Iterable[Said]) -> str:
    return next((words for one in group if (words := EMOJI.sub("", one.message.text).strip())), "")


def _covered(channel: Channel, everything: Iterable[Said], reading: Reading) -> dict[str, str]:
    """The days of its files where days are those of UTC, else only what lies between its messages.

    None where a day is damaged: that a message is not there says nothing then.
    """
    exported = moment(reading.newest)
    end = iso(exported) if exported else ""
    if not reading.damaged.isdisjoint(channel.days):
        return {"first": "", "last": "", "exported": end}
    days = [day.rpartition("/")[2][:10] for day in channel.days]
    times = [(iso(one.message.time), one.file.rpartition("/")[2][:10]) for one in everything]
    if all(time[:10] == day for time, day in times):
        first, last = f"{days[0]}T00:00:00+00:00", f"{days[-1]}T23:59:59.999999+00:00"
        return {"first": first, "last": min(last, end) if end else last, "exported": end}
    return {"first": min(times)[0], "last": max(times)[0], "exported": end}


def _said(folder: Path, channel: Channel, workspace: Workspace, limits: Limits, reading: Reading) -> Iterator[Said]:
    for day in channel.days:
        try:
            found = load(folder / day, day, limits)
        except UnreadableSource as error:
            reading.note(error.what)
            reading.damaged.add(day)
            continue
        entries = found if isinstance(found, list) else [found]
        kept = 0
        for record in records({"_": found}, "_"):
            one = said(record, workspace, channel.id, day)
            kept += one is not None
            if one is not None and not is_noise(record):
                yield one
        if kept < len(entries):
            reading.note(f"{day}, {len(entries) - kept} of its entries: no messages, left out")


READER: Reader = Reader(name="slack", version=2, claims=claims_slack, read=read_slack)
