"""Which document replaces which: by what headers say, by versions in names, titles and fields."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.domain.ports import Catalog
from rag.domain.stores import Facts, Stated
from rag.domain.types import DocumentInfo, Filters, Query
from rag.knowledge.cards import DECISION_KEYS, LINKS, PREFIX, Header, Link, Shelf
from rag.knowledge.header_questions import plain_text

CARDS = frozenset({"model-card", "dataset-card"})
# A version in the name of one of these is of something else.
UNVERSIONED = frozenset({"run", "code", "chat", "history", "notebook", "decision"})
NOT_IN_FORCE = frozenset({"draft", "proposed", "rejected", "withdrawn", "deferred"})
LONGEST_CHAIN = 20
SIBLINGS = 50  # versions of one name that are looked at
NUMBER = re.compile(r"\d{1,5}")
IN_PATH = re.compile(r"(?<![a-z0-9])v(\d{1,4}(?:[._]\d{1,4}){0,3})(?![a-z0-9])")
IN_TITLE = re.compile(r"\b(?:v|v\. ?|version |ver\. ?|revision |rev\. ?)(\d{1,4}(?:\.\d{1,4}){0,3})\b")
IN_FIELD = re.compile(r"v?(\d{1,4}(?:\.\d{1,4}){0,3})")

Order = tuple[int, ...] | str
Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """`new` holds instead of `old`. `said`: the header lines that say so; none where their versions do."""

    old: DocumentInfo
    new: DocumentInfo
    old_label: str
    new_label: str
    said: tuple[Stated, ...] = ()
    number: str = ""  # of the old one: PEP 314, v1

    @property
    def since(self) -> str:
        """A day as ISO 8601; empty when nobody says since when the new one holds."""
        return day_of(self.new)

    def is_asked_for(self, text: str) -> bool:
        """Whether the question names the old one by its number or version."""
        plain = plain_text(text)
        if not self.number:
            return False
        series, _, number = self.number.rpartition(" ")
        digits = re.escape(number.removeprefix("v"))
        named = rf"{series.casefold()}s?[-_ #]{{0,2}}0*{digits}" if series else rf"(?:v|version )\.? ?{digits}"
        return re.search(rf"\b{named}\b(?!\.\d)", plain) is not None


def day_of(document: DocumentInfo) -> str:
    """Its own date, else the day of the change that made it; empty when only the day of its ingest is known."""
    return document.date[:10] or (document.valid_from.date().isoformat() if document.revision else "")


@dataclass(frozen=True, slots=True)
class Succession:
    facts: Facts
    catalog: Catalog

    def replacements(
        self, query: Query, documents: Sequence[DocumentInfo], near: Iterable[DocumentInfo] = ()
    ) -> dict[Place, Replacement]:
        """By (id, version), those of the documents that something within reach, valid then, replaces.

        `near`: others that were found, of which some may be newer versions. What the query is narrowed to does not
        narrow what replaces.
        """
        wide = replace(query, filters=Filters())
        own = self.facts.of(wide, documents) if documents else []
        near = list(near)
        found = self._by_headers(wide, documents, own, near)
        rest = [document for document in documents if (document.id, document.version) not in found]
        return found | self._by_versions(wide, rest, own, near)

    # --- headers ----------------------------------------------------------------------------------------------------

    def _by_headers(
        self, query: Query, documents: Sequence[DocumentInfo], own: Sequence[Stated], near: Sequence[DocumentInfo]
    ) -> dict[Place, Replacement]:
        links = self.facts.saying(query, LINKS) if documents else []
        if not any(_may_concern(stated, documents, own) for stated in links):
            return {}
        shelf = Shelf.of(self.facts.saying(query, DECISION_KEYS))
        plain = [*documents, *near, *self._named(query, links)]  # what has no header may be named by a link
        headers = {(info.id, info.version): Header(document=info, said=()) for info in plain if info.kind != "run"}
        headers |= {(header.document.id, header.document.version): header for header in shelf.headers}
        shelf = Shelf.of_headers(headers.values())
        wanted = {(document.id, document.version) for document in documents}
        found: dict[Place, Replacement] = {}
        for place in wanted & headers.keys():
            if made := _replacement(shelf, headers[place]):
                found[place] = made
        return found

    def _named(self, query: Query, links: Iterable[Stated]) -> list[DocumentInfo]:
        """Documents that links name by a path. Only of today: at another time, what was found must do."""
        values = {link.value.split("#")[0].rsplit("/", 1)[-1] for link in links if "." in link.value}
        files = tuple(sorted(value for value in values if value and "*" not in value and "?" not in value))
        if not files or query.as_of is not None:
            return []
        return self.catalog.documents(query.access, filters=Filters(files=files[:SIBLINGS]), limit=SIBLINGS)[0]

    # --- versions ---------------------------------------------------------------------------------------------------

    def _by_versions(
        self,
        query: Query,
        documents: Sequence[DocumentInfo],
        own: Sequence[Stated],
        near: Iterable[DocumentInfo],
    ) -> dict[Place, Replacement]:
        families = {
            (document.id, document.version): known
            for document in documents
            if (known := _families(document, _said(own, document)))
        }
        if not families:
            return {}
        today = (query.as_of.date() if query.as_of else date.today()).isoformat()
        others = list({document.id: document for document in [*near, *self._siblings(query, documents)]}.values())
        facts = self.facts.of(query, others)
        ranked = [(other, known) for other in others if (known := _families(other, _said(facts, other), today=today))]
        found: dict[Place, Replacement] = {}
        for document in documents:
            mine = families.get((document.id, document.version), {})
            newer = [
                (order, other)
                for other, known in ranked
                for family, order in known.items()
                if other.id != document.id and family in mine and _after(order, mine[family])
            ]
            if newer:
                _, new = max(newer, key=lambda pair: (str(type(pair[0])), pair[0], pair[1].id))
                found[document.id, document.version] = _newer_version(document, new, mine)
        return found

    def _siblings(self, query: Query, documents: Sequence[DocumentInfo]) -> list[DocumentInfo]:
        """Other versions beside it by path. Only of today: at another time, what was found must do."""
        if query.as_of is not None:
            return []
        patterns = tuple({IN_PATH.sub("v*", d.path.lower()) for d in documents if IN_PATH.search(d.path.lower())})
        if not patterns:
            return []
        return self.catalog.documents(query.access, filters=Filters(files=patterns), limit=SIBLINGS)[0]


def _said(stated: Iterable[Stated], document: DocumentInfo) -> list[Stated]:
    return [s for s in stated if (s.document.id, s.document.version) == (document.id, document.version)]


def _may_concern(link: Stated, documents: Sequence[DocumentInfo], own: Sequence[Stated]) -> bool:
    """Cheap and too wide: whether a link is of one of the documents, or may name one."""
    if link.key == "superseded-by":
        return any((d.id, d.version) == (link.document.id, link.document.version) for d in documents)
    numbers = {number for s in own if s.key == "number" for number in NUMBER.findall(s.value)}
    if numbers.intersection(str(int(number)) for number in NUMBER.findall(link.value)):
        return True
    value = plain_text(link.value)
    name = value.split("#")[0].rsplit("/", 1)[-1]
    titles = {plain_text(PREFIX.sub("", d.title, count=1) or d.title) for d in documents}
    return value in titles or any(d.path.lower().endswith(name) for d in documents)


def _replacement(shelf: Shelf, header: Header) -> Replacement | None:
    """By what stands at the end of the chain; None where it is not within reach, or not in force."""
    links = _in_force(shelf.successors(header))
    if not links:
        return None
    first, last, seen = links[0], links[0], {header.document.id}
    while last.to is not None and last.to.document.id not in seen and len(seen) < LONGEST_CHAIN:
        seen.add(last.to.document.id)
        following = _in_force(shelf.successors(last.to))
        if not following or (following[0].to is not None and following[0].to.document.id in seen):
            break
        last = following[0]
    if last.to is None or first.to is None or header.document.id == last.to.document.id:
        return None
    said = first.quotes if last is first else (*first.quotes, *last.quotes)
    return Replacement(
        old=header.document,
        new=last.to.document,
        old_label=header.label,
        new_label=last.to.label,
        said=said,
        number=header.number,
    )


def _in_force(links: Iterable[Link]) -> list[Link]:
    """A draft that wants to replace does not yet, unless the old one says so too."""
    return [
        link
        for link in links
        if link.to is not None
        and (
            any(stated.key == "superseded-by" for stated in link.quotes)
            or link.to.status is None
            or link.to.status.value.casefold() not in NOT_IN_FORCE
        )
    ]


def _families(document: DocumentInfo, said: Iterable[Stated], *, today: str = "") -> dict[tuple[str, ...], Order]:
    """{what it is a version of: which one}. With `today`, none of what holds only later."""
    fields = {stated.key: stated.value.strip() for stated in said}
    starts = fields.get("valid_from") or fields.get("valid-from") or ""
    if document.kind in UNVERSIONED or (today and starts[:10] > today):
        return {}
    found: dict[tuple[str, ...], Order] = {}
    path, title = document.path.lower(), plain_text(document.title)
    if in_path := IN_PATH.search(path):
        found["path", document.source, IN_PATH.sub("v*", path)] = _numbers(in_path[1])
    if in_title := IN_TITLE.search(title):
        found["title", document.kind, IN_TITLE.sub("*", title)] = _numbers(in_title[1])
    field = IN_FIELD.fullmatch(plain_text(fields.get("version", "")))
    if field:
        found["field", document.kind, IN_TITLE.sub("*", title)] = _numbers(field[1])
    if starts:
        found["starts", document.kind, title] = starts[:10]
    if document.kind in CARDS and document.date and not found:
        found["dated", document.kind, title] = document.date[:10]
    return found


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.split(r"[._]", version)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _after(order: Order, other: Order) -> bool:
    if isinstance(order, str) or isinstance(other, str):
        return str(order) > str(other)
    return order > other


def _newer_version(old: DocumentInfo, new: DocumentInfo, families: dict[tuple[str, ...], Order]) -> Replacement:
    version = next((order for order in families.values() if isinstance(order, tuple)), ())
    return Replacement(
        old=old,
        new=new,
        old_label=f"“{old.title}”",
        new_label=f"“{new.title}”",
        number=f"v{'.'.join(map(str, version))}" if version else "",
    )
