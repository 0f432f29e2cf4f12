"""`entities.xml` of a Confluence space export, read as a stream: it may be much larger than memory should be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.readers._builder import one_line
from ingest.readers._chat import moment
from ingest.text.decode import clean
from rag.domain.errors import LimitExceeded, UnreadableSource

Node = Any  # lxml ships no types

CONTENT = frozenset({"Page", "BlogPost"})
KNOWN = CONTENT | {"Comment", "Attachment", "Space", "ConfluenceUserImpl", "InternalUser", "Label", "Labelling"}
LONGEST = 10_000  # characters of a property that is no body
MOST_OBJECTS = 2_000_000

Values = dict[str, str]  # of an object: its properties; for one that is another object, its id


@dataclass(slots=True)
class Space:
    """All but the bodies of pages. Objects are known by id."""

    objects: dict[str, dict[str, Values]] = field(default_factory=lambda: {name: {} for name in KNOWN})
    bodies: dict[str, str] = field(default_factory=dict)  # of comments, by the comment's id

    def current(self, kind: str) -> Iterator[tuple[str, Values]]:
        """No older versions, no drafts, nothing that was thrown away."""
        for id_, values in self.objects[kind].items():
            older = values.get("originalVersion") or values.get("originalVersionId")
            if not older and values.get("contentStatus", "current") in ("", "current"):
                yield id_, values

    def users(self) -> dict[str, tuple[str, str]]:
        """{key: (name, e-mail)}; both as full as the export knows them."""
        by_login = {one.get("name", ""): one for one in self.objects["InternalUser"].values()}
        found = {}
        for key, values in self.objects["ConfluenceUserImpl"].items():
            login = values.get("name") or values.get("username", "")
            more = {**by_login.get(login, {}), **values}
            shown = more.get("displayName") or more.get("fullName") or login
            email = more.get("emailAddress") or more.get("email") or (login if "@" in login else "")
            found[key] = (one_line(shown) or key, one_line(email))
        return found

    def tags(self) -> dict[str, list[str]]:
        """{id of a page: its labels}."""
        found: dict[str, list[str]] = {}
        for values in self.objects["Labelling"].values():
            name = self.objects["Label"].get(values.get("label", ""), {}).get("name", "")
            if name:
                found.setdefault(values.get("content", ""), []).append(name)
        return found

    def comments(self) -> dict[str, list[tuple[str, Values]]]:
        """{id of a page: its comments, by time}."""
        found: dict[str, list[tuple[str, Values]]] = {}
        for id_, values in self.current("Comment"):
            page = values.get("containerContent") or values.get("owner") or values.get("content", "")
            if moment(values.get("creationDate")) and self.bodies.get(id_):
                found.setdefault(page, []).append((id_, values))
        for comments in found.values():
            comments.sort(key=lambda comment: (comment[1]["creationDate"], comment[0]))
        return found

    def above(self, id_: str) -> list[str]:
        """Titles of the pages above it, outermost first."""
        pages, titles, seen = self.objects["Page"], [], {id_}
        parent = pages.get(id_, {}).get("parent", "")
        while parent in pages and parent not in seen:
            seen.add(parent)
            titles.append(pages[parent].get("title", ""))
            parent = pages[parent].get("parent", "")
        return titles[::-1]


def read_space(path: Path, name: str) -> Space:
    """Raises UnreadableSource, LimitExceeded."""
    space = Space()
    count = 0
    for kind, node in _objects(path, name):
        if kind == "BodyContent":
            owner, of, body, _ = _body(node)
            if of == "Comment":
                space.bodies[owner] = body
        elif kind in KNOWN:
            count += 1
            space.objects[kind][_id(node)] = _values(node)
        if count > MOST_OBJECTS:
            raise LimitExceeded(f"{name} holds more than {MOST_OBJECTS:,} objects.", fix="Export fewer spaces at once.")
    return space


def read_bodies(path: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """(id of what it belongs to, body, type: "0" for the old wiki markup). Raises UnreadableSource."""
    for kind, node in _objects(path, name):
        if kind == "BodyContent":
            owner, _, body, written = _body(node)
            if owner and body.strip():
                yield owner, body, written


def _objects(path: Path, name: str) -> Iterator[tuple[str, Node]]:
    from lxml import etree  # type: ignore[import-untyped]

    try:
        stream = etree.iterparse(
            str(path), tag="object", resolve_entities=False, no_network=True, load_dtd=False, recover=True
        )
        for _, node in stream:
            yield str(node.get("class") or ""), node
            node.clear()
            while node.getprevious() is not None:
                del node.getparent()[0]
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = one_line(str(error)).replace(str(path), name)[:200]
        raise UnreadableSource(f"{name} is damaged: {reason}.", fix="Export the space again.") from error


def _id(node: Node) -> str:
    return one_line(str(node.findtext("id") or ""))


def _values(node: Node) -> Values:
    """Of a property with an id inside: that id. Longer ones are no titles and no names."""
    found: Values = {}
    for item in node.iterchildren("property"):
        text = item.findtext("id") if item.find("id") is not None else item.text
        key = str(item.get("name") or "")
        if key and text and len(text) <= LONGEST:
            found.setdefault(key, one_line(clean(text)))
    return found


def _body(node: Node) -> tuple[str, str, str, str]:
    """(id of the content, its class, the body, its type)."""
    owner, of, body, written = "", "", "", ""
    for item in node.iterchildren("property"):
        key = item.get("name")
        if key == "content":
            owner, of = _id(item), str(item.get("class") or "")
        elif key == "body":
            body = clean(str(item.text or ""))
        elif key == "bodyType":
            written = str(item.text or "").strip()
    return owner, of, body, written
