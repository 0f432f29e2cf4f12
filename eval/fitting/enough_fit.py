"""Fit when one sentence is enough: `python -m eval.fitting.enough_fit HOME PACK PACK...`.

Indexes are kept under HOME. A logistic regression of "the best sentence says the gold answer, or lies in the evidence"
over its traits, on the answerable questions whose best sentence could be all, each pack counting by the root of its
questions. A row a pack: by the fit on the others, how often one sentence would have been enough, and how often it was.
Needs scikit-learn. Prints what stands in rag/answering/enough.py.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from eval.fitting.reading import Read, read
from eval.metrics.correctness import correct
from eval.metrics.risk import auroc
from eval.packs.loading import load_packs
from eval.progress import Narrator
from rag.answering.enough import WEIGHTS, traits_of
from rag.answering.evidence import gather
from rag.domain.errors import BadInput

QUESTIONS = 300  # of a pack, by seed
STRENGTH = 0.1  # of scikit-learn's L2 penalty on standardised traits
LIKELY = 0.7  # log odds of being right from which one sentence is enough: two in three

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bests:
    """Row i of `traits`, in the order of WEIGHTS, is of a question's best sentence; 1 in `right` where it answers."""

    packs: npt.NDArray[np.str_]
    traits: Floats
    right: Floats

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Bests":
        return Bests(packs=self.packs[chosen], traits=self.traits[chosen], right=self.right[chosen])

    @property
    def weights(self) -> Floats:
        """Of a pack in all: the root of its questions. 1 at the mean."""
        sizes = np.array([(self.packs == name).sum() for name in self.packs], dtype=np.float64)
        return np.asarray(sizes**-0.5 / (sizes**-0.5).mean())


def fit(bests: Bests) -> tuple[Floats, float]:
    """(weights, bias) of the traits as they are: log odds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(bests.traits)
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(scaler.transform(bests.traits), bests.right, sample_weight=bests.weights)
    weights = np.asarray(model.coef_[0] / scaler.scale_)
    return weights, float(model.intercept_[0] - scaler.mean_ @ weights)


def best_of(one: Read) -> tuple[list[float], float] | None:
    """Its traits, and whether it answers; None where it cannot be all."""
    evidence = gather(one.sample.question, one.found, one.embedder)
    traits = traits_of(evidence.analysis, evidence.sentences)
    if not traits or one.sample.answerable is False:
        return None
    best = evidence.sentences[0]
    said = correct(best.text, one.sample.answers, question=one.sample.question)
    return [traits[name] for name in WEIGHTS], float(one.bears(best)) if said is None else said


def main(arguments: Sequence[str]) -> None:
    if len(arguments) < 3:
        raise BadInput("A fit needs two packs.", fix="python -m eval.fitting.enough_fit HOME PACK PACK...")
    packs = load_packs([Path(one) for one in arguments[1:]], questions="")
    asked = read(packs, Path(arguments[0]), Narrator(), most=QUESTIONS)
    rows = [(one.pack, *found) for one in asked if (found := best_of(one)) is not None]
    names, traits, right = zip(*rows, strict=True)
    bests = Bests(packs=np.array(names), traits=np.array(traits), right=np.array(right))
    _show(bests)
    weights, bias = fit(bests)
    told = {name: round(float(weight), 2) for name, weight in zip(WEIGHTS, weights, strict=True)}
    Console().print(f"ENOUGH={LIKELY - bias:.2f}, WEIGHTS={told}")


def _show(bests: Bests) -> None:
    table = Table("pack", "questions", "best answers", "AUROC", "enough", "of these right")
    for name in dict.fromkeys(bests.packs.tolist()):
        own, others = bests.of(bests.packs == name), bests.of(bests.packs != name)
        weights, bias = fit(others)
        values = own.traits @ weights + bias
        stop = values >= LIKELY
        area, share = auroc(values, own.right), f"{own.right[stop].mean():.3f}" if stop.any() else ""
        cells = [f"{own.right.mean():.3f}", "" if area is None else f"{area:.3f}", f"{stop.mean():.3f}", share]
        table.add_row(name, str(len(own.right)), *cells)
    Console(width=100).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
