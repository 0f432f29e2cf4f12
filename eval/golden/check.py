"""Whether a golden set still fits what the team has written: which items a person should look at again, and why."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.golden.stock import Stock, shown
from rag.answering.checks import check_statement
from rag.domain.errors import NotFound
from rag.domain.golden import GoldenEvidence, GoldenItem
from rag.domain.types import DocumentInfo
from rag.knowledge.golden import folded
from rag.knowledge.golden_places import Placed, find_quote

Flag = Literal["quote-gone", "document-gone", "superseded", "name-occurs", "duplicate", "unsupported"]
Tick = Callable[[int, int], None]  # documents read, of how many

TELLING = 4  # words of a quote that is looked for in other documents: fewer stand anywhere
NEAR = 400  # characters on either side of a quote that belong to what it says
KNOWN = "known"  # key of a row: flags a person has seen and set aside
LASTING = frozenset({"quote-gone", "document-gone"})  # never set aside: the item has lost what it rests on
SPOKEN = re.compile(r"supersed|replac|obsolet|supplant|successor|withdrawn|deprecat|former|previous|no longer", re.I)
YES_OR_NO = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    item: str  # id
    flag: Flag
    what: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`moved`: (id, where its quote stands now), which is fine. `unchecked`: unanswerable, and nothing to look for."""

    items: int
    flagged: tuple[Flagged, ...]
    moved: tuple[tuple[str, str], ...] = ()
    known: int = 0  # flags that a person has set aside
    unchecked: int = 0


def check(items: Sequence[GoldenItem], stock: Stock, tick: Tick) -> Checked:
    """Of the accepted ones and the candidates. Texts are read whole only where something was lost or must be absent."""
    alive = [item for item in items if item.review != "rejected"]
    places = {one: stock.places.place(one) for item in alive for one in item.evidence}
    missing = {one.quote for one, place in places.items() if place.standing != "stands"}
    lost = {quote for quote in missing if len(quote.split()) >= TELLING}
    absent = {word for item in alive for word in absent_of(item)}
    found = _search(stock, lost, absent, tick) if lost or absent else {}
    flagged = [
        *(flag for item in alive for flag in _of_evidence(item, places, found, stock)),
        *(flag for item in alive for flag in _of_absent(item, found)),
        *(flag for item in alive if (flag := _of_answer(item, places))),
        *_of_doubles(alive),
    ]
    known = {item.id: _known(item) for item in alive}
    order = {item.id: place for place, item in enumerate(alive)}
    fresh = [one for one in flagged if one.flag not in known[one.item]]
    return Checked(
        items=len(alive),
        flagged=tuple(sorted(fresh, key=lambda one: order[one.item])),
        moved=tuple((item.id, told) for item in alive for one in item.evidence if (told := _moved(places[one], stock))),
        known=len(flagged) - len(fresh),
        unchecked=sum(not item.answerable and not absent_of(item) for item in alive),
    )


def absent_of(item: GoldenItem) -> tuple[str, ...]:
    """What must stand nowhere for the item to stay unanswerable."""
    words = item.rest.get("absent", ())
    return tuple(str(word) for word in words if str(word).strip()) if isinstance(words, list | tuple) else ()


def _known(item: GoldenItem) -> frozenset[str]:
    told = item.rest.get(KNOWN, ())
    return frozenset(map(str, told)) - LASTING if isinstance(told, list | tuple) else frozenset()


def _search(stock: Stock, lost: set[str], absent: set[str], tick: Tick) -> dict[str, list[DocumentInfo]]:
    """{quote or word: current documents that hold it}; words as whole words, without case."""
    quotes = {quote: " ".join(quote.split()) for quote in lost}
    plain = {word: _plain(word) for word in absent}
    found: dict[str, list[DocumentInfo]] = {}
    documents = list(stock.places.documents())
    for done, info in enumerate(documents):
        tick(done, len(documents))
        text = " ".join(stock.catalog.text(info.id, stock.places.access, version=info.version).text.split())
        for quote, words in quotes.items():
            if words in text:
                found.setdefault(quote, []).append(info)
        folded_text = _plain(f"{info.title} {text}") if plain else ""
        for word, wanted in plain.items():
            if wanted in folded_text and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded_text):
                found.setdefault(word, []).append(info)
    return found


