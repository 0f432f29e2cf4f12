"""A candidate: a question, its answer and the span that says so; what turns into an item of the golden set."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from eval.golden.corpus import Corpus, Page, Part
from eval.golden.words import Span, content_words
from rag.domain.golden import GoldenEvidence, GoldenItem

Generator = Callable[["Maker"], Iterator["Candidate"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`spans` are exact slices of the page's text; without any the question is unanswerable, or came from people."""

    kind: str
    question: str
    answer: str = ""
    page: Page | None = None
    spans: tuple[Span, ...] = ()
    made_by: str
    why: str = ""
    answerable: bool = True
    absent: tuple[str, ...] = ()  # of an unanswerable one: the words that stand nowhere
    computed: bool = False  # the answer follows from the quotes but stands in none: a check may not flag that
    others: tuple[tuple[Page, Span], ...] = ()  # evidence on further pages

    @property
    def quotes(self) -> tuple[GoldenEvidence, ...]:
        own = [(self.page, span) for span in self.spans] if self.page else []
        return tuple(
            GoldenEvidence(file=page.file, quote=page.text[start:end], source=page.source)
            for page, (start, end) in [*own, *self.others]
        )

    @property
    def id(self) -> str:
        """The same for the same quotes of the same files, however the question is worded."""
        quotes = self.quotes
        told = [part for one in quotes for part in (one.source, one.file, one.quote)] or [self.question]
        digest = sha256("\0".join([self.kind, *told]).encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"

    def item(self) -> GoldenItem:
        return GoldenItem(
            id=self.id,
            kind=self.kind,
            question=self.question,
            answer=self.answer,
            answerable=self.answerable,
            evidence=self.quotes,
            made_by=self.made_by,
            why=self.why,
            rest={
                **({"absent": list(self.absent)} if self.absent else {}),
                **({"known": ["unsupported"]} if self.computed else {}),
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What a generator works with: the corpus, and dice that fall the same way for the same seed and words."""

    corpus: Corpus
    seed: int = 0
    dropped: dict[str, dict[str, int]] = field(default_factory=dict)  # {kind: {why: how many}}

    def choose(self, options: tuple[str, ...], *key: str) -> str:
        return options[self.roll(*key) % len(options)]

    def roll(self, *key: str) -> int:
        return int(sha256("\0".join([str(self.seed), *key]).encode()).hexdigest()[:12], 16)

    def drop(self, kind: str, why: str) -> None:
        reasons = self.dropped.setdefault(kind, {})
        reasons[why] = reasons.get(why, 0) + 1

    def lowered(self, clause: str) -> str:
        """As it stands inside a sentence: the first word small unless it is a name."""
        first, _, rest = clause.partition(" ")
        if rest[:1].isupper() and not rest[:2].isupper():  # Security Engineer
            return clause
        word = first.strip(",:")
        if (word.istitle() and word.casefold() in self.corpus.lower) or word in {"A", "I'm"}:
            return first.casefold() + clause[len(first) :] if word != "I'm" else clause
        return clause

    def placed(self, question: str, page: Page, part: Part | None = None) -> str:
        """The question, with what it is about where its own words lead to too many documents."""
        if self.corpus.distinctive(content_words(question)):
            return question
        topic = topic_of(page, part)
        if not topic or topic.casefold() in question.casefold():
            return question
        small = question[:1].lower() + question[1:] if question.split(" ", 1)[0] in _OPENERS else question
        form = self.choose(_PLACES, question)
        return form.format(topic=topic, question=question.rstrip("?"), small=small)


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENERS = word_set("What Which Who Why When Where How By In On For With Is Are Does Did Was Were")
_PLACES = ("In {topic}, {small}", "{question}, according to the notes on {topic}?", "As for {topic}: {small}")
GENERIC = word_set(
    """introduction overview summary background abstract conclusion conclusions notes note misc todo references
    contents content index readme details general other others example examples usage faq resources links appendix
    intro see also more information next steps description table of the motivation rationale specification update
    updates discussion results history changelog copyright acknowledgements license status setup chronicles main
    performance training evaluation data docs documentation home welcome about us page"""
)


def is_generic(heading: str) -> bool:
    """A heading that a thousand documents have."""
    words = [word.casefold() for word in heading.replace("/", " ").split()]
    return not words or all(word.strip("#:.()0123456789") in GENERIC or len(word) < 2 for word in words)


def topic_of(page: Page, part: Part | None) -> str:
    """What a person would call the place: the document's title, with the heading where the title says little."""
    title = re.sub(r"\.(?:md|rst|txt)$", "", page.info.title.strip().rstrip(":#. "), flags=re.I).replace("_", " ")
    folder = page.info.path.rsplit("/", 2)[-2] if "/" in page.info.path else ""
    stem = page.info.path.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ")
    if is_generic(title) or title == stem:
        named = folder and not is_generic(folder)
        title = folder if named and is_generic(title) else f"{title} of {folder}" if named else title
    if part and part.heading and part.heading != page.info.title and not is_generic(part.heading):
        heading = part.heading.strip().rstrip(":#. ")
        return f"{title} ({heading})" if len(heading.split()) <= 6 and heading != title else title
    return title if len(title.split()) <= 12 else ""
