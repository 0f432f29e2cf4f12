"""Threads of a chat that begin with a question and end with a solution."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eval.golden.candidates import Candidate, Maker
from eval.golden.corpus import Page
from eval.golden.words import Span, content_words, plain, trimmed
from rag.domain.sentences import sentences
from rag.domain.types import Message

MADE_BY = "threads/1"
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|ty|that (?:works|worked|helps|helped|did it|fixed it)|it works?(?: now)?|works now|"
    r"working now|solved|resolved|fixed it|got it|perfect|awesome|makes sense|appreciate)\b|:\+1:|:tada:|✅",
    re.I,
)
_STILL = re.compile(r"\b(?:but|still|however|doesn't|does not|didn't|not work)\b", re.I)
_GREETING = re.compile(
    r"^(?:(?:hi|hey|hello|good (?:morning|evening|afternoon)|dear|@\w[\w .]*?|team|all|folks|guys|everyone|there)\b"
    r"[\s,!:.]*)+",
    re.I,
)
_TROUBLE = re.compile(r"\b(?:errors?|issues?|fail\w*|problems?|not work\w*|unable|crash\w*|stuck|cannot|can't)\b", re.I)
_SIGNAL = re.compile(r":[a-z0-9_+-]+:|<@\w+>")
_HEAD = re.compile(r"^[^\n]{0,120} · \d{4}-\d\d-\d\d \d\d:\d\d UTC\n")
_POINTING = re.compile(r"\b(?:this|these|those|it|its|them|they|he|she|above|below|same|here|following)\b", re.I)
QUESTION = (6, 32)  # words
ANSWER = (5, 55)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    author: str
    start: int  # of its words, below the line that names the author
    end: int
    text: str


def generate(maker: Maker) -> Iterator[Candidate]:
    for page in maker.corpus.chats:
        posted = list(_posted(page))
        if len(posted) >= 2:
            yield from _solved(page, posted)


def _posted(page: Page) -> Iterator[Posted]:
    marks = [(mark.at, mark.locator) for mark in page.shown.marks if isinstance(mark.locator, Message)]
    ends = [at for at, _ in marks[1:]] + [len(page.text)]
    for (at, message), end in zip(marks, ends, strict=True):
        head = _HEAD.match(page.text[at:end])
        start = at + (head.end() if head else 0)
        stop = start + len(page.text[start:end].rstrip())
        yield Posted(author=message.author, start=start, end=stop, text=page.text[start:stop])


def _solved(page: Page, posted: list[Posted]) -> Iterator[Candidate]:
    """Every question of the thread's first message, or of a later one by its author, that somebody else settled."""
    asker = posted[0].author
    thanked = next(
        (n for n, one in enumerate(posted) if n >= 2 and one.author == asker and _thanks(one.text)),
        None,
    )
    if thanked is None:
        return
    told = [one for one in posted[1:thanked] if one.author != asker]
    question = _question(posted[0])
    answer = _answer(told, question)
    if question and answer:
        span, text = answer
        yield Candidate(kind="thread", question=question, answer=text, page=page, spans=(span,), made_by=MADE_BY)


def _thanks(text: str) -> bool:
    return bool(_THANKS.search(text)) and not _STILL.search(text) and len(text.split()) <= 40


def _question(first: Posted) -> str:
    """The sentence that asks, when it says enough by itself; else the one that tells the trouble."""
    said = [_cleaned(first.text[start:end]) for start, end in sentences(first.text, "chat")]
    for text in said:
        if text.endswith("?") and _fits(text, QUESTION):
            return text[:1].upper() + text[1:]
    for text in said:
        if _TROUBLE.search(text) and not text.endswith(("?", ":")) and _fits(text, (7, 26)):
            return f"Somebody reported: “{trimmed(text)}”. What was the advice?"
    return ""


def _cleaned(text: str) -> str:
    return _GREETING.sub("", _SIGNAL.sub("", plain(text))).strip()


def _fits(text: str, length: tuple[int, int]) -> bool:
    fits = length[0] <= len(text.split()) <= length[1] and len(content_words(text)) >= 4
    return fits and not _POINTING.search(text) and "http" not in text and "`" not in text


def _answer(told: list[Posted], question: str) -> tuple[Span, str] | None:
    """The sentence of the helpers that shares most with the question; the last of those that share the same."""
    wanted, best = set(content_words(question)), (0, (0, 0), "")
    for one in told:
        for start, end in sentences(one.text, "chat"):
            text = _cleaned(one.text[start:end])
            shared = len(wanted & set(content_words(text)))
            if text.endswith("?") or not ANSWER[0] <= len(text.split()) <= ANSWER[1] or not shared:
                continue
            if shared >= best[0]:
                best = (shared, (one.start + start, one.start + end), trimmed(text))
    return (best[1], best[2]) if best[0] else None
