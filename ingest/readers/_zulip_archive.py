"""The JSON of zulip-archive: `stream_index.json`, a folder a stream, in it a file a topic, messages as HTML."""

import re
from pathlib import Path
from urllib.parse import unquote

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment
from ingest.readers._loose import dig, load, string
from ingest.readers._message_html import words_of
from ingest.readers._zulip_topics import BOTS, Place, Topics
from ingest.readers.base import Limits
from rag.domain.errors import UnreadableSource

INDEX = "stream_index.json"
FOLDER = re.compile(r"([0-9]{1,12})-(.{1,250})")


def gather(folder: Path, topics: Topics, limits: Limits) -> list[str]:
    """The files it has used, the index first. Names come from the folders where the index does not hold them."""
    index: object = None
    try:
        index = load(folder / INDEX, INDEX, limits)
    except UnreadableSource as error:
        topics.damage(error.what)
    exported = moment(string(index, "time"))
    topics.exported = iso(exported) if exported else ""
    used = [INDEX]
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()):
        named = FOLDER.fullmatch(place.name)
        if named is None:
            continue
        stream, name = named[1], _stream(index, named[1]) or unescaped(named[2])
        for path in sorted(place.iterdir()):  # a topic that begins with a sign begins with a dot, hidden or not
            if path.suffix == ".json" and path.is_file() and not path.is_symlink():
                relative = f"{place.name}/{path.name}"
                topic = Place(channel=f"zulip:{stream}-{name}", name=name, topic=one_line(unescaped(path.stem)))
                _read(path, relative, topic, topics, limits)
                used.append(relative)
    return used


def unescaped(name: str) -> str:
    """`.20` is a blank: what a URL writes with %, for a file's name with a dot."""
    return unquote(name.replace(".", "%"))


def _stream(index: object, id: str) -> str:
    streams = dig(index, "streams")
    names = streams if isinstance(streams, dict) else {}
    return next((one_line(name) for name in names if string(names, name, "id") == id), "")


def _read(path: Path, relative: str, place: Place, topics: Topics, limits: Limits) -> None:
    try:
        found = load(path, relative, limits)
    except UnreadableSource as error:
        topics.damage(error.what)
        return
    entries = found if isinstance(found, list) else [found]
    messages = [message for entry in entries if (message := _message(entry, relative, limits)) is not None]
    for message in messages:
        if message.author.casefold() not in BOTS:
            topics.add(place, message, relative)
    if len(messages) < len(entries):
        topics.note(f"{relative}, {len(entries) - len(messages)} of its entries: no messages, left out")


def _message(entry: object, name: str, limits: Limits) -> ChatMessage | None:
    id, time = string(entry, "id"), moment(string(entry, "timestamp"))
    if not id or time is None:
        return None
    try:
        text = words_of(string(entry, "content"), name, limits)
    except UnreadableSource:
        return None
    return ChatMessage(id=id, time=time, author=string(entry, "sender_full_name"), text=text)
