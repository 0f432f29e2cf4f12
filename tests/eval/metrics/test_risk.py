import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.risk import (
    Case,
    aurc,
    auroc,
    aurocs,
    brier,
    calibration_bins,
    ece,
    ece_if_calibrated,
    excess_aurc,
    figures,
    judged,
    reliability,
    resampled,
    risk_coverage,
    risk_interval,
)
from eval.runs.refusals import case_of, refusal_json

CONFIDENCE, RIGHT = np.array([0.9, 0.8, 0.6, 0.3]), np.array([1.0, 1.0, 0.0, 1.0])
FEW = settings(max_examples=25, deadline=None)
SETS = st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=40)


def case(confidence: float, right: bool | None, *, answerable: bool = True, can_answer: bool = True) -> Case:
    return Case(
        confidence=confidence,
        answerable=answerable,
        right=right,
        answered=confidence >= 0.5,
        can_answer=can_answer,
        cluster=f"{confidence}",
    )


CASES = [case(c, bool(r)) for c, r in zip(CONFIDENCE.tolist(), RIGHT.tolist(), strict=True)]


def test_the_worked_example() -> None:
    assert [point.risk for point in risk_coverage(CASES)] == [0, 0, pytest.approx(1 / 3), 0.25]
    assert [point.coverage for point in risk_coverage(CASES)] == [0.25, 0.5, 0.75, 1]
    found = figures(CASES)
    assert found["aurc"] == pytest.approx(7 / 48)
    assert found["excess_aurc"] == pytest.approx(7 / 48 - 1 / 16)
    assert found["ece"] == pytest.approx(0.4)


def test_what_no_threshold_answers_limits_coverage_and_is_no_risk() -> None:
    points = risk_coverage([*CASES, case(0.95, None, can_answer=False)])
    assert points[-1].coverage == 0.8
    assert points[-1].risk == 0.25


def test_equal_confidences_are_answered_together() -> None:
    tied = [case(0.7, True), case(0.7, False), case(0.2, True)]
    assert [(p.confidence, p.risk) for p in risk_coverage(tied)] == [(0.7, 0.5), (0.2, pytest.approx(1 / 3))]
    assert aurc(np.array([0.7, 0.7, 0.2]), np.array([0.0, 1.0, 0.0])) == pytest.approx((0.5 + 0.5 + 1 / 3) / 3)


@FEW
@given(SETS)
def test_aurc_is_the_mean_risk_over_each_case_as_a_threshold(rows: list[tuple[int, bool]]) -> None:
    confidence = np.array([c / 10 for c, _ in rows])
    wrong = np.array([float(w) for _, w in rows])
    slow = np.mean([wrong[confidence >= threshold].mean() for threshold in confidence])
    assert aurc(confidence, wrong) == pytest.approx(slow)
    assert excess_aurc(confidence, wrong) >= -1e-12  # type: ignore[operator]


@FEW
@given(SETS)
def test_auroc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    above = [c for c, positive in rows if positive]
    below = [c for c, positive in rows if not positive]
    found = auroc(np.array([c for c, _ in rows], dtype=float), np.array([float(p) for _, p in rows]))
    if not above or not below:
        assert found is None
    else:
        assert found == pytest.approx(np.mean([(a > b) + (a == b) / 2 for a in above for b in below]))


