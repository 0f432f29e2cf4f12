"""Statements that are true of what stands beside them: what is spoiled to see whether a check notices."""

import random
from collections.abc import Iterator
from pathlib import Path

from eval.judges.checkers import split
from eval.judges.corruptions import Truth
from eval.judges.judged import JudgedItem, is_judged, load_judged
from eval.judges.runs import Row, is_run, pieces, questions
from eval.packs.loading import Pack, load_pack
from eval.runs.folder import load_run

_TEXT = frozenset({".md", ".txt", ".rst"})


def truths(path: Path, *, sentences: int = 0, seed: int = 0) -> list[Truth]:
    """Sentences of the evidence of a pack's questions and of its text files; of labelled claims, the supported.

    Of a run, every statement that was verified when it was served, beside what it cites; not what facts say, which is
    made by code and held against the facts themselves.
    """
    if is_run(path):
        return list(_written(path))
    if is_judged(path):
        return list(_claims(path))
    pack = load_pack(path)
    held = list(_corpus(pack)) if sentences else []
    chosen = sorted(random.Random(seed).sample(range(len(held)), min(sentences, len(held))))
    return [*_evidence(pack), *(held[place] for place in chosen)]


def _claims(path: Path) -> Iterator[Truth]:
    for item in load_judged(path).items:
        if item.task == "claims" and item.label == "support" and item.rationale:
            yield _truth(item, tuple(item.sources[n] for n in item.rationale if n < len(item.sources)))


def _truth(item: JudgedItem, quotes: tuple[str, ...]) -> Truth:
    return Truth(statement=item.text, quotes=quotes, cluster=item.cluster, beside=item.beside, asked=item.question)


def _written(path: Path) -> Iterator[Truth]:
    for pack, question in questions(load_run(path)):
        if _looked_up(question):
            continue
        for piece in pieces(pack, question, ["claims"]):
            if question["statements"][piece.statement]["support"] == "verified":
                yield _truth(piece.item, piece.item.sources)


def _looked_up(question: Row) -> bool:
    timings = question.get("timings_ms") or {}
    return "search" in timings and "write" not in timings


def _evidence(pack: Pack) -> Iterator[Truth]:
    held = {(one.file, one.quote): None for sample in pack.samples for one in sample.evidence}
    for file, quote in held:
        for sentence in split(quote):
            yield Truth(statement=sentence, quotes=(quote,), cluster=file)


def _corpus(pack: Pack) -> Iterator[Truth]:
    """Each sentence with its neighbours as the quote."""
    for file in pack.files():
        if Path(file).suffix in _TEXT:
            every = split((pack.root / file).read_text(encoding="utf-8", errors="replace"))
            for place, sentence in enumerate(every):
                if sentence.rstrip().endswith((".", "!")):
                    quote = " ".join(every[max(0, place - 1) : place + 2])
                    yield Truth(statement=sentence, quotes=(quote,), cluster=file)
