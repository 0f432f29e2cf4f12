"""Fit the weights of `Support`: `python -m eval.fitting.support_fit PACK PACK...`.

Labelled packs (claims, summaries) give the items of their fitting half. A pack of documents gives sentences as they are
and said otherwise, and the same held against a quote from elsewhere. Only what no check contradicts is fitted:
contradictions are vetoes. Each kind of row weighs the same, and so do true and false ones. Needs scikit-learn. Prints
what is verified with whole clusters left out, then the weights to write into rag/answering/checks/statement.py.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from eval.judges.checkers import split
from eval.judges.corruptions import Truth, cases
from eval.judges.judged import JudgedItem, is_judged, load_judged
from eval.judges.truths import truths
from rag.answering.checks.reading import plain
from rag.answering.checks.statement import contradicted
from rag.answering.checks.words import overlap
from rag.domain.errors import BadInput

FOLDS = 5
SENTENCES = 150  # of a pack's text files, by seed
STRENGTH = 1.0  # of scikit-learn's L2 penalty, its default


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`features` as `words.overlap` gives them; `kind` says where the row is from."""

    features: dict[str, float]
    carried: bool
    kind: str
    cluster: str


def main(arguments: Sequence[str]) -> None:
    if not arguments:
        raise BadInput("Nothing to fit on.", fix="python -m eval.fitting.support_fit PACK PACK...")
    rows = [row for path in arguments for row in rows_of(Path(path))]
    console = Console()
    for (kind, carried), count in sorted(Counter((row.kind, row.carried) for row in rows).items()):
        console.print(f"{kind}, {'carried' if carried else 'not carried'}: {count} that no check contradicts")
    for names in (["coverage"], ["coverage", "few"], list(rows[0].features)):
        _fit(rows, names, console)


def rows_of(path: Path) -> Iterator[Row]:
    """Raises BadInput for a path that holds neither labelled items nor documents."""
    if is_judged(path):
        for item in load_judged(path).items:
            if item.half == "fit":
                yield from _of_item(item)
        return
    held = truths(path, sentences=SENTENCES)
    for case in cases(held):
        if not case.spoiled:  # of a spoiled one nearly all words stand in its quote: that is not theirs to tell
            yield from _row(case.statement, case.truth.quotes, True, ("documents, same", case.truth.cluster))
    yield from _misplaced(held)


def _misplaced(held: Sequence[Truth]) -> Iterator[Row]:
    """Each sentence against the quote of another one."""
    others = list(held)
    random.Random(0).shuffle(others)
    for truth, other in zip(held, others, strict=True):
        if truth.quotes != other.quotes:
            yield from _row(truth.statement, other.quotes, False, ("documents, elsewhere", truth.cluster))


def _of_item(item: JudgedItem) -> Iterator[Row]:
    if item.task == "claims":
        carried = item.label == "support"
        yield from _row(item.text, item.sources, carried, ("claims, whole source", item.cluster))
        proof = [item.sources[n] for n in item.rationale if n < len(item.sources)]
        if proof:
            yield from _row(item.text, proof, carried, ("claims, proof", item.cluster))
    elif item.task == "summaries" and item.label == "faithful":
        for sentence in split(item.text):
            yield from _row(sentence, item.sources, True, ("summaries", item.cluster))


def _row(text: str, quotes: Sequence[str], carried: bool, place: tuple[str, str]) -> Iterator[Row]:
    """None for what is contradicted."""
    said, source = plain(text), "\n".join(plain(quote) for quote in quotes)
    if source and not contradicted(said, source):
        yield Row(features=overlap(said, source), carried=carried, kind=place[0], cluster=place[1])


def _fit(rows: Sequence[Row], names: Sequence[str], console: Console) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    x = np.array([[row.features[name] for name in names] for row in rows])
    y = np.array([row.carried for row in rows])
    weights = _weights(rows)
    guessed = np.zeros(len(rows))
    for train, test in GroupKFold(FOLDS).split(x, y, [row.cluster for row in rows]):
        model = LogisticRegression(C=STRENGTH).fit(x[train], y[train], sample_weight=weights[train])
        guessed[test] = model.predict_proba(x[test])[:, 1]
    console.print(f"\n{', '.join(names)}: over {FOLDS} folds")
    for kind in sorted({row.kind for row in rows}):
        for carried in (True, False):
            mine = np.array([row.kind == kind and row.carried is carried for row in rows])
            if mine.any():
                said = f"{(guessed[mine] >= 0.5).mean():.3f} of {mine.sum()} verified"
                console.print(f"  {kind}, {'carried' if carried else 'not carried'}: {said}")
    model = LogisticRegression(C=STRENGTH).fit(x, y, sample_weight=weights)
    console.print(f"bias={model.intercept_[0]:.2f}")
    console.print({name: round(float(weight), 2) for name, weight in zip(names, model.coef_[0], strict=True)})


def _weights(rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    """Sum to the number of rows; the same for each kind on each side, and for the two sides."""
    sizes = Counter((row.kind, row.carried) for row in rows)
    kinds = Counter(carried for _, carried in sizes)
    return np.array([len(rows) / (2 * kinds[row.carried] * sizes[row.kind, row.carried]) for row in rows])


if __name__ == "__main__":
    main(sys.argv[1:])
