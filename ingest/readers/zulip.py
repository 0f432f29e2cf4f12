"""Zulip: the export of a realm (an unpacked tarball), and the JSON of a public archive. A topic is a document."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from ingest.readers import _zulip_archive, _zulip_export
from ingest.readers._tree import read_rest
from ingest.readers._zulip_topics import Topics
from ingest.readers.base import Candidate, Limits, Reader
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

LOOKED_AT = 2_000  # entries of a folder, before it is no export


def claims_zulip(candidate: Candidate) -> bool:
    return candidate.is_dir and _kind(candidate.path) is not None


def read_zulip(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    gather = _kind(candidate.path)
    topics = Topics()
    used = gather(candidate.path, topics, limits) if gather else ()
    left = yield from read_rest(candidate.path, used, limits)
    documents = topics.documents([*topics.notes, *left])
    yield from documents
    if not documents:
        why = f" {topics.notes[0]}" if topics.notes else ""
        raise UnreadableSource(
            f"{candidate.relative} holds no Zulip message that can be read.{why}", fix="Export again."
        )


def _kind(folder: Path) -> Callable[[Path, Topics, Limits], list[str]] | None:
    with os.scandir(folder) as scanned:
        names = {entry.name for entry in islice(scanned, LOOKED_AT) if entry.is_file(follow_symlinks=False)}
    if "stream_index.json" in names:
        return _zulip_archive.gather
    if "realm.json" in names and any(map(_zulip_export.PAGE.fullmatch, names)):
        return _zulip_export.gather
    return None


READER: Reader = Reader(name="zulip", version=3, claims=claims_zulip, read=read_zulip)
