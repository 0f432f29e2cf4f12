"""The `refusal` block of a run: from its items, as they stand in its JSON, to the curve and its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from eval.metrics.risk import (
    Case,
    Floats,
    Interval,
    auroc,
    aurocs,
    calibration_bins,
    figures,
    judged,
    middle,
    resampled,
    risk_coverage,
    risk_interval,
)
from eval.statistics.stats import rounded

Row = Mapping[str, Any]  # an item of a run's JSON
REFERENCES = ("top_score", "top_cosine")  # a plain threshold on the best passage's score, and on its cosine


def case_of(item: Row) -> Case | None:
    """None where the pack does not say whether it can be answered, and where it failed."""
    metrics = item["metrics"]
    answerable = metrics.get("false_answer") is None
    if item.get("error") or (answerable and metrics.get("false_refusal") is None) or "confidence" not in item:
        return None
    answered, withheld = item["status"] != "refused", item.get("withheld")
    scored = metrics.get("answer_correct") if answered else (withheld or {}).get("correct")
    can_answer = answered or withheld is not None
    return Case(
        confidence=item["confidence"] or 0.0,
        answerable=answerable,
        right=False if not answerable else None if scored is None else scored > 0,
        answered=answered,
        can_answer=can_answer,
        cluster=item["cluster"],
    )


def cases_of(items: Sequence[Row]) -> tuple[list[Case], list[Row]]:
    """The cases, and the item behind each."""
    pairs = [(case, item) for item in items if (case := case_of(item)) is not None]
    return [case for case, _ in pairs], [item for _, item in pairs]


def refusal_json(items: Sequence[Row]) -> dict[str, Any] | None:
    """None where no item can be used: no confidence was recorded, or nobody said what can be answered."""
    cases, rows = cases_of(items)
    outcome, known = judged(cases)
    if not known:
        return None
    curve = Scores(cases, np.array([case.confidence for case in cases], dtype=np.float64))
    answerable = sum(case.answerable for case in cases)
    references = {name: _scores(name, cases, rows) for name in REFERENCES if any(row.get(name) for row in rows)}
    return {
        "outcome": outcome,
        "n": len(known),
        "not_scored": len(cases) - len(known),
        "n_answerable": answerable,
        "n_unanswerable": len(cases) - answerable,
        **{name: rounded(value) for name, value in figures(known).items()},
        "auroc": rounded(curve.auroc()),
        "ci95": {"aurc": _pair(risk_interval(known)), "auroc": _pair(curve.interval())},
        "curve": _points(known),
        "bins": [{name: rounded(value) for name, value in asdict(one).items()} for one in calibration_bins(known)],
        "today": _today(known),
        "references": {name: _reference(curve, plain) for name, plain in references.items()},
    }


@dataclass(frozen=True, slots=True)
class Scores:
    """A score for each case, higher where an answer is likelier: its own confidence, or something plainer."""

    cases: Sequence[Case]
    values: Floats

    @property
    def labels(self) -> Floats:
        return np.array([case.answerable for case in self.cases], dtype=np.float64)

    def auroc(self) -> float | None:
        return auroc(self.values, self.labels)

    def interval(self) -> Interval:
        return middle(self.aurocs(resampled([case.cluster for case in self.cases])))

    def aurocs(self, weights: Floats) -> Floats:
        return aurocs(self.values, self.labels, weights)

    def known(self) -> list[Case]:
        """The cases with this score for confidence."""
        pairs = zip(self.cases, self.values.tolist(), strict=True)
        return judged([replace(case, confidence=value) for case, value in pairs])[1]


def _scores(name: str, cases: Sequence[Case], rows: Sequence[Row]) -> Scores:
    return Scores(cases, np.array([row.get(name) or 0.0 for row in rows], dtype=np.float64))


def _reference(ours: Scores, plain: Scores) -> dict[str, Any]:
    """`gain`: AUROC of confidence less that of the plain score, with its paired interval."""
    weights = resampled([case.cluster for case in ours.cases])
    own, theirs = ours.auroc(), plain.auroc()
    known = plain.known()
    return {
        "auroc": rounded(plain.auroc()),
        "aurc": rounded(figures(known)["aurc"]),
        "gain": rounded(None if own is None or theirs is None else own - theirs),
        "gain_ci95": _pair(middle(ours.aurocs(weights) - plain.aurocs(weights))),
        "curve": _points(known),
    }


def _today(known: Sequence[Case]) -> dict[str, float | None]:
    """Where the threshold of the run stands on its curve."""
    answered = [case for case in known if case.answered]
    wrong = sum(not case.right for case in answered)
    risk = wrong / len(answered) if answered else None
    return {"coverage": rounded(len(answered) / len(known)), "risk": rounded(risk)}


def _points(known: Sequence[Case]) -> list[dict[str, float | None]]:
    return [{name: rounded(value) for name, value in asdict(point).items()} for point in risk_coverage(known)]


def _pair(found: Interval) -> list[float | None]:
    return [rounded(value) for value in found]