def _plain(text: str) -> str:
    """Without case; `learning_rate`, `learning-rate` and `learning rate` are one."""
    return " ".join(re.sub(r"[_-]", " ", text.casefold()).split())


def _of_evidence(
    item: GoldenItem, places: dict[GoldenEvidence, Placed], found: dict[str, list[DocumentInfo]], stock: Stock
) -> Iterator[Flagged]:
    for one in item.evidence:
        place = places[one]
        if place.standing != "stands":
            yield _lost(item, one, place, found.get(one.quote, []))
        elif place.document and (said := stock.superseded.get(place.document.info.id)) and not _speaks(item):
            yield Flagged(
                item=item.id,
                flag="superseded",
                what=f"{one.file} is {said}.",
                fix="Ask what holds now, or accept it again if it asks for the past.",
            )


def _speaks(item: GoldenItem) -> bool:
    return bool(SPOKEN.search(f"{item.question} {item.answer} {' '.join(one.quote for one in item.evidence)}"))


def _lost(item: GoldenItem, one: GoldenEvidence, place: Placed, others: Sequence[DocumentInfo]) -> Flagged:
    elsewhere = f" The words stand in {shown(others[0])}." if others else ""
    flag: Flag = "document-gone" if place.standing == "gone" else "quote-gone"
    what = (
        f"{one.file} is no longer there."
        if flag == "document-gone"
        else f"{one.file} no longer says {_cut(one.quote)}."
    )
    fix = (
        "Name that file in its evidence." if others else "Edit question, answer and quote to what holds now, or reject."
    )
    return Flagged(item=item.id, flag=flag, what=what + elsewhere, fix=fix)


def _of_absent(item: GoldenItem, found: dict[str, list[DocumentInfo]]) -> Iterator[Flagged]:
    for word in absent_of(item):
        if holders := found.get(word):
            more = f" and {len(holders) - 1} more" if len(holders) > 1 else ""
            yield Flagged(
                item=item.id,
                flag="name-occurs",
                what=f"It must be unanswerable, yet “{word}” stands in {shown(holders[0])}{more}.",
                fix="Read it there: give the answer with its quote, or accept again if it still answers nothing.",
            )


def _of_answer(item: GoldenItem, places: dict[GoldenEvidence, Placed]) -> Flagged | None:
    """An answer whose numbers, or most of whose words, stand neither in the question nor at the quotes."""
    if not item.answerable or not item.answer or not item.evidence or folded(item.answer) in YES_OR_NO:
        return None
    if any(places[one].standing != "stands" for one in item.evidence):
        return None  # that is told, and what stood around the words is not known
    said = [item.question]
    for one in item.evidence:
        place = places[one]
        said.append(one.quote)
        if place.document:
            info, text = place.document.info, place.document.text
            said += [text[max(0, place.start - NEAR) : place.end + NEAR], info.title, info.path, *info.authors]
    failed = [one for one in check_statement(item.answer, said) if not one.passed]
    if not failed or any(folded(item.answer) in folded(text) for text in said):
        return None
    return Flagged(
        item=item.id,
        flag="unsupported",
        what=f"Its quote does not say {_cut(item.answer)}: {'; '.join(one.detail for one in failed)}.",
        fix="Correct the answer, add the words that say it, or accept it again if it follows from them.",
    )


def _of_doubles(items: Sequence[GoldenItem]) -> Iterator[Flagged]:
    first: dict[str, str] = {}
    for item in items:
        other = first.setdefault(folded(item.question), item.id)
        if other != item.id:
            yield Flagged(item=item.id, flag="duplicate", what=f"{other} asks the same.", fix="Reject one of the two.")


def _moved(place: Placed, stock: Stock) -> str:
    """Where the words stand now, when they stood on another line in the version before."""
    document = place.document
    if document is None or place.standing != "stands" or document.info.version < 2:
        return ""
    try:
        before = stock.catalog.text(document.info.id, stock.places.access, version=document.info.version - 1).text
    except NotFound:
        return ""  # the versions before were erased
    span = find_quote(before, document.text[place.start : place.end])
    was, now = (before.count("\n", 0, span[0]) + 1 if span else 0), document.text.count("\n", 0, place.start) + 1
    return f"{shown(document.info)}: line {was} → {now}" if span and was != now else ""


def _cut(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= most else line[: most - 1] + '…'}”"
