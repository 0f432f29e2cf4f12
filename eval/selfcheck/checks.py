"""Is the instrument itself right? Its metrics and statistics against reference libraries, on made-up cases.

Each check is one figure beside what it should be. eval/selfcheck/references.py adds the figures of public data sets.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from eval.metrics.retrieval import mrr, ndcg, recall
from eval.statistics.stats import estimate
from eval.statistics.stepdown import Paired, paired_test, step_down

Outcome = Literal["ok", "off", "not checked"]
Case = tuple[dict[str, int], dict[str, float]]  # grades, scores of one question
SEED = 7
QUESTIONS = 300
EXACT = 1e-6  # trec_eval keeps float32 inside
RANKED: dict[str, Callable[[Sequence[str], Mapping[str, int]], float | None]] = {
    "ndcg@10": partial(ndcg, k=10),
    "recall@10": partial(recall, k=10),
    "recall@100": partial(recall, k=100),
    "mrr@10": partial(mrr, k=10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`ours` None: it could not be made, and `note` says what is missing."""

    what: str
    against: str
    ours: float | None
    expected: float
    tolerance: float  # largest |ours - expected| that is right
    note: str = ""

    @property
    def outcome(self) -> Outcome:
        if self.ours is None:
            return "not checked"
        return "ok" if abs(self.ours - self.expected) <= self.tolerance else "off"


def quick_checks() -> Iterator[Check]:
    """What needs no pack; a few seconds."""
    yield from metric_checks(random_cases(QUESTIONS, seed=SEED))
    yield from statistics_checks()


def random_cases(count: int, *, seed: int) -> list[Case]:
    """Graded judgements and scores with ties; some rankings are short, some find nothing relevant."""
    random = np.random.default_rng(seed)
    cases: list[Case] = []
    for _ in range(count):
        names = [f"d{n}" for n in random.permutation(300)]
        judged = {name: int(random.integers(0, 4)) for name in names[: random.integers(1, 40)]}
        judged[names[0]] = int(random.integers(1, 4))  # one is relevant: trec_eval gives 0 where we give None
        pool = [*random.permutation(names[:60]), *names[60:]] if random.random() < 0.8 else names[60:]
        scores = {str(name): float(random.integers(0, 50)) for name in pool[: random.integers(1, 200)]}
        cases.append((judged, scores))
    return cases


def in_order(scores: Mapping[str, float]) -> list[str]:
    """As trec_eval orders: best score first, and of equal ones the greater id."""
    return sorted(scores, key=lambda name: (scores[name], name), reverse=True)


def metric_checks(cases: Sequence[Case]) -> Iterator[Check]:
    """The greatest difference of any question, for each metric and library."""
    ours = {name: [metric(in_order(run), judged) for judged, run in cases] for name, metric in RANKED.items()}
    for library, scored in (("ranx", ranx_scores), ("pytrec-eval-terrier", trec_scores)):
        try:
            theirs: Mapping[str, Sequence[float]] | None = scored(cases)
        except ModuleNotFoundError:
            theirs = None
        for name, values in ours.items():
            yield _metric_check(name, library, values, theirs[name] if theirs else None)


def _metric_check(name: str, library: str, ours: Sequence[float | None], theirs: Sequence[float] | None) -> Check:
    note = f"greatest difference over {len(ours)} random questions" if theirs else "pip install 'teamlore[dev]'"
    worst = None
    if theirs is not None:
        worst = max(abs((a or 0.0) - b) for a, b in zip(ours, theirs, strict=True))
    return Check(what=name, against=library, ours=worst, expected=0.0, tolerance=EXACT, note=note)


