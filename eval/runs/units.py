"""Which questions are one witness to a change: those that rest on the same words rise and fall together."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from eval.metrics.evidence import WORDS, comparable
from eval.packs.loading import Pack
from eval.packs.samples import BETWEEN, Evidence, Sample
from eval.runs.places import EVERYTHING
from rag.domain.golden import GoldenEvidence
from rag.domain.ports import Catalog
from rag.knowledge.golden_places import Placed, QuotePlaces

Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of a quote: the words `first` to `last` of a text, both counted from 0 and both its own."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A home's pack. `lost`: answerable questions with a quote that the documents do not hold as they are now."""

    pack: Pack
    units: Mapping[str, str]
    lost: tuple[str, ...]


Locate = Callable[[Evidence], Place | None]  # None: the quote does not stand where it should


def units(samples: Sequence[Sample], locate: Locate) -> dict[str, str]:
    """{id of a question: that of the first one of its unit}.

    Questions are together when they have pieces of evidence of which one begins at most WORDS words after another ends
    (a passage of that length could touch both), or when they are judged on exactly the same documents; and so on from
    one to the next. Of an answerable question whose quotes are not found, the file stands in for them. One without an
    answer is a unit of its own.
    """
    places = {sample.id: _places(sample, locate) for sample in samples}
    passages = _passages({place for some in places.values() for place in some})
    keys = {sample.id: {passages[place] for place in places[sample.id]} or {_otherwise(sample)} for sample in samples}
    return _joined(keys)


def _places(sample: Sample, locate: Locate) -> tuple[Place, ...]:
    if sample.answerable is False:
        return ()
    return tuple(place for evidence in sample.evidence if (place := locate(evidence)) is not None)


def _otherwise(sample: Sample) -> Key:
    if sample.answerable is False:
        return "question", sample.id
    if sample.judgements:
        return "judged", frozenset(sample.judgements)
    return ("file", sample.gold_files[0]) if sample.gold_files else ("question", sample.id)


def _passages(places: set[Place]) -> dict[Place, Key]:
    """Each place with the text and the first word of the passage it is in."""
    found, text, begin, end = dict[Place, Key](), "", 0, 0
    for place in sorted(places, key=lambda place: (place.text, place.first, place.last)):
        if not found or place.text != text or place.first - end > WORDS:
            text, begin, end = place.text, place.first, place.last
        end = max(end, place.last)
        found[place] = "passage", text, begin
    return found


def _joined(keys: Mapping[str, set[Key]]) -> dict[str, str]:
    """Questions that share a key, directly or through others, get the id of the first."""
    names, holder = dict[str, str](), dict[Key, str]()
    for one, own in keys.items():
        others = {names[holder[key]] for key in own if key in holder}
        name = min(others, key=list(names).index) if others else one
        if len(others) > 1:
            names = {known: name if of in others else of for known, of in names.items()}
        names[one] = name
        holder |= {key: one for key in own if key not in holder}
    return names


def units_of_pack(pack: Pack) -> dict[str, str]:
    """Of a BEIR pack by its judgements, of files by where their text has the quotes."""
    return units(pack.samples, _in_files(pack.root))


def _in_files(root: Path) -> Locate:
    @cache
    def text(file: str) -> str:
        path = (root / file).resolve()
        inside = path.is_relative_to(root.resolve()) and path.is_file()
        return comparable(path.read_text(encoding="utf-8", errors="replace"), file) if inside else ""

    def locate(evidence: Evidence) -> Place | None:
        words = comparable(evidence.quote, evidence.file)
        before, found, _ = text(evidence.file).partition(words)
        return _place(evidence.file, before, words) if found else None

    return locate


def located(pack: Pack, catalog: Catalog) -> Located:
    """A home's pack with the document of each question, and its units: by where the current texts have the quotes."""
    places = QuotePlaces(catalog, EVERYTHING)

    @cache
    def standing(evidence: Evidence) -> Placed:
        source, between, path = evidence.file.partition(BETWEEN)
        file = GoldenEvidence(file=path if between else source, quote=evidence.quote, source=source if between else "")
        return places.place(file)

    def locate(evidence: Evidence) -> Place | None:
        placed = standing(evidence)
        if placed.standing != "stands" or placed.document is None:
            return None
        text = placed.document.text
        return _place(placed.document.info.id, text[: placed.start], text[placed.start : placed.end])

    def document(sample: Sample) -> str:
        placed = standing(sample.evidence[0]) if sample.evidence else None
        part = placed.document.info.part if placed and placed.document else ""
        return f"{sample.evidence[0].file} {part}" if part else ""

    samples = tuple(replace(sample, document=document(sample)) for sample in pack.samples)
    lost = [one.id for one in samples if one.answerable is not False and None in map(locate, one.evidence)]
    return Located(pack=replace(pack, samples=samples), units=units(samples, locate), lost=tuple(lost))


def _place(text: str, before: str, quote: str) -> Place:
    first = len(before.split())
    return Place(text=text, first=first, last=first + max(1, len(quote.split())) - 1)
