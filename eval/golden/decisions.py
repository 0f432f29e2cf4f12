"""What headers of decisions say: who decided, what became of them, what replaced them, when."""

import re
from collections import defaultdict
from collections.abc import Iterator

from eval.golden.candidates import Candidate, Maker
from eval.golden.corpus import Corpus, Page
from eval.golden.words import Span
from rag.knowledge.cards import DECISION_KEYS, PREFIX

MADE_BY = "decisions/1"
QUESTIONS: dict[str, tuple[str, ...]] = {
    "status": ("What became of {0}?", "What is the current status of {0}?"),
    "authors": ("Who wrote {0}?", "Whose proposal was {0}?"),
    "deciders": ("Who decided on {0}?", "Who signed off {0}?"),
    "delegate": ("Who was the delegate for {0}?", "To whom was the decision on {0} delegated?"),
    "superseded-by": ("What replaced {0}?", "Which decision supersedes {0}?"),
    "replaces": ("What did {0} replace?", "Which earlier decision does {0} take the place of?"),
    "created": ("When was {0} written?", "When was {0} first drafted?"),
    "resolved": ("When was {0} decided?", "On which day was {0} resolved?"),
    "version": ("Which version is {0} meant for?", "For which release was {0} planned?"),
}


def is_decision(page: Page) -> bool:
    return page.info.kind != "run" and bool({fact.key.casefold() for fact in page.shown.facts} & set(DECISION_KEYS))


def label_of(maker: Maker, page: Page, *key: str) -> str:
    """Now by its number, now by its title: both have to be found."""
    title = PREFIX.sub("", page.info.title, count=1) or page.info.title
    number = next((str(fact.value) for fact in page.shown.facts if fact.key == "number"), "")
    named = f"the decision “{title}”"
    return number if number.startswith(("PEP", "RFC")) and maker.roll(title, *key) % 2 else named


def decisions(corpus: Corpus) -> list[Page]:
    return [page for page in corpus.prose if is_decision(page)]


def generate(maker: Maker) -> Iterator[Candidate]:
    titles: dict[str, int] = defaultdict(int)
    pages = decisions(maker.corpus)
    for page in pages:
        titles[page.info.title.casefold()] += 1
    for page in pages:
        if titles[page.info.title.casefold()] == 1:
            yield from _of_page(maker, page)


def _of_page(maker: Maker, page: Page) -> Iterator[Candidate]:
    said: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for fact in page.shown.facts:
        said[fact.key.casefold()].append((str(fact.value), fact.at))
    keys = [key for key in QUESTIONS if said.get(key) and said[key][0][1] is not None]
    for key in sorted(keys, key=lambda key: maker.roll(page.info.id, key))[:2]:
        values, at = [value for value, _ in said[key]], said[key][0][1]
        span = _line(page, at or 0, values)
        if not 1 <= len(values) <= 4 or span is None:
            continue
        question = maker.choose(QUESTIONS[key], page.info.id, key).format(label_of(maker, page, key))
        answer = ", ".join(_written(page.text[slice(*span)], value) for value in values)
        yield Candidate(kind="decision", question=question, answer=answer, page=page, spans=(span,), made_by=MADE_BY)


def _written(line: str, value: str) -> str:
    """With the zeros of the header: its 0002 is the fact 2, and people look for 0002."""
    found = re.search(rf"\b0+{value}\b", line) if value.isdigit() else None
    return found[0] if found else value


def _line(page: Page, at: int, values: list[str]) -> Span | None:
    """From the field to the end of what holds its values; None where the header writes them otherwise."""
    end = page.text.find("\n\n", at)
    end = min(len(page.text) if end < 0 else end, at + 400)
    places = [page.text.casefold().find(value.casefold(), at, end) for value in values]
    if min(places) < 0:
        first = page.text.find("\n", at)  # a date written in another way
        return (at, first) if first > at and len(values) == 1 and values[0][:4] in page.text[at:first] else None
    last = max(place + len(value) for place, value in zip(places, values, strict=True))
    stop = page.text.find("\n", last)
    return at, stop if stop >= 0 else len(page.text)
