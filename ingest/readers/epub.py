"""EPUB: the chapters in the order of the book, read as the web pages they are."""

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ingest.readers._builder import Builder, one_line
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from ingest.readers._zip import DAMAGED, open_zip
from ingest.readers.base import Candidate, Limits, Reader, too_large
from ingest.readers.html import page_text, parse_html
from ingest.text.dates import iso_date
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

Node = Any  # lxml ships no types

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
PAGES = ("application/xhtml+xml", "text/html")
FONTS_ONLY = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def claims_epub(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix == ".epub"


def read_epub(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.path.stat().st_size > limits.file_bytes:
        raise too_large(candidate.relative, limits)
    with open_zip(candidate, limits) as archive:
        try:
            parsed = _read(archive, candidate.relative, limits)
        except (*DAMAGED, KeyError, SyntaxError) as error:
            raise UnreadableSource(
                f"{candidate.relative} is no EPUB that can be read: {one_line(str(error))[:200]}.",
                fix="Export the book again.",
            ) from error
    if not parsed.text:
        raise UnreadableSource(f"{candidate.relative} holds no text.", fix="Remove it; its pictures are not read.")
    yield parsed


def _read(archive: zipfile.ZipFile, name: str, limits: Limits) -> Parsed:
    if ENCRYPTION in archive.namelist() and not any(mark in archive.read(ENCRYPTION) for mark in FONTS_ONLY):
        raise UnreadableSource(f"{name} is encrypted.", fix="Get a copy without copy protection (DRM).")
    package_path = _xml(archive, CONTAINER).find(".//{*}rootfile").get("full-path")
    package = _xml(archive, package_path)
    builder, hidden = Builder(limits), 0
    for chapter in _spine(package, posixpath.dirname(package_path)):
        if chapter not in archive.namelist():
            builder.notes.append(f"The chapter {chapter} is missing.")
            continue
        text, _ = page_text(archive.read(chapter), chapter)
        root = parse_html(text, chapter, limits)
        shown = Hidden(root)
        write_markup(root, builder, shown)
        hidden += shown.count
    if hidden:
        builder.notes.append(f"{hidden} hidden passages were left out.")
    titles, creators, dates = (_said(package, field) for field in ("title", "creator", "date"))
    return Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=next((title for title in titles if not title.lower().startswith("untitled")), ""),
        authors=tuple(creators),
        date=next(filter(None, map(iso_date, dates)), ""),
        notes=tuple(builder.notes),
    )


def _xml(archive: zipfile.ZipFile, member: str) -> Node:
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(archive.read(member), etree.XMLParser(resolve_entities=False, no_network=True))


def _spine(package: Node, folder: str) -> list[str]:
    """Names in the archive of the pages, in reading order. A name is looked up there and nowhere else."""
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").partition("#")[0])))
        for item in package.iter("{*}item")
        if item.get("media-type") in PAGES
    }
    order = (reference.get("idref") for reference in package.iter("{*}itemref"))
    return [items[name] for name in order if name in items]


def _said(package: Node, field: str) -> list[str]:
    return [text for node in package.iter(f"{{*}}{field}") if (text := one_line("".join(node.itertext())))]


READER = Reader(name="epub", version=2, claims=claims_epub, read=read_epub, suffixes=frozenset({".epub"}))
