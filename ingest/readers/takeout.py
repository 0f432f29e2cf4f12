"""Google Takeout: Drive files with what their `-info.json` says of them, and notes of Google Keep.

Unverified on real data: built from what tools that read such exports say of their fields. A note of Keep is read
wherever its JSON lies; a folder `Takeout` is read as one thing, so that sidecars and the HTML twins of notes are no
documents.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.readers._builder import Builder, one_line, tidy
from ingest.readers._chat import iso, moment, titled
from ingest.readers._loose import Record, dig, first, load, records, string
from ingest.readers._pages import capped, with_facts
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader, look_at
from rag.domain.errors import UnreadableSource
from rag.domain.records import Identity
from rag.domain.types import Fact, Parsed

SIDECAR = "-info.json"
SIDECAR_KEYS = (b'"last_modified_by_any_user"', b'"content_last_modified"', b'"permissions"')
KEEP_KEYS = (b'"isTrashed"', b'"isPinned"', b'"isArchived"', b'"userEditedTimestampUsec"', b'"textContent"')
CONTENTS = frozenset({"archive_browser.html", "Keep/Labels.txt"})
PRODUCTS = ("Drive", "Keep")
PER_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a sidecar says of a file."""

    title: str
    owners: tuple[Identity, ...]
    created: str  # ISO 8601
    changed: str


def claims_takeout(candidate: Candidate) -> bool:
    if candidate.is_dir:
        named = candidate.path.name.lower().startswith("takeout")
        return named and any((candidate.path / product).is_dir() for product in PRODUCTS)
    return candidate.suffix == ".json" and _is_note(candidate.head)


def read_takeout(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """Raises UnreadableSource for a note that was thrown away, or an export without anything to read."""
    if not candidate.is_dir:
        yield _note(load(candidate.path, candidate.relative, limits), candidate.relative)
        return
    left: list[str] = []
    first: Parsed | None = None
    for parsed in _read_folder(candidate.path, left, limits):
        if first is None:
            first = parsed
        else:
            yield parsed
    if first is None:
        reasons = "; ".join(left)[:500] or "it holds nothing to read"
        raise UnreadableSource(f"{candidate.relative}: {reasons}.", fix="Export it again.")
    yield dataclasses.replace(first, notes=(*capped(left), *first.notes))


def _read_folder(folder: Path, left: list[str], limits: Limits) -> Iterator[Parsed]:
    """Adds to `left` what could not be read."""
    names = list(files_of(folder))
    used = {name for name in names if name in CONTENTS}
    about: dict[str, About] = {}
    for name in [name for name in names if name.endswith(".json")]:
        head = look_at(folder / name, name).head
        try:
            if _is_note(head):
                used |= {name, f"{name.removesuffix('.json')}.html"}
                yield dataclasses.replace(_note(load(folder / name, name, limits), name), files=(name,))
            elif name.endswith(SIDECAR) and any(key in head for key in SIDECAR_KEYS):
                used.add(name)
                said = _about(load(folder / name, name, limits))
                about |= dict.fromkeys(_described(name, said, names), said)
        except UnreadableSource as error:
            left.append(f"{name}: {error.what}")
    rest = read_rest(folder, used, limits)
    while True:
        try:
            parsed = next(rest)
        except StopIteration as stop:
            left += stop.value
            return
        said_of = about.get(parsed.files[0]) if parsed.files else None
        yield _with(parsed, said_of) if said_of else parsed


# --- Drive ------------------------------------------------------------------------------------------------------


def _about(found: object) -> About:
    owners = [
        Identity(
            system="google",
            id=string(one, "email_address") or string(one, "id"),
            name=one_line(string(one, "name")),
            email=string(one, "email_address"),
        )
        for one in records(found, "permissions")
        if string(one, "role").lower() == "owner"
    ]
    changed = moment(first(found, "content_last_modified", "last_modified_by_any_user"))
    created = moment(string(found, "created"))
    return About(
        title=one_line(string(found, "title")),
        owners=tuple(one for one in owners if one.id),
        created=iso(created) if created else "",
        changed=iso(changed) if changed else "",
    )


def _described(sidecar: str, said: About, names: list[str]) -> list[str]:
    """The files it speaks of: beside it, of its name, with or without the extension that the export gave them."""
    place = PurePosixPath(sidecar)
    wanted = {place.name.removesuffix(SIDECAR), said.title} - {""}
    beside = [name for name in names if PurePosixPath(name).parent == place.parent and not name.endswith(SIDECAR)]
    exact = [name for name in beside if PurePosixPath(name).name in wanted]
    return exact or [name for name in beside if PurePosixPath(name).stem in wanted]


def _with(parsed: Parsed, said: About) -> Parsed:
    """The export's own word for who owns it and when it changed; the file's own title, where it has one."""
    facts = [Fact(key="created", value=said.created)] if said.created else []
    return dataclasses.replace(
        parsed,
        title=said.title if parsed.title in ("", PurePosixPath(parsed.files[0]).name) and said.title else parsed.title,
        authors=parsed.authors or tuple(one.name for one in said.owners if one.name),
        date=parsed.date or said.changed or said.created,
        people=tuple(dict.fromkeys((*parsed.people, *said.owners))),
        facts=with_facts(parsed.facts, facts),
    )


# --- Keep -------------------------------------------------------------------------------------------------------


def _is_note(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and sum(key in head for key in KEEP_KEYS) >= 3


def _note(found: object, name: str) -> Parsed:
    """Raises UnreadableSource for one that was thrown away or says nothing."""
    if dig(found, "isTrashed") is True:
        raise UnreadableSource("it was thrown away.", fix="Leave it out.")
    builder = Builder(Limits())
    title, words = one_line(string(found, "title")), tidy(string(found, "textContent")).strip()
    items = [_item(item) for item in records(found, "listContent")]
    builder.heading(title, 1)
    builder.block(words)
    builder.block("\n".join(filter(None, items)))
    builder.block("\n".join(_links(found)))
    if not builder.text:
        raise UnreadableSource("it holds no words.", fix="Leave it out.")
    changed = moment(string(found, "userEditedTimestampUsec"), per_second=PER_SECOND)
    made = string(found, "createdTimestampUsec")
    tags = [Fact(key="tag", value=one_line(string(label, "name"))) for label in records(found, "labels")]
    shared = [
        Identity(system="google", id=email, email=email)
        for one in records(found, "sharees")
        if (email := one_line(string(one, "email")))
    ]
    return Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=title or titled("Note", words or next(filter(None, items), "")),
        kind="note",
        date=iso(changed) if changed else "",
        part=f"keep/{made}" if made.isdigit() else name,
        facts=with_facts((), [tag for tag in tags if tag.value]),
        people=tuple(dict.fromkeys(shared)),
        notes=tuple(builder.notes),
    )


def _item(item: Record) -> str:
    words = one_line(string(item, "text"))
    return f"- [{'x' if item.get('isChecked') is True else ' '}] {words}" if words else ""


def _links(found: object) -> Iterator[str]:
    """What the note points to, and the names of what is attached."""
    for link in records(found, "annotations"):
        if url := string(link, "url"):
            yield f"{one_line(string(link, 'title')) or 'Link'}: {one_line(url)}"
    for file in records(found, "attachments"):
        if path := one_line(string(file, "filePath")):
            yield f"Attached: {path}"


READER: Reader = Reader(
    name="takeout", version=1, claims=claims_takeout, read=read_takeout, suffixes=frozenset({".json"})
)
