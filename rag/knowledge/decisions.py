"""What replaced it, who decided, what became of it: answered by code from the headers of decisions and cards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.domain.ports import Catalog
from rag.domain.stores import Facts, Stated
from rag.domain.types import FactStatement, Finding, Query
from rag.knowledge.cards import DECISION_KEYS, LINKS, Header, Link, Shelf, joined
from rag.knowledge.decision_lists import list_question, tell_list
from rag.knowledge.header_questions import CARD_FIELDS, HeaderQuestion, header_question
from rag.knowledge.quoting import Quoter

ACCEPTED = frozenset({"accepted", "approved", "final", "active", "implemented"})
LONGEST_CHAIN = 20
KEYS = {
    "successor": LINKS,
    "predecessor": LINKS,
    "deciders": ("deciders", "delegate"),
    "resolved": ("resolved", "date"),
    "created": ("created", "date"),
}
SAYS = {
    "delegate": "{value} was the delegate who decided on {full}.",
    "deciders": "{value} decided on {full}.",
    "authors": "{value} wrote {full}.",
    "created": "{value} is the date of {full}.",
    "resolved": "{value} is when {full} was decided; its status is {status}.",
    "version": "{value} is the version that the header of {full} names.",
    "licence": "{value} is the licence of {full}.",
    "base-model": "{value} is the base model of {full}.",
    "datasets": "{value}: {full} was trained on it, says its card.",
}
MISSES = {
    "delegate": "{label} names no delegate in its header.",
    "successor": "The header of {label} names nothing that replaced it, and no other header says that it does.",
    "version": "{label} names no version in its header.",
    "status": "{label} names no status in its header.",
}


@dataclass(frozen=True, slots=True)
class DecisionLookup:
    """Answers only when the field that is asked for is clear and one document alone is meant."""

    facts: Facts
    catalog: Catalog

    def look_up(self, query: Query) -> Finding | None:
        if (listed := list_question(query.text)) is not None:
            shelf = Shelf.of(self.facts.saying(query, DECISION_KEYS))
            return tell_list(listed, shelf, Quoter(self.catalog, query.access))
        question = header_question(query.text)
        return None if question is None else self._field(query, question)

    def _field(self, query: Query, question: HeaderQuestion) -> Finding | None:
        keys = KEYS.get(question.asked, (question.asked,))
        identity = ("name", *keys) if question.asked in CARD_FIELDS else (*DECISION_KEYS, *keys)
        shelf = Shelf.of(self.facts.saying(query, identity))
        headers = tuple(header for header in shelf.headers if _is_asked(header, question))
        header = Shelf(headers).find(question)
        if header is None:
            return None
        teller = _Teller(shelf, Quoter(self.catalog, query.access))
        statements = tuple(teller.tell(question, header))
        if statements:
            return Finding(statements=statements)
        missing = MISSES.get(question.asked)
        if missing is None or not _would_say(shelf, header, question.asked):
            return None
        return Finding(reason=missing.format(label=header.label))


def _is_asked(header: Header, question: HeaderQuestion) -> bool:
    """A card where a card's field is asked for, else a decision: not every page that has an author."""
    if question.asked in CARD_FIELDS:
        return bool(header.all(question.asked))
    return any(header.all(key) for key in DECISION_KEYS)


def _would_say(shelf: Shelf, header: Header, asked: str) -> bool:
    """Silence means something only where headers of its kind have such a field."""
    if asked == "successor":
        return header.status is not None
    source = header.document.source
    return any(other.all(asked) for other in shelf.headers if other.document.source == source)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Makes the statements of one answer."""

    shelf: Shelf
    quoter: Quoter

    def tell(self, question: HeaderQuestion, header: Header) -> Iterator[FactStatement]:
        asked = question.asked
        if asked == "successor":
            return self._successors(header)
        if asked == "predecessor":
            return self._predecessors(header)
        if asked == "status":
            return self._status(header, question.state)
        return self._field(asked, header)

    def _field(self, asked: str, header: Header) -> Iterator[FactStatement]:
        found = next((facts for key in KEYS.get(asked, (asked,)) if (facts := header.all(key))), ())
        status = header.status
        if asked == "resolved" and (status is None or not found):
            return
        values = list(dict.fromkeys(fact.value for fact in found))
        if values:
            value, said = joined(values), status.value.lower() if status else ""
            text = SAYS[asked].format(value=value, full=header.full, status=said)
            quoted = [*found, *([status] if asked == "resolved" and status else [])]
            yield self.quoter.statement(text, quoted)

    def _status(self, header: Header, asked: str) -> Iterator[FactStatement]:
        status = header.status
        if status is None:
            return
        word = _yes_or_no(asked, status.value.casefold())
        yield self.quoter.statement(
            f"{word}: the status of {header.full} is {_capital(status.value)}."
            if word
            else f"{_capital(status.value)}: that is the status of {header.full}.",
            [status],
        )
        links = self.shelf.successors(header)
        if links:
            yield self.quoter.statement(f"{_names(links)} replaced it.", _quotes(links))

    def _successors(self, header: Header) -> Iterator[FactStatement]:
        links = self.shelf.successors(header)
        if not links:
            return
        yield self.quoter.statement(f"{_names(links)} replaced {header.full}.", _quotes(links))
        last, quotes = self._end_of_chain(links)
        if last is not None:
            yield self.quoter.statement(f"That one has been replaced too: {last.label} stands at the end now.", quotes)

    def _predecessors(self, header: Header) -> Iterator[FactStatement]:
        links = self.shelf.predecessors(header)
        if links:
            yield self.quoter.statement(f"{_names(links)}: that is what {header.full} replaced.", _quotes(links))

    def _end_of_chain(self, links: Sequence[Link]) -> tuple[Header | None, list[Stated]]:
        """As long as each has one successor; None when the first one is still the last."""
        last, quotes, seen = None, list[Stated](), set[str]()
        while len(links) == 1 and (to := links[0].to) is not None and to.document.id not in seen:
            seen.add(to.document.id)
            links = self.shelf.successors(to)
            if len(links) == 1 and links[0].to is not None and len(seen) < LONGEST_CHAIN:
                last = links[0].to
                quotes.extend(_quotes(links))
        return last, quotes


def _names(links: Sequence[Link]) -> str:
    return joined([link.to.label if link.to else link.name for link in links])


def _quotes(links: Sequence[Link]) -> list[Stated]:
    return [stated for link in links for stated in link.quotes]


def _yes_or_no(asked: str, status: str) -> str:
    """Empty where nothing of the kind is asked, or where it stays open: what was superseded was accepted once."""
    wanted = ACCEPTED if asked in ("accepted", "approved") else frozenset({asked})
    if not asked or (status == "superseded" and wanted is ACCEPTED):
        return ""
    return "Yes" if status in wanted else "No"


def _capital(value: str) -> str:
    return value[:1].upper() + value[1:]
