"""What notes of an Obsidian vault say in their text: `[[links|label]]`, `![[embeds]]`, `#tags`, tags in front. Pure."""

import re
from collections.abc import Iterator

from ingest.text.frontmatter import MOST_FACTS
from rag.domain.types import Fact

WIKILINK = re.compile(r"(!?)\[\[([^\[\]|#^\n]{0,200})(?:[#^][^\[\]|\n]{0,200})?(?:\|[^\[\]\n]{0,200})?\]\]")
TAG = re.compile(r"(?<!\S)#((?:[\w-]|/(?=\w)){1,80})(?=[\s.,;:!?)]|$)")
COLOUR = re.compile(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
CODE = re.compile(r"(`{1,3})(?!`)[^`\n]{1,500}\1(?!`)")
DIRECTIVES = frozenset(
    {"include", "define", "undef", "ifdef", "ifndef", "endif", "if", "else", "elif", "error", "pragma", "import"}
)
FENCES = ("```", "~~~")
LINK, EMBED, TAGGED = "links-to", "embeds", "tag"
LONGEST_LINE = 20_000
SAID = {"tags": TAGGED, "tag": TAGGED, "aliases": "alias", "alias": "alias"}


def note_facts(text: str, start: int, *, vault: bool) -> tuple[Fact, ...]:
    """From `start` on, outside code: each link, embed and tag once, where it first stands; at most MOST_FACTS.

    A link leads to the title of a note: `[[folder/Note#Part|label]]` to Note. Tags count in a vault and beside such
    links only: elsewhere `#help` is a channel.
    """
    found: dict[tuple[str, str], Fact] = {}
    linked = "[[" in text
    if not linked and not (vault and "#" in text):
        return ()
    for at, line in _lines(text, start):
        for key, value, column in _said(line):
            found.setdefault((key, value.casefold()), Fact(key=key, value=value, at=at + column))
        if len(found) >= MOST_FACTS:
            break
    facts = tuple(found.values())[:MOST_FACTS]
    return facts if vault or any(fact.key != TAGGED for fact in facts) else ()


def tag_facts(front: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """`tags` and `aliases` of a front matter in one spelling each; `tags: a, b` are two."""
    return tuple(
        Fact(key=SAID[fact.key.casefold()], value=value, at=fact.at)
        for fact in front
        if fact.key.casefold() in SAID and isinstance(fact.value, str)
        for value in (part.strip().lstrip("#") for part in fact.value.split(","))
        if value and (SAID[fact.key.casefold()], value) != (fact.key, fact.value)
    )


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    """(where it begins, the line with its code blanked), of lines that may say something."""
    at, fence = start, ""
    for line in text[start:].split("\n"):
        bare = line.lstrip()
        if bare.startswith(FENCES):
            fence = "" if fence and bare.startswith(fence) else fence or bare[:3]
        elif not fence and ("[[" in line or "#" in line) and len(line) <= LONGEST_LINE:
            yield at, CODE.sub(lambda code: " " * len(code[0]), line) if "`" in line else line
        at += len(line) + 1


def _said(line: str) -> Iterator[tuple[str, str, int]]:
    """(key, value, column)."""
    for match in WIKILINK.finditer(line) if "]]" in line else ():
        name = match[2].strip().rpartition("/")[2].removesuffix(".md").rstrip("\\")
        if any(letter.isalpha() for letter in name):
            yield EMBED if match[1] else LINK, name, match.start()
    for match in TAG.finditer(line):
        tag = match[1]
        if not tag.isdigit() and not COLOUR.fullmatch(tag) and tag not in DIRECTIVES:
            yield TAGGED, tag, match.start()
