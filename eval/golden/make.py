"""Candidates of all kinds: made, looked through, and spread over the documents. Pure, but for the progress it tells."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.golden import absent, asked, decisions, definitions, headings, reasons, runs, threads, values
from eval.golden.candidates import Candidate, Generator, Maker
from eval.golden.quality import alike, fault
from eval.golden.words import content_words
from rag.domain.golden import GoldenItem
from rag.knowledge.golden import folded

LIMIT = 25  # of a kind
KINDS = (
    "decision", "definition", "feedback", "gap", "heading", "llm", "option", "run", "table", "thread", "unanswerable",
    "value", "what", "when", "who", "why",
)  # fmt: skip
GENERATORS: Mapping[str, Generator] = {
    "headings": headings.generate,
    "definitions": definitions.generate,
    "sentences": reasons.generate,
    "values": values.generate,
    "decisions": decisions.generate,
    "runs": runs.generate,
    "threads": threads.generate,
    "absent": absent.generate,
    "asked": asked.generate,
}
Started = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """`found`: candidates by kind before anything was dropped; `dropped`: {kind: {why: how many}}."""

    items: tuple[GoldenItem, ...]
    found: Mapping[str, int]
    dropped: Mapping[str, Mapping[str, int]]


def make(
    maker: Maker,
    *,
    kinds: Sequence[str] = (),
    limit: int = LIMIT,
    known: Iterable[GoldenItem] = (),
    generators: Mapping[str, Generator] = GENERATORS,
) -> Made:
    """At most `limit` of each kind, the same for the same corpus and seed. What is `known` is not proposed again."""
    known = tuple(known)
    ids, questions = {item.id for item in known}, {folded(item.question) for item in known}
    found: Counter[str] = Counter()
    good: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in _unique(maker, _all(maker, generators, kinds), found):
        why = fault(candidate)
        if not why and (candidate.id in ids or folded(candidate.question) in questions):
            why = "stands in the golden set"
        if why:
            maker.drop(candidate.kind, why)
        else:
            good[candidate.kind].append(candidate)
    items = [item for kind in sorted(good) for item in _chosen(maker, kind, good[kind], limit)]
    return Made(items=tuple(items), found=dict(found), dropped=maker.dropped)


def _all(maker: Maker, generators: Mapping[str, Generator], kinds: Sequence[str]) -> Iterator[Candidate]:
    for generate in generators.values():
        for candidate in generate(maker):
            if not kinds or candidate.kind in kinds:
                yield candidate


def _unique(maker: Maker, candidates: Iterable[Candidate], found: Counter[str]) -> Iterator[Candidate]:
    """A span of a text is asked about once; so is what several documents answer with other words left out."""
    seen: set[object] = set()
    for one in candidates:
        found[one.kind] += 1
        place = (one.page.info.id, one.spans) if one.page and one.spans else one.question
        question = folded(one.question)
        if place in seen or question in seen:
            maker.drop(one.kind, "asks the same as another one")
            continue
        seen |= {place, question}
        yield one


def _chosen(maker: Maker, kind: str, candidates: Sequence[Candidate], limit: int) -> Iterator[GoldenItem]:
    """Round the documents, one of each at a time, in an order that the seed gives."""
    shelves: dict[str, list[Candidate]] = defaultdict(list)
    for one in sorted(candidates, key=lambda one: maker.roll(one.id)):
        shelves[one.page.info.id if one.page else one.question].append(one)
    order = sorted(shelves, key=lambda document: maker.roll(kind, document))
    taken: list[frozenset[str]] = []
    while shelves and len(taken) < limit:
        for document in [document for document in order if document in shelves]:
            one = shelves[document].pop()
            if not shelves[document]:
                del shelves[document]
            if alike(one.question, taken):
                maker.drop(kind, "like another one")
            elif len(taken) < limit:
                taken.append(frozenset(content_words(one.question)))
                yield one.item()
            else:
                maker.drop(kind, "more than asked for")
    for rest in shelves.values():
        for _ in rest:
            maker.drop(kind, "more than asked for")
