"""The headers of decisions and cards side by side: found by number, name or title, and linked to each other."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rag.domain.stores import Stated
from rag.domain.types import DocumentInfo
from rag.knowledge.header_questions import WORD, HeaderQuestion, content, plain_text

LINKS = ("superseded-by", "replaces")
DECISION_KEYS = ("number", "status", "deciders", "delegate", *LINKS)
PREFIX = re.compile(r"(?:(?:pep|adr|rfc|decision(?: record)?)[-_ #]{0,2})?\d{1,5}\s*[:.\u2013\u2014-]+\s*", re.I)
MISSING = 0.2  # share of a title's words that a question may leave out
LONGEST_QUOTE = 800  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    document: DocumentInfo
    said: tuple[Stated, ...]

    def all(self, key: str) -> tuple[Stated, ...]:
        return tuple(stated for stated in self.said if stated.key == key)

    @property
    def says(self) -> frozenset[tuple[str, str]]:
        return frozenset((stated.key, stated.value) for stated in self.said)

    @property
    def number(self) -> str:
        """`PEP 386`; empty when it has none."""
        return next((stated.value for stated in self.all("number")), "")

    @property
    def title(self) -> str:
        return PREFIX.sub("", self.document.title, count=1) or self.document.title

    @property
    def label(self) -> str:
        """As it is spoken of: `PEP 386`, else its title as it stands."""
        return self.number if self.number.startswith(("PEP", "RFC")) else f"“{self.document.title}”"

    @property
    def full(self) -> str:
        return f"{self.number} ({self.title})" if self.label == self.number else self.label

    @property
    def status(self) -> Stated | None:
        """The last word, but a decision that was superseded stays so."""
        found = self.all("status")
        ended = [stated for stated in found if stated.value.casefold() == "superseded"]
        return next(reversed(ended or found), None)


@dataclass(frozen=True, slots=True)
class Link:
    """`to` None: what is named is not here. `quotes`: which headers say so."""

    to: Header | None
    name: str
    quotes: tuple[Stated, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All headers that a query may see."""

    headers: tuple[Header, ...]
    _numbers: dict[tuple[str, str], Header] = field(default_factory=dict)
    _paths: dict[tuple[str, str], Header] = field(default_factory=dict)

    @classmethod
    def of(cls, stated: Iterable[Stated]) -> "Shelf":
        said: dict[tuple[str, int], list[Stated]] = defaultdict(list)
        for fact in stated:
            if fact.document.kind == "run":  # its status is another matter
                continue
            said[fact.document.id, fact.document.version].append(fact)
        return cls.of_headers(Header(document=facts[0].document, said=tuple(facts)) for facts in said.values())

    @classmethod
    def of_headers(cls, headers: Iterable[Header]) -> "Shelf":
        shelf = cls(tuple(headers))
        for header in shelf.headers:
            shelf._numbers.setdefault((header.document.source, header.number), header)
            shelf._paths.setdefault((header.document.source, header.document.path), header)
        return shelf

    def find(self, question: HeaderQuestion) -> Header | None:
        """The one document that is named, or one of copies that say the same; None when none or several are, or when
        more is said than its name.
        """
        fits: list[tuple[float, Header]] = []
        for header in self.headers:
            missing = _fit(question, header)
            if missing is not None:
                fits.append((missing, header))
        best = [header for missing, header in fits if missing == min(fits, key=lambda fit: fit[0])[0]]
        same = {(header.number, header.document.title, header.says) for header in best}
        return best[0] if len(same) == 1 else None

    def successors(self, header: Header) -> list[Link]:
        return self._linked(header, "superseded-by", "replaces")

    def predecessors(self, header: Header) -> list[Link]:
        return self._linked(header, "replaces", "superseded-by")

    def _linked(self, header: Header, own: str, other: str) -> list[Link]:
        """What the header itself links to, and what links back to it; both say so where both do."""
        links: dict[str, Link] = {}
        for stated in header.all(own):
            to = self._resolve(header, stated.value)
            links[to.document.id if to else stated.value] = Link(to, _name(header, stated.value), (stated,))
        for back in self.headers:
            for stated in back.all(other):
                target = self._resolve(back, stated.value)
                if target is None or target.document.id != header.document.id:
                    continue
                known = links.get(back.document.id)
                if known or not header.all(own):  # its own word counts where it has one
                    links[back.document.id] = Link(back, back.label, (*(known.quotes if known else ()), stated))
        return list(links.values())

    def _resolve(self, header: Header, value: str) -> Header | None:
        source = header.document.source
        if "." in value and "/" not in value[:1]:
            folder = posixpath.dirname(header.document.path)
            found = self._paths.get((source, posixpath.normpath(posixpath.join(folder, value.split("#")[0]))))
            if found:
                return found
        named = self._numbers.get((source, _name(header, value)))
        if named:
            return named
        wanted = plain_text(value)
        titled = [other for other in self.headers if plain_text(other.title) == wanted]
        return titled[0] if len(titled) == 1 else None


def _name(header: Header, value: str) -> str:
    """A bare number belongs to the series of who names it."""
    return f"{header.number.split()[0]} {value}" if value.isdigit() and header.number else value


def _fit(question: HeaderQuestion, header: Header) -> float | None:
    """Share of the title that the question leaves out; None when it speaks of something else."""
    titles = [header.title, *(stated.value for stated in header.all("name"))]
    if question.number:
        if header.number != question.number:
            return None
        title = frozenset().union(*map(content, titles))
        return 0.0 if question.words - question.extra <= title else None
    shares = [share for title in titles if (share := _share(question, title)) is not None]
    return min(shares, default=None)


def _share(question: HeaderQuestion, title: str) -> float | None:
    words = content(title)
    if question.quoted and tuple(WORD.findall(plain_text(title))) == question.quoted:
        return 0.0
    if not words or not question.words - question.extra <= words:
        return None
    missing = len(words - question.words) / len(words)
    few = len(words) < 2 and question.asked not in ("licence", "base-model", "datasets")
    return missing if missing <= MISSING and not few else None


def quote_span(text: str, at: int) -> tuple[int, int]:
    """The header line that begins at `at`, with the deeper or listed lines that continue it."""
    start = text.rfind("\n", 0, at) + 1
    depth = _depth(text[start : at + 1])
    end = _line_end(text, at)
    listed = text[at:end].rstrip().endswith((":", "[", ">", "|"))
    for first, last in _lines_after(text, end, at + LONGEST_QUOTE):
        line = text[first:last]
        if not line.strip() or not (_depth(line) > depth or (listed and line.lstrip().startswith(("- ", "]")))):
            break
        end = last
    return at, at + len(text[at:end].rstrip())


def _lines_after(text: str, end: int, limit: int) -> Iterator[tuple[int, int]]:
    while end < min(limit, len(text)):
        first = end + 1
        end = _line_end(text, first)
        if end > limit:
            return
        yield first, end


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