def ranx_scores(cases: Sequence[Case]) -> dict[str, list[float]]:
    """One value a question. It has no rule for ties, so it is handed the order. Raises ModuleNotFoundError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, on import and while it compiles
        import ranx

        width = len(str(len(cases)))
        names = [f"q{n:0{width}d}" for n in range(len(cases))]  # it sorts them
        qrels = ranx.Qrels({name: judged for name, (judged, _) in zip(names, cases, strict=True)})
        run = ranx.Run({name: _placed(scores) for name, (_, scores) in zip(names, cases, strict=True)})
        found = ranx.evaluate(qrels, run, list(RANKED), return_mean=False)
    return {name: [float(value) for value in found[name]] for name in RANKED}


def _placed(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: 1.0 / place for place, name in enumerate(in_order(scores), 1)}


def trec_scores(cases: Sequence[Case]) -> dict[str, list[float]]:
    """One value a question, ties left to it. Raises ModuleNotFoundError."""
    import pytrec_eval

    qrels = {f"q{n}": judged for n, (judged, _) in enumerate(cases)}
    runs = {f"q{n}": dict(scores) for n, (_, scores) in enumerate(cases)}
    first = {name: {document: run[document] for document in in_order(run)[:10]} for name, run in runs.items()}
    whole = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.10,100"}).evaluate(runs)
    cut = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(first)
    named = {"ndcg@10": "ndcg_cut_10", "recall@10": "recall_10", "recall@100": "recall_100"}
    scored = {ours: [whole[query][theirs] for query in qrels] for ours, theirs in named.items()}
    return {**scored, "mrr@10": [cut[query]["recip_rank"] for query in qrels]}


# --- statistics -------------------------------------------------------------------------------------------------


def statistics_checks() -> Iterator[Check]:
    yield _interval()
    yield _coverage()
    yield _exact_p()
    yield _false_alarms()
    yield _step_down()


def _interval() -> Check:
    """Width of the interval of a mean of 400 normal values, in standard errors."""
    values = np.random.default_rng(SEED).normal(size=400)
    found = estimate(values.tolist())
    width = ((found.high or 0.0) - (found.low or 0.0)) / (values.std() / 20)
    return Check(
        what="width of a 95 % interval, in standard errors",
        against="normal theory",
        ours=float(width),
        expected=2 * 1.96,
        tolerance=0.25,
    )


def _coverage(sets: int = 300, clusters: int = 60) -> Check:
    """How often the interval holds the true mean when the questions on a document go together."""
    random = np.random.default_rng(SEED)
    names = [f"{cluster}" for cluster in range(clusters) for _ in range(4)]
    held = 0
    for _ in range(sets):
        shared = np.repeat(random.normal(size=clusters), 4)
        found = estimate((shared + 0.5 * random.normal(size=len(shared))).tolist(), names)
        held += (found.low or 0.0) <= 0.0 <= (found.high or 0.0)
    return Check(
        what=f"95 % intervals that hold the true mean, {clusters} clusters",
        against=f"{sets} simulated sets",
        ours=held / sets,
        expected=0.95,
        tolerance=0.038,
    )


def _exact_p() -> Check:
    """All 4,096 sign flips of twelve differences, by scipy."""
    from scipy.stats import permutation_test

    values = np.random.default_rng(SEED).normal(0.5, 1.0, size=12)
    exact = permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    ours = paired_test([0.0] * len(values), values.tolist())
    return Check(
        what="p of a paired randomisation test",
        against="scipy, exact",
        ours=ours,
        expected=float(exact),
        tolerance=0.015,
    )


def _step_down() -> Check:
    """Three questions that fell in each of two packs: 1 - (7/8)^2."""
    packs = [Paired(changes=[-1.0] * 3, units=[f"{pack}{n}" for n in range(3)], alternative="less") for pack in "ab"]
    return Check(
        what="least p of two that do not depend, by step-down",
        against="by hand",
        ours=step_down(packs).adjusted[0],
        expected=15 / 64,
        tolerance=EXACT,
    )


def _false_alarms(sets: int = 200) -> Check:
    """How often two systems that do not differ are told apart at 5 %."""
    random = np.random.default_rng(SEED)
    alarms = 0
    for _ in range(sets):
        a, b = random.normal(size=(2, 30))
        alarms += paired_test(a.tolist(), b.tolist()) <= 0.05
    return Check(
        what="false alarms of the paired test at 5 %",
        against=f"{sets} simulated pairs of runs",
        ours=alarms / sets,
        expected=0.05,
        tolerance=0.05,
    )
