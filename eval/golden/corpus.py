"""What a home holds, arranged for asking about it: pages, their sections and sentences, runs. Pure but for `read`."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eval.golden.words import WORD, Span, content_words, plain
from rag.domain.header import header_end
from rag.domain.ports import OnProgress
from rag.domain.runs import RunQuery, StoredRun
from rag.domain.sentences import LINEWISE, sentences
from rag.domain.services import Services
from rag.domain.types import Access, DocumentInfo, DocumentText, Filters, Progress, Section

EVERYTHING = Access(everything=True)
PAGE = 500  # documents or runs fetched at once
LARGEST = 2_000_000  # characters of a text that is looked through
PROSE = frozenset({"markdown", "rst", "plain"})
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$", re.M | re.S)
_RULE = re.compile(r"[=\-~^\"'`#*+.:_]{3,}")
_INDENTED = re.compile(r"(?:\n|^)[ \t]{4,}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section's own words: neither its heading nor the sections below. `path`: the headings, outermost first."""

    path: tuple[str, ...]
    start: int
    end: int

    @property
    def heading(self) -> str:
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, kw_only=True)  # no slots: what is computed is kept on it
class Page:
    """The current version of a document."""

    shown: DocumentText
    source: str  # name of its source

    @property
    def info(self) -> DocumentInfo:
        return self.shown.info

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def file(self) -> str:
        """Inside the source. A part of a claimed folder or export is known by its raw file."""
        return self.info.files[0] if self.info.part and self.info.files else self.info.path

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        marks = [(mark.at, mark.locator.path) for mark in self.shown.marks if isinstance(mark.locator, Section)]
        begin = header_end(self.text, self.shown.syntax)
        if not marks or marks[0][0] > begin:
            marks.insert(0, (begin, ()))
        ends = [at for at, _ in marks[1:]] + [len(self.text)]
        return tuple(
            Part(path=path, start=self._below(max(at, begin), path), end=end)
            for (at, path), end in zip(marks, ends, strict=True)
            if end > begin
        )

    def _below(self, at: int, path: Sequence[str]) -> int:
        """Behind the heading's own lines."""
        while path and at < len(self.text):
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            line = self.text[at:end].strip()
            if line and not _RULE.fullmatch(line) and not _is_heading(line, path[-1]):
                break
            at = end + 1
        return min(at, len(self.text))

    @cached_property
    def code(self) -> tuple[Span, ...]:
        """Fenced blocks, fences included."""
        return tuple(found.span() for found in _FENCE.finditer(self.text))

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return tuple(sentences(self.text, self.shown.syntax))

    def in_code(self, at: int) -> bool:
        found = bisect_right(self.code, (at, len(self.text)))
        return found > 0 and at < self.code[found - 1][1]

    def said(self, part: Part) -> Iterator[Span]:
        """Sentences, list items and table rows of a section, those in code left out."""
        for start, end in self.spans[bisect_left(self.spans, (part.start, 0)) :]:
            if start >= part.end:
                break
            if not self.in_code(start) and not self._literal(start):
                yield start, end

    def _literal(self, at: int) -> bool:
        """An indented block of reStructuredText or Markdown is code more often than not."""
        return bool(_INDENTED.search(self.text, max(0, at - 40), at))

    @cached_property
    def words(self) -> frozenset[str]:
        """Terms of its text, title and headings."""
        headings = " ".join(" ".join(part.path) for part in self.parts)
        return frozenset(content_words(f"{self.text}\n{self.info.title}\n{headings}\n{self.info.path}"))


def _is_heading(line: str, heading: str) -> bool:
    """The line that says it, with or without signs around it and an anchor behind."""
    beginning = heading[:20]
    return (beginning in line or beginning in plain(line)) and len(plain(line)) <= len(heading) + 12


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Prose, chats and what trackers kept. `asked`: questions that were refused or found wanting, newest first.

    `aside`: names and texts, in small letters, of what nothing is asked about: code, tables, data and very long texts.
    """

    pages: tuple[Page, ...]
    aside: tuple[str, ...] = ()
    runs: tuple[StoredRun, ...] = ()
    asked: tuple[dict[str, Any], ...] = field(default=())

    @cached_property
    def prose(self) -> tuple[Page, ...]:
        return tuple(page for page in self.pages if page.shown.syntax in PROSE and page.info.kind != "run")

    @cached_property
    def chats(self) -> tuple[Page, ...]:
        return tuple(page for page in self.pages if page.shown.syntax == "chat")

    @cached_property
    def spread(self) -> Counter[str]:
        """{term: how many documents hold it}."""
        return Counter(word for page in self.pages for word in page.words)

    @cached_property
    def lower(self) -> frozenset[str]:
        """Words seen in small letters: at the head of a sentence they are no names."""
        seen = Counter(word for page in self.prose for word in WORD.findall(page.text) if word.islower())
        return frozenset(word for word, count in seen.items() if count > 1)

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """Every text with its title and path, in small letters: where a name is looked up to be sure it is absent."""
        runs = tuple(repr(run.run).casefold() for run in self.runs)
        return (*(_looked_up(page.shown) for page in self.pages), *runs, *self.aside)

    def holds(self, name: str) -> bool:
        wanted = name.casefold()
        return any(wanted in text for text in self.folded)

    def page_of(self, document: str) -> Page | None:
        return self._by_id.get(document)

    @cached_property
    def _by_id(self) -> dict[str, Page]:
        return {page.info.id: page for page in self.pages}

    def distinctive(self, words: Sequence[str]) -> bool:
        """Whether one of the terms leads to few documents."""
        few = max(2, len(self.pages) // 50)
        return any(0 < self.spread[word] <= few for word in words)


def _looked_up(shown: DocumentText) -> str:
    return f"{shown.info.path}\n{shown.info.title}\n{shown.text}".casefold()


def read(services: Services, space: str, on_progress: OnProgress) -> Corpus:
    """Everything current in that space ("": in all). Without a space, what people asked is read too."""
    filters = Filters(spaces=(space,)) if space else None
    infos = list(_documents(services, filters))
    names = {source.id: source.name for source in services.catalog.sources()}
    pages, aside = [], []
    for done, info in enumerate(infos):
        on_progress(Progress(stage="reading", done=done, total=len(infos)))
        shown = services.catalog.text(info.id, EVERYTHING)
        if (len(shown.text) <= LARGEST and shown.syntax not in LINEWISE) or info.kind == "run":
            pages.append(Page(shown=shown, source=names.get(info.source, "")))
        else:
            aside.append(_looked_up(shown))
    asked = () if space else tuple(services.conversations.wanting())
    return Corpus(pages=tuple(pages), aside=tuple(aside), runs=tuple(_runs(services, filters)), asked=asked)


def _documents(services: Services, filters: Filters | None) -> Iterator[DocumentInfo]:
    cursor = ""
    while True:
        found, cursor = services.catalog.documents(EVERYTHING, filters=filters, limit=PAGE, cursor=cursor)
        yield from found
        if not cursor:
            return


def _runs(services: Services, filters: Filters | None) -> Iterator[StoredRun]:
    cursor = ""
    while True:
        found, cursor = services.runs.find(RunQuery(access=EVERYTHING, filters=filters), limit=PAGE, cursor=cursor)
        yield from found
        if not cursor:
            return
