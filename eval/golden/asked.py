"""What people asked in vain: answers that were voted down, and questions that were refused."""

from collections.abc import Iterator
from typing import Any

from eval.golden.candidates import Candidate, Maker
from eval.golden.corpus import Page
from eval.golden.words import Span, content_words

LONGEST = 400  # characters: what is longer was pasted


def generate(maker: Maker) -> Iterator[Candidate]:
    """Each is for a person to finish: the answer is unknown. Who asked is never told."""
    for turn in maker.corpus.asked:
        question = " ".join(turn["question"].split())
        if len(question) > LONGEST or len(content_words(question)) < 1:
            continue
        if turn["liked"] is False and turn["answer"].get("status") != "refused":
            yield _voted_down(maker, question, turn)
        else:
            yield _refused(question, turn)


def _voted_down(maker: Maker, question: str, turn: dict[str, Any]) -> Candidate:
    said = _comments(turn) or "People voted the answer down. "
    told = " ".join(str(turn["answer"].get("text", "")).split())
    return Candidate(
        kind="feedback",
        question=question,
        made_by="feedback",
        why=f"{said}It was answered: {told[:300] or 'not at all'}",
        others=tuple(_cited(maker, turn["answer"])),
    )


def _comments(turn: dict[str, Any]) -> str:
    comments = "; ".join(f"“{' '.join(comment.split())}”" for comment in turn["comments"])
    return f"People said: {comments}. " if comments else ""


def _refused(question: str, turn: dict[str, Any]) -> Candidate:
    reason = " ".join(str((turn["answer"].get("refusal") or {}).get("reason", "")).split())
    return Candidate(
        kind="gap",
        question=question,
        made_by="gap",
        why=_comments(turn) + (f"It was refused: {reason}" if reason else "It was refused."),
        answerable=False,
    )


def _cited(maker: Maker, answer: dict[str, Any]) -> Iterator[tuple[Page, Span]]:
    """What was cited may still be the right place; where the text has changed, it is left out."""
    for citation in answer.get("citations", ()):
        page = maker.corpus.page_of(str(citation.get("document_id")))
        quote = str(citation.get("quote", ""))
        at = page.text.find(quote) if page and quote else -1
        if page and at >= 0:
            yield page, (at, at + len(quote))
