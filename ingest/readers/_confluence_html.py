"""The HTML export of a Confluence space: what its pages say around the words themselves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.readers._builder import Builder, one_line
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from ingest.readers._pages import under, with_facts
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Limits, look_at, read_bytes
from ingest.readers.html import page_text, parse_html
from ingest.text.dates import iso_date
from rag.domain.errors import UnreadableSource
from rag.domain.types import Fact, Parsed

Node = Any  # lxml ships no types

NAME = re.compile(r"(?:.*_)?(\d{3,12})\.html", re.S)
SIGNS = (b'id="breadcrumb-section"', b'id="title-heading"', b'id="main-header"')
TITLE = re.compile(rb"<title>([^<]{0,1000})</title>", re.I)
BASE = re.compile(rb'data-base-url="(https?://[^"\s<>]{1,300})"')
CREATED = re.compile(r"Created by (.{1,100}?)(?:, last modified|$| on [A-Z])")
DATED = re.compile(r" on (\w{3,9} \d{1,2}, \d{4})")
LOOKED_INTO = 3  # pages before a folder is claimed


@dataclass(frozen=True, slots=True)
class Pages:
    titles: Mapping[str, str]  # by file
    base: str  # address of the wiki; empty when no page says it


def claims_pages(folder: Path) -> bool:
    if not (folder / "index.html").is_file():
        return False
    names = sorted(path.name for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_file())
    heads = (look_at(folder / name, name).head for name in names[:LOOKED_INTO])
    return any(sum(sign in head for sign in SIGNS) > 1 for head in heads)


def read_pages(folder: Path, left: list[str], limits: Limits) -> Iterator[Parsed]:
    """Adds to `left` what could not be read. Raises LimitExceeded."""
    names = [name for name in files_of(folder) if NAME.fullmatch(name)]
    pages = _look_around(folder, names)
    for name in names:
        try:
            yield _page(folder, name, pages, limits)
        except UnreadableSource as error:
            left.append(f"{name}: {error.what}")
    dress = {name for name in files_of(folder) if name.startswith(("styles/", "images/icons/")) or name == "index.html"}
    left += yield from read_rest(folder, {*names, *dress}, limits)


def _look_around(folder: Path, names: list[str]) -> Pages:
    titles, base = {}, ""
    for name in names:
        with (folder / name).open("rb") as file:
            start = file.read(1_000_000)
        found = TITLE.search(start)
        titles[name] = _own(one_line(found[1].decode("utf-8", "replace"))) if found else name
        if not base and (address := BASE.search(start)):
            base = address[1].decode("ascii", "replace").rstrip("/")
    return Pages(titles, base)


def _own(title: str) -> str:
    """Without the name of the space."""
    return title.partition(" : ")[2].strip() or title


def _page(folder: Path, name: str, pages: Pages, limits: Limits) -> Parsed:
    text, notes = page_text(read_bytes(look_at(folder / name, name), limits), name)
    root = parse_html(text, name, limits)
    content = _by_id(root, "main-content")
    if content is None:
        raise UnreadableSource("it has no main content.", fix="Export the space again.")
    builder, hidden = Builder(limits), Hidden(root)
    title = _own(_words(_by_id(root, "title-text"))) or pages.titles[name]
    builder.heading(title, 1)
    for contents in [node for node in content.iter("div") if str(node.get("class", "")).startswith("toc-macro")]:
        contents.drop_tree()  # the page's own headings once more
    write_markup(content, builder, hidden)
    comments = _by_id(root, "comments")
    if comments is not None and comments.getparent() is not None:
        write_markup(comments.getparent().getparent(), builder, hidden)
    number = NAME.fullmatch(name)
    id_ = number[1] if number else name
    authors, date = _told(root)
    parsed = Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=title,
        authors=authors,
        date=date,
        url=f"{pages.base}/pages/viewpage.action?pageId={id_}" if pages.base else "",
        part=id_,
        files=(name,),
        facts=with_facts((), (*_tags(root), *_links(content, name, pages))),
        notes=(*notes, *builder.notes),
    )
    return under(parsed, _above(root))


def _told(root: Node) -> tuple[tuple[str, ...], str]:
    """(who wrote it and who changed it last, when)."""
    place = next((node for node in root.iter("div") if node.get("class") == "page-metadata"), None)
    if place is None:
        return (), ""
    words = _words(place)
    named = [_words(span) for span in place.iter("span") if span.get("class") in ("author", "editor")]
    if not named and (found := CREATED.search(words[:500])):
        named = [found[1].strip()]
    dates = DATED.findall(words[:500])
    return tuple(dict.fromkeys(filter(None, named))), iso_date(dates[-1]) if dates else ""


def _above(root: Node) -> list[str]:
    crumbs = _by_id(root, "breadcrumbs")
    return [] if crumbs is None else [_words(link) for link in crumbs.iter("a")]


def _tags(root: Node) -> list[Fact]:
    return [
        Fact(key="tag", value=words) for link in root.iter("a") if link.get("rel") == "tag" and (words := _words(link))
    ]


def _links(content: Node, name: str, pages: Pages) -> Iterator[Fact]:
    for link in content.iter("a"):
        target = str(link.get("href") or "").partition("#")[0]
        if target in pages.titles and target != name:
            yield Fact(key="links-to", value=pages.titles[target])


def _by_id(root: Node, id_: str) -> Node | None:
    return next((node for node in root.iter() if node.get("id") == id_), None)


def _words(node: Node | None) -> str:
    return "" if node is None else one_line("".join(node.itertext()))
