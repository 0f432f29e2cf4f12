"""Fit when to refuse: `python -m eval.fitting.refusal_fit HOME PACK PACK...`.

Indexes are kept under HOME. A logistic regression of "somebody said that it can be answered" over the features of the
evidence, each class of a pack counting by the root of its questions; the bias stands where MAY_REFUSE of the answerable
questions to file packs, which are what teams keep, are refused. A row a pack: the fit on the others, beside a threshold
on the best passage's score that was set on the others in the same way. Needs scikit-learn. Prints what stands in
rag/answering/refusal.py.
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
from eval.metrics.risk import auroc
from eval.packs.loading import load_packs
from eval.progress import Narrator
from rag.answering.evidence import gather
from rag.domain.errors import BadInput

QUESTIONS = 400  # of a pack, by seed
MOST = 80  # questions of a class: more count as these
STRENGTH = 0.1  # of scikit-learn's L2 penalty on standardised features
MAY_REFUSE = 0.05

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Row i of `features` belongs to question i; 1 in `answerable` where it can be answered."""

    packs: npt.NDArray[np.str_]
    features: Floats
    scores: Floats  # of the best passage
    answerable: Floats
    team: npt.NDArray[np.bool_]  # of a file pack

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Questions":
        return Questions(
            packs=self.packs[chosen],
            features=self.features[chosen],
            scores=self.scores[chosen],
            answerable=self.answerable[chosen],
            team=self.team[chosen],
        )

    @property
    def weights(self) -> Floats:
        """The same for each question of a class of a pack; a class in all: the root of its size, up to MOST."""
        found = np.ones(len(self.packs))
        for name in set(self.packs.tolist()):
            for value in (0.0, 1.0):
                same = (self.packs == name) & (self.answerable == value)
                found[same] = min(MOST, same.sum()) ** 0.5 / max(1, same.sum())
        return np.asarray(found / found.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Answered at 0 and above."""

    weights: Floats
    bias: float

    def values(self, features: Floats) -> Floats:
        return np.asarray(features @ self.weights + self.bias)


def fit(questions: Questions) -> Rule:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(questions.features)
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(scaler.transform(questions.features), questions.answerable, sample_weight=questions.weights)
    weights = np.asarray(model.coef_[0] / scaler.scale_)
    return Rule(weights=weights, bias=-lowest(questions.features @ weights, questions))


def lowest(values: Floats, questions: Questions) -> float:
    """Under it stand MAY_REFUSE of the answerable questions at most: of teams, where there are such. Half-way to the
    next that is refused, as far from one side as from the other."""
    can = questions.answerable == 1
    teams = can & questions.team
    found = np.sort(values[teams if teams.any() else can])
    refused = int(MAY_REFUSE * len(found))
    return float(found[max(0, refused - 1) : refused + 1].mean())


def gathered(reads: Sequence[Read]) -> tuple[list[str], Questions]:
    """(names of the features, the questions somebody has judged and something was found for)."""
    rows, names = [], list[str]()
    for one in reads:
        evidence = gather(one.sample.question, one.found, one.embedder)
        names = list(evidence.features)
        score = one.found.hits[0].score
        rows.append((one.pack, list(evidence.features.values()), score, one.sample.answerable, one.team))
    packs, features, scores, answerable, team = zip(*rows, strict=True)
    return names, Questions(
        packs=np.array(packs), features=np.array(features), scores=np.array(scores),
        answerable=np.array(answerable, dtype=np.float64), team=np.array(team),
    )  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    if len(arguments) < 3:
        raise BadInput("A fit needs two packs.", fix="python -m eval.fitting.refusal_fit HOME PACK PACK...")
    packs = load_packs([Path(one) for one in arguments[1:]], questions="")
    found = read(packs, Path(arguments[0]), Narrator(), most=QUESTIONS)
    names, questions = gathered([one for one in found if one.sample.answerable is not None and one.found.passages])
    _show(questions)
    rule = fit(questions)
    weights = {name: round(float(weight), 2) for name, weight in zip(names, rule.weights, strict=True)}
    Console().print(f"bias={rule.bias:.2f}, weights={weights}")


def _show(questions: Questions) -> None:
    table = Table(
        "pack", "can, cannot", "AUROC", "of the score", "false answers", "refusals", "by the score", "refusals"
    )
    for name in dict.fromkeys(questions.packs.tolist()):
        own, others = questions.of(questions.packs == name), questions.of(questions.packs != name)
        values = fit(others).values(own.features)
        plain = own.scores - lowest(others.scores, others)
        counts = f"{int(own.answerable.sum())}, {int((1 - own.answerable).sum())}"
        areas = [_written(auroc(found, own.answerable)) for found in (values, plain)]
        table.add_row(name, counts, *areas, *_rates(values, own), *_rates(plain, own))
    Console(width=120).print(table)


def _rates(values: Floats, questions: Questions) -> list[str]:
    wrong = values[questions.answerable == 0] >= 0
    lost = values[questions.answerable == 1] < 0
    return [_written(float(one.mean()) if len(one) else None) for one in (wrong, lost)]


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main(sys.argv[1:])
