"""Room for what differs: of texts that are nearly the same the best placed stands for all. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.domain.types import Hit, StoredChunk

LOOKED_AT = 50  # hits, best first: further ones are not compared
ALIKE = 0.8  # of the word triples in either text, the share in both
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A hit and the chunks of other documents that say the same."""

    hit: Hit
    copies: tuple[StoredChunk, ...] = ()


class _Group:
    """A hit that stands, its copies, and its triples once they are needed."""

    def __init__(self, hit: Hit, text: str) -> None:
        self.hit, self.text, self.length = hit, text, len(text)
        self.copies: list[StoredChunk] = []

    @cached_property
    def triples(self) -> frozenset[tuple[str, ...]]:
        """Of neighbouring words; of a shorter text all of it."""
        words = _WORD.findall(self.text)
        return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset([tuple(words)])


def without_copies(hits: Sequence[Hit]) -> list[Standing]:
    """The hits in their order, less those that say what a better one of another document says.

    Compared with title and headings, for the cards of two versions may share a paragraph and differ by their names.
    Texts that differ in a number are no copies: the number may be what is asked for. Source of the measure: Broder, "On
    the resemblance and containment of documents", 1997.
    """
    groups: list[_Group] = []
    alike: dict[tuple[str, ...], list[_Group]] = {}
    for hit in hits[:LOOKED_AT]:
        made = _Group(hit, f"{hit.chunk.context}\n{hit.chunk.text}".casefold())
        rivals = alike.setdefault(tuple(sorted(_NUMBER.findall(made.text))), [])
        group = next((rival for rival in rivals if _says_the_same(rival, made)), None)
        if group is None:
            groups.append(made)
            rivals.append(made)
        else:
            group.copies.append(hit.chunk)
    first = [Standing(hit=group.hit, copies=tuple(group.copies)) for group in groups]
    return first + [Standing(hit=hit) for hit in hits[LOOKED_AT:]]


def _says_the_same(one: _Group, other: _Group) -> bool:
    if not ALIKE**2 <= one.length / other.length <= ALIKE**-2:
        return False  # to look no closer saves nearly all of the time
    if one.hit.chunk.document.id == other.hit.chunk.document.id:
        return False  # what a document says twice is shown where it stands
    return len(one.triples & other.triples) >= ALIKE * len(one.triples | other.triples)
