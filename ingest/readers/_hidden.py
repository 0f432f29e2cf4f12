"""What a page holds and does not show. Such text was written for machines, and nobody can check a quote of it."""

import re
from collections.abc import Iterator
from typing import Any

Node = Any  # lxml ships no types

BRACE = re.compile(r"([{}])")
SIMPLE = re.compile(r"(?:[a-zA-Z][\w-]*)?(?:[.#][\w-]+)?")
FAR = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|%|pt|vw|vh)?$")
ZERO = re.compile(r"0*\.?0*(?:px|em|rem|%|pt)?$")
LONGEST_SHEET = 500_000


class Hidden:
    """Whether a node, and so all in it, is not shown: by attribute, by its style, by a plain rule of a style sheet.

    `count` of the nodes that were left out.
    """

    def __init__(self, root: Node) -> None:
        self._selectors = frozenset(_hiding_selectors(root))
        self._seen: set[str] = set()
        self._tree = root.getroottree()

    @property
    def count(self) -> int:
        return len(self._seen)

    def __call__(self, node: Node) -> bool:
        if not self._hides(node):
            return False
        self._seen.add(self._tree.getpath(node))
        return True

    def _hides(self, node: Node) -> bool:
        if len(node.attrib) == 0:
            return bool(self._selectors) and node.tag in self._selectors
        if node.get("hidden") is not None and node.get("hidden") != "until-found":
            return True
        if str(node.get("aria-hidden", "")).strip().lower() == "true":
            return True
        style = node.get("style")
        return bool(style and hides(style)) or (bool(self._selectors) and self._by_sheet(node))

    def _by_sheet(self, node: Node) -> bool:
        names = [f".{name}" for name in str(node.get("class", "")).split()]
        if node.get("id"):
            names.append(f"#{node.get('id')}")
        return node.tag in self._selectors or any(
            name in self._selectors or f"{node.tag}{name}" in self._selectors for name in names
        )


def hides(style: str) -> bool:
    """Whether CSS declarations make an element invisible: not drawn, no size, off the page, coloured as its ground."""
    said: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, _, value = declaration.partition(":")
        said[name.strip()] = value.replace("!important", "").strip()
    if said.get("display") == "none" or said.get("visibility") in ("hidden", "collapse"):
        return True
    if any(name in said and ZERO.match(said[name]) for name in ("opacity", "font-size", "max-height", "max-width")):
        return True
    if any(FAR.match(said.get(name, "")) for name in ("text-indent", "left", "top", "right", "margin-left")):
        return True
    if said.get("overflow") == "hidden" and any(ZERO.match(said.get(side, "1")) for side in ("height", "width")):
        return True
    ground = said.get("background-color") or said.get("background", "")
    return bool(ground) and _colour(said.get("color", "")) == _colour(ground)


def _colour(value: str) -> str:
    named = {"white": "#fff", "black": "#000", "#ffffff": "#fff", "#000000": "#000", "rgb(255,255,255)": "#fff"}
    value = value.replace(" ", "")
    return named.get(value, value)


def _hiding_selectors(root: Node) -> list[str]:
    """Tag, class and id selectors without context; what stands in an at-rule (print, screen sizes) does not count."""
    found = []
    for sheet in root.iter("style"):
        for selectors, declarations in _rules((sheet.text or "")[:LONGEST_SHEET]):
            if hides(declarations):
                names = (name.strip() for name in selectors.split(","))
                found += [name for name in names if name and SIMPLE.fullmatch(name)]
    return [name for name in found if name not in ("html", "body", "style", "script", "head")]


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) each. One pass: a pattern takes minutes where braces or comments never end."""
    opened: list[tuple[str, bool]] = []  # what stands before each brace; whether it is an at-rule or in one
    before = ""
    for piece in BRACE.split(_without_comments(sheet)):
        if piece == "{":
            prelude = before.rpartition(";")[2].strip()
            opened.append((prelude, prelude.startswith("@") or (bool(opened) and opened[-1][1])))
        elif piece == "}" and opened:
            selectors, conditional = opened.pop()
            if not conditional:
                yield selectors, before
        before = piece


def _without_comments(sheet: str) -> str:
    kept, end = [], 0
    while (start := sheet.find("/*", end)) >= 0:
        kept.append(sheet[end:start])
        close = sheet.find("*/", start + 2)
        end = close + 2 if close >= 0 else len(sheet)
    return "".join((*kept, sheet[end:]))
