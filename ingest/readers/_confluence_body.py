"""Confluence's storage format made the HTML that a reader of the page sees: macros, links, tasks. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any

from ingest.readers._builder import Builder, one_line
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from rag.domain.errors import LimitExceeded, UnreadableSource

Node = Any  # lxml ships no types

SPACES = {"ac": "urn:ac", "ri": "urn:ri", "at": "urn:at"}
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
XML_OWN = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
SHOWN = frozenset({"title", "key"})  # parameters of a macro that a reader sees: a status, a panel's title, a ticket
SHOWING = frozenset({"status", "expand", "panel", "info", "note", "tip", "warning", "jira"})
VERBATIM = frozenset({"plain-text-body"})
BLOCKS = frozenset({"rich-text-body", "layout", "layout-section", "layout-cell", "structured-macro", "macro"})
RENAMED = {"task-list": "ul", "task": "li", "plain-text-body": "pre", **dict.fromkeys(BLOCKS, "div")}
DROPPED = frozenset({"image", "emoticon", "placeholder", "task-id", "task-uuid", "default-parameter", "adf-attribute"})


@dataclass(slots=True)
class Body:
    """`pages` are the titles it links to, in their order."""

    users: Mapping[str, str]  # names by key
    pages: dict[str, None] = field(default_factory=dict)

    def write(self, storage: str, name: str, builder: Builder) -> None:
        """Adds what the page shows to `builder`. Raises LimitExceeded, UnreadableSource."""
        root = parse_storage(storage, name)
        for node in list(root.iter()):
            if isinstance(node.tag, str):
                self._turn(node)
        write_markup(root, builder, Hidden(root))

    def _turn(self, node: Node) -> None:
        space, name = _named(node)
        if space == "ac":
            turn = TURNS.get(name)
            if turn:
                turn(self, node)
            elif name in DROPPED:
                _drop(node)
            node.tag = RENAMED.get(name, "span")
        elif space:
            node.tag = "span"
        elif name == "time" and not (node.text or "").strip():
            node.text = one_line(str(node.get("datetime") or ""))

    def _parameter(self, node: Node) -> None:
        macro = node.getparent()
        name = "" if macro is None else str(macro.get(_q("ac", "name")) or "")
        if name not in SHOWING or str(node.get(_q("ac", "name"))) not in SHOWN:
            _drop(node)
        else:
            node.tail = f" {node.tail or ''}"

    def _link(self, node: Node) -> None:
        """A link without words of its own shows the title of what it leads to."""
        title = ""
        for target in node.iter(_q("ri", "page"), _q("ri", "blog-post")):
            title = one_line(str(target.get(_q("ri", "content-title")) or ""))
            self.pages.setdefault(title, None)
        for target in node.iter(_q("ri", "user")):
            key = next((value for value in target.attrib.values() if value in self.users), "")
            title = f"@{self.users[key]}" if key else ""
        for target in node.iter(_q("ri", "attachment")):
            title = title or one_line(str(target.get(_q("ri", "filename")) or ""))
        if title and not "".join(node.itertext()).strip():
            node.text = title

    def _status(self, node: Node) -> None:
        node.text = "[x] " if (node.text or "").strip() == "complete" else "[ ] "


Turn = Callable[[Body, Node], None]
TURNS: Mapping[str, Turn] = {"parameter": Body._parameter, "link": Body._link, "task-status": Body._status}


def parse_storage(storage: str, name: str) -> Node:
    """The tree of a body. Raises UnreadableSource, LimitExceeded."""
    from lxml import etree  # type: ignore[import-untyped]

    named = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    text = ENTITY.sub(_character, storage.replace("]] >", "]]>"))  # how the export writes a CDATA inside a CDATA
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(f"<div {named}>{text}</div>".encode("utf-8", "replace"), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableSource(f"{name}: {one_line(str(error))[:200]}.", fix="Export the space again.") from error
    if root is None or any("depth" in entry.message for entry in parser.error_log):
        raise LimitExceeded(f"{name} is nested too deeply.", fix="Flatten the page.")
    return root


def _character(match: re.Match[str]) -> str:
    return match[0] if match[1] in XML_OWN else html5.get(match[1], match[0])


def _named(node: Node) -> tuple[str, str]:
    """(prefix, name); the prefix is empty for HTML's own elements."""
    uri, _, name = node.tag[1:].partition("}") if node.tag.startswith("{") else ("", "", node.tag)
    return next((prefix for prefix, known in SPACES.items() if known == uri), "x" if uri else ""), name


def _q(prefix: str, name: str) -> str:
    return f"{{{SPACES[prefix]}}}{name}"


def _drop(node: Node) -> None:
    for child in list(node):
        node.remove(child)
    node.text = None
