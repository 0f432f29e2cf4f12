"""What lets models judge: where they listen, where their verdicts and their agreement with people are kept."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from eval.judges.agreement import Pair, alpha, between, steady
from eval.judges.judged import JudgedItem, JudgedPack
from eval.judges.judging import Verdict
from eval.judges.labelled import Trial
from eval.judges.memory import ModelJudge, ask, memory_of
from eval.judges.models import Server, load_judge
from eval.judges.standing import Standing, keep_standing, standing
from eval.progress import Narrator
from eval.statistics.stats import Estimate
from rag.domain.errors import BadInput

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """`home`: for verdicts, so that nothing is asked twice, and for `judges.json`."""

    home: Path
    server: Server
    trials: int
    narrator: Narrator

    def judge(self, name: str) -> ModelJudge:
        """Says where texts go when that is another machine. Raises BadSetting."""
        found = load_judge(name, self.server, trials=self.trials)
        if self.server.host not in LOCAL:
            self.narrator.say(f"{found.name}: questions, answers and quotes are sent to {self.server.host}.")
        return found

    def verdicts(self, judge: ModelJudge, items: Sequence[JudgedItem], what: str) -> tuple[Verdict, ...]:
        """Raises BackendFailed when the model fails again and again; what it said until then is kept."""
        if strange := {item.task for item in items} - set(judge.tasks):
            raise BadInput(
                f"{judge.name} does not judge {', '.join(sorted(strange))} ({what}).",
                fix=f"It judges {', '.join(judge.tasks)}; name another judge.",
            )
        shown = self.narrator.each(items, f"{what}: {judge.name}")
        return tuple(ask(judge, shown, memory_of(judge, self.home)))

    def keep(self, judge: ModelJudge, pack: JudgedPack, trial: Trial, half: str) -> Standing:
        return keep_standing(self.home, standing(judge, pack, trial, half=half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """`tokens` (read, written) None: the server did not say. `missing`: items without a verdict, by cause."""

    items: int
    seconds: float
    tokens: tuple[int, int] | None
    missing: dict[str, int]

    def __str__(self) -> str:
        each = f" ({self.seconds / self.items:.1f} s each)" if self.items else ""
        tokens = f", {self.tokens[0]:,} tokens read and {self.tokens[1]:,} written" if self.tokens else ""
        causes = ", ".join(f"{count} {cause}" for cause, count in self.missing.items())
        return f"{self.items} judged in {self.seconds:.0f} s{each}{tokens}" + (
            f"; no verdict: {causes}" if causes else ""
        )


def spent(verdicts: Sequence[Verdict]) -> Spent:
    tokens = [verdict.tokens for verdict in verdicts if verdict.tokens]
    missing = Counter(verdict.missing or "not applicable" for verdict in verdicts if verdict.label is None)
    return Spent(
        items=len(verdicts),
        seconds=round(sum(verdict.seconds or 0.0 for verdict in verdicts), 3),
        tokens=(sum(t[0] for t in tokens), sum(t[1] for t in tokens)) if len(tokens) == len(verdicts) > 0 else None,
        missing=dict(missing),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Itself:
    """A judge's trials among themselves. `steady`: share of items on which each trial said the same."""

    alpha: Estimate
    steady: float

    def __str__(self) -> str:
        return (
            f"with itself: alpha {shown(self.alpha)}, the same label in every trial on {self.steady:.0%} of the items"
        )


def with_itself(items: Sequence[JudgedItem], verdicts: Sequence[Verdict]) -> Itself | None:
    """None where it was asked once."""
    said = [verdict.trials for verdict in verdicts]
    share = steady(said)
    if share is None:
        return None
    return Itself(alpha=alpha(said, [item.cluster for item in items]), steady=share)


def among(items: Sequence[JudgedItem], said: Mapping[str, Sequence[Verdict]]) -> Iterator[tuple[str, str, Pair]]:
    """Each two judges over the same items."""
    clusters = [item.cluster for item in items]
    for (a, first), (b, second) in combinations(said.items(), 2):
        yield a, b, between([one.label for one in first], [one.label for one in second], clusters)


def shown(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "not defined"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def pair_line(a: str, b: str, pair: Pair) -> str:
    alone = f"; {pair.alone} judged by one of them only" if pair.alone else ""
    return f"{a} and {b}: kappa {shown(pair.kappa)} on {pair.n} items{alone}"


def record_json(judge: ModelJudge, items: Sequence[JudgedItem], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What it was, what it cost, and how far it agrees with itself."""
    itself = with_itself(items, verdicts)
    return {
        "judge": judge.name,
        "record": asdict(judge.record),
        "identity": {task: judge.identity(task) for task in judge.tasks},
        "spent": asdict(spent(verdicts)),
        **({"with_itself": asdict(itself)} if itself else {}),
    }