@FEW
@given(SETS, st.data())
def test_a_weight_is_a_number_of_copies(rows: list[tuple[int, bool]], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    copies = [row for row, count in zip(rows, counts, strict=True) for _ in range(count)]
    scores, positive = np.array([c for c, _ in rows], dtype=float), np.array([float(p) for _, p in rows])
    weighed = float(aurocs(scores, positive, np.array([counts], dtype=float))[0])
    plain = auroc(np.array([c for c, _ in copies], dtype=float), np.array([float(p) for _, p in copies]))
    assert math.isnan(weighed) if plain is None else weighed == pytest.approx(plain)


def test_bins_are_closed_above_and_nought_is_in_the_first() -> None:
    bins = reliability(np.array([0.0, 0.1, 0.11, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    assert [(one.low, one.high, one.n, one.correct) for one in bins] == [
        (0.0, 0.1, 2, 0.5),
        (0.1, 0.2, 1, 1.0),
        (0.9, 1.0, 1, 1.0),
    ]


def test_perfect_confidences_over_few_cases_still_have_a_calibration_error() -> None:
    few, many = np.full(10, 0.5), np.full(2000, 0.5)
    assert 0.1 < ece_if_calibrated(few) < 0.15  # type: ignore[operator]  # mean |Binomial(10, .5)/10 - .5| = .123
    assert ece_if_calibrated(many) < 0.01  # type: ignore[operator]


def test_without_cases_nothing_is_known() -> None:
    assert set(figures([]).values()) == {None}
    assert risk_coverage([]) == []
    assert calibration_bins([]) == []
    assert risk_interval([]) == (None, None)


def test_one_document_is_drawn_whole() -> None:
    weights = resampled(["a", "a", "b"])
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 0] + weights[:, 2] == 2).all()


def test_one_document_alone_has_no_interval() -> None:
    assert risk_interval([replace(case(0.9, True), cluster="a"), replace(case(0.4, False), cluster="a")]) == (
        None,
        None,
    )


def test_where_no_answer_could_be_judged_being_answerable_is_what_counts() -> None:
    unjudged = [case(0.9, None), case(0.4, False, answerable=False)]
    outcome, known = judged(unjudged)
    assert (outcome, [one.right for one in known]) == ("answerable", [True, False])
    outcome, known = judged([*unjudged, case(0.8, True)])
    assert (outcome, len(known)) == ("correct", 2)


def item(confidence: float | None, *, wrong: bool | None = None, **more: object) -> dict[str, Any]:
    """An answerable question, unless `wrong` is None."""
    answerable = wrong is not None
    metrics = {
        "false_answer": None if answerable else 0.0,
        "false_refusal": 0.0 if answerable else None,
        "answer_correct": float(not wrong) if answerable else None,
    }
    row = {"metrics": metrics, "confidence": confidence, "status": "answered", "cluster": str(confidence)}
    return row | {"top_score": 1.0} | more


def test_what_was_withheld_counts_as_what_it_would_have_been() -> None:
    refused = item(0.3, wrong=True, status="refused")
    told = case_of({**refused, "withheld": {"answer": "x", "correct": 1.0}})
    assert told is not None
    assert (told.right, told.answered, told.can_answer) == (True, False, True)
    silent = case_of(refused)
    assert silent is not None
    assert (silent.right, silent.can_answer) == (None, False)


def test_items_that_failed_or_that_nobody_labelled_are_no_cases() -> None:
    nobody = {"false_answer": None, "false_refusal": None}
    assert case_of({**item(0.5), "error": "gone"}) is None
    assert case_of({**item(0.5), "metrics": nobody}) is None
    assert refusal_json([{**item(0.5), "metrics": nobody}]) is None


def test_the_block_of_a_run_stands_beside_a_plain_threshold() -> None:
    rows = [item(0.9, wrong=False, top_score=0.1), item(0.7, wrong=True), item(0.2), item(None)]
    block = refusal_json(rows)
    assert block is not None
    assert (block["n_answerable"], block["n_unanswerable"], block["auroc"]) == (2, 2, 1.0)
    assert block["curve"][0] == {"confidence": 0.9, "coverage": 0.25, "risk": 0.0}
    assert block["today"] == {"coverage": 1.0, "risk": 0.75}
    assert block["references"]["top_score"]["auroc"] == 0.25
    assert block["references"]["top_score"]["gain"] == 0.75
    assert all(low <= block[name] <= high for name, (low, high) in block["ci95"].items())


@pytest.mark.slow
def test_the_figures_are_those_of_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import brier_score_loss, roc_auc_score

    random = np.random.default_rng(5)
    for _ in range(20):
        confidence = np.round(random.random(200), 2)
        right = (random.random(200) < confidence**2).astype(float)
        assert auroc(confidence, right) == pytest.approx(roc_auc_score(right, confidence))
        assert brier(confidence, right) == pytest.approx(brier_score_loss(right, confidence))
        share, mean = calibration_curve(right, confidence, n_bins=10, strategy="uniform")
        bins = reliability(confidence, right)
        assert [one.correct for one in bins] == pytest.approx(share.tolist())
        assert [one.confidence for one in bins] == pytest.approx(mean.tolist())
        counts = np.array([one.n for one in bins])
        assert ece(confidence, right) == pytest.approx(float(counts @ abs(share - mean) / 200))
