"""Terms in the team's own words: read from its glossaries when an answer for people of another trade needs them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag.domain.types import DocumentText, Explanation, Filters, Query
from rag.retrieval.locate import cite
from rag.retrieval.searcher import PassageSearcher

ASKED = "glossary terminology definitions of terms, abbreviations and acronyms"
LOOKED_AT = 8  # passages
MOST = 6  # terms explained below one answer
LONGEST_TERM, LONGEST_MEANING = 60, 400  # characters
_HEADING = re.compile(
    r"^(?:#{1,6}[ \t]+(?P<marked>.+?)[ \t#]*|(?P<under>[^\n]{1,80})\n(?:={3,}|-{3,}|~{3,}))[ \t]*$", re.M
)
_GLOSSARY = re.compile(r"\b(?:glossary|terminology|abbreviations?|acronyms?|definitions?|vocabulary|terms)\b", re.I)
_ENTRY = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__|`{1,2})(?P<term>[^*_`\n]{2,60})(?:\*\*|__|`{1,2})[ \t]*"
    r"(?:\([^()\n]{1,60}\)[ \t]*)?"
    r"(?::|—|–|-)[ \t]+(?P<meaning>[^\n]{3,400}(?:\n(?![ \t]*(?:[-*+#|]|\*\*))[ \t]*\S[^\n]{0,300}){0,3})"
    r"|^[ \t]*[-*+][ \t]+(?P<bare>[A-Z][\w /-]{1,40}):[ \t]+(?P<means>[^\n]{3,400})"
    r"|^\|[ \t]*(?P<cell>[^|\n]{2,60}?)[ \t]*\|[ \t]*(?P<said>[^|\n]{3,400}?)[ \t]*\|",
    re.M,
)
_BULLET = re.compile(r"[ \t]*(?:[-*+][ \t]+|\|[ \t]*)?")
_EXPANDED = re.compile(r"\b(?P<long>(?:[A-Za-z][\w-]+ ){1,5}[A-Za-z][\w-]+) \((?P<short>[A-Z][A-Za-z]{0,3}[A-Z])s?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`text[start:end]` says it."""

    term: str
    meaning: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Glossary:
    searcher: PassageSearcher

    def explain(self, said: str, query: Query) -> tuple[Explanation, ...]:
        """The terms that `said` uses, each cited from a document that the query's access allows, in order of use."""
        search = replace(query, text=ASKED, filters=Filters(spaces=query.filters.spaces))
        texts = self.searcher.find(search, LOOKED_AT).texts.values()
        best: dict[str, tuple[int, Explanation]] = {}
        for text, entry in _entries(texts):
            at = _used_at(said, entry.term)
            if at is not None and entry.term.casefold() not in best:
                citation = cite(text, entry.start, entry.end, n=len(best) + 1)
                best[entry.term.casefold()] = at, Explanation(term=entry.term, meaning=entry.meaning, citation=citation)
        ordered = [one for _, one in sorted(best.values(), key=lambda pair: pair[0])][:MOST]
        return tuple(replace(one, citation=replace(one.citation, n=n)) for n, one in enumerate(ordered, 1))


def _entries(texts: Iterable[DocumentText]) -> Iterator[tuple[DocumentText, Entry]]:
    """What glossaries define before what is only spelled out in passing."""
    kept = list(texts)
    yield from ((text, entry) for text in kept for entry in defined(text.text, text.info.title))
    yield from ((text, entry) for text in kept for entry in spelled_out(text.text))


def defined(text: str, title: str = "") -> list[Entry]:
    """Terms with their meanings, of the parts whose heading calls them so; of all of it where the title does."""
    return [entry for start, end in _parts(text, title) for entry in _of_part(text, start, end)]


def _parts(text: str, title: str) -> list[tuple[int, int]]:
    if _GLOSSARY.search(title):
        return [(0, len(text))]
    heads = list(_HEADING.finditer(text))
    ends = [head.start() for head in heads[1:]]
    named = zip(heads, [*ends, len(text)], strict=False)  # without a heading there is no part
    return [(head.end(), end) for head, end in named if _GLOSSARY.search(head["marked"] or head["under"])]


def _of_part(text: str, start: int, end: int) -> Iterator[Entry]:
    for match in _ENTRY.finditer(text, start, end):
        term = (match["term"] or match["bare"] or match["cell"] or "").strip(" :*")
        meaning = " ".join((match["meaning"] or match["means"] or match["said"] or "").split())
        if term and len(term) <= LONGEST_TERM and not set(meaning) <= set("-: "):
            bullet = _BULLET.match(text, match.start(), end)
            first = bullet.end() if bullet else match.start()
            yield Entry(term=term, meaning=meaning[:LONGEST_MEANING], start=first, end=match.end())


def spelled_out(text: str) -> Iterator[Entry]:
    """ "mean average precision (mAP)": the words whose first letters are the short form."""
    for match in _EXPANDED.finditer(text):
        letters = match["short"].casefold()
        words = match["long"].split()[-len(letters) :]
        if "".join(word[0] for word in words).casefold() == letters:
            start = match.end("long") - len(" ".join(words))
            yield Entry(term=match["short"], meaning=" ".join(words), start=start, end=match.end())


def _used_at(said: str, term: str) -> int | None:
    """Where it stands as a word of its own: short forms by their capitals, others in any case, one or several."""
    flags = 0 if term.isupper() and len(term) < 6 else re.I
    found = re.search(rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])", said, flags)
    return found.start() if found else None
