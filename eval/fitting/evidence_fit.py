"""Fit the weights of evidence sentences: `python -m eval.fitting.evidence_fit HOME PACK PACK...`.

Indexes are kept under HOME. A sentence is worth something when it holds evidence; weights are searched by coordinate
ascent on nDCG@5, from those that are served, each pack counting by the root of its questions. A row a pack: the served
weights, the fit on all, the fit on the others.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from eval.fitting.ascent import Weights, climb
from eval.fitting.reading import Read, read
from eval.packs.loading import load_packs
from eval.progress import Narrator
from rag.answering.evidence import asked_of, candidates, with_cosines, worth_embedding
from rag.answering.weighing import WEIGHTS
from rag.domain.errors import BadInput

DEPTH = 5
QUESTIONS = 300  # of a pack, by seed
STEPS = (0.4, 0.2, 0.1)
WORTH_IT = 5e-4  # of nDCG: less is chance
DISCOUNTS = 1 / np.log2(np.arange(2, DEPTH + 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One question: row i holds the traits of a sentence, in the order of WEIGHTS; `holds[i]` is 1 or 0."""

    traits: npt.NDArray[np.float64]
    holds: npt.NDArray[np.float64]

    def ndcg(self, weights: Weights) -> float:
        order = np.argsort(-(self.traits @ weights), kind="stable")[:DEPTH]
        ideal = DISCOUNTS[: min(DEPTH, int(self.holds.sum()))].sum()
        return float((self.holds[order] * DISCOUNTS[: len(order)]).sum() / ideal)


def mean(questions: Sequence[Ranked], weights: Weights) -> float:
    return float(np.mean([question.ndcg(weights) for question in questions]))


def fit(packs: Sequence[Sequence[Ranked]], start: Weights) -> Weights:
    """One weight at a time, in ever smaller steps."""
    sizes = np.sqrt([len(questions) for questions in packs])

    def value(weights: Weights) -> float:
        return float(np.average([mean(questions, weights) for questions in packs], weights=sizes))

    return climb(start, value, _neighbours, steps=STEPS, gain=WORTH_IT)


def _neighbours(weights: Weights, step: float) -> Iterator[Weights]:
    for place in range(len(weights)):
        for change in (step, -step):
            tried = weights.copy()
            tried[place] += change
            yield tried


def ranked(one: Read) -> Ranked | None:
    """None where no sentence that is looked at holds evidence, or all do: no weights make a difference."""
    asked = asked_of(one.sample.question, one.found)
    rough = worth_embedding(candidates(asked, one.found))
    found = with_cosines(asked.analysis.text, rough, one.embedder)
    holds = np.array([one.bears(sentence) for sentence in found], dtype=np.float64)
    if not 0 < holds.sum() < len(holds):
        return None
    traits = np.array([[sentence.traits[name] for name in WEIGHTS] for sentence in found], dtype=np.float64)
    return Ranked(traits=traits, holds=holds)


def main(arguments: Sequence[str]) -> None:
    if len(arguments) < 3:
        raise BadInput("A fit needs two packs.", fix="python -m eval.fitting.evidence_fit HOME PACK PACK...")
    packs = load_packs([Path(one) for one in arguments[1:]], questions="")
    questions: dict[str, list[Ranked]] = {}
    for one in read(packs, Path(arguments[0]), Narrator(), most=QUESTIONS):
        found = ranked(one)
        if found is not None:
            questions.setdefault(one.pack, []).append(found)
    start = np.array(list(WEIGHTS.values()))
    together = fit(list(questions.values()), start)
    apart = {name: fit([rows for other, rows in questions.items() if other != name], start) for name in questions}
    _show(questions, start, together, apart)


def _show(
    questions: Mapping[str, Sequence[Ranked]], start: Weights, together: Weights, apart: Mapping[str, Weights]
) -> None:
    table = Table("nDCG@5", "questions", "served", "fitted on all", "fitted on the others", "weights of these")
    for name, rows in questions.items():
        values = [mean(rows, weights) for weights in (start, together, apart[name])]
        table.add_row(name, str(len(rows)), *(f"{value:.3f}" for value in values), _told(apart[name]))
    table.add_row("all", "", "", "", "", _told(together))
    Console().print(table)


def _told(weights: Weights) -> str:
    return " ".join(f"{name} {weight:.1f}" for name, weight in zip(WEIGHTS, weights, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
