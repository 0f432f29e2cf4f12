"""A Notion export (Markdown & CSV, or HTML): a document a page, named by its id, under the pages above it.

Unverified on real data: built from what importers of such exports say of them. The text of a page stays as it was
exported; its properties, its links and where it stands are facts, sections and the address.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.readers import html, markdown, table
from ingest.readers._builder import one_line
from ingest.readers._pages import capped, property_facts, under, with_facts
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader, look_at, read_bytes
from ingest.text.dates import iso_date
from ingest.text.frontmatter import MOST_FACTS, about
from ingest.text.headings import plain_title
from rag.domain.errors import UnreadableSource
from rag.domain.types import Fact, Parsed

FILE = re.compile(r"(.*?) ?\b([0-9a-f]{32})(_all)?\.(md|html|csv)", re.S)
HAS_ID = re.compile(r"\b[0-9a-f]{32}\b")
CLAIMED = re.compile(r".+ [0-9a-f]{32}\.(?:md|html)", re.S)
FOLDER = re.compile(r"(.*?) ?\b[0-9a-f]{32}", re.S)
LINK = re.compile(r"([0-9a-f]{32})(?:_all)?\.(?:md|html|csv)\b|notion\.so/[\w%/-]{0,300}?([0-9a-f]{32})\b")
MOST_BESIDE = 10  # files and folders beside its pages: beyond, each is better read by itself
LINE = re.compile(r"([^:\n]{1,60}): (.*)")
MOST_PROPERTIES = 60
NAMES = {
    "created_by": "author",
    "person": "owner",
    "assignee": "owner",
    "created_time": "created",
    "last_edited_time": "updated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    path: str  # inside the export
    id: str
    title: str
    kind: str  # md, html, csv


@dataclass(frozen=True, slots=True)
class Export:
    pages: list[Page]
    titles: Mapping[str, str]  # by id
    above: Mapping[
        str, str
    ]  # title of the page whose sub-pages lie in a folder; it bears the page's name, or its id too
    columns: Mapping[str, tuple[str, ...]]  # of the table whose rows lie in a folder


def claims_notion(candidate: Candidate) -> bool:
    """A folder with a page whose name ends in its id, and not much that is no export's."""
    if not candidate.is_dir:
        return False
    paths = [path for path in candidate.path.iterdir() if not path.name.startswith(".")]
    pages = [path for path in paths if CLAIMED.fullmatch(path.name) and path.is_file()]
    named = {match[1] for path in pages if (match := FILE.fullmatch(path.name))}
    beside = sum(not (HAS_ID.search(path.name) or path.name in named) for path in paths)
    return bool(pages) and beside <= max(MOST_BESIDE, len(pages))


