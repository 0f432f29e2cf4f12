"""What Slack writes in angle brackets, and its blocks, as words. Emphasis stays as it was typed: *so*, _so_, `so`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ingest.readers._loose import Record, dig, first, records, string

TOKEN = re.compile(r"<([@#!][^<>\n]{1,500}|[a-zA-Z][a-zA-Z0-9+.-]{1,20}:[^<>\n]{1,4000})>")
FENCE = "```"
DEEPEST = 12
STYLES = (("code", "`"), ("bold", "*"), ("italic", "_"), ("strike", "~"))
TITLED = {"image": ("title", "alt_text"), "video": ("title", "alt_text"), "file": ("external_id",)}
NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids are shown as."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def user(self, id: str, label: str = "") -> str:
        return "@" + (self.users.get(id) or label.lstrip("@") or id)

    def channel(self, id: str, label: str = "") -> str:
        return "#" + (self.channels.get(id) or label.lstrip("#") or id)


def plain(text: str, names: Names) -> str:
    """The words of a `text` or `mrkdwn`: mentions as names, links with their labels, escapes undone."""
    text = TOKEN.sub(lambda match: _token(match[1], names), text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _fenced(text)


def with_blocks(text: str, blocks: object, names: Names) -> str:
    """`text`, a message's words; the words of its blocks where they hold more, both where each has its own."""
    said = plain(text, names)
    shown = blocks_text(blocks, names)
    words, more = _letters(said), _letters(shown)
    if len(more) <= len(words) * 1.2:
        return said
    return shown if words in more else f"{said}\n\n{shown}"


def blocks_text(blocks: object, names: Names, depth: int = 0) -> str:
    """Block Kit and rich text; buttons and menus are left out."""
    if depth > DEEPEST:
        return ""
    pieces = (_block(block, names, depth) for block in records({"_": blocks}, "_"))
    return "\n".join(piece for piece in pieces if piece.strip())


def _letters(text: str) -> str:
    return NOT_WORDS.sub("", text).casefold()


def _token(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return names.user(target[1:], label)
    if target.startswith("#"):
        return names.channel(target[1:], label)
    if target.startswith("!"):
        return label if label else "@" + target[1:].partition("^")[0]
    return _link(target, label)


def _link(url: str, label: str) -> str:
    url = url.removeprefix("mailto:")
    return url if not label or label in url else f"{label} ({url})"


def _fenced(text: str) -> str:
    """Code between three backticks on lines of its own."""
    if FENCE not in text:
        return text
    pieces = text.split(FENCE)
    if len(pieces) % 2 == 0:
        pieces[-2:] = [FENCE.join(pieces[-2:])]  # one that nobody closes is no code
    for n in range(1, len(pieces), 2):
        before = "" if not pieces[n - 1] or pieces[n - 1].endswith("\n") else "\n"
        pieces[n + 1] = pieces[n + 1].lstrip(" ")
        after = "" if pieces[n + 1].startswith("\n") else "\n"
        pieces[n] = f"{before}{FENCE}\n{pieces[n].strip(chr(10))}\n{FENCE}{after}"
    return "".join(pieces)


def _block(block: Record, names: Names, depth: int) -> str:
    kind = string(block, "type")
    if kind == "rich_text":
        return "\n".join(filter(None, (_rich(part, names, depth + 1) for part in records(block, "elements"))))
    if kind in ("section", "header", "markdown"):
        texts = [block.get("text"), *records(block, "fields")]
        return "\n".join(filter(None, (_text_object(text, names) for text in texts)))
    if kind == "context":
        return " ".join(filter(None, (_text_object(text, names) for text in records(block, "elements"))))
    if kind == "table":
        return "\n".join(_row(row, names, depth) for row in _lists(block.get("rows")))
    if kind in TITLED:
        return string(block, "title", "text") or first(block, *TITLED[kind])
    return ""


def _text_object(value: object, names: Names) -> str:
    """{type: mrkdwn or plain_text, text}, or a string."""
    text = string(value, "text") if isinstance(value, dict) else string({"_": value}, "_")
    return text if string(value, "type") == "plain_text" else plain(text, names)


def _row(row: list[object], names: Names, depth: int) -> str:
    cells = (blocks_text([cell], names, depth + 1) or string(cell, "text") for cell in row)
    return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"


def _lists(value: object) -> list[list[object]]:
    return [item for item in value if isinstance(item, list)] if isinstance(value, list) else []


def _rich(part: Record, names: Names, depth: int) -> str:
    if depth > DEEPEST:
        return ""
    kind = string(part, "type")
    if kind == "rich_text_list":
        indent = string(part, "indent")
        margin = "  " * (int(indent) if indent.isdecimal() and len(indent) == 1 else 0)
        ordered = string(part, "style") == "ordered"
        items = (_rich(item, names, depth + 1) for item in records(part, "elements"))
        return "\n".join(f"{margin}{f'{n}.' if ordered else '•'} {item}" for n, item in enumerate(items, 1))
    text = "".join(_inline(records(part, "elements"), names))
    if kind == "rich_text_preformatted":
        return f"{FENCE}\n{text.strip(chr(10))}\n{FENCE}"
    if kind == "rich_text_quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    return text.strip("\n")


def _inline(elements: list[Record], names: Names) -> Iterator[str]:
    for element in elements:
        kind = string(element, "type")
        if kind == "text":
            yield _styled(string(element, "text"), element)
        elif kind == "link":
            yield _link(string(element, "url"), string(element, "text"))
        elif kind == "user":
            yield names.user(string(element, "user_id"))
        elif kind == "channel":
            yield names.channel(string(element, "channel_id"))
        elif kind == "emoji":
            yield f":{string(element, 'name')}:"
        elif kind == "broadcast":
            yield "@" + string(element, "range")
        else:
            yield first(element, "text", "fallback", "value", "url", "usergroup_id")


def _styled(text: str, element: Record) -> str:
    bare = text.strip()
    if not bare or "\n" in bare:
        return text
    for style, sign in STYLES:
        if dig(element, "style", style) is True:
            at = text.index(bare)
            return f"{text[:at]}{sign}{bare}{sign}{text[at + len(bare) :]}"
    return text
