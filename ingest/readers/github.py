"""GitHub issues and pull requests: a document each, its comments as messages that can be cited one by one.

Unverified on real data: built from the documented fields of `gh issue list --json`, `gh pr list --json` and the REST
API (issues, pulls, comments). A folder in which comments lie beside issues is read as one thing.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ingest.readers import data
from ingest.readers._chat import render
from ingest.readers._github import UNDATED, Discussion, is_comment, is_issue, place_of, take_comment, take_issue
from ingest.readers._loose import first, string
from ingest.readers._pages import capped
from ingest.readers._tree import read_rest
from ingest.readers.base import Candidate, Limits, Reader, look_at, read_whole
from ingest.text.structured import Number
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.records import Thread
from rag.domain.types import Mark, Parsed

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*){0,2}\{")
NAMED = re.compile(r"issue|pull|comment|(?:^|[^a-z])prs?(?:[^a-z]|$)")
ADDRESS = re.compile(rb"/(?:issues|pulls?)/\d")
MOST_NAMED = 40  # files of a folder that are looked into before it is claimed
MOST_BESIDE = 10  # other files of a folder that is a dump: beyond, each is better read by itself

Discussions = dict[tuple[str, str], Discussion]


def claims_github(candidate: Candidate) -> bool:
    """A file of issues or pull requests; a folder in which such a file and one of comments lie side by side."""
    if not candidate.is_dir:
        return candidate.suffix in SUFFIXES and (_of_issues(candidate.head) or _of_comments(candidate.head))
    named = _named(candidate.path)
    if not named or not _only_a_dump(candidate.path, len(named) + MOST_BESIDE):
        return False
    heads = [look_at(candidate.path / name, name).head for name in named]
    return any(map(_of_issues, heads)) and any(_of_comments(head) and not _of_issues(head) for head in heads)


def read_github(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """What turns out to be other data is read as that."""
    found: Discussions = {}
    if not candidate.is_dir:
        lost = _collect(candidate, found, limits)
        if not found:
            yield from data.read_data(candidate, limits)
            return
        yield from _documents(found.values(), lost)
        return
    used: list[str] = []
    notes: list[str] = []
    for name in _named(candidate.path):
        try:
            notes += _collect(look_at(candidate.path / name, name), found, limits)
        except UnreadableSource:
            continue  # the reader of the rest says why
        if any(name in discussion.files for discussion in found.values()):
            used.append(name)
    left = yield from read_rest(candidate.path, used, limits)
    yield from _documents(found.values(), [*notes, *capped(left)])


def _named(folder: Path) -> list[str]:
    """Files right in it whose names speak of issues, pull requests or comments."""
    names = (path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.is_symlink())
    wanted = sorted(name for name in names if NAMED.search(name.lower()) and (folder / name).is_file())
    return wanted[:MOST_NAMED] if len(wanted) > 1 else []


def _only_a_dump(folder: Path, most: int) -> bool:
    """No folder in it and few files: what is read as one thing shares one process and its limits."""
    beside = [path for path in islice(folder.iterdir(), 2 * most) if not path.name.startswith(".")]
    return len(beside) <= most and not any(path.is_dir() for path in beside)


def _of_issues(head: bytes) -> bool:
    if not START.match(head):
        return False
    if b'"number"' in head and b'"title"' in head:
        return b'"state"' in head or b'"html_url"' in head or b'"body"' in head or ADDRESS.search(head) is not None
    # A long body before the number: gh sorts its keys.
    return b'"is_bot"' in head and b'"login"' in head and b'"body"' in head


def _of_comments(head: bytes) -> bool:
    named = b'"issue_url"' in head or b'"pull_request_url"' in head
    return named and START.match(head) is not None and ADDRESS.search(head) is not None


def _collect(candidate: Candidate, found: Discussions, limits: Limits) -> list[str]:
    """Adds what the file tells of; notes on what it holds besides. Raises UnreadableSource."""
    others = 0
    for item in list(_items(read_whole(candidate, limits).text, candidate.relative)):  # all of it, or nothing
        if is_issue(item):
            repository, _ = place_of(first(item, "html_url", "url"))
            take_issue(item, _of(found, repository, string(item, "number"), candidate.relative))
        elif is_comment(item):
            repository, number = place_of(first(item, "issue_url", "pull_request_url"))
            take_comment(item, _of(found, repository, number, candidate.relative))
        else:
            others += 1
    return [f"{candidate.relative}: {others:,} entries are no issue and were left out"] if others and found else []


def _of(found: Discussions, repository: str, number: str, file: str) -> Discussion:
    discussion = found.setdefault((repository, number), Discussion(repository, number))
    if file not in discussion.files:
        discussion.files.append(file)
    return discussion


def _items(text: str, name: str) -> Iterator[dict[str, object]]:
    """All objects: of a list, of lists in a list (`--slurp`), of lists or objects one after another (`--paginate`)."""
    decoder = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
    at, end = _skip(text, 0), len(text)
    while at < end:
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise UnreadableSource(
                f"{name} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
                fix="Correct it.",
            ) from error
        except RecursionError as error:
            raise LimitExceeded(f"{name} is nested too deeply.", fix="Flatten it.") from error
        at = _skip(text, at)
        for item in value if isinstance(value, list) else [value]:
            yield from (inner for inner in (item if isinstance(item, list) else [item]) if isinstance(inner, dict))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _documents(found: Iterable[Discussion], notes: Iterable[str]) -> Iterator[Parsed]:
    """The first one carries the notes."""
    waiting = tuple(notes)
    for discussion in found:
        parsed = _document(discussion)
        if parsed.text:
            yield dataclasses.replace(parsed, notes=waiting + parsed.notes)
            waiting = ()


def _document(found: Discussion) -> Parsed:
    """Of a dump that does not say when it was written, the issue's own words stand in front, without a head."""
    undated = found.opened.text.strip() + "\n\n" if found.opened and found.opened.time == UNDATED else ""
    parsed = render(
        Thread(key=found.name, channel=found.repository, name=found.repository),
        [*([found.opened] if found.opened and not undated else []), *found.replies],
        title=f"#{found.number} {found.title}" if found.title else f"Comments on {found.name}",
        files=found.files,
    )
    return dataclasses.replace(
        parsed,
        text=undated + parsed.text,
        marks=tuple(Mark(at=len(undated) + mark.at, locator=mark.locator) for mark in parsed.marks),
        thread=None,  # threads of chats keep no facts when they are merged
        kind="pull-request" if found.pull else "issue",
        url=found.url or parsed.url,
        date="" if undated else parsed.date,
        facts=tuple(found.facts.values()),
    )


READER: Reader = Reader(name="github", version=1, claims=claims_github, read=read_github, suffixes=SUFFIXES)
