"""What changed about something since a day, and why: from the versions that are kept, in the words of both."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from rag.domain.errors import NotFound
from rag.domain.ports import Catalog, Searcher
from rag.domain.sentences import sentences
from rag.domain.stores import Facts
from rag.domain.types import DocumentInfo, DocumentText, FactStatement, Filters, Finding, Message, Query
from rag.index.analysis import terms
from rag.knowledge.cards import DECISION_KEYS, Link, Shelf, quote_span
from rag.knowledge.change_questions import ChangeQuestion, change_question
from rag.knowledge.succession import day_of
from rag.knowledge.values import words

LOOKED_AT = 20  # passages that name candidates
DOCUMENTS = 5  # whose past is read
VERSIONS = 50  # of one document
SENTENCES = 3  # of one change
STATEMENTS = 8
LONGEST = 300  # characters of a sentence or of a reason
ALIKE = 0.5  # Jaccard overlap: what stood in its place
BECAUSE = frozenset({"because", "since", "due", "reason", "reasons", "therefore", "motivated", "avoid"})

Quote = tuple[DocumentInfo, int, int]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLookup:
    """`clock` says what `last week` means, unless the question asks as of a time."""

    catalog: Catalog
    facts: Facts
    searcher: Searcher
    clock: Callable[[], datetime] = utc_now

    def look_up(self, query: Query) -> Finding | None:
        """None when changes are not asked for, or no document is about what is asked."""
        now = query.as_of or self.clock()
        asked = change_question(query.text, now.date())
        if asked is None:
            return None
        teller = _Teller(catalog=self.catalog, query=query, asked=asked, now=now)
        documents = self._about(query, asked)
        told = [statement for document in documents for statement in teller.versions(document)]
        told += teller.decisions(Shelf.of(self.facts.saying(query, DECISION_KEYS)))
        told.sort(key=lambda pair: pair[0], reverse=True)
        if told:
            return Finding(statements=tuple(statement for _, statement in told[:STATEMENTS]))
        named = [document for document in documents if asked.words <= _named(document) and document.version > 1]
        if not named or asked.period is None:  # a page may tell its own changes
            return None
        return Finding(reason=f"Of “{named[0].title}” no change is kept{asked.time}.")

    def _about(self, query: Query, asked: ChangeQuestion) -> list[DocumentInfo]:
        """Current documents whose name, or whose passage that was found, has all words of what is asked."""
        narrowed = Query(text=asked.topic, access=query.access, filters=query.filters, as_of=query.as_of)
        found: dict[str, tuple[bool, DocumentInfo]] = {}
        for hit in self.searcher.search(narrowed, LOOKED_AT):
            document = hit.citation.document
            named = asked.words <= _named(document)
            if document.kind != "history" and (
                named or asked.words <= set(terms(hit.citation.quote)) | _named(document)
            ):
                found.setdefault(document.id, (not named, document))
        ordered = sorted(found.values(), key=lambda pair: pair[0])
        return [document for _, document in ordered][:DOCUMENTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """One question, one Teller."""

    catalog: Catalog
    query: Query
    asked: ChangeQuestion
    now: datetime

    # --- versions ---------------------------------------------------------------------------------------------------

    def versions(self, document: DocumentInfo) -> Iterator[tuple[str, FactStatement]]:
        """(day, what changed in it), the last change first."""
        try:
            known = [v for v in self.catalog.versions(document.id, self.query.access) if v.valid_from <= self.now]
        except NotFound:  # purged since
            return
        pairs = list(pairwise(known))[-VERSIONS:]
        for old, new in reversed(pairs):
            if not self.asked.since(new.valid_from.date()):
                continue
            before, after = self._text(old), self._text(new)
            if before is None or after is None:
                continue
            statement = self._change(before, after)
            if statement is not None:
                yield new.valid_from.date().isoformat(), statement

    def _change(self, before: DocumentText, after: DocumentText) -> FactStatement | None:
        """What was said anew, what stood there before, who changed it and why; None when it is about something else."""
        came, gone = _missing(after, before), _missing(before, after)
        whole = self.asked.words <= _named(after.info)
        about = [span for span in came if whole or self._is_about(after, span)][:SENTENCES]
        lost = [span for span in gone if whole or self._is_about(before, span)]
        if not about and not lost:
            return None
        quotes: list[Quote] = []
        parts: list[str] = []
        for span in about:
            quotes.append((after.info, *span))
            said = _quoted(after, span)
            old = _stood_there(before, lost, after.text[span[0] : span[1]])
            if old:
                lost.remove(old)
                quotes.append((before.info, *old))
                said += f" (before: {_quoted(before, old)})"
            parts.append(said)
        for span in lost[: SENTENCES - len(parts)]:
            quotes.append((before.info, *span))
            parts.append(f"no longer {_quoted(before, span)}")
        reason, place = self._why(after, came)
        quotes += place
        who = f" by {after.info.changed_by}" if after.info.changed_by else ""
        day = after.info.valid_from.date().isoformat()
        text = f"{day}: “{after.info.title}” was changed{who}: {'; '.join(parts)}.{reason}"
        return FactStatement(text=text, quotes=tuple(dict.fromkeys(quotes)))

    def _is_about(self, text: DocumentText, span: tuple[int, int]) -> bool:
        return self.asked.words <= set(terms(text.text[span[0] : span[1]])) | _named(text.info)

    def _why(self, after: DocumentText, came: Iterable[tuple[int, int]]) -> tuple[str, list[Quote]]:
        """The reason of who changed it, with its place where a document has it; else a new sentence that gives one."""
        if after.info.reason:
            line = " ".join(after.info.reason.split())[:LONGEST]
            return f" Why: {line.rstrip('.')}.", self._commit(after.info)
        for start, end in came:
            if BECAUSE & set(after.text[start:end].casefold().split()):
                return f" Why: {_quoted(after, (start, end))}.", [(after.info, start, end)]
        return "", []

    def _commit(self, info: DocumentInfo) -> list[Quote]:
        """Where the history of its repository holds the words of the change."""
        wanted = Filters(kinds=("history",))
        months = self.catalog.documents(self.query.access, filters=wanted, limit=200)[0] if info.revision else []
        first = info.reason.strip().split("\n")[0]
        for month in months:
            if month.part[-7:] not in (info.valid_from.isoformat()[:7], month.date[:7]):
                continue
            text = self._text(month)
            at = next((m.at for m in text.marks if _is_message(m.locator, info.revision)), None) if text else None
            start = text.text.find(first, at) if text and at is not None else -1
            if text and start >= 0:
                return [(text.info, start, start + len(first))]
        return []

    # --- decisions --------------------------------------------------------------------------------------------------

    def decisions(self, shelf: Shelf) -> Iterator[tuple[str, FactStatement]]:
        """(day, what replaced what), where either is about it."""
        for header in shelf.headers:
            for link in shelf.predecessors(header):
                day = day_of(header.document)
                if link.to is None or len(day) != 10 or not self.asked.since(date.fromisoformat(day)):
                    continue
                named = _named(header.document) | _named(link.to.document)
                if self.asked.words <= named and date.fromisoformat(day) <= self.now.date():
                    yield day, self._replaced(day, f"{header.label} replaced {link.to.label}", header.document, link)

    def _replaced(self, day: str, what: str, new: DocumentInfo, link: Link) -> FactStatement:
        quotes: list[Quote] = []
        for stated in link.quotes:
            text = self._text(stated.document)
            if text is not None and stated.at is not None:
                quotes.append((stated.document, *quote_span(text.text, stated.at)))
        reason, after = "", self._text(new)
        if after is not None:
            spans = [span for span in sentences(after.text, after.syntax) if span[1] - span[0] <= LONGEST]
            told = [s for s in spans if BECAUSE & set(after.text[s[0] : s[1]].casefold().split())]
            if told:
                reason = f" Why: {_quoted(after, told[0])}."
                quotes.append((after.info, *told[0]))
        return FactStatement(text=f"{day}: {what}.{reason}", quotes=tuple(dict.fromkeys(quotes)))

    def _text(self, info: DocumentInfo) -> DocumentText | None:
        try:
            return self.catalog.text(info.id, self.query.access, version=info.version)
        except NotFound:  # purged since
            return None


# --- pure -----------------------------------------------------------------------------------------------------------


def _named(document: DocumentInfo) -> set[str]:
    return set(terms(f"{document.title} {document.path}"))


def _missing(text: DocumentText, other: DocumentText) -> list[tuple[int, int]]:
    """Sentences that the other does not have."""
    there = " ".join(other.text.split())
    return [
        (start, end)
        for start, end in sentences(text.text, text.syntax)
        if end - start <= LONGEST and " ".join(text.text[start:end].split()) not in there
    ]


def _stood_there(before: DocumentText, lost: Iterable[tuple[int, int]], said: str) -> tuple[int, int] | None:
    own = words(said)
    shares = [(_share(own, words(before.text[start:end])), (start, end)) for start, end in lost]
    best = max(shares, default=(0.0, (0, 0)))
    return best[1] if best[0] >= ALIKE else None


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _quoted(text: DocumentText, span: tuple[int, int]) -> str:
    return f"“{' '.join(text.text[span[0] : span[1]].split()).rstrip('.')}”"


def _is_message(locator: object, revision: str) -> bool:
    return isinstance(locator, Message) and locator.id == revision
