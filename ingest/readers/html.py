"""HTML: what the page shows, as headings, paragraphs, lists and rows; never what it hides."""

import re
from collections.abc import Iterator
from typing import Any

from ingest.readers._builder import Builder, one_line
from ingest.readers._hidden import Hidden
from ingest.readers._markup import shown_text, write_markup
from ingest.readers.base import Candidate, Limits, Reader, read_bytes
from ingest.text.dates import iso_date
from ingest.text.decode import decode
from ingest.text.sniff import encoding_by_bom
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.types import Parsed

Node = Any  # lxml ships no types

SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
DECLARED = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w-]+)""", re.I)
DATES = ("article:published_time", "date", "dcterms.date", "dc.date", "article:modified_time", "last-modified")
TAGS_PER_ELEMENT = 20


def claims_html(candidate: Candidate) -> bool:
    if candidate.is_dir:
        return False
    start = candidate.head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    named = candidate.suffix in SUFFIXES
    return named or (not candidate.suffix and start.startswith((b"<!doctype html", b"<html")))


def read_html(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    text, notes = page_text(read_bytes(candidate, limits), candidate.relative)
    root = parse_html(text, candidate.relative, limits)
    builder, hidden = Builder(limits), Hidden(root)
    write_markup(root, builder, hidden)
    if not builder.text:
        raise UnreadableSource(
            f"{candidate.relative} shows no text.",
            fix="If a program in the page writes its text, save the page from a browser.",
        )
    if hidden.count:
        notes = (*notes, f"{hidden.count} hidden passages were left out.")
    yield Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=_title(root, hidden),
        authors=tuple(filter(None, [_meta(root, "author")])),
        date=next(filter(None, (iso_date(_meta(root, name)) for name in DATES)), ""),
        url=_url(root),
        notes=(*notes, *builder.notes),
    )


def parse_html(text: str, name: str, limits: Limits) -> Node:
    """The tree. Raises UnreadableSource where there is none, LimitExceeded."""
    from lxml import etree, html  # type: ignore[import-untyped]

    if text.count("<") > 2 * TAGS_PER_ELEMENT * limits.elements:
        raise LimitExceeded(f"{name} holds more than {TAGS_PER_ELEMENT * limits.elements:,} tags.", fix="Split it.")
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )  # the tags are counted; without it what stands 256 deep is lost in silence
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableSource(f"{name} is no HTML: {one_line(str(error))}.", fix="Save the page again.") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise LimitExceeded(f"{name} is nested too deeply.", fix="Save it from a browser's reading view.")
    return root


def page_text(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """By its byte order mark, by what the page says of itself, else by a guess."""
    declared = DECLARED.search(data[:4096])
    if declared and not encoding_by_bom(data):
        encoding = (declared[1] or declared[2]).decode("ascii")
        try:
            return data.decode("cp1252" if encoding.lower() in ("iso-8859-1", "latin1") else encoding), ()
        except (LookupError, ValueError):
            pass  # it says something else than it is: guess
    decoded = decode(data, name)
    return decoded.text, decoded.notes


def _title(root: Node, hidden: Hidden) -> str:
    for node in (root.find(".//head/title"), root.find(".//title"), root.find(".//h1")):
        if node is not None and (title := one_line("".join(node.itertext()))) and not hidden(node):
            return title
    return _meta(root, "og:title") or next((shown_text(node, hidden) for node in root.iter("h2")), "")


def _meta(root: Node, name: str) -> str:
    for node in root.iter("meta"):
        if str(node.get("name") or node.get("property") or node.get("http-equiv") or "").lower() == name:
            return one_line(str(node.get("content") or ""))
    return ""


def _url(root: Node) -> str:
    link = next((str(node.get("href") or "") for node in root.iter("link") if node.get("rel") == "canonical"), "")
    url = link or _meta(root, "og:url")
    return url if url.startswith(("https://", "http://")) else ""


READER = Reader(name="html", version=2, claims=claims_html, read=read_html, suffixes=SUFFIXES)