def read_notion(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """The first page comes last: it carries the notes on what could not be read."""
    folder = candidate.path
    export = _export(folder)
    used = {page.path for page in export.pages} | set(_doubles(folder))
    notes = yield from read_rest(folder, used, limits)
    left: list[str] = list(notes)
    first: Parsed | None = None
    for page in export.pages:
        try:
            parsed = _read(page, folder, export, limits)
        except UnreadableSource as error:
            left.append(f"{page.path}: {error.what}")
            continue
        if first is None:
            first = parsed
        else:
            yield parsed
    if first is None:
        raise UnreadableSource(
            f"No page of {candidate.relative} can be read. {'; '.join(left)[:500]}", fix="Export it again."
        )
    yield dataclasses.replace(first, notes=(*capped(left), *first.notes))


def _export(folder: Path) -> Export:
    pages = _pages(folder)
    above: dict[str, str] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for page in pages:
        place = PurePosixPath(page.path)
        name = place.stem.removesuffix("_all")
        for home in (name, name.removesuffix(page.id).rstrip()):
            if page.kind == "csv":
                columns[str(place.parent / home)] = _columns(folder / page.path)
            above.setdefault(str(place.parent / home), page.title)
    return Export(pages, {page.id: page.title for page in pages}, above, columns)


def _pages(folder: Path) -> list[Page]:
    """Each id once as a page and once as a table; of a table the file with all its rows."""
    found: dict[tuple[str, bool], Page] = {}
    for relative in files_of(folder):
        named = FILE.fullmatch(PurePosixPath(relative).name)
        if named is None:
            continue
        title = _heading(folder / relative) if named[4] == "md" else ""
        page = Page(path=relative, id=named[2], title=title or one_line(named[1]) or "Untitled", kind=named[4])
        key = (page.id, page.kind == "csv")
        if key not in found or (named[3] and not found[key].path.endswith("_all.csv")):
            found[key] = page
    return list(found.values())


def _doubles(folder: Path) -> Iterator[str]:
    """The second file of a table or page, and the list of contents of an HTML export."""
    for relative in files_of(folder):
        if relative == "index.html" or FILE.fullmatch(PurePosixPath(relative).name):
            yield relative


def _heading(path: Path) -> str:
    """The page's whole title, which file names cut short."""
    with path.open("rb") as file:
        line = file.read(2000).decode("utf-8", "replace").lstrip("\ufeff").split("\n", 1)[0]
    return plain_title(line[2:]) if line.startswith("# ") else ""


def _columns(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        return table.header(file.read(8000).decode("utf-8", "replace").lstrip("\ufeff"))


def _read(page: Page, folder: Path, export: Export, limits: Limits) -> Parsed:
    """Raises UnreadableSource."""
    candidate = look_at(folder / page.path, page.path)
    if page.kind == "csv":
        (parsed,) = table.read_table(candidate, limits)
        properties: list[Fact] = []
    elif page.kind == "md":
        (parsed,) = markdown.read_markdown(candidate, limits)
        properties = list(_lines(parsed.text, export.columns.get(str(PurePosixPath(page.path).parent), ())))
    else:
        (parsed,) = html.read_html(candidate, limits)
        properties = list(_rows(candidate, parsed.text, limits))
    placed = page.kind != "html"  # the text of an HTML page does not show where its links lead
    links = _links(parsed.text if placed else _source(candidate, limits), export.titles, placed=placed)
    said = about({NAMES.get(key, key): str(fact.value).replace("@", "") for fact in properties for key in [_key(fact)]})
    title = parsed.title if page.kind == "html" and parsed.title else page.title
    parsed = dataclasses.replace(
        parsed,
        title=title,
        authors=said.authors or parsed.authors,
        date=said.date or parsed.date,
        url=f"https://www.notion.so/{page.id}",
        part=f"{page.id}.csv" if page.kind == "csv" else page.id,
        files=(page.path,),
        facts=with_facts(parsed.facts, (*properties, *(link for link in links if link.value != title))),
    )
    return under(parsed, _above(page.path, export))


def _key(fact: Fact) -> str:
    return fact.key.strip().lower().replace(" ", "_")


def _above(path: str, export: Export) -> list[str]:
    """Titles of the pages above: the folders, without ids."""
    folders = list(PurePosixPath(path).parents)[-2::-1]
    return [export.above.get(str(folder), _without_id(folder.name)) for folder in folders]


def _without_id(name: str) -> str:
    named = FOLDER.fullmatch(name)
    return named[1] if named else name


def _lines(text: str, columns: tuple[str, ...]) -> Iterator[Fact]:
    """`Status: Done` under the title: columns of its table, or without a table a block of such lines only."""
    if not text.startswith("# "):
        return
    at = text.find("\n\n") + 2
    end = text.find("\n\n", at)
    block = text[at : end if end >= 0 else len(text)].rstrip("\n").split("\n") if at > 1 else []
    found = [LINE.fullmatch(line.rstrip()) for line in block[:MOST_PROPERTIES]]
    known = {column.casefold() for column in columns}
    if not known and (len(found) < 2 or not all(found)):
        return
    for line, match in zip(block, found, strict=False):
        if match and (not known or match[1].strip().casefold() in known):
            yield from property_facts(match[1], iso_date(match[2]) or match[2], at)
        at += len(line) + 1


def _rows(candidate: Candidate, text: str, limits: Limits) -> Iterator[Fact]:
    """The table of properties at the top of an HTML page."""
    root = html.parse_html(_source(candidate, limits), candidate.relative, limits)
    for row in root.iter("tr"):
        if "property-row" not in str(row.get("class", "")).split():
            continue
        cells = list(row.iterchildren("th", "td"))
        if len(cells) < 2:
            continue
        name, value = one_line("".join(cells[0].itertext())), _value(cells[1])
        place = text.find(f"| {name} |")
        yield from property_facts(name, iso_date(value.lstrip("@")) or value, place if place >= 0 else None)


def _value(cell: html.Node) -> str:
    """Several chosen values stand side by side; a checkbox has no words."""
    for box in cell.iter("div"):
        if "checkbox" in str(box.get("class", "")).split():
            return "Yes" if "checkbox-on" in str(box.get("class", "")) else "No"
    parts = [one_line("".join(part.itertext())) for part in cell] if len(cell) > 1 else ["".join(cell.itertext())]
    return ", ".join(filter(None, parts))


def _source(candidate: Candidate, limits: Limits) -> str:
    return html.page_text(read_bytes(candidate, limits), candidate.relative)[0]


def _links(text: str, titles: Mapping[str, str], *, placed: bool = True) -> Iterator[Fact]:
    """The pages it points to, by title; those outside the export by their address."""
    seen: set[str] = set()
    for match in LINK.finditer(text):
        id_ = match[1] or match[2]
        if id_ not in seen and len(seen) < MOST_FACTS:
            seen.add(id_)
            title = titles.get(id_, f"https://www.notion.so/{id_}")
            yield Fact(key="links-to", value=title, at=match.start() if placed else None)


READER: Reader = Reader(name="notion", version=2, claims=claims_notion, read=read_notion)
