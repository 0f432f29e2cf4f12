"""A Confluence space, exported as XML or as HTML: a document a page, by its id, under the pages above it.

Unverified on real data: built from what importers of such exports say of them. Of an XML export only what is current
is read. Its times bear no zone and are taken as UTC.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest import readers
from ingest.readers._builder import Builder, one_line, tidy
from ingest.readers._chat import iso, moment
from ingest.readers._confluence_body import Body
from ingest.readers._confluence_html import claims_pages, read_pages
from ingest.readers._confluence_xml import Space, Values, read_bodies, read_space
from ingest.readers._pages import capped, under, with_facts
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity, Revision
from rag.domain.types import Fact, Message, Parsed

ENTITIES = "entities.xml"
DESCRIPTOR = "exportDescriptor.properties"
BASE = re.compile(r"^\s*[\w.]*base[\w.]*\s*=\s*(https?\\?://\S+)", re.M | re.I)
ATTACHMENT = re.compile(r"attachments/(\d+)/(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Export:
    space: Space
    users: Mapping[str, tuple[str, str]]
    tags: Mapping[str, list[str]]
    comments: Mapping[str, list[tuple[str, Values]]]
    base: str  # address of the wiki; empty when the export does not say it

    @property
    def names(self) -> dict[str, str]:
        return {key: name for key, (name, _) in self.users.items()}


def claims_confluence(candidate: Candidate) -> bool:
    """A folder with `entities.xml`, or with the pages of an HTML export."""
    if not candidate.is_dir:
        return False
    entities = candidate.path / ENTITIES
    if entities.is_file() and not entities.is_symlink():
        return b"<hibernate-generic" in look_at(entities, ENTITIES).head
    return claims_pages(candidate.path)


def read_confluence(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """The first page comes last: it carries the notes on what could not be read."""
    is_xml = (candidate.path / ENTITIES).is_file()
    left: list[str] = []
    first: Parsed | None = None
    for parsed in (_read_space if is_xml else read_pages)(candidate.path, left, limits):
        if first is None:
            first = parsed
        else:
            yield parsed
    if first is None:
        reasons = "; ".join(left)[:500] or "It holds no page with words."
        raise UnreadableSource(f"{candidate.relative}: {reasons}", fix="Export the space again.")
    yield dataclasses.replace(first, notes=(*capped(left), *first.notes))


def _read_space(folder: Path, left: list[str], limits: Limits) -> Iterator[Parsed]:
    """Adds to `left` what could not be read. Raises UnreadableSource."""
    path = folder / ENTITIES
    space = read_space(path, ENTITIES)
    export = Export(space, space.users(), space.tags(), space.comments(), _base(folder))
    current = {id_: (kind, values) for kind in ("Page", "BlogPost") for id_, values in space.current(kind)}
    wanted = dict(current)
    for owner, body, written in read_bodies(path, ENTITIES):
        if owner not in wanted:
            continue
        kind, values = wanted.pop(owner)
        try:
            parsed = _page(owner, values, export, body if written != "0" else f"\0{body}", limits)
        except UnreadableSource as error:
            left.append(f"{values.get('title', owner)}: {error.what}")
            continue
        if parsed.text:
            yield dataclasses.replace(parsed, kind="blog" if kind == "BlogPost" else "")
    left += [f"{values.get('title') or id_}: without words, left out" for id_, (_, values) in wanted.items()][:20]
    used = {ENTITIES, DESCRIPTOR}
    yield from _attachments(folder, export, used, limits)
    used |= {name for name in files_of(folder) if ATTACHMENT.fullmatch(name)}  # older versions, and of older pages
    left += yield from read_rest(folder, used, limits)


def _page(id_: str, values: Values, export: Export, body: str, limits: Limits) -> Parsed:
    """`body` begins with a NUL when it is the old wiki markup. Raises UnreadableSource."""
    title, builder, storage = values.get("title", ""), Builder(limits), Body(export.names)
    builder.heading(title, 1)
    if body.startswith("\0"):
        builder.block(tidy(body[1:]))
    else:
        storage.write(body, title or id_, builder)
    people = [_person(values, key, export) for key in ("creator", "lastModifier")]
    people += _comments(id_, export, builder, limits)
    tags = [Fact(key="tag", value=tag) for tag in export.tags.get(id_, [])]
    space = export.space.objects["Space"].get(values.get("space", ""), {})
    said = [Fact(key="space", value=name)] if (name := space.get("name") or space.get("key", "")) else []
    changed, version = moment(values.get("lastModificationDate")), values.get("version", "")
    parsed = Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=title,
        authors=tuple(dict.fromkeys(one.name for one in people[:2] if one.name)),
        date=iso(changed) if changed else "",
        url=f"{export.base}/pages/viewpage.action?pageId={id_}" if export.base else "",
        part=id_,
        files=(ENTITIES,),
        facts=with_facts((), (*said, *tags, *(Fact(key="links-to", value=page) for page in storage.pages if page))),
        notes=tuple(builder.notes),
        people=tuple(dict.fromkeys(one for one in people if one.id)),
        revision=Revision(
            id=version,
            at=iso(changed) if changed else "",
            by=people[1].name or people[0].name,
            reason=values.get("versionComment", ""),
        ),
    )
    return under(parsed, [name, *export.space.above(id_)] if name else export.space.above(id_))


def _person(values: Values, key: str, export: Export) -> Identity:
    """Without an id when the export names nobody, or gives a name only."""
    id_, name = values.get(key, ""), values.get(f"{key}Name", "")
    if id_ not in export.users:
        return Identity(system="confluence", id=name or id_, name=name or id_)
    shown, email = export.users[id_]
    return Identity(system="confluence", id=id_, name=shown, email=email)


def _comments(id_: str, export: Export, builder: Builder, limits: Limits) -> list[Identity]:
    """Under a heading of their own, each as a message that can be cited; who wrote them."""
    people = []
    for n, (comment, values) in enumerate(export.comments.get(id_, ())):
        inner = Builder(limits)
        Body(export.names).write(export.space.bodies[comment], f"comment {comment}", inner)
        time, who = moment(values["creationDate"]), _person(values, "creator", export)
        if not inner.text or time is None:
            continue
        if n == 0:
            builder.heading("Comments", 2)
        people.append(who)
        builder.place(Message(id=comment, author=who.name, time=iso(time)))
        builder.block(f"{who.name} · {iso(time)[:16].replace('T', ' ')} UTC\n{inner.text}")
    return people


def _attachments(folder: Path, export: Export, used: set[str], limits: Limits) -> Iterator[Parsed]:
    """The newest version of each, by the reader of what its title says it is; `used` grows by its path."""
    pages = export.space.objects["Page"]
    for id_, values in export.space.current("Attachment"):
        page, title = (
            values.get("containerContent") or values.get("content", ""),
            values.get("title") or values.get("fileName", ""),
        )
        relative = f"attachments/{page}/{id_}/{values.get('version') or values.get('attachmentVersion') or '1'}"
        if not title or not ATTACHMENT.fullmatch(relative) or not (folder / relative).is_file():
            continue
        candidate = look_at(folder / relative, title)
        reader = readers.find_reader(candidate) if candidate.head else None
        if reader is None or (folder / relative).is_symlink():
            continue
        used.add(relative)
        try:
            for parsed in reader.read(candidate, limits):
                part = f"attachments/{page}/{one_line(title)}{f'/{parsed.part}' if parsed.part else ''}"
                above = [*export.space.above(page), pages.get(page, {}).get("title", "")]
                named = dataclasses.replace(parsed, part=part, title=parsed.title or one_line(title), files=(relative,))
                yield under(named, above)
        except UnreadableSource:
            used.discard(relative)


def _base(folder: Path) -> str:
    path = folder / DESCRIPTOR
    if not path.is_file() or path.is_symlink():
        return ""
    found = BASE.search(look_at(path, DESCRIPTOR).head.decode("utf-8", "replace"))
    return found[1].replace("\\", "").rstrip("/") if found else ""


READER: Reader = Reader(name="confluence", version=2, claims=claims_confluence, read=read_confluence)
