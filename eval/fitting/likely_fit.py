"""Fit the weights of `answer_likely` on one half of labelled answers: `python -m eval.fitting.likely_fit PACK`.

Only items whose `half` is "fit" are read. Needs scikit-learn. Prints kappa with people's labels over five folds, whole
questions left out, then the weights to write into eval/metrics/likely.py.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from eval.judges.judged import load_judged
from eval.metrics.likely import features
from rag.domain.errors import BadInput

FOLDS = 5
STRENGTH = 1.0  # of scikit-learn's L2 penalty, its default


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        raise BadInput("One pack of labelled answers is fitted on.", fix="python -m eval.fitting.likely_fit PACK")
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import cohen_kappa_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    items = [item for item in load_judged(Path(arguments[0])).items if item.half == "fit" and item.golds]
    found = [features(item.text, item.golds[0], item.question) for item in items]
    x = np.array([list(row.values()) for row in found])
    y = np.array([item.label == "correct" for item in items])
    groups = [item.cluster for item in items]
    model = LogisticRegression(C=STRENGTH)
    guessed = cross_val_predict(model, x, y, groups=groups, cv=GroupKFold(FOLDS))
    model.fit(x, y)
    console = Console()
    console.print(f"{len(items)} answers to {len(set(groups))} questions")
    console.print(f"kappa over {FOLDS} folds: {cohen_kappa_score(y, guessed):.3f}")
    console.print(f"BIAS = {model.intercept_[0]:.2f}")
    console.print({name: round(float(weight), 2) for name, weight in zip(found[0], model.coef_[0], strict=True)})


if __name__ == "__main__":
    main(sys.argv[1:])
