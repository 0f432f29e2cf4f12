"""What a document said before: the sentence of an earlier version in the place of one that stands there now."""

from dataclasses import dataclass
from datetime import datetime

from rag.domain.ports import Catalog
from rag.domain.sentences import sentences
from rag.domain.types import Access, DocumentText
from rag.knowledge.values import names, values, words

ALIKE = 0.6  # Jaccard overlap of the words beside values: less, and it is another sentence
SAID = 20  # sentences of the earlier version, where it differs, that are compared
MOST_VERSIONS = 200  # of a document


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """`text.text[start:end]` was said until then."""

    text: DocumentText
    start: int
    end: int
    until: datetime

    @property
    def words(self) -> str:
        return self.text.text[self.start : self.end]


def said_before(catalog: Catalog, now: DocumentText, span: tuple[int, int], access: Access) -> Before | None:
    """None where it was always said so, or nothing like it was said.

    Its first version is found by halving, as if nothing that was taken back came again.
    """
    if now.info.version < 2:
        return None
    earlier = [info for info in catalog.versions(now.info.id, access) if info.version < now.info.version]
    earlier = earlier[-MOST_VERSIONS:]
    texts: dict[int, DocumentText] = {}

    def read(n: int) -> DocumentText:
        if n not in texts:
            texts[n] = catalog.text(now.info.id, access, version=earlier[n].version)
        return texts[n]

    said = _folded(now.text[span[0] : span[1]])
    low, high = 0, len(earlier)  # earlier[high:] say it, those before low do not
    while low < high:
        middle = (low + high) // 2
        if said in _folded(read(middle).text):
            high = middle
        else:
            low = middle + 1
    if not low:
        return None
    found = _alike(read(low - 1), now, said)
    first = earlier[low] if low < len(earlier) else now.info
    return found and Before(text=read(low - 1), start=found[0], end=found[1], until=first.valid_from)


def _alike(before: DocumentText, now: DocumentText, said: str) -> tuple[int, int] | None:
    """The sentence that is no longer there, has most of the words, and another number, date or name."""
    present, own = _folded(now.text), words(said)
    best: tuple[float, tuple[int, int]] = (0.0, (0, 0))
    looked = 0
    for start, end in sentences(before.text, before.syntax):
        old = before.text[start:end]
        if looked == SAID or _folded(old) in present:
            continue
        looked += 1
        theirs = words(old)
        if len(own & theirs) >= 2 and (set(values(old)), names(old)) != (set(values(said)), names(said)):
            best = max(best, (len(own & theirs) / len(own | theirs), (start, end)))
    return best[1] if best[0] >= ALIKE else None


def _folded(text: str) -> str:
    return " ".join(text.split())
