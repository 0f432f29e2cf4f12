"""Two runs of the same questions, side by side: what changed, whether chance explains it, and which questions moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from eval.comparing.pairs import Item, PackPairs, Scores, pair_runs
from eval.judges.people import people_of
from eval.metrics import LESS_IS_BETTER
from eval.runs.folder import TOGETHER
from eval.runs.folder import load_run as load_run
from eval.runs.record import differs
from eval.statistics.stats import Estimate, difference
from eval.statistics.stepdown import step_down
from rag.domain.errors import BadInput

ALPHA = 0.05
# What makes an answer wrong; where none of them was scored, what makes a search miss.
_OF_ANSWERS = ("answer_correct", "citation_evidence", "false_answer", "false_refusal")
_OF_SEARCH = ("evidence_hit@5", "recall@10", "file_hit@5")
_SHARES = frozenset({*_OF_ANSWERS, *_OF_SEARCH, "ndcg@10", "mrr@10", "evidence_hit@1", "evidence_hit@10", "recall@100"})

State = Literal["fixed", "broken", "still wrong", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`b` minus `a` over the questions that both runs could score."""

    pack: str
    metric: str
    a: float
    b: float
    difference: Estimate
    p: float  # two-sided
    adjusted: float | None  # by step-down over all differences of single packs; None: of the packs together, only shown
    unnoticed: float | None = None  # a smaller loss is missed more than one time in five; None: not said, or any


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """One question in both runs. `wrong_a`, `wrong_b`: the metrics that say so, `error` among them."""

    pack: str
    a: Item
    b: Item
    wrong_a: tuple[str, ...]
    wrong_b: tuple[str, ...]

    @property
    def state(self) -> State:
        if self.wrong_a and self.wrong_b:
            return "still wrong"
        return "broken" if self.wrong_b else "fixed" if self.wrong_a else "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    differs: tuple[str, ...]  # between the two records, a line each
    differences: tuple[Difference, ...]
    questions: tuple[Twice, ...]
    pairs: tuple[PackPairs, ...]
    people: Mapping[str, str] = field(default_factory=dict)  # {a judge's metric: how far that judge agrees with people}

    def of(self, state: State) -> tuple[Twice, ...]:
        return tuple(one for one in self.questions if one.state == state)

    @property
    def found(self) -> tuple[Difference, ...]:
        """What chance does not explain."""
        return tuple(one for one in self.differences if one.adjusted is not None and one.adjusted <= ALPHA)


def compare_runs(a: Mapping[str, Any], b: Mapping[str, Any]) -> Comparison:
    """Raises BadInput when they share no question."""
    pairs = _pairs(a, b)
    single = tuple(pack for pack in pairs if pack.pack != TOGETHER)
    return Comparison(
        differs=tuple(differs(a.get("system") or {}, b.get("system") or {})),
        differences=tuple(differences(a, b)),
        questions=tuple(_twice(pack.pack, *both) for pack in single for both in pack.shared),
        pairs=single,
        people={**people_of(a), **people_of(b)},
    )


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[PackPairs]:
    """The file packs together only where they are several."""
    pairs = list(pair_runs(a, b))
    if not any(pack.shared for pack in pairs):
        raise BadInput("The runs have no question in common.", fix="Compare runs over the same packs.")
    several = sum(pack.pack != TOGETHER for pack in pairs) > 1
    return [pack for pack in pairs if pack.shared and (several or pack.pack != TOGETHER)]


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """By pack and metric, in the order of the first run. Raises BadInput when they share no question."""
    every = [pack.scores(metric) for pack in _pairs(a, b) for metric in pack.metrics]
    scored = [scores for scores in every if scores.ids]
    found = step_down([one.paired("two-sided") for one in scored if one.pack != TOGETHER], alpha=ALPHA)
    tested = iter(zip(found.ps, found.adjusted, strict=True))
    for scores in scored:
        if scores.pack == TOGETHER:
            alone = step_down([scores.paired("two-sided")])
            yield _difference(scores, alone.ps[0], None, alone.first)
        else:
            yield _difference(scores, *next(tested), found.first)


def _difference(scores: Scores, p: float, adjusted: float | None, first: float) -> Difference:
    return Difference(
        pack=scores.pack,
        metric=scores.metric,
        a=sum(scores.a) / len(scores.a),
        b=sum(scores.b) / len(scores.b),
        difference=difference(scores.a, scores.b, scores.clusters),
        p=p,
        adjusted=adjusted,
        unnoticed=scores.unnoticed(first / 2) if scores.metric in _SHARES else None,
    )


def _twice(pack: str, a: Item, b: Item) -> Twice:
    return Twice(pack=pack, a=a, b=b, wrong_a=wrong(a), wrong_b=wrong(b))


def wrong(item: Item) -> tuple[str, ...]:
    """The metrics by which it went wrong; none: right, or nothing was scored."""
    metrics = item["metrics"]
    judged = [name for name in _OF_ANSWERS if metrics.get(name) is not None]
    if not judged:
        judged = [name for name in _OF_SEARCH if metrics.get(name) is not None][:1]
    missed = [name for name in judged if (metrics[name] > 0 if name in LESS_IS_BETTER else metrics[name] == 0)]
    return ("error",) * bool(item.get("error")) + tuple(missed)
