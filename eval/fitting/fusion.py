"""Fit the weights of the ranker: `python -m eval.fitting.fusion HOME PACK PACK...`.

BEIR packs, indexed under HOME and kept there. For each question the signals of all candidates are read as the product
makes them; weights are searched by coordinate ascent on nDCG@10, averaged over the packs, each pack counting the same.
A row a pack: the fit on the others beside the fit on all.
"""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from eval.fitting.ascent import Weights, climb
from eval.packs.loading import Pack, Sample, load_packs
from eval.progress import Narrator
from eval.runs.home_pack import open_to_read
from eval.runs.places import EVERYTHING
from eval.runs.runner import Evaluation, Options, closing_services, kept_in
from rag.answering.looking_up import FactSearcher
from rag.domain.errors import BadInput
from rag.domain.services import Services
from rag.domain.types import Query
from rag.retrieval.ranking import WEIGHTS, signals_of
from rag.retrieval.retrievers import HybridRetriever
from rag.retrieval.searcher import PassageSearcher

DEPTH = 10
LOOKED_AT = 100  # candidates, the best by the weights that are served
QUESTIONS = 400  # of a pack, by seed
STEPS = (0.2, 0.1, 0.05)
CHANCE = 1e-5  # of nDCG
FIXED = "meaning"  # only the proportions of weights count
DISCOUNTS = 1 / np.log2(np.arange(2, DEPTH + 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: row i is a candidate of document `documents[i]`, which is worth `gains[i]`."""

    signals: npt.NDArray[np.float64]  # (n, signals)
    documents: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]
    ideal: float

    def ndcg(self, weights: Weights) -> float:
        """`weights`: one a signal, in the order of WEIGHTS."""
        order = np.argsort(-(self.signals @ weights), kind="stable")
        _, first = np.unique(self.documents[order], return_index=True)
        gains = self.gains[order[np.sort(first)[:DEPTH]]]
        return float((gains * DISCOUNTS[: len(gains)]).sum() / self.ideal)


def mean(questions: Sequence[Asked], weights: Weights) -> float:
    return float(np.mean([question.ndcg(weights) for question in questions]))


def fit(packs: Sequence[Sequence[Asked]], start: Weights) -> Weights:
    """From `start`, one weight at a time, in ever smaller steps; none below 0."""

    def value(weights: Weights) -> float:
        return float(np.mean([mean(questions, weights) for questions in packs]))

    return climb(start, value, _neighbours, steps=STEPS, gain=CHANCE)


def _neighbours(weights: Weights, step: float) -> Iterator[Weights]:
    for place, name in enumerate(WEIGHTS):
        for change in (step, -step) if name != FIXED else ():
            tried = weights.copy()
            tried[place] += change * weights[0]
            if tried[place] >= 0:
                yield tried


def questions_of(pack: Pack, home: Path, narrator: Narrator) -> list[Asked]:
    """Of those that have a relevant document."""
    asked = [sample for sample in pack.samples if any(grade > 0 for grade in sample.judgements.values())]
    some = random.Random(0).sample(asked, min(QUESTIONS, len(asked)))
    with closing_services(open_to_read(home)) as services:
        retriever = _retriever(services)
        return [_asked(retriever, sample) for sample in narrator.each(some, f"{pack.name}: signals")]


def _retriever(services: Services) -> HybridRetriever:
    searcher = services.searcher
    if isinstance(searcher, FactSearcher):
        searcher = searcher.inner
    assert isinstance(searcher, PassageSearcher)
    assert isinstance(searcher.retriever, HybridRetriever)
    return searcher.retriever


def _asked(retriever: HybridRetriever, sample: Sample) -> Asked:
    plan, found = retriever.gather(Query(text=sample.question, access=EVERYTHING), DEPTH)
    signals = signals_of(plan, found)
    rows = np.stack([signals[name] for name in WEIGHTS], axis=1)
    kept = np.argsort(-(rows @ np.array(list(WEIGHTS.values()))), kind="stable")[:LOOKED_AT]
    names = [found.chunks[row].document.part for row in kept]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    best = sorted((grade for grade in sample.judgements.values() if grade > 0), reverse=True)[:DEPTH]
    return Asked(
        signals=rows[kept],
        documents=np.array([numbers[name] for name in names], dtype=np.int64),
        gains=np.array([max(0, sample.judgements.get(name, 0)) for name in names], dtype=np.float64),
        ideal=float((np.array(best) * DISCOUNTS[: len(best)]).sum()),
    )


def main(arguments: Sequence[str]) -> None:
    if len(arguments) < 3:
        raise BadInput("A fit needs two packs.", fix="python -m eval.fitting.fusion HOME PACK PACK...")
    home, packs = Path(arguments[0]), load_packs([Path(one) for one in arguments[1:]], questions="")
    narrator = Narrator()
    Evaluation(command="retrieval", options=Options(home=home, limit=1), narrator=narrator).run(packs)
    asked = {pack.name: questions_of(pack, kept_in(home, [pack]) / "home", narrator) for pack in packs}
    start = np.array(list(WEIGHTS.values()))
    together = fit(list(asked.values()), start)
    apart = {name: fit([rows for other, rows in asked.items() if other != name], start) for name in asked}
    _show(asked, start, together, apart)


def _show(
    asked: Mapping[str, Sequence[Asked]], start: Weights, together: Weights, apart: Mapping[str, Weights]
) -> None:
    table = Table("nDCG@10", "questions", "served weights", "fitted on all", "fitted on the others", "weights of these")
    rows = []
    for name, questions in asked.items():
        rows.append([mean(questions, weights) for weights in (start, together, apart[name])])
        table.add_row(name, str(len(questions)), *(f"{value:.4f}" for value in rows[-1]), _told(apart[name]))
    table.add_row("mean", "", *(f"{value:.4f}" for value in np.mean(rows, axis=0)), f"on all: {_told(together)}")
    Console().print(table)


def _told(weights: Weights) -> str:
    """As they would stand in WEIGHTS, summing to 1."""
    return " ".join(f"{name} {weight:.2f}" for name, weight in zip(WEIGHTS, weights / weights.sum(), strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
