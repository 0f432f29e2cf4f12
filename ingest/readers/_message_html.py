"""The HTML of one chat message as words: code between backticks, a link's address behind its label."""

from typing import Any

from ingest.readers._builder import Builder
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from ingest.readers.base import Limits
from ingest.readers.html import parse_html

Node = Any  # lxml ships no types

FENCE = "```"


def words_of(html: str, name: str, limits: Limits) -> str:
    """What the message shows; empty where it shows nothing. Raises UnreadableSource, LimitExceeded as `parse_html`."""
    if "<" not in html and "&" not in html:
        return html
    if not html.strip():
        return ""
    root = parse_html(f"<div>{html}</div>", name, limits)
    for node in root.iter("pre"):
        _between(node, f"{FENCE}\n", f"\n{FENCE}")
    for node in root.iter("code"):
        if next(node.iterancestors("pre"), None) is None:
            _between(node, "`", "`")
    for node in root.iter("a"):
        _with_address(node)
    builder = Builder(limits)
    write_markup(root, builder, Hidden(root))
    return builder.text


def _between(node: Node, before: str, after: str) -> None:
    if not "".join(node.itertext()).strip():
        return
    if len(node):
        node[-1].tail = (node[-1].tail or "").rstrip("\n") + after
        node.text = before + (node.text or "")
    else:
        node.text = before + (node.text or "").rstrip("\n") + after


def _with_address(node: Node) -> None:
    address, label = node.get("href") or "", "".join(node.itertext()).strip()
    if address.startswith(("https://", "http://")) and label and label not in address:
        node.tail = f" ({address}){node.tail or ''}"
