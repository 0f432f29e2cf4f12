"""What the packs hold, counted straight from their files by a few lines each: nothing here knows the readers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

ABOUT = re.compile(r"has (joined|left|quit|changed|set)|is now known|=== mode/|=== Topic|=== Users|kicked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    messages: int  # as they stand in the export
    left_out: int  # joins and leaves, bots, what has no words
    people: int  # who wrote what is left
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    runs: int
    params: int
    metrics: int
    points: int  # of all histories


def slack(folder: Path) -> Chat:
    """Bots that come and go are left out; what a bot posts is not, but it is nobody. A thread is a message answered."""
    messages = [(path.parent.name, one) for path in folder.glob("*/*.json") for one in json.loads(path.read_text())]
    spoken = [(channel, one) for channel, one in messages if one.get("subtype") not in ("bot_add", "bot_remove")]
    threads = {(channel, one["thread_ts"]) for channel, one in spoken if one.get("thread_ts")}
    bots = {user["id"] for user in json.loads((folder / "users.json").read_text()) if user["is_bot"]}
    people = {one["user"] for _, one in spoken} - bots
    return Chat(messages=len(messages), left_out=len(messages) - len(spoken), people=len(people), threads=len(threads))


def discord(folder: Path) -> Chat:
    """Messages with neither words nor a file are left out; two files may hold parts of one thread."""
    exports = [json.loads(path.read_text()) for path in folder.glob("json/*/*.json")]
    messages = [one for export in exports for one in export["messages"]]
    spoken = [one for one in messages if one["content"].strip() or one["attachments"]]
    people = {one["author"]["id"] for one in spoken}
    threads, left_out = {export["channel"]["id"] for export in exports}, len(messages) - len(spoken)
    return Chat(messages=len(messages), left_out=left_out, people=len(people), threads=len(threads))


def zulip(folder: Path) -> Chat:
    """Bots, and a message of an empty line of code, are left out; a topic of which nothing is left is no thread."""
    paths = [path for path in folder.glob("zulip_json/*/*.json") if path.name != "stream_index.json"]
    paths += [path for path in folder.glob("zulip_json/*/.*.json") if path not in paths]
    topics = [json.loads(path.read_text()) for path in paths]
    kept = [[one for one in topic if _is_spoken(one)] for topic in topics]
    people = {one["sender_full_name"] for topic in kept for one in topic}
    total, left = sum(map(len, topics)), sum(map(len, kept))
    return Chat(messages=total, left_out=total - left, people=len(people), threads=sum(map(bool, kept)))


def _is_spoken(message: dict[str, str]) -> bool:
    words = re.search(r">[^<]*[^<\s][^<]*<", message["content"])
    return not message["sender_full_name"].endswith(" Bot") and bool(words)


def irc(folder: Path) -> int:
    """Lines in which somebody says something or acts; coming, going, names, modes and topics are neither."""
    lines = [line for path in folder.rglob("*.txt") for line in path.read_text(errors="replace").split("\n")]
    said = sum(bool(re.match(r"\[\d\d:\d\d\] <[^<>]+> +\S", line)) for line in lines)
    acted = sum(bool(re.match(r"\[\d\d:\d\d\] +\* \S", line)) for line in lines)
    return said + acted + sum(line.startswith("=== ") and not ABOUT.search(line) for line in lines)


def mlflow(folder: Path) -> Runs:
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    points = [(folder / name).read_text().splitlines() for name in files if "/metrics/" in name]
    return Runs(
        runs=sum(bool(re.search(r"/[0-9a-f]{32}/meta\.yaml$", name)) for name in files),
        params=sum("/params/" in name for name in files),
        metrics=len(points),
        points=sum(map(len, points)),
    )


def wandb(folder: Path) -> tuple[int, int]:
    """Runs, and values of their summaries."""
    summaries = [json.loads(path.read_text()) for path in folder.rglob("wandb-summary.json")]
    return len(summaries), sum(not key.startswith("_") for summary in summaries for key in summary)
